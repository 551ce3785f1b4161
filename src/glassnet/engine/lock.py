"""Who is alive: a lock on one byte of a file for each run, let go by the kernel at death.

Byte 0 is for all that must be done one after the other, those from 1 on for runs, by their
numbers, those from 2^32 on for namespaces that are wired, by a checksum of their names, and the one
after those for the opening of the directory.

Open-file-description locks (fcntl(2)) belong to the open file, not to the process, so they work
across PID namespaces, between threads, and vanish with the last descriptor.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_WHOLE: Final = 0
_NAMESPACES: Final = 1 << 32
_OPENING: Final = 1 << 33
_FLOCK: Final = "hhqqi4x"  # struct flock of 64-bit Linux: type, whence, start, length, pid


def byte_of(netns: str) -> int:
    """The byte of a namespace. Two may share one: then one waits for the other."""
    return _NAMESPACES + zlib.crc32(netns.encode())


class Lock:
    """The lock file of one open state directory."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def close(self) -> None:
        """Let go of everything."""
        os.close(self._fd)

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Wait until nobody else changes labs, and keep others waiting."""
        return self.held(_WHOLE)

    def opening(self) -> contextlib.AbstractContextManager[None]:
        """Wait until nobody else opens the directory, and keep others waiting."""
        return self.held(_OPENING)

    @contextlib.contextmanager
    def held(self, run: int) -> Iterator[None]:
        """`claim` it for a while."""
        self.claim(run)
        try:
            yield
        finally:
            self.release(run)

    def claim(self, run: int) -> None:
        """Say that we are the one who carries out this run.

        Waits for the moment in which the one before us with this number lets go of it.
        """
        self._set(fcntl.F_OFD_SETLKW, fcntl.F_WRLCK, run)

    def release(self, run: int) -> None:
        """Say that it is over."""
        self._set(fcntl.F_OFD_SETLK, fcntl.F_UNLCK, run)

    def is_free(self, run: int) -> bool:
        """Whether nobody who is alive, other than this open file, carries out this run."""
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, run, 1, 0)
        answer = fcntl.fcntl(self._fd, fcntl.F_OFD_GETLK, asked)
        kind: int = struct.unpack(_FLOCK, answer)[0]
        return kind == fcntl.F_UNLCK

    def _set(self, command: int, kind: int, start: int) -> None:
        fcntl.fcntl(self._fd, command, struct.pack(_FLOCK, kind, os.SEEK_SET, start, 1, 0))
