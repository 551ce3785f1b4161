"""The journal: what is about to be done, what was done, and what stands because of it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from glassnet.engine.lock import byte_of
from glassnet.engine.store import Store
from glassnet.ops.base import Key
from glassnet.plan.model import (
    Entry,
    Plan,
    Record,
    Records,
    decode_entries,
    decode_plan,
    decode_records,
    encode,
)

_HISTORY: Final = 1000
"""Runs that are remembered for `undo`."""


class Run(NamedTuple):
    """A row of ``runs`` or, where its state is ``pending``, of ``pending``.

    ``before`` is the network's record from before it, ``outcome`` what stands once it is complete
    (known ahead only of runs that go ``forward`` when they are cut short).
    """

    id: int
    verb: str
    name: str
    kind: str
    state: str
    forward: bool
    started: float
    plan: Plan
    before: tuple[Entry, ...] | None
    outcome: Records | None


class Journal:
    """Runs and the records that they leave, in a `Store`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.lock = store.lock

    # Runs.

    def begin(
        self,
        plan: Plan,
        kind: str,
        forward_to: Records | None = None,
        reverts: int | None = None,
    ) -> int:
        """Write a run ahead of its deeds; its number. It stays ours until `finish` or death.

        Cut short, it is completed if ``forward_to`` says what stands then, else taken back. The
        run that it ``reverts`` counts as reverted from now on: there is no way back from here.
        """
        outcome = None if forward_to is None else encode(forward_to)
        data = encode(plan)
        values = (plan.verb, plan.name, kind, outcome is not None, time.time(), data)
        run = None
        try:
            with self._store.transaction():
                cursor = self._store.execute(
                    "INSERT INTO pending VALUES (NULL, ?, ?, ?, 'pending', ?, ?, ?,"
                    " (SELECT entries FROM records WHERE name = ?), ?)",
                    (*values, plan.name, outcome),
                )
                run = cursor.lastrowid or 0
                # Before others can see the row, or they would take it for a dead one's.
                self.lock.claim(run)
                if reverts is not None:
                    self._store.execute(
                        "UPDATE runs SET state = 'reverted' WHERE id = ?", (reverts,)
                    )
        except BaseException:
            if run is not None:
                self.lock.release(run)
            raise
        return run

    def finish(self, run: int, state: str, records: Records, *, remember: bool = True) -> None:
        """Close a run, with the records that stand now; ``remember`` it for `undo`."""
        with self._store.transaction():
            if remember:
                self._store.execute(
                    "INSERT INTO runs SELECT NULL, verb, name, kind, ?, forward, started, plan,"
                    " before, outcome FROM pending WHERE id = ?",
                    (state, run),
                )
                self._store.execute(
                    "DELETE FROM runs WHERE id <= (SELECT max(id) FROM runs) - ?", (_HISTORY,)
                )
            self._store.execute("DELETE FROM pending WHERE id = ?", (run,))
            for name, record in records.items():
                self._put(name, record)
        self.lock.release(run)

    def _put(self, name: str, record: Record | None) -> None:
        if record is None:
            self._store.execute("DELETE FROM records WHERE name = ?", (name,))
            return
        values = (name, record.kind, encode(record.entries))
        self._store.execute("INSERT OR REPLACE INTO records VALUES (NULL, ?, ?, ?)", values)

    def runs(self, limit: int = 100) -> list[Run]:
        """The last runs, newest first; those far back are forgotten."""
        rows = self._store.rows("SELECT * FROM runs ORDER BY id DESC LIMIT ?", (limit,))
        return [_run(row) for row in rows]

    def back(self, to: int = 0) -> Iterator[Run]:
        """Every run after that one that is remembered, newest first, read as it is asked for."""
        rows = self._store.rows("SELECT id FROM runs WHERE id > ? ORDER BY id DESC", (to,))
        for (number,) in rows:
            run = self.run(number)
            if run is not None:
                yield run

    def run(self, number: int) -> Run | None:
        """One run by its number."""
        row = self._store.row("SELECT * FROM runs WHERE id = ?", (number,))
        return None if row is None else _run(row)

    def orphans(self) -> list[Run]:
        """Runs that are pending and whose process is dead, newest first."""
        rows = self._store.rows("SELECT * FROM pending ORDER BY id DESC")
        return [_run(row) for row in rows if self.lock.is_free(row[0])]

    def has_pending(self) -> bool:
        """Whether any run or attachment is pending although its process is dead."""
        rows = self._store.rows(
            "SELECT id, NULL FROM pending"
            " UNION ALL SELECT NULL, netns FROM attachments WHERE pending"
        )
        return any(self.lock.is_free(run or byte_of(netns)) for run, netns in rows)

    # Records.

    def record(self, name: str) -> tuple[Entry, ...] | None:
        """What stands of a network, or None."""
        data = self._entries(name)
        return None if data is None else decode_entries(data)

    def forget(self, name: str, keys: Collection[Key]) -> None:
        """What of a network's record is about these stands no more: an attachment took it away."""
        with self._store.transaction():
            data = self._entries(name)
            entries = () if data is None else decode_entries(data)
            left = tuple(entry for entry in entries if entry.op.key() not in keys)
            if len(left) < len(entries):
                self._store.execute(
                    "UPDATE records SET entries = ? WHERE name = ?", (encode(left), name)
                )

    def records(self) -> dict[str, tuple[Entry, ...]]:
        """What stands of every network, by name."""
        rows = self._store.rows("SELECT name, entries FROM records ORDER BY name")
        return {str(name): decode_entries(data) for name, data in rows}

    def standing(self) -> dict[str, Record]:
        """The record of every network, by name."""
        rows = self._store.rows("SELECT name, kind, entries FROM records ORDER BY name")
        return {str(name): Record(kind, decode_entries(data)) for name, kind, data in rows}

    def kinds(self) -> dict[str, str]:
        """The kind of every network, by name."""
        rows = self._store.rows("SELECT name, kind FROM records ORDER BY name")
        return {str(name): str(kind) for name, kind in rows}

    def _entries(self, name: str) -> bytes | None:
        row = self._store.row("SELECT entries FROM records WHERE name = ?", (name,))
        return None if row is None else bytes(row[0])


def _run(
    row: tuple[int, str, str, str, str, int, float, bytes, bytes | None, bytes | None],
) -> Run:
    number, verb, name, kind, state, forward, started, plan, before, outcome = row
    return Run(
        number,
        verb,
        name,
        kind,
        state,
        bool(forward),
        started,
        decode_plan(plan),
        None if before is None else decode_entries(before),
        None if outcome is None else decode_records(outcome),
    )
