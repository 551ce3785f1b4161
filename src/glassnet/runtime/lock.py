"""One at a time: locks on networks and containers, between threads and between processes.

Each is a byte of one file (fcntl(2), open file description locks), so that nothing is left to be
cleared away and the kernel lets go of what a dead process held.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import struct
import zlib
from pathlib import Path
from typing import Final, Self

from glassnet.cni.steps import Hold

NAME: Final = ".glassnet.lock"
_FLOCK: Final = "hhqqi4x"  # struct flock of 64-bit Linux: type, whence, start, length, pid
_BASES: Final = {"network": 1 << 32, "container": 1 << 33}


def is_free(directory: Path, wanted: Hold) -> bool:
    """Whether nobody is at work on it. Nothing is made, and nothing taken."""
    try:
        fd = os.open(directory / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        lock = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, _byte(wanted), 1, 0)
        answer = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, lock)
    finally:
        os.close(fd)
    kind: int = struct.unpack(_FLOCK, answer)[0]
    return kind == fcntl.F_UNLCK


def _byte(wanted: Hold) -> int:
    return _BASES[wanted.kind] + zlib.crc32(wanted.name.encode())


class Held(contextlib.AbstractContextManager[None]):
    """What is locked until it is left. It can be entered once."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __exit__(self, *about: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class Waiting:
    """An open lock file, for one lock. Names that share a byte wait for each other."""

    def __init__(self, directory: Path, wanted: Hold) -> None:
        self._byte = _byte(wanted)
        self._kind = fcntl.F_WRLCK if wanted.alone else fcntl.F_RDLCK
        self._fd = os.open(directory / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def at_once(self) -> Held | None:
        """Take it if nobody stands in the way."""
        try:
            self._set(fcntl.F_OFD_SETLK)
        except OSError as error:
            if error.errno not in {errno.EAGAIN, errno.EACCES}:
                raise
            return None
        return self._held()

    def wait(self) -> Held:
        """Take it once nobody stands in the way."""
        self._set(fcntl.F_OFD_SETLKW)
        return self._held()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait no more; what was taken is held all the same."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _held(self) -> Held:
        fd, self._fd = self._fd, -1
        return Held(fd)

    def _set(self, command: int) -> None:
        fcntl.fcntl(
            self._fd, command, struct.pack(_FLOCK, self._kind, os.SEEK_SET, self._byte, 1, 0)
        )
