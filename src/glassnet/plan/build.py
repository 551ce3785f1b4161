"""From what is wanted, what is recorded and what is seen, to a plan."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from glassnet.errors import Conflict
from glassnet.ops.base import Key, ObjectOp, Op
from glassnet.ops.link import LinkOp
from glassnet.ops.upper import AcrossOp
from glassnet.ops.veth import VethOp
from glassnet.ops.written import known
from glassnet.plan.actions import due
from glassnet.plan.losses import Losses, names, provided
from glassnet.plan.model import Action, Entry, Plan, Step, Wanted
from glassnet.plan.newborn import remember_births
from glassnet.plan.order import order
from glassnet.plan.validate import validate
from glassnet.state.snapshot import Snapshot
from glassnet.values import Netns

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

REMOVALS = frozenset({"remove", "implied"})
"""What is done about a step by which an object goes."""


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
    replaced = {key for entry in gone for key in names(entry.op)}
    _check_not_shared(ordered, shared)
    fresh = [one for one in ordered if replaced.isdisjoint(names(one.op))]
    validate(fresh, ordered, snapshot, replaced)
    removals = undo_steps(gone, snapshot, shared, kept.keys())
    losses = Losses(step.op for step in removals if step.action in REMOVALS)
    restored = restorations(removals)
    first = {
        entry.op.key(): {} if _is_forgotten(entry) else entry.receipt.before
        for entry in gone
        if entry.op.key() in restored or _is_forgotten(entry)
    }
    additions = [
        _as_first(addition(item, snapshot, losses, restored), first.get(item.op.key()))
        for item in ordered
    ]
    additions = due(additions, (entry.op for entry in records))
    return Plan(name, "up", (*removals, *remember_births(additions)))


def _as_first(step: Step, first: Mapping[str, str] | None) -> Step:
    """A setting that we change for another value of ours remembers what was before the first.

    Where that is not known (nothing in ``first``) it does not take our own value for it.
    """
    if not first:
        return step if first is None else msgspec.structs.replace(step, before={})
    before = {name: first.get(name, value) for name, value in step.before.items()}
    return step if before == step.before else msgspec.structs.replace(step, before=before)


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


def restorations(steps: Iterable[Step]) -> frozenset[Key]:
    """The settings that these steps put back."""
    return frozenset(step.op.key() for step in steps if step.action == "restore")


def addition(
    item: Wanted, snapshot: Snapshot, losses: Losses, restored: frozenset[Key] = frozenset()
) -> Step:
    """What is done about an operation that is wanted, once that is lost which goes before it.

    A setting that is put back first (``restored``) may then not be as it is seen.
    """
    op, origin = item.op, item.origin
    why = op.satisfied_by(snapshot)
    if losses.take(op):
        return Step(op, "make", why, origin=origin)
    if not why and not losses.shake(op) and op.key() not in restored:
        return Step(op, "keep", origin=origin)
    return Step(op, how(op, snapshot), why, before=op.before(snapshot), origin=origin)


def how(op: Op, snapshot: Snapshot) -> Action:
    """``mend`` if some of the object is there already, else ``make``."""
    return "mend" if isinstance(op, ObjectOp) and op.stands(snapshot) else "make"


def build_down(
    name: str, records: Sequence[Entry], shared: Sequence[Op], snapshot: Snapshot
) -> Plan:
    """What takes back all that is recorded, last first; ``shared`` is what others still need."""
    return Plan(name, "down", undo_steps(records, snapshot, shared))


def undo_steps(
    records: Sequence[Entry],
    snapshot: Snapshot,
    shared: Sequence[Op] = (),
    followed: Collection[Key] = (),
) -> tuple[Step, ...]:
    """The inverses of what was applied, last first, each with what is to be done about it.

    What somebody else has changed meanwhile is left, and the step says so; so is a setting of
    which is not known what it was, unless another value of ours follows.
    """
    needed = {op.key() for op in shared}
    steps: list[Step] = []
    forgotten: list[Entry] = []
    inverses: list[tuple[AnyOp, Entry]] = []
    for entry in reversed(records):
        if not entry.receipt.changed:
            continue
        if entry.op.key() in needed:
            note = "another network needs it"
            steps.append(Step(entry.op, "leave", note=note, origin=entry.origin))
        elif not _is_forgotten(entry):
            inverses += [(known(op), entry) for op in entry.op.inverse(entry.receipt)]
        elif entry.op.key() not in followed:
            forgotten.append(entry)
    ops = [op for op, _ in inverses]
    going = provided(op for op in ops if _goes(op, snapshot))
    coming = provided(op for op in ops if comes(op))
    note = "what was there before is not known"
    return (
        *steps,
        *(
            Step(entry.op, "leave", note=note, origin=entry.origin)
            for entry in forgotten
            if _stays(entry.op, going, snapshot)
        ),
        *(_inverse(op, entry.origin, going, coming, snapshot) for op, entry in inverses),
    )


def _goes(op: Op, snapshot: Snapshot) -> bool:
    """Whether it takes an object away that is ours still: what is left takes nothing along."""
    return isinstance(op, ObjectOp) and not op.present and not _is_left(op, snapshot)


def _is_left(op: Op, snapshot: Snapshot) -> bool:
    places = [key for key in op.within() if key != op.key()]
    there = all(visible(key, snapshot) for key in places)
    return there and bool(op.satisfied_by(snapshot)) and bool(op.obstacle(snapshot))


def _is_forgotten(entry: Entry) -> bool:
    """Whether it is a setting that we changed and that cannot be put back."""
    return entry.receipt.changed and not entry.op.inverse(entry.receipt)


def _stays(op: Op, going: set[Key], snapshot: Snapshot) -> bool:
    """Whether a setting outlives these, of which no more is known than that we made it."""
    places = op.within()
    looked_at = op.netns in snapshot
    return looked_at and going.isdisjoint(places) and all(visible(key, snapshot) for key in places)


def comes(op: Op) -> bool:
    """Whether it makes an object."""
    return isinstance(op, ObjectOp) and op.present


def _inverse(op: AnyOp, origin: str, going: set[Key], coming: set[Key], snapshot: Snapshot) -> Step:
    places = [key for key in op.within() if key != op.key()]
    returns = comes(op) or any(key in coming for key in places) or _is_there(op, snapshot)
    if not returns and not all(visible(key, snapshot) for key in places):
        return Step(op, "keep", note="gone already", origin=origin)
    why = op.satisfied_by(snapshot)
    if not why:
        return Step(op, "keep", note="as before already", origin=origin)
    if reason := op.obstacle(snapshot):
        return Step(op, "leave", why, note=reason, origin=origin)
    before = op.before(snapshot)
    if any(key in going for key in places) and not _spans(op):
        return Step(op, "implied", why, before=before, origin=origin)
    action: Action = "restore"
    if isinstance(op, ObjectOp):
        action = how(op, snapshot) if op.present else "remove"
    return Step(op, action, why, before=before, origin=origin)


def _is_there(op: Op, snapshot: Snapshot) -> bool:
    """Whether a link is seen, although the other end's namespace has no name any more."""
    return isinstance(op, LinkOp) and op.found(snapshot) is not None


