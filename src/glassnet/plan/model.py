"""The plan: operations in order, what will be done about each, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from glassnet.errors import StateError
from glassnet.ops import written
from glassnet.ops.base import ActionOp, Difference, Op, Receipt
from glassnet.state.snapshot import Facet

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp
else:
    AnyOp = Op  # all of them would be imported

Action = Literal["make", "mend", "remove", "restore", "keep", "leave", "implied"]
"""What is done about a step.

make      the object is not there, or the setting has another value: apply the operation
mend      the object is there and differs: bring it to what is wanted
remove    take away an object that glassnet made
restore   put back the value that a setting had
keep      it is as wanted already: do nothing
leave     it is somebody else's by now: do nothing, and say so
implied   it goes with something that is removed: do nothing
"""


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """An operation, and where it comes from: ``article.yaml:12``."""

    op: AnyOp
    origin: str = ""


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One operation of a plan, with what is known of the state before it."""

    op: AnyOp
    action: Action
    why: tuple[Difference, ...] = ()
    note: str = ""
    before: Mapping[str, str] = {}
    origin: str = ""

    @property
    def acts(self) -> bool:
        """Whether anything will be done."""
        return self.action in {"make", "mend", "remove", "restore"}

    @property
    def is_addition(self) -> bool:
        """Whether it is about what is wanted, not about taking back what was."""
        return self.action in {"make", "mend"} or (self.action == "keep" and not self.note)

    def receipt(self) -> Receipt:
        """What having done it means for its undoing: nothing, if it was an action."""
        changed = (self.acts or self.action == "implied") and not isinstance(self.op, ActionOp)
        return Receipt(changed=changed, before=self.before if changed else {})


class Plan(msgspec.Struct, frozen=True):
    """Steps in the order of their doing; ``verb`` is what was asked for, ``name`` the network."""

    name: str
    verb: str
    steps: tuple[Step, ...]
    version: int = 1

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps at which something is done."""
        return tuple(step for step in self.steps if step.acts)


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """An operation that was applied, its receipt, and where it came from."""

    op: AnyOp
    receipt: Receipt
    origin: str = ""


def facets(ops: Iterable[Op]) -> frozenset[Facet]:
    """What must be looked at to plan, check or undo these operations."""
    return frozenset(facet for op in ops for facet in op.reads())


def entries_of(plan: Plan) -> tuple[Entry, ...]:
    """What a plan leaves in the journal once it was carried out."""
    return tuple(Entry(step.op, step.receipt(), step.origin) for step in plan.steps)


class Record(msgspec.Struct, frozen=True):
    """What stands of a network: its ``kind`` (``lab``) and its entries."""

    kind: str
    entries: tuple[Entry, ...]


Records = Mapping[str, Record | None]
"""The records that a run leaves, by network; None where nothing stands any more."""


class _WrittenStep(msgspec.Struct, frozen=True):
    """A `Step` as it is written: its operation is read by the module of its kind."""

    op: msgspec.Raw
    action: Action
    why: tuple[Difference, ...] = ()
    note: str = ""
    before: Mapping[str, str] = {}
    origin: str = ""

    def read(self, place: str) -> Step:
        op = written.decode(self.op, f"{place}.op")
        return Step(op, self.action, self.why, self.note, self.before, self.origin)


class _WrittenPlan(msgspec.Struct, frozen=True):
    name: str
    verb: str
    steps: tuple[_WrittenStep, ...]
    version: int = 1

    def read(self) -> Plan:
        steps = tuple(step.read(f"$.steps[{n}]") for n, step in enumerate(self.steps))
        return Plan(self.name, self.verb, steps, self.version)


class _WrittenEntry(msgspec.Struct, frozen=True):
    op: msgspec.Raw
    receipt: Receipt
    origin: str = ""

    def read(self, place: str) -> Entry:
        return Entry(written.decode(self.op, f"{place}.op"), self.receipt, self.origin)


class _WrittenRecord(msgspec.Struct, frozen=True):
    kind: str
    entries: tuple[_WrittenEntry, ...]

    def read(self) -> Record:
        return Record(self.kind, _read(self.entries, "$[...].entries"))


def _read(entries: Iterable[_WrittenEntry], place: str) -> tuple[Entry, ...]:
    return tuple(entry.read(f"{place}[{n}]") for n, entry in enumerate(entries))


_encoder = msgspec.json.Encoder(enc_hook=written.encode_value)
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def encode(value: Plan | Sequence[Entry] | Records | Op) -> bytes:
    """JSON, as the journal keeps it."""
    return _encoder.encode(value)


def decode_plan(data: bytes) -> Plan:
    """A plan from its JSON; `StateError` if it is none."""
    try:
        return msgspec.json.decode(data, type=_WrittenPlan).read()
    except _UNREADABLE as error:
        raise StateError(f"a plan in the journal cannot be read: {error}") from error


def decode_entries(data: bytes) -> tuple[Entry, ...]:
    """Entries from their JSON; `StateError` if they are none."""
    try:
        return _read(msgspec.json.decode(data, type=tuple[_WrittenEntry, ...]), "$")
    except _UNREADABLE as error:
        raise StateError(f"a record in the journal cannot be read: {error}") from error


def decode_records(data: bytes) -> Records:
    """Records from their JSON; `StateError` if they are none."""
    try:
        found = msgspec.json.decode(data, type=dict[str, _WrittenRecord | None])
        return {name: one.read() if one else None for name, one in found.items()}
    except _UNREADABLE as error:
        raise StateError(f"the records of a run cannot be read: {error}") from error
