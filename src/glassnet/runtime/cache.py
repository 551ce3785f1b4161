"""The cache on disk: what was attached, in libcni's place and format.

A file is written whole or not at all. What cannot be read is tolerated and told, as is what another
boot has left. Two attachments whose files would have one name (``a-b`` and ``c``, ``a`` and
``b-c``) have two.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from glassnet.cni.cached import Entry, Key, decode, encode, file_name, spare_name
from glassnet.cni.error import IO_FAILURE, CniError
from glassnet.cni.steps import Cached
from glassnet.errors import NotPermitted

DIRECTORY: Final = "/var/lib/cni"
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_STAT: Final = Path("/proc/stat")


class Cache:
    """The entries below a directory; ``boot`` is this boot's id."""

    def __init__(self, directory: Path, boot: str = "") -> None:
        self.directory = directory
        self.results = directory / "results"
        self._boot = boot or _BOOT_ID.read_text(encoding="ascii").strip()

    def load(self, key: Key) -> Cached:
        """What there is of an attachment."""
        first = self._read(self.results / file_name(key), key)
        if first.entry is not None and first.entry.key == key:
            return first
        spare = self._read(self.results / spare_name(key), key)
        if spare.entry is not None or spare.problem:
            return spare
        return Cached(problem=first.problem)

    def all(self) -> list[Cached]:
        """All entries, by file name; bare results, which do not say whose they are, among them."""
        try:
            paths = sorted(self.results.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise refusal(self.results, error) from error
        return [self._read(path) for path in paths if not path.name.startswith(".")]

    def save(self, entry: Entry, durable: bool = True) -> None:
        """Write an entry. Raises `CniError` or `NotPermitted`."""
        entry = msgspec.structs.replace(entry, boot=self._boot, inode=inode_of(entry.netns))
        first, spare = self._places(entry.key)
        target = spare if self._is_anothers(first, entry.key) else first
        with self._refusing(target):
            self.prepare()
            _write(target, encode(entry), self.directory, durable)
            if target == first:
                spare.unlink(missing_ok=True)

    def forget(self, key: Key) -> None:
        """Remove an entry; one that cannot be read too."""
        first, spare = self._places(key)
        with self._refusing(first):
            spare.unlink(missing_ok=True)
            if not self._is_anothers(first, key):
                first.unlink(missing_ok=True)

    def prepare(self) -> None:
        """Make the directories, for us alone. Raises `OSError`."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.results.mkdir(mode=0o700, exist_ok=True)

    def _places(self, key: Key) -> tuple[Path, Path]:
        return (self.results / file_name(key), self.results / spare_name(key))

    def _is_anothers(self, path: Path, key: Key) -> bool:
        entry = self._read(path, key).entry
        return entry is not None and entry.key != key

    def _read(self, path: Path, key: Key | None = None) -> Cached:
        """A file. A bare result is taken for that of the ``key`` whose name the file has."""
        try:
            data = path.read_bytes()
            written = path.stat().st_mtime
        except FileNotFoundError:
            return Cached()
        except OSError as error:
            return Cached(file=str(path), problem=f"{path} cannot be read: {error.strerror}")
        try:
            entry = decode(data, str(path))
        except CniError as error:
            details = f" ({error.details})" if error.details else ""
            return Cached(file=str(path), problem=f"{error}{details}")
        if key is not None and not any(entry.key):
            entry = msgspec.structs.replace(entry, key=key)
        return Cached(entry, str(path), stale=self._stale(entry, written))

    def _stale(self, entry: Entry, written: float) -> str:
        """How it is known that its namespace is no more: nothing if it may be there.

        libcni's entries do not say their boot: then the file's time does.
        """
        if entry.boot and entry.boot != self._boot:
            return f"it was made in boot {entry.boot}"
        if entry.inode and inode_of(entry.netns) not in {0, entry.inode}:
            return f"its namespace is gone, and another has the path {entry.netns}"
        if entry.boot:
            return ""
        if written >= boot_time():
            return ""
        when = datetime.datetime.fromtimestamp(written, datetime.UTC)
        return f"it was made before this boot, at {when:%Y-%m-%d %H:%M} UTC"

    @contextlib.contextmanager
    def _refusing(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise refusal(path, error) from error


def inode_of(netns: str) -> int:
    """The inode of a namespace's path; 0 if there is none."""
    try:
        return Path(netns).stat().st_ino if netns else 0
    except (OSError, ValueError):
        return 0


def boot_time() -> int:
    """When this boot began, in seconds since 1970 (proc(5))."""
    for line in _STAT.read_text(encoding="ascii").splitlines():
        word, _, number = line.partition(" ")
        if word == "btime":
            return int(number)
    return 0


def refusal(path: Path, error: OSError) -> NotPermitted | CniError:
    """The error for a file or directory of the cache that cannot be used."""
    if isinstance(error, PermissionError):
        return NotPermitted(
            f"{path}: {error.strerror}", "run it as root, or name another cache directory"
        )
    too_long = error.errno == errno.ENAMETOOLONG
    advice = "a shorter container id" if too_long else "is the file system full or read-only?"
    return CniError(IO_FAILURE, f"{path}: {error.strerror}", advice)


def _write(target: Path, data: bytes, scratch: Path, durable: bool) -> None:
    """By a file beside that takes the name once it is complete, outside of what libcni lists."""
    fd, name = tempfile.mkstemp(prefix=".glassnet-", dir=scratch)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(fd)
        Path(name).rename(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if durable:
        _sync(target.parent)


def _sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
