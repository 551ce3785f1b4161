"""Attachments in the store: one row each, written ahead, marked done, deleted.

A row is its own run and its own record: what the hot path writes is one insert and one update. A
namespace is wired by one process at a time, which holds its byte of the lock file meanwhile: so a
pending row whose namespace nobody holds is a dead one's.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from glassnet.engine.lock import byte_of
from glassnet.engine.store import Store
from glassnet.errors import Conflict
from glassnet.plan.model import Entry, Plan, decode_plan, encode, entries_of
from glassnet.values import Netns

_BEGIN: Final = """
INSERT INTO attachments VALUES (NULL, ?, ?, 1, ?, ?) RETURNING id,
    EXISTS (SELECT 1 FROM attachments other WHERE other.pending AND other.id != attachments.id
        AND other.netns = attachments.netns),
    EXISTS (SELECT 1 FROM attachments other WHERE other.pending AND other.id != attachments.id)
    OR EXISTS (SELECT 1 FROM pending)
"""


class Begun(NamedTuple):
    """A row's number; whether its namespace has others that are half-made, and so a dead one's,
    and whether anything is pending anywhere, by the living or the dead."""

    row: int
    haunted: bool
    company: bool


class Row(NamedTuple):
    """An attachment: what makes it, or made it."""

    id: int
    plan: Plan


class Attachments:
    """The rows, and the lock bytes of the namespaces that are being wired."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = store.lock

    def held(self, netns: Netns) -> contextlib.AbstractContextManager[None]:
        """Be the only one who wires a namespace; waits for who does at the moment."""
        return self._lock.held(byte_of(netns))

    def begin(self, plan: Plan, netns: Netns) -> Begun:
        """Write an attachment ahead of its deeds, with its namespace `held`.

        What else is pending is asked in the same breath, for that costs no locks of its own.
        Raises `Conflict` if there is one of that name, made or in the making.
        """
        return self.begin_encoded(plan.name, encode(plan), netns)

    def begin_encoded(self, name: str, plan: bytes, netns: Netns) -> Begun:
        """The same with a plan that is JSON already."""
        values = (name, netns, time.time(), plan)
        try:
            row = self._store.row(_BEGIN, values)
        except sqlite3.IntegrityError:
            raise Conflict(f"there is an attachment {name} already", "detach it first") from None
        return Begun(row[0], bool(row[1]), bool(row[2]))

    def go_on(self, row: int, plan: Plan) -> None:
        """There is more to it than was known when it began: written ahead, as all is."""
        self._store.execute("UPDATE attachments SET plan = ? WHERE id = ?", (encode(plan), row))

    def done(self, row: int) -> None:
        """It stands."""
        self._store.execute("UPDATE attachments SET pending = 0 WHERE id = ?", (row,))

    def delete(self, row: int) -> None:
        """It is gone."""
        self._store.execute("DELETE FROM attachments WHERE id = ?", (row,))

    def hand_over(self, row: int, heir: Row) -> None:
        """It is gone, and another takes over what it had made for both."""
        with self._store.transaction():
            self._store.execute(
                "UPDATE attachments SET plan = ? WHERE id = ?", (encode(heir.plan), heir.id)
            )
            self.delete(row)

    def cut_short(self) -> list[Netns]:
        """Namespaces with a row whose maker seems to be dead, the newest first.

        It may have come to its end meanwhile: ask for the `orphans` once the namespace is `held`.
        """
        rows = self._store.rows("SELECT netns FROM attachments WHERE pending ORDER BY id DESC")
        return [Netns(netns) for (netns,) in rows if self._lock.is_free(byte_of(netns))]

    def orphans(self, netns: Netns) -> list[Row]:
        """The half-made attachments of a namespace that is `held`."""
        rows = self._store.rows(
            "SELECT id, plan FROM attachments WHERE pending AND netns = ? ORDER BY id DESC",
            (netns,),
        )
        return [Row(row, decode_plan(plan)) for row, plan in rows]

    def names(self, prefix: str) -> list[str]:
        """The attachments, made or in the making, whose names begin so."""
        rows = self._store.rows(
            "SELECT name FROM attachments WHERE name >= ? AND name < ? ORDER BY name",
            (prefix, prefix + "\U0010ffff"),
        )
        return [str(name) for (name,) in rows]

    def one_of(self, prefix: str, types: Sequence[str]) -> Row | None:
        """Some attachment, made or in the making, of one of these types; None if there is none.

        The type is what the last part of its name says, but for a number.
        """
        ends = [end for type_ in types for end in (f"*/{type_}", f"*/{type_}#*")]
        named = " OR ".join("name GLOB ?" for _ in ends)
        row = self._store.row(
            f"SELECT id, plan FROM attachments WHERE name >= ? AND name < ? AND ({named}) LIMIT 1",
            (prefix, prefix + "\U0010ffff", *ends),
        )
        return None if row is None else Row(row[0], decode_plan(row[1]))

    def netns(self, name: str) -> Netns | None:
        """The namespace of an attachment, or None if there is none of that name."""
        row = self._store.row("SELECT netns FROM attachments WHERE name = ?", (name,))
        return None if row is None else Netns(row[0])

    def find(self, name: str, netns: Netns) -> Row | None:
        """An attachment that stands in that namespace."""
        row = self._store.row(
            "SELECT id, plan FROM attachments WHERE NOT pending AND name = ? AND netns = ?",
            (name, netns),
        )
        return None if row is None else Row(row[0], decode_plan(row[1]))

    def other(self, row: Row, netns: Netns) -> Row | None:
        """Another that stands in the same namespace, the oldest."""
        found = self._store.row(
            "SELECT id, plan FROM attachments WHERE NOT pending AND netns = ? AND id != ?"
            " ORDER BY id LIMIT 1",
            (netns, row.id),
        )
        return None if found is None else Row(found[0], decode_plan(found[1]))

    def has_link(self, netns: Netns, ifname: str) -> bool:
        """Whether an attachment, made or in the making, has a link of that name there."""
        rows = self._store.rows("SELECT plan FROM attachments WHERE netns = ?", (netns,))
        key = ("link", netns, ifname)
        return any(
            key in step.op.provides() for (plan,) in rows for step in decode_plan(plan).steps
        )

    def get(self, name: str) -> tuple[Entry, ...] | None:
        """What stands of one attachment, or None."""
        row = self._store.row(
            "SELECT plan FROM attachments WHERE name = ? AND NOT pending", (name,)
        )
        return None if row is None else entries_of(decode_plan(row[0]))

    def standing(self, prefix: str) -> list[tuple[str, tuple[Entry, ...]]]:
        """The attachments that stand whose names begin so, in the order of their making."""
        rows = self._store.rows(
            "SELECT name, plan FROM attachments WHERE NOT pending AND name >= ? AND name < ?"
            " ORDER BY id",
            (prefix, prefix + "\U0010ffff"),
        )
        return [(str(name), entries_of(decode_plan(plan))) for name, plan in rows]

    def all(self) -> dict[str, tuple[Entry, ...]]:
        """What stands of each, by name."""
        rows = self._store.rows(
            "SELECT name, plan FROM attachments WHERE NOT pending ORDER BY name"
        )
        return {str(name): entries_of(decode_plan(plan)) for name, plan in rows}
