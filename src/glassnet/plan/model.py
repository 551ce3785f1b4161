"""The plan: operations in order, what will be done about each, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from glassnet.errors import StateError
from glassnet.ops.base import ActionOp, Difference, Op, Receipt
from glassnet.ops.registry import AnyOp, decode_value, encode_value

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


def entries_of(plan: Plan) -> tuple[Entry, ...]:
    """What a plan leaves in the journal once it was carried out."""
    return tuple(Entry(step.op, step.receipt(), step.origin) for step in plan.steps)


class Record(msgspec.Struct, frozen=True):
    """What stands of a network: its ``kind`` (``lab``) and its entries."""

    kind: str
    entries: tuple[Entry, ...]


Records = Mapping[str, Record | None]
"""The records that a run leaves, by network; None where nothing stands any more."""

_records = msgspec.json.Decoder(dict[str, Record | None], dec_hook=decode_value)
_entries = msgspec.json.Decoder(tuple[Entry, ...], dec_hook=decode_value)
_plan = msgspec.json.Decoder(Plan, dec_hook=decode_value)
_encoder = msgspec.json.Encoder(enc_hook=encode_value)
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def encode(value: Plan | Sequence[Entry] | Records | Op) -> bytes:
    """JSON, as the journal keeps it."""
    return _encoder.encode(value)


def decode_plan(data: bytes) -> Plan:
    """A plan from its JSON; `StateError` if it is none."""
    try:
        return _plan.decode(data)
    except _UNREADABLE as error:
        raise StateError(f"a plan in the journal cannot be read: {error}") from error


def decode_entries(data: bytes) -> tuple[Entry, ...]:
    """Entries from their JSON; `StateError` if they are none."""
    try:
        return _entries.decode(data)
    except _UNREADABLE as error:
        raise StateError(f"a record in the journal cannot be read: {error}") from error


def decode_records(data: bytes) -> Records:
    """Records from their JSON; `StateError` if they are none."""
    try:
        return _records.decode(data)
    except _UNREADABLE as error:
        raise StateError(f"the records of a run cannot be read: {error}") from error
