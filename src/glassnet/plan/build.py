"""From what is wanted, what is recorded and what is seen, to a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from glassnet.errors import Conflict
from glassnet.ops.base import Key, ObjectOp, Op
from glassnet.ops.registry import AnyOp, known
from glassnet.plan.model import Action, Entry, Plan, Step, Wanted
from glassnet.plan.order import order
from glassnet.plan.validate import validate
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import Netns


def facets(ops: Iterable[Op]) -> frozenset[Facet]:
    """What must be looked at to plan, check or undo these operations."""
    return frozenset(facet for op in ops for facet in op.reads())


def build_up(
    name: str,
    wanted: Sequence[Wanted],
    records: Sequence[Entry],
    shared: Sequence[Op],
    snapshot: Snapshot,
) -> Plan:
    """What brings the host from what it is, and what we had made of it, to what is wanted.

    Operations that are recorded and no longer wanted are taken back first, but for those that
    others need (``shared``). Raises what `validate` raises, and `Conflict` where somebody else's
    object stands in the way.
    """
    ordered = order(wanted)
    kept = {item.op.key(): item.op for item in ordered}
    gone = [entry for entry in records if kept.get(entry.op.key()) != entry.op]
    changed = {entry.op.key() for entry in gone if entry.op.key() in kept}
    _check_not_shared(ordered, shared)
    validate([item for item in ordered if item.op.key() not in changed], ordered, snapshot)
    removals = undo_steps(gone, snapshot, shared)
    going = {step.op.key() for step in removals if step.action in {"remove", "implied"}}
    additions = [_addition(item, snapshot, going) for item in ordered]
    return Plan(name, "up", (*removals, *additions))


def _check_not_shared(wanted: Sequence[Wanted], shared: Sequence[Op]) -> None:
    """One object may serve several networks only if all want the same of it."""
    others = {op.key(): op for op in shared}
    for item in wanted:
        other = others.get(item.op.key())
        if other is not None and other != item.op:
            raise Conflict(
                f"{item.origin}: {item.op}: another network has {other}",
                "use another name, or bring the other network down first",
            )


def _addition(item: Wanted, snapshot: Snapshot, going: set[Key]) -> Step:
    op, origin = item.op, item.origin
    why = op.satisfied_by(snapshot)
    if op.key() in going or any(key in going for key in op.within()):
        return Step(op, "make", why, origin=origin)
    if not why:
        return Step(op, "keep", origin=origin)
    return Step(op, _how(op, snapshot), why, before=op.before(snapshot), origin=origin)


def _how(op: Op, snapshot: Snapshot) -> Action:
    """``mend`` if some of the object is there already, else ``make``."""
    there = isinstance(op, ObjectOp) and bool(op.flipped().satisfied_by(snapshot))
    return "mend" if there else "make"


def build_down(
    name: str, records: Sequence[Entry], shared: Sequence[Op], snapshot: Snapshot
) -> Plan:
    """What takes back all that is recorded, last first; ``shared`` is what others still need."""
    return Plan(name, "down", undo_steps(records, snapshot, shared))


def undo_steps(
    records: Sequence[Entry], snapshot: Snapshot, shared: Sequence[Op] = ()
) -> tuple[Step, ...]:
    """The inverses of what was applied, last first, each with what is to be done about it.

    What somebody else has changed meanwhile is left, and the step says so.
    """
    needed = {op.key() for op in shared}
    steps: list[Step] = []
    inverses: list[tuple[AnyOp, Entry]] = []
    for entry in reversed(records):
        if entry.op.key() in needed and entry.receipt.changed:
            note = "another network needs it"
            steps.append(Step(entry.op, "leave", note=note, origin=entry.origin))
        else:
            inverses += [(known(op), entry) for op in entry.op.inverse(entry.receipt)]
    ops = [op for op, _ in inverses]
    going = {op.key() for op in ops if isinstance(op, ObjectOp) and not op.present}
    coming = {key for op in ops if _comes(op) for key in op.provides()}
    return (
        *steps,
        *(_inverse(op, entry.origin, going, coming, snapshot) for op, entry in inverses),
    )


def _comes(op: Op) -> bool:
    return isinstance(op, ObjectOp) and op.present


def _inverse(op: AnyOp, origin: str, going: set[Key], coming: set[Key], snapshot: Snapshot) -> Step:
    places = [key for key in op.within() if key != op.key()]
    returns = _comes(op) or any(key in coming for key in places)
    if not returns and not all(_visible(key, snapshot) for key in places):
        return Step(op, "keep", note="gone already", origin=origin)
    why = op.satisfied_by(snapshot)
    if not why:
        return Step(op, "keep", note="as before already", origin=origin)
    if reason := op.obstacle(snapshot):
        return Step(op, "leave", why, note=reason, origin=origin)
    before = op.before(snapshot)
    if any(key in going for key in places):
        return Step(op, "implied", why, before=before, origin=origin)
    action: Action = "restore"
    if isinstance(op, ObjectOp):
        action = _how(op, snapshot) if op.present else "remove"
    return Step(op, action, why, before=before, origin=origin)


def _visible(key: Key, snapshot: Snapshot) -> bool:
    """Whether the namespace, link or table that holds something is still there."""
    noun, netns = key[0], Netns(key[1])
    if not netns.is_host and not (netns in snapshot and snapshot.exists(netns)):
        return False
    return noun != "link" or snapshot.link(netns, key[2]) is not None


def build_repair(name: str, records: Sequence[Entry], snapshot: Snapshot) -> Plan:
    """What brings all that is recorded back to what it was made to be.

    An object that somebody else has put in its place is left, and the step says so.
    """
    steps: list[Step] = []
    for entry in records:
        op, origin = entry.op, entry.origin
        why = op.satisfied_by(snapshot)
        if not why:
            steps.append(Step(op, "keep", origin=origin))
        elif reason := op.obstacle(snapshot):
            steps.append(Step(op, "leave", why, note=reason, origin=origin))
        else:
            steps.append(
                Step(op, _how(op, snapshot), why, before=op.before(snapshot), origin=origin)
            )
    return Plan(name, "repair", tuple(steps))


def build_return(plan: Plan, before: Sequence[Entry], snapshot: Snapshot) -> Plan:
    """What takes back a plan that was cut short or refused, wherever it had come to.

    What it made goes; of what stood ``before``, that comes back which it took away, or which went
    along with that.
    """
    stood = {entry.op.key(): entry.op for entry in before}
    made = [
        Entry(step.op, step.receipt(), step.origin)
        for step in plan.steps
        if step.is_addition and stood.get(step.op.key()) != step.op
    ]
    removals = undo_steps(made, snapshot)
    gone = {
        step.op.key()
        for step in plan.steps
        if not step.is_addition and step.action in {"remove", "implied", "restore"}
    }
    gone |= {step.op.key() for step in removals if step.action in {"remove", "implied"}}
    going = {step.op.key() for step in removals if step.acts}
    returns = [
        _addition(Wanted(entry.op, entry.origin), snapshot, going)
        for entry in before
        if gone & {entry.op.key(), *entry.op.within()}
    ]
    return Plan(plan.name, f"undo {plan.verb}", (*removals, *returns))


def build_completion(plan: Plan, snapshot: Snapshot) -> Plan:
    """What is left to do of a plan that was cut short."""
    steps: list[Step] = []
    for step in plan.steps:
        if not step.acts:
            continue
        op = step.op
        places = [key for key in op.within() if key != op.key()]
        gone = not _comes(op) and not all(_visible(key, snapshot) for key in places)
        if gone or not op.satisfied_by(snapshot) or op.obstacle(snapshot):
            continue
        again = step.action if step.action != "make" else _how(op, snapshot)
        steps.append(Step(op, again, step.why, before=step.before, origin=step.origin))
    return Plan(plan.name, plan.verb, tuple(steps))
