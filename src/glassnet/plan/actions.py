"""When an action is due: at first, and again with what it comes after.

An action leaves nothing that could be looked at. That it was done is in the record; that it must
be done again follows from what the plan makes: a link that comes anew has another MAC to be told
of, a port that is published anew has old flows to be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from glassnet.ops.base import ActionOp, Key, Op
from glassnet.plan.model import Step


def due(steps: Iterable[Step], recorded: Iterable[Op]) -> list[Step]:
    """The steps of what is wanted, in order; actions of them to be done, or kept as done."""
    done = {op.key(): op for op in recorded if isinstance(op, ActionOp)}
    coming: set[Key] = set()
    out: list[Step] = []
    for step in steps:
        op = step.op
        if not isinstance(op, ActionOp):
            coming.update(op.provides() if step.acts else ())
            out.append(step)
            continue
        again = not coming.isdisjoint((*op.after(), *op.within()))
        new = done.get(op.key()) != op
        out.append(replace(step, action="make" if again or new else "keep"))
    return out
