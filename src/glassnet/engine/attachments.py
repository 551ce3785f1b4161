"""Attachments in the store: one row each, written ahead, marked done, deleted.

A row is its own run and its own record: what the hot path writes is one insert and one update.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from typing import NamedTuple

from glassnet.engine.lock import byte_of
from glassnet.engine.store import Store
from glassnet.errors import Conflict
from glassnet.plan.model import Entry, Plan, decode_plan, encode, entries_of


class Orphan(NamedTuple):
    """An attachment that was being made by a process that is dead."""

    id: int
    plan: Plan


class Attachments:
    """The rows, and the lock bytes of those that are being made or taken away."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = store.lock

    def begin(self, plan: Plan) -> int:
        """Write an attachment ahead of its deeds; the row's number.

        Raises `Conflict` if there is one of that name; one in the making is waited for.
        """
        # Before others can see the row, or they would take it for a dead one's.
        self._lock.claim(byte_of(plan.name))
        try:
            cursor = self._store.execute(
                "INSERT INTO attachments VALUES (NULL, ?, 1, ?, ?)",
                (plan.name, time.time(), encode(plan)),
            )
        except BaseException as error:
            self.give_up(plan.name)
            if isinstance(error, sqlite3.IntegrityError):
                raise Conflict(
                    f"there is an attachment {plan.name} already", "detach it first"
                ) from None
            raise
        return cursor.lastrowid or 0

    def done(self, row: int, name: str) -> None:
        """It stands."""
        self._store.execute("UPDATE attachments SET pending = 0 WHERE id = ?", (row,))
        self.give_up(name)

    def undone(self, row: int, name: str) -> None:
        """It was taken back."""
        try:
            self._store.execute("DELETE FROM attachments WHERE id = ?", (row,))
        finally:
            self.give_up(name)

    def give_up(self, name: str) -> None:
        """It is ours no more; if its row is pending, whoever comes next takes it back."""
        self._lock.release(byte_of(name))

    def cut_short(self) -> list[str]:
        """Names of those whose maker seems to be dead, newest first.

        It may have come to its end meanwhile: ask for the `orphan` once its name is `held`.
        """
        rows = self._store.rows("SELECT name FROM attachments WHERE pending ORDER BY id DESC")
        return [name for (name,) in rows if self._lock.is_free(byte_of(name))]

    def orphan(self, name: str) -> Orphan | None:
        """The half-made attachment of a name that is `held`, or None."""
        row = self._store.row(
            "SELECT id, plan FROM attachments WHERE pending AND name = ?", (name,)
        )
        return None if row is None else Orphan(row[0], decode_plan(row[1]))

    def held(self, name: str) -> contextlib.AbstractContextManager[None]:
        """Be the only one who makes or takes away the attachment of a name."""
        return self._lock.held(byte_of(name))

    def get(self, name: str) -> tuple[Entry, ...] | None:
        """What stands of one attachment, or None."""
        row = self._store.row(
            "SELECT plan FROM attachments WHERE name = ? AND NOT pending", (name,)
        )
        return None if row is None else entries_of(decode_plan(row[0]))

    def all(self) -> dict[str, tuple[Entry, ...]]:
        """What stands of each, by name."""
        rows = self._store.rows(
            "SELECT name, plan FROM attachments WHERE NOT pending ORDER BY name"
        )
        return {str(name): entries_of(decode_plan(plan)) for name, plan in rows}

    def delete(self, name: str) -> None:
        """It is gone."""
        self._store.execute("DELETE FROM attachments WHERE name = ?", (name,))
