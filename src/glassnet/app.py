"""The use cases: all that the front ends call. It wires files, engine and kernel together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from glassnet.engine.engine import Engine, Finding
from glassnet.engine.store import Store, state_dir
from glassnet.errors import InvalidRequest, InvalidValue, NotFound, NotPermitted
from glassnet.events import Listener, ignore
from glassnet.kernel import netns as namespaces
from glassnet.kernel.linux import LinuxKernel
from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.plan.model import Wanted
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, IpAddress, Netns

_LOOK_AT = ("links", "addrs", "rules", "neighbours", "fdb")
_MAIN: Final = 254
_TABLES_SHOWN: Final = frozenset({0, 253, 255})
"""Routing tables that are not looked into: none, default (empty) and local (the kernel's)."""
_SUFFIXES: Final = (".yaml", ".yml")


class Network(NamedTuple):
    """A lab file as the engine takes it."""

    name: str
    wanted: list[Wanted]


class Overview(NamedTuple):
    """A network that is up."""

    name: str
    kind: str
    operations: int
    made: int


class Deed(NamedTuple):
    """A run, as it is listed; one that was cut short has no number yet."""

    id: int | None
    verb: str
    name: str
    state: str
    started: float
    changes: int


@contextmanager
def engine(listener: Listener = ignore) -> Iterator[Engine]:
    """The engine for the host that the calling thread is in."""
    store = Store(state_dir())
    with Engine(LinuxKernel(), store, listener) as it:
        yield it


def load(path: Path) -> Network:
    """Read and compile a lab file. Raises `NotFound`, `NotPermitted` or `InvalidRequest`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}", _near(path)) from None
    except IsADirectoryError:
        raise InvalidRequest(f"{path} is a directory", "give a lab file") from None
    except PermissionError as error:
        raise NotPermitted(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{path} is no text: {error.reason}", "give a lab file") from None
    except OSError as error:
        raise InvalidRequest(f"{path}: {error.strerror}", "give a lab file") from error
    lab = read(text, str(path))
    return Network(lab.name, compile_lab(lab))


def _near(path: Path) -> str:
    for suffix in _SUFFIXES:
        if os.path.isfile(f"{path}{suffix}"):  # noqa: PTH113  it never raises
            return f"there is {path}{suffix}"
    return ""


def is_file(target: str) -> bool:
    """Whether a ``FILE|NAME`` argument means a file."""
    return "/" in target or target.endswith(_SUFFIXES) or os.path.isfile(target)  # noqa: PTH113


def name_of(target: str) -> str:
    """The network that a ``FILE|NAME`` argument means."""
    return load(Path(target)).name if is_file(target) else target


def check(target: str) -> list[Finding]:
    """Compare a file, or a network that is up, with the host; nothing is changed.

    With a file the journal is not needed: the host may have been built by others.
    """
    if is_file(target):
        network = load(Path(target))
        with LinuxKernel() as kernel:
            snapshot = kernel.snapshot(_facets(network.wanted))
        return [Finding(i.op, i.op.satisfied_by(snapshot), i.origin) for i in network.wanted]
    with engine() as it:
        return it.check(it.recorded(target))


def _facets(wanted: list[Wanted]) -> frozenset[Facet]:
    return frozenset(facet for item in wanted for facet in item.op.reads())


def overview() -> tuple[list[Overview], list[Deed]]:
    """The networks that are up, and what was cut short and is not settled yet."""
    with engine() as it:
        kinds = it.journal.kinds()
        networks = [
            Overview(name, kinds[name], len(entries), sum(e.receipt.changed for e in entries))
            for name, entries in it.journal.records().items()
        ]
        return (networks, _unfinished(it))


def history() -> list[Deed]:
    """What was done, newest first, and before it what was cut short."""
    with engine() as it:
        return [
            *_unfinished(it),
            *(
                Deed(run.id, run.verb, run.name, run.state, run.started, len(run.plan.changes))
                for run in it.journal.runs()
            ),
        ]


def _unfinished(it: Engine) -> list[Deed]:
    return [
        Deed(None, run.verb, run.name, "cut short", run.started, len(run.plan.changes))
        for run in it.journal.orphans()
    ]


def network_names() -> list[str]:
    """The names of the networks that are up; where nothing ever was, no journal is begun."""
    if not _has_journal():
        return []
    with engine() as it:
        return list(it.journal.kinds())


def undoable_runs() -> list[tuple[int, str]]:
    """The runs that `undo` takes, newest first: number and words."""
    if not _has_journal():
        return []
    with engine() as it:
        return [
            (run.id, f"{run.verb} {run.name}") for run in it.journal.runs() if run.state == "done"
        ]


def _has_journal() -> bool:
    return (state_dir() / "state.db").exists()


def namespace_names() -> list[str]:
    """The named namespaces."""
    return namespaces.names()


def resolve_netns(text: str) -> Netns:
    """``host``, a name, a path or a process id. `NotFound` if there is no such namespace."""
    if text in {"", HOST.label}:
        return HOST
    netns = Netns(text)
    if text.isascii() and text.isdigit() and not namespaces.look(netns)[0]:
        netns = Netns(f"/proc/{text}/ns/net")
    there, is_namespace = namespaces.look(netns)
    if there and not is_namespace:
        raise NotFound(f"{netns.path} is no network namespace", _known())
    if not there:
        nor = " and no process" if text.isdigit() else ""
        raise NotFound(f"there is no namespace{nor} {text!r}", _known())
    return netns


def _known() -> str:
    return f"those there are: {', '.join([HOST.label, *namespace_names()])}"


@contextmanager
def inside(netns: Netns) -> Iterator[None]:
    """Be in a namespace for a while."""
    if netns.is_host:
        yield
        return
    back, fd = namespaces.open_current(), namespaces.open_netns(netns)
    try:
        with namespaces.inside(fd, back):
            yield
    finally:
        os.close(fd)
        os.close(back)


def look(netns: Netns) -> NetnsState:
    """Everything in one namespace."""
    return look_at([netns])[netns]


def look_at(wanted: list[Netns]) -> Snapshot:
    """Everything in some namespaces, with the routing tables that their rules lead to."""
    with LinuxKernel() as kernel:
        snapshot = kernel.snapshot(Facet(netns, kind) for netns in wanted for kind in _LOOK_AT)
        seen = kernel.snapshot(
            Facet(netns, "routes", str(table))
            for netns in wanted
            for table in {_MAIN, *(rule.table for rule in snapshot[netns].rules)} - _TABLES_SHOWN
        )
        for netns in wanted:
            snapshot[netns].routes = seen[netns].routes
    return snapshot


def address_of(text: str, version: int | None = None) -> IpAddress:
    """An address, or the first global one (of a ``version``, 4 or 6) of a namespace by name."""
    if text not in {HOST.label, *namespace_names()}:
        address = _address(text)
        if version not in {None, address.version}:
            raise InvalidRequest(f"{text} is no IPv{version} address")
        return address
    state = look(resolve_netns(text))
    found = [a.cidr.address for a in state.addrs if a.scope == 0]
    fitting = [address for address in found if version in {None, address.version}]
    if not fitting:
        family = f"IPv{version} address" if version else "address"
        raise NotFound(
            f"{text} has no {family} to be reached at",
            f"it has {', '.join(found)}" if found else "",
        )
    return fitting[0]


def _address(text: str) -> IpAddress:
    try:
        return IpAddress(text)
    except InvalidValue as error:
        if ":" in text:
            raise
        raise NotFound(f"{text!r} is no address and no namespace", _known()) from error
