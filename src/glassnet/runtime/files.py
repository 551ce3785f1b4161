"""The directory of network configurations on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from glassnet.cni.confdir import FRAGMENT, SUFFIXES, Confdir, File
from glassnet.cni.confdir import read as read_files
from glassnet.cni.conflist import Conflist
from glassnet.errors import NotFound

DIRECTORY: Final = "/etc/cni/net.d"


def read(directory: Path) -> Confdir:
    """The networks of a directory; none of one that is not there."""
    return read_files(files(directory, SUFFIXES), lambda name: files(directory / name, (FRAGMENT,)))


def files(directory: Path, suffixes: tuple[str, ...]) -> list[File]:
    """The files of a directory with these ends, by name, read. What cannot be read says why."""
    try:
        paths = sorted(path for path in directory.iterdir() if path.name.endswith(suffixes))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        return [File(str(directory), error=error.strerror or str(error))]
    return [_file(path) for path in paths if not path.is_dir()]


def _file(path: Path) -> File:
    try:
        return File(str(path), path.read_bytes())
    except OSError as error:
        return File(str(path), error=error.strerror or str(error))


def network(directory: Path, name: str) -> Conflist:
    """A network by its name. Raises `NotFound`, or the `CniError` of the file that has it."""
    found = read(directory)
    chosen = found.get(name)
    if chosen is not None:
        return chosen
    for problem in found.problems:
        if problem.network == name:
            raise problem.error
    if not found.networks and not found.problems:
        raise NotFound(f"no net configurations found in {directory}", "NETCONFPATH names another")
    raise NotFound(f'no net configuration with name "{name}" in {directory}', _advice(found))


def _advice(found: Confdir) -> str:
    there = ", ".join(one.name for one in found.networks) or "none"
    broken = "".join(f"\n  broken: {one}" for one in found.problems if not one.shadowed)
    return f"networks there are: {there}{broken}"
