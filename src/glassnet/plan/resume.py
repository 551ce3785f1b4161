"""What is to be done about a plan that was cut short: return to before it, or complete it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glassnet.ops.base import ActionOp, Key, ObjectOp, Op
from glassnet.plan.actions import due
from glassnet.plan.build import REMOVALS, addition, comes, how, restorations, undo_steps, visible
from glassnet.plan.losses import Losses, provided
from glassnet.plan.model import Action, Entry, Plan, Step, Wanted
from glassnet.plan.newborn import set_at_birth
from glassnet.state.snapshot import Snapshot

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

_TAKES = REMOVALS | {"restore"}


def build_return(plan: Plan, before: Sequence[Entry], snapshot: Snapshot) -> Plan:
    """What takes back a plan that was cut short or refused, wherever it had come to.

    What it made goes; of what stood ``before``, that comes back which it took away, or which went
    along with that.
    """
    stood = {entry.op.key(): entry.op for entry in before}
    with_links = set_at_birth(plan.steps)
    made = [
        Entry(step.op, step.receipt(), step.origin)
        for step in plan.steps
        if step.is_addition
        and step.op.key() not in with_links
        and not _stands(stood.get(step.op.key()), step.op, snapshot)
    ]
    followed = {entry.op.key() for entry in made}
    removals = undo_steps(made, snapshot, followed=stood.keys())
    taken = Losses(step.op for step in (*plan.steps, *removals) if step.action in _TAKES)
    losses = Losses(step.op for step in removals if step.action in REMOVALS)
    returns = [
        addition(Wanted(entry.op, entry.origin), snapshot, losses, restorations(removals))
        for entry in before
        if taken.touch(entry.op) or entry.op.key() in followed
    ]
    return Plan(plan.name, f"undo {plan.verb}", (*removals, *due(returns, ())))


def _stands(old: AnyOp | None, new: AnyOp, snapshot: Snapshot) -> bool:
    """Whether what was there of that name is there still, and not yet what was to replace it."""
    return old is not None and (old == new or _is_rather(old, new, snapshot))


def _is_rather(one: Op, other: Op, snapshot: Snapshot) -> bool:
    """Whether what is there is what the one says, and not the other; if half made, by the traits.

    Were what is half made taken for the other, it would be taken away and made again; and whoever
    died over it each time would never come to an end.
    """
    return len(one.satisfied_by(snapshot)) < len(other.satisfied_by(snapshot))


def build_completion(plan: Plan, snapshot: Snapshot) -> Plan:
    """What is left to do of a plan that was cut short."""
    coming = provided(step.op for step in plan.changes if comes(step.op))
    successors = {step.op.key(): step.op for step in plan.changes if comes(step.op)}
    losses = Losses()
    steps: list[Step] = []
    for step in plan.changes:
        op = step.op
        if isinstance(op, ObjectOp) and not op.present:
            if _is_due(op, successors.get(op.key()), snapshot):
                losses.add([op])
                steps.append(step)
        elif again := _again(step, coming, losses, snapshot):
            changed = Step(op, again, step.why, before=step.before, origin=step.origin)
            steps.append(changed)
    return Plan(plan.name, plan.verb, tuple(steps))


def _is_due(removal: ObjectOp, successor: AnyOp | None, snapshot: Snapshot) -> bool:
    """Whether a removal is still to be done: what is there is not yet its successor."""
    if not removal.satisfied_by(snapshot) or removal.obstacle(snapshot):
        return False
    return successor is None or not _is_rather(successor, removal.flipped(), snapshot)


def _again(step: Step, coming: set[Key], losses: Losses, snapshot: Snapshot) -> Action | None:
    """What is still to be done about a step that makes or sets something; None: nothing."""
    op = step.op
    if losses.take(op):
        return step.action
    places = [key for key in op.within() if key != op.key()]
    returns = comes(op) or any(key in coming for key in places)
    if not returns and not all(visible(key, snapshot) for key in places):
        return None
    if isinstance(op, ActionOp):
        return step.action
    if op.obstacle(snapshot) or not (op.satisfied_by(snapshot) or losses.shake(op)):
        return None
    return step.action if step.action == "restore" else how(op, snapshot)