def _spans(op: Op) -> bool:
    """Whether it ties two namespaces: a cable, or a link on a device of the other one.

    A namespace ends some time after it was unpinned, and until then the cable's other end would
    be in the way of the next one of that name, and a VXLAN, say, of the next one of that number;
    so it is not left to go with the namespace.
    """
    if isinstance(op, AcrossOp):
        return op.is_across
    return isinstance(op, VethOp) and op.peer_netns != op.netns


def visible(key: Key, snapshot: Snapshot) -> bool:
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
    theirs: set[Key] = set()
    for entry in records:
        op, origin = entry.op, entry.origin
        why = op.satisfied_by(snapshot)
        if not why:
            steps.append(Step(op, "keep", origin=origin))
        elif reason := op.obstacle(snapshot) or _lies_on(op, theirs):
            steps.append(Step(op, "leave", why, note=reason, origin=origin))
            theirs.update(op.provides() if isinstance(op, ObjectOp) else ())
        else:
            steps.append(
                Step(op, how(op, snapshot), why, before=op.before(snapshot), origin=origin)
            )
    return Plan(name, "repair", tuple(due(steps, (entry.op for entry in records))))


def _lies_on(op: Op, theirs: set[Key]) -> str:
    """Why nothing is made on what is somebody else's, in place of ours."""
    for key in (*op.within(), *op.needs()):
        if key in theirs and key != op.key():
            return f"the {key[0]} {' '.join(key[2:])} it was on is somebody else's by now"
    return ""
