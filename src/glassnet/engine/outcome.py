"""What stands once a plan is carried out: the records that it leaves, its own and its heirs'.

What several networks need is made once, and one of them has the receipt. When that one needs it
no more the others inherit it, so that the last to go puts things back (docs/adr/0007).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glassnet.engine.executor import entry_of
from glassnet.ops.base import Key, Receipt
from glassnet.plan.model import Entry, Plan, Record, Records

Standing = Mapping[str, Record]
"""What stands of every network, by name."""


def after_up(plan: Plan, kind: str, standing: Standing) -> Records:
    """The entries of all that is wanted: what was ours already keeps its first receipt."""
    known = {entry.op.key(): entry for entry in _entries(standing, plan.name)}
    entries: list[Entry] = []
    for step in plan.steps:
        if not step.is_addition:
            continue
        old = known.get(step.op.key())
        if old is not None and old.op == step.op and old.receipt.changed:
            entries.append(Entry(step.op, old.receipt, step.origin))
        else:
            entries.append(entry_of(step))
    return _left(plan.name, Record(kind, tuple(entries)), standing)


def after_down(name: str, standing: Standing) -> Records:
    """No record of its own."""
    return _left(name, None, standing)


def after_repair(plan: Plan, standing: Standing) -> Records:
    """The same entries; what was there before us and had to be made anew is ours now."""
    record = standing[plan.name]
    return {plan.name: Record(record.kind, _owned(record.entries, plan))}


def after_undo(
    plan: Plan, kind: str, before: Sequence[Entry] | None, standing: Standing
) -> Records:
    """The record from before the run that is undone, if there was one."""
    record = None if before is None else Record(kind, _owned(before, plan))
    return _left(plan.name, record, standing)


def _owned(entries: Sequence[Entry], plan: Plan) -> tuple[Entry, ...]:
    made = {step.op.key(): step for step in plan.steps if step.action == "make"}
    return tuple(
        Entry(entry.op, entry_of(made[entry.op.key()]).receipt, entry.origin)
        if entry.op.key() in made and not entry.receipt.changed
        else entry
        for entry in entries
    )


def _left(name: str, record: Record | None, standing: Standing) -> Records:
    """A network's new record, and those of the heirs of what it needs no more."""
    kept = {entry.op.key() for entry in record.entries} if record is not None else set()
    legacy = {
        entry.op.key(): entry.receipt
        for entry in _entries(standing, name)
        if entry.receipt.changed and entry.op.key() not in kept
    }
    out: dict[str, Record | None] = {name: record}
    for other, there in standing.items():
        heirs = tuple(_inherit(entry, legacy) for entry in there.entries)
        if other != name and heirs != there.entries:
            out[other] = Record(there.kind, heirs)
    return out


def _entries(standing: Standing, name: str) -> tuple[Entry, ...]:
    return standing[name].entries if name in standing else ()


def _inherit(entry: Entry, legacy: Mapping[Key, Receipt]) -> Entry:
    receipt = legacy.get(entry.op.key())
    if receipt is None or entry.receipt.changed:
        return entry
    return Entry(entry.op, receipt, entry.origin)
