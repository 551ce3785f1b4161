"""The use cases: all that the front ends call. It wires files, engine and kernel together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from glassnet.engine.engine import Engine, Finding
from glassnet.engine.store import STATE_DIR, Store
from glassnet.errors import InvalidRequest, NotFound, NotPermitted
from glassnet.events import Listener, ignore
from glassnet.kernel import netns as namespaces
from glassnet.kernel.linux import LinuxKernel
from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.plan.model import Wanted
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, IpAddress, Netns

_LOOK_AT = ("links", "addrs", "routes", "rules", "neighbours", "fdb")


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


def state_dir() -> Path:
    """Where the journal is: /run/glassnet, or $GLASSNET_STATE."""
    return Path(os.environ.get("GLASSNET_STATE") or STATE_DIR)


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
        raise NotFound(f"there is no file {path}") from None
    except IsADirectoryError:
        raise InvalidRequest(f"{path} is a directory", "give a lab file") from None
    except PermissionError as error:
        raise NotPermitted(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{path} is no text: {error.reason}", "give a lab file") from None
    lab = read(text, str(path))
    return Network(lab.name, compile_lab(lab))


def is_file(target: str) -> bool:
    """Whether a ``FILE|NAME`` argument means a file."""
    return "/" in target or target.endswith((".yaml", ".yml")) or Path(target).is_file()


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


def overview() -> list[Overview]:
    """The networks that are up."""
    with engine() as it:
        kinds = it.journal.kinds()
        return [
            Overview(name, kinds[name], len(entries), sum(e.receipt.changed for e in entries))
            for name, entries in it.journal.records().items()
        ]


def namespace_names() -> list[str]:
    """The named namespaces."""
    return namespaces.names()


def resolve_netns(text: str) -> Netns:
    """``host``, a name, a path or a process id. `NotFound` if there is no such namespace."""
    if text in {"", "host"}:
        return HOST
    if text.isdigit() and not namespaces.look(Netns(text))[0]:
        netns = Netns(f"/proc/{text}/ns/net")
    else:
        netns = Netns(text)
    if not namespaces.look(netns)[0]:
        known = ", ".join(namespace_names()) or "none"
        raise NotFound(f"there is no namespace {text!r}", f"those there are: host, {known}")
    return netns


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
    """Everything in some namespaces."""
    with LinuxKernel() as kernel:
        return kernel.snapshot(
            Facet(netns, kind, "254" if kind == "routes" else "")
            for netns in wanted
            for kind in _LOOK_AT
        )


def address_of(text: str) -> IpAddress:
    """An address, or the first global one of a namespace by name."""
    if text in {"host", *namespace_names()}:
        state = look(resolve_netns(text))
        found = [a.cidr.address for a in state.addrs if a.scope == 0]
        if not found:
            raise NotFound(f"{text} has no address to be reached at")
        return found[0]
    return IpAddress(text)
