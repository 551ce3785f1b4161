"""Attachments in the store: one row each, written ahead, marked done, deleted.

A row is its own run and its own record: what the hot path writes is one insert and one update.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from typing import Final, NamedTuple

from glassnet.engine.store import Store
from glassnet.errors import Conflict
from glassnet.plan.model import Entry, Plan, decode_plan, encode, entries_of

_FIRST_BYTE: Final = 1 << 32
"""Where the lock file's bytes for attachments begin: above all numbers of runs."""


class Orphan(NamedTuple):
    """An attachment that was being made by a process that is dead."""

    id: int
    plan: Plan


class Attachments:
    """The rows, and the lock bytes of those that are being made."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = store.lock

    def begin(self, plan: Plan) -> int:
        """Write an attachment ahead of its deeds; the row's number.

        Raises `Conflict` if there is one of that name, made or in the making.
        """
        # Before others can see the row, or they would take it for a dead one's.
        self._lock.claim(_byte(plan.name))
        try:
            cursor = self._store.execute(
                "INSERT INTO attachments VALUES (NULL, ?, 1, ?, ?)",
                (plan.name, time.time(), encode(plan)),
            )
        except sqlite3.IntegrityError:
            self._lock.release(_byte(plan.name))
            raise Conflict(
                f"there is an attachment {plan.name} already", "detach it first"
            ) from None
        return cursor.lastrowid or 0

    def done(self, row: int, name: str) -> None:
        """It stands."""
        self._store.execute("UPDATE attachments SET pending = 0 WHERE id = ?", (row,))
        self._lock.release(_byte(name))

    def undone(self, row: int, name: str) -> None:
        """It was taken back."""
        self._store.execute("DELETE FROM attachments WHERE id = ?", (row,))
        self._lock.release(_byte(name))

    def give_up(self, name: str) -> None:
        """It could not be taken back: whoever comes next is to try again."""
        self._lock.release(_byte(name))

    def orphans(self) -> list[Orphan]:
        """Those that were being made by a process that is dead, newest first."""
        rows = self._store.execute(
            "SELECT id, name, plan FROM attachments WHERE pending ORDER BY id DESC"
        )
        return [
            Orphan(row, decode_plan(plan))
            for row, name, plan in rows.fetchall()
            if self._lock.is_free(_byte(name))
        ]

    def claim(self, name: str) -> None:
        """Say that we are the one who takes it back."""
        self._lock.claim(_byte(name))

    def get(self, name: str) -> tuple[Entry, ...] | None:
        """What stands of one attachment, or None."""
        row = self._store.execute(
            "SELECT plan FROM attachments WHERE name = ? AND NOT pending", (name,)
        ).fetchone()
        return None if row is None else entries_of(decode_plan(row[0]))

    def all(self) -> dict[str, tuple[Entry, ...]]:
        """What stands of each, by name."""
        rows = self._store.execute(
            "SELECT name, plan FROM attachments WHERE NOT pending ORDER BY name"
        )
        return {str(name): entries_of(decode_plan(plan)) for name, plan in rows}

    def delete(self, name: str) -> None:
        """It is gone."""
        self._store.execute("DELETE FROM attachments WHERE name = ?", (name,))


def _byte(name: str) -> int:
    """The lock byte of a name. Two names may share one: then one waits for the other."""
    return _FIRST_BYTE + zlib.crc32(name.encode())
