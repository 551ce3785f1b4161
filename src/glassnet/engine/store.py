"""The state directory: one SQLite file, and the lock that tells the living from the dead.

Kernel objects die with the boot, and so does what is said of them: a file of another boot is begun
anew. Writes are ahead of deeds, and a killed process loses nothing that it has written.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

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
    netns TEXT NOT NULL,          -- also the byte of the lock file
    pending INTEGER NOT NULL,
    started REAL NOT NULL,
    plan BLOB NOT NULL
);
CREATE TABLE leases (             -- who has which address
    network TEXT NOT NULL,
    address TEXT NOT NULL,
    container TEXT NOT NULL,
    ifname TEXT NOT NULL,
    netns TEXT NOT NULL,
    inode INTEGER NOT NULL,       -- of the namespace: another by that name is not the holder
    PRIMARY KEY (network, address)
) WITHOUT ROWID;
CREATE INDEX leases_holder ON leases (network, container, ifname);
CREATE TABLE turns (              -- the last address that each pool of a network gave
    network TEXT NOT NULL,
    pool INTEGER NOT NULL,
    last TEXT NOT NULL,
    PRIMARY KEY (network, pool)
) WITHOUT ROWID;
CREATE INDEX attachments_netns ON attachments (netns);
CREATE INDEX attachments_pending ON attachments (netns) WHERE pending;
"""

_FULL: Final = "is the file system full or read-only?"
_DAMAGED: Final = (
    "it is damaged: move the directory away and begin anew; what stands bears glassnet's marks: "
    "'ip -d link', 'ip route show table all proto 103', 'nft list table inet glassnet'"
)
_ADVICE: Final = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _FULL,
    sqlite3.SQLITE_IOERR: _FULL,
    sqlite3.SQLITE_CANTOPEN: "is the directory writable?",
    sqlite3.SQLITE_BUSY: "another glassnet is writing: try again",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


def state_dir() -> Path:
    """Where the state is: /run/glassnet, or $GLASSNET_STATE."""
    return Path(os.environ.get("GLASSNET_STATE") or STATE_DIR)


class Store:
    """One open state directory."""

    def __init__(self, directory: Path = STATE_DIR) -> None:
        self.directory = directory
        with contextlib.ExitStack() as opened:
            try:
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                self.lock = Lock(directory / "lock")
                opened.callback(self.lock.close)
                with self.lock.opening():
                    self._db = _open(directory / "state.db")
                    opened.callback(self._db.close)
                    self._prepare()
            except PermissionError as error:
                raise NotPermitted(
                    f"{directory}: {error.strerror}", "run it as root, or within 'glassnet lab'"
                ) from error
            except OSError as error:
                raise StateError(f"{directory}: {error}", "is the directory writable?") from error
            except sqlite3.Error as error:
                raise self._failure(error) from error
            opened.pop_all()
        self._status = _status(directory)

    def is_still(self) -> bool:
        """Whether what is open is what has the name now: somebody may have deleted it."""
        return self._status is not None and self._status == _status(self.directory)

    def close(self) -> None:
        """Close the file and let go of the lock."""
        self._db.close()
        self.lock.close()

    def _prepare(self) -> None:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
        found = self._meta("boot")
        if found is None:
            self._refuse_a_strangers()
        self._db.execute("PRAGMA journal_mode = WAL")
        # The state lives in memory and dies with the boot: nothing is gained by waiting for a
        # disk. A killed process loses nothing, for the kernel has the written pages.
        self._db.execute("PRAGMA synchronous = OFF")
        if found != boot:
            self._begin_anew(boot)
        elif self._meta("version") != _VERSION:
            raise StateError(
                f"{self.directory} was written by another version of glassnet",
                f"bring its networks down with that version, then remove {self.directory}",
            )

    def _refuse_a_strangers(self) -> None:
        if self.row("SELECT 1 FROM sqlite_schema") is not None:
            raise StateError(
                f"{self.directory}/state.db is not glassnet's",
                "name another directory in $GLASSNET_STATE",
            )

    def _begin_anew(self, boot: str) -> None:
        """Empty tables, whichever version made those that are there."""
        with self.transaction():
            for (table,) in self.rows("SELECT name FROM sqlite_schema WHERE type = 'table'"):
                self.execute(f'DROP TABLE "{table}"')
            for statement in _SCHEMA.split(";"):
                self.execute(statement)
            self.execute("INSERT INTO meta VALUES ('version', ?), ('boot', ?)", (_VERSION, boot))

    def _meta(self, key: str) -> str | None:
        try:
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # it is: no such table
                raise
            return None
        return None if row is None else str(row[0])

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is executed within, or none of it."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            self._db.rollback()
            raise

    def execute(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """One statement. Raises `StateError`; `sqlite3.IntegrityError` for a name that is there."""
        try:
            return self._db.execute(sql, values)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def rows(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """All rows of a query, each a tuple. Raises `StateError`."""
        cursor = self.execute(sql, values)
        try:
            return cursor.fetchall()
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def has(self, table: str) -> bool:
        """Whether there is a table that is made by the first who needs it. Raises `StateError`."""
        return self.row("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)) is not None

    def row(self, sql: str, values: tuple[object, ...] = ()) -> Any:
        """The first row of a query, a tuple, or None. Raises `StateError`."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def _failure(self, error: sqlite3.Error) -> StateError:
        code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
        return StateError(f"{self.directory}/state.db: {error}", _ADVICE.get(code & 0xFF, ""))


def _status(directory: Path) -> tuple[int, int] | None:
    try:
        status = (directory / "state.db").stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def _open(path: Path) -> sqlite3.Connection:
    """For us alone: SQLite gives its other files the permissions of the first.

    It may not be opened here once it is SQLite's: closing it would let go of this process's locks.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    return sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
