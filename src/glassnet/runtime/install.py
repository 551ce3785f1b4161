"""Our plugins as executables where container runtimes look for them, and away again.

Each is the daemon's client or, where that was not built or is not wanted, a few lines for this
environment's interpreter. A file that is not ours is never touched,
unless it is said that it may be: then it is kept beside, and comes back when ours goes.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from glassnet.errors import Conflict, InvalidRequest, NotPermitted, StateError
from glassnet.plugins.registry import TYPES
from glassnet.runtime.client import client
from glassnet.serve.find import is_ours

BACKUP: Final = ".before-glassnet"
_LINE_MAX: Final = 127
"""Kernels before 5.1 cut a script's first line there."""


class Placed(NamedTuple):
    """What was done for one type: ``outcome`` is a word, ``beside`` the file that is kept."""

    type: str
    path: str
    outcome: str
    beside: str = ""


def script(python: str = sys.executable) -> str:
    """The executable. It imports nothing but what is installed: ``-I`` shuts out all else."""
    first = f"#!{python} -I"
    if len(first) > _LINE_MAX or len(first.split()) != 2:
        # No kernel takes such a first line: a shell's, then, to whom the next is a command and to
        # Python a text.
        first = f"#!/bin/sh\n'''exec' {shlex.quote(python)} -I \"$0\" \"$@\"\n' '''"
    return (
        f"{first}\n"
        "# A CNI plugin of glassnet: its type is this file's name.\n"
        "from glassnet.serve.start import main\n\n"
        "main()\n"
    )


def check_types(types: Sequence[str]) -> Sequence[str]:
    """The types; all there are if none is named. Raises `InvalidRequest` for one that is none."""
    for one in types:
        if one not in TYPES:
            raise InvalidRequest(f"no plugin type {one!r}", f"those there are: {', '.join(TYPES)}")
    return tuple(dict.fromkeys(types)) or TYPES


def install(
    directory: Path, types: Sequence[str] = (), *, replace: bool = False, daemon: bool = True
) -> list[Placed]:
    """Put the types into a directory. Raises `Conflict`, and then nothing is touched.

    Without ``daemon`` each call is a process of Python's.
    """
    wanted = check_types(types)
    foreign = [one for one in wanted if _is_foreign(directory / one)]
    if foreign and not replace:
        raise Conflict(
            f"{directory} has plugins of others: {', '.join(foreign)}",
            "--replace keeps them beside ours; --types names those that are wanted",
        )
    try:
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        made = (client(sys.executable) if daemon else None) or script().encode()
        return [_put(directory / one, made) for one in wanted]
    except OSError as error:
        raise _refusal(directory, error) from error


def uninstall(directory: Path, types: Sequence[str] = ()) -> list[Placed]:
    """Take the types away; what they had replaced comes back. What is not ours stays."""
    try:
        return list(_removed(directory, check_types(types)))
    except OSError as error:
        raise _refusal(directory, error) from error


def _put(path: Path, made: bytes) -> Placed:
    beside = ""
    if _is_foreign(path):
        beside = str(_keep(path))
        outcome = "replaced"
    elif not path.exists():
        outcome = "installed"
    elif path.read_bytes() == made and os.access(path, os.X_OK):
        return Placed(path.name, str(path), "unchanged")
    else:
        outcome = "updated"
    _write(path, made)
    return Placed(path.name, str(path), outcome, beside)


def _is_foreign(path: Path) -> bool:
    """Whether something is there that is not ours: a dangling link too."""
    return os.path.lexists(path) and not is_ours(str(path))


def _keep(path: Path) -> Path:
    """A second name for a file, so that there is one under the first at every moment."""
    beside = path.with_name(path.name + BACKUP)
    spare = path.with_name(f".{path.name}{BACKUP}")
    spare.unlink(missing_ok=True)
    os.link(path, spare, follow_symlinks=False)
    spare.rename(beside)
    return beside


def _write(path: Path, made: bytes) -> None:
    fd, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(made)
            file.flush()
            os.fchmod(fd, 0o755)
            os.fsync(fd)
        Path(name).rename(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _removed(directory: Path, types: Sequence[str]) -> Iterator[Placed]:
    for one in types:
        path = directory / one
        beside = path.with_name(path.name + BACKUP)
        if _is_foreign(path):
            yield Placed(one, str(path), "left")
        elif not os.path.lexists(path):
            yield Placed(one, str(path), "absent")
        elif os.path.lexists(beside):
            beside.rename(path)
            yield Placed(one, str(path), "restored")
        else:
            path.unlink()
            yield Placed(one, str(path), "removed")


def _refusal(directory: Path, error: OSError) -> NotPermitted | StateError:
    place = error.filename or directory
    if isinstance(error, PermissionError):
        return NotPermitted(f"{place}: {error.strerror}", "run it as root, or name a --bin-dir")
    return StateError(f"{place}: {error.strerror}", "is the file system full or read-only?")
