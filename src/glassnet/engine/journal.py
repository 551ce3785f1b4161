"""The journal: what is about to be done, what was done, and what stands because of it.

One SQLite file in the state directory. Writes are ahead of deeds: a run is ``pending`` with its
whole plan before the kernel is touched. Kernel objects die with the boot, and so does what is
said of them: a journal of another boot is begun anew.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Final, NamedTuple

from glassnet.engine.lock import Lock
from glassnet.errors import NotPermitted, StateError
from glassnet.plan.model import (
    Entry,
    Plan,
    Records,
    decode_entries,
    decode_plan,
    decode_records,
    encode,
)

STATE_DIR: Final = Path("/run/glassnet")
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_VERSION: Final = "1"
_BUSY_SECONDS: Final = 10.0

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY,
    verb TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,          -- pending, done, undone (rolled back), reverted (by undo)
    forward INTEGER NOT NULL,     -- if cut short: 1 complete it, 0 take it back
    started REAL NOT NULL,
    plan BLOB NOT NULL,
    before BLOB,                  -- the record as it was; NULL: there was none
    outcome BLOB                  -- the records once it is complete, where it goes forward
);
CREATE INDEX IF NOT EXISTS pending ON runs (state) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS records (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    entries BLOB NOT NULL
) WITHOUT ROWID;
"""


class Run(NamedTuple):
    """A row of ``runs``.

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
    """The state directory: runs, records, and the lock that tells the living from the dead."""

    def __init__(self, directory: Path = STATE_DIR) -> None:
        self.directory = directory
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.lock = Lock(directory / "lock")
            self._db = sqlite3.connect(
                directory / "state.db", timeout=_BUSY_SECONDS, isolation_level=None
            )
            self._prepare()
        except PermissionError as error:
            raise NotPermitted(
                f"{directory}: {error.strerror}", "run it as root, or within 'glassnet lab'"
            ) from error
        except (OSError, sqlite3.Error) as error:
            raise StateError(f"{directory}: {error}", "is the directory writable?") from error

    def close(self) -> None:
        """Close the file and let go of the lock."""
        self._db.close()
        self.lock.close()

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        # The state lives in memory and dies with the boot: nothing is gained by waiting for a
        # disk. A killed process loses nothing, for the kernel has the written pages.
        self._db.execute("PRAGMA synchronous = OFF")
        if self._meta("version") is None:
            self._db.executescript(_SCHEMA)
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
        if self._meta("version") == _VERSION and self._meta("boot") == boot:
            return
        if self._meta("version") not in {None, _VERSION}:
            raise StateError(
                f"{self.directory} was written by another version of glassnet",
                "bring its networks down with that version first",
            )
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM runs")
        self._db.execute("DELETE FROM records")
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('version', ?)", (_VERSION,))
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('boot', ?)", (boot,))
        self._db.execute("COMMIT")

    def _meta(self, key: str) -> str | None:
        try:
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        except sqlite3.OperationalError:
            return None
        return None if row is None else str(row[0])

    # Runs.

    def begin(self, plan: Plan, kind: str, forward_to: Records | None = None) -> int:
        """Write a run ahead of its deeds; its number. It stays ours until `finish` or death.

        Cut short, it is completed if ``forward_to`` says what stands then, else taken back.
        """
        before = self._entries(plan.name)
        outcome = None if forward_to is None else encode(forward_to)
        cursor = self._execute(
            "INSERT INTO runs (verb, name, kind, state, forward, started, plan, before, outcome)"
            " VALUES (?, ?, ?, 'pending', ?, ?, ?, ?, ?)",
            (
                plan.verb,
                plan.name,
                kind,
                outcome is not None,
                time.time(),
                encode(plan),
                before,
                outcome,
            ),
        )
        run = cursor.lastrowid
        if run is None:
            raise StateError("the journal gave the run no number")
        self.lock.claim(run)
        return run

    def finish(self, run: int, state: str, records: Records) -> None:
        """Close a run, with the records that stand now."""
        self._execute("BEGIN IMMEDIATE", ())
        self._execute("UPDATE runs SET state = ? WHERE id = ?", (state, run))
        for name, record in records.items():
            if record is None:
                self._execute("DELETE FROM records WHERE name = ?", (name,))
            else:
                self._execute(
                    "INSERT OR REPLACE INTO records VALUES (?, ?, ?)",
                    (name, record.kind, encode(record.entries)),
                )
        self._execute("COMMIT", ())
        self.lock.release(run)

    def mark(self, run: int, state: str) -> None:
        """Change the state of a run that is over."""
        self._execute("UPDATE runs SET state = ? WHERE id = ?", (state, run))

    def runs(self, limit: int = 100) -> list[Run]:
        """The last runs, newest first."""
        rows = self._execute("SELECT * FROM runs ORDER BY id DESC LIMIT ?", (limit,))
        return [_run(row) for row in rows]

    def run(self, number: int) -> Run | None:
        """One run by its number."""
        row = self._execute("SELECT * FROM runs WHERE id = ?", (number,)).fetchone()
        return None if row is None else _run(row)

    def orphans(self) -> list[Run]:
        """Runs that are pending and whose process is dead, newest first."""
        rows = self._execute("SELECT * FROM runs WHERE state = 'pending' ORDER BY id DESC", ())
        return [_run(row) for row in rows.fetchall() if self.lock.is_free(row[0])]

    def has_pending(self) -> bool:
        """Whether any run is pending, alive or dead."""
        row = self._execute("SELECT 1 FROM runs WHERE state = 'pending' LIMIT 1", ()).fetchone()
        return row is not None

    # Records.

    def record(self, name: str) -> tuple[Entry, ...] | None:
        """What stands of a network, or None."""
        data = self._entries(name)
        return None if data is None else decode_entries(data)

    def records(self, kind: str = "") -> dict[str, tuple[Entry, ...]]:
        """What stands of every network (of a kind: ``lab`` or ``attachment``), by name."""
        rows = self._execute(
            "SELECT name, entries FROM records WHERE ? IN ('', kind) ORDER BY name", (kind,)
        )
        return {str(name): decode_entries(data) for name, data in rows}

    def kinds(self) -> dict[str, str]:
        """The kind of every network, by name."""
        rows = self._execute("SELECT name, kind FROM records ORDER BY name", ())
        return {str(name): str(kind) for name, kind in rows}

    def _entries(self, name: str) -> bytes | None:
        row = self._execute("SELECT entries FROM records WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def _execute(self, sql: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, values)
        except sqlite3.Error as error:
            raise StateError(
                f"{self.directory}/state.db: {error}", "is the file system full or read-only?"
            ) from error


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
