"""The state directory: one SQLite file, and the lock that tells the living from the dead.

Kernel objects die with the boot, and so does what is said of them: a file of another boot is begun
anew. Writes are ahead of deeds, and a killed process loses nothing that it has written.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from glassnet.engine.lock import Lock
from glassnet.errors import NotPermitted, StateError

STATE_DIR: Final = Path("/run/glassnet")
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_VERSION: Final = "1"
_BUSY_SECONDS: Final = 10.0

_SCHEMA: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pending (            -- what is being done, or was cut short
    id INTEGER PRIMARY KEY,       -- also the byte of the lock file
    verb TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    forward INTEGER NOT NULL,     -- if cut short: 1 complete it, 0 take it back
    started REAL NOT NULL,
    plan BLOB NOT NULL,
    before BLOB,                  -- the record as it was, NULL where there was none
    outcome BLOB                  -- the records once it is complete, where it goes forward
);
CREATE TABLE runs (               -- what was done: done, undone (rolled back), reverted (by undo)
    id INTEGER PRIMARY KEY,
    verb TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    forward INTEGER NOT NULL,
    started REAL NOT NULL,
    plan BLOB NOT NULL,
    before BLOB,
    outcome BLOB
);
CREATE TABLE records (            -- what stands
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    entries BLOB NOT NULL
);
CREATE TABLE attachments (        -- what stands, or is being made: one row from begin to end
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    pending INTEGER NOT NULL,
    started REAL NOT NULL,
    plan BLOB NOT NULL
);
"""


class Store:
    """One open state directory."""

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
            self._make_tables()
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
        if self._meta("version") == _VERSION and self._meta("boot") == boot:
            return
        if self._meta("version") not in {None, _VERSION}:
            raise StateError(
                f"{self.directory} was written by another version of glassnet",
                "bring its networks down with that version first",
            )
        with self.transaction():
            for table in ("pending", "runs", "records", "attachments"):
                self.execute(f"DELETE FROM {table}")
            self.execute("INSERT OR REPLACE INTO meta VALUES ('version', ?)", (_VERSION,))
            self.execute("INSERT OR REPLACE INTO meta VALUES ('boot', ?)", (boot,))

    def _make_tables(self) -> None:
        """All or none, and once, whoever else opens the directory at this moment."""
        with self.transaction():
            if self._meta("version") is None:
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute("INSERT INTO meta VALUES ('version', ?)", (_VERSION,))

    def _meta(self, key: str) -> str | None:
        try:
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        except sqlite3.OperationalError:
            return None
        return None if row is None else str(row[0])

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is executed within, or none of it."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.rollback()
            raise
        self.execute("COMMIT")

    def execute(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """One statement. Raises `StateError`; `sqlite3.IntegrityError` for a name that is there."""
        try:
            return self._db.execute(sql, values)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise StateError(
                f"{self.directory}/state.db: {error}", "is the file system full or read-only?"
            ) from error
