"""A directory of network configurations, as a runtime sees it: which networks there are.

One bad file takes no other network down: it is told beside. Of two files with one network's name
libcni takes the first list, else the first single configuration; the other is told too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from glassnet.cni.conf import NOT_JSON
from glassnet.cni.conflist import Conflist, PluginConf, parse_fragment, parse_list, parse_single
from glassnet.cni.error import IO_FAILURE, CniError

LIST: Final = ".conflist"
SINGLE: Final = (".conf", ".json")
SUFFIXES: Final = (LIST, *SINGLE)
FRAGMENT: Final = ".conf"


class File(msgspec.Struct, frozen=True):
    """A file that was read, or why it could not be."""

    path: str
    text: bytes = b""
    error: str = ""


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a file, and the network that is not there for it, where that is known."""

    file: str
    error: CniError
    network: str = ""
    shadowed: bool = False
    """Nothing is wrong with it, but another file has the network's name."""

    def __str__(self) -> str:
        return str(self.error)


class Confdir(msgspec.Struct, frozen=True):
    """The networks in the order of their files' names, and what else there is to say."""

    networks: tuple[Conflist, ...] = ()
    problems: tuple[Problem, ...] = ()

    def get(self, name: str) -> Conflist | None:
        """A network by its name."""
        return next((one for one in self.networks if one.name == name), None)


Folder = Callable[[str], Sequence[File]]
"""The ``*.conf`` of the folder that has a network's name, sorted: its plugins from elsewhere."""


def read(files: Sequence[File], folder: Folder) -> Confdir:
    """The networks of a directory's files, which are given in the order of their names."""
    found: list[tuple[File, Conflist]] = []
    problems: list[Problem] = []
    for file in files:
        try:
            found.append((file, _network(file, folder)))
        except CniError as error:
            problems.append(Problem(file.path, error, _said_name(file)))
    chosen = _chosen(network for _, network in found)
    for file, network in found:
        other = chosen[network.name]
        if other is not network:
            problems.append(_shadowed(file, network, other))
    networks = tuple(network for _, network in found if chosen[network.name] is network)
    return Confdir(networks, tuple(sorted(problems, key=lambda one: one.file)))


def _network(file: File, folder: Folder) -> Conflist:
    if file.error:
        raise CniError(IO_FAILURE, f"{file.path}: {file.error}", "a readable file")
    if not file.path.endswith(LIST):
        return parse_single(file.text, file.path)
    network = parse_list(file.text, file.path)
    if network.inlined_only:
        return network
    return network.with_appended(tuple(_fragments(folder(network.name)))).whole()


def _fragments(files: Sequence[File]) -> Iterator[PluginConf]:
    for file in files:
        if file.error:
            raise CniError(IO_FAILURE, f"{file.path}: {file.error}", "a readable file")
        yield parse_fragment(file.text, file.path)


def _said_name(file: File) -> str:
    """The name that a bad file gives its network, if that much can be read."""
    try:
        value = msgspec.json.decode(file.text)
    except NOT_JSON:
        return ""
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else ""


def _chosen(networks: Iterator[Conflist]) -> dict[str, Conflist]:
    """Which network a name stands for: lists come before single configurations."""
    lists_first = sorted(networks, key=lambda one: (not one.file.endswith(LIST), one.file))
    chosen: dict[str, Conflist] = {}
    for one in lists_first:
        chosen.setdefault(one.name, one)
    return chosen


def _shadowed(file: File, network: Conflist, other: Conflist) -> Problem:
    error = CniError(
        IO_FAILURE,
        f"{file.path}: network {network.name} is that of {other.file} already: this one is unused",
        "give it another name, or remove one of the files",
    )
    return Problem(file.path, error, network.name, shadowed=True)
