"""The `Kernel` port without a kernel: settings and namespaces in a dict, refusals to order.

Operations on settings and namespaces alone are enough to see what the engine does with any.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from glassnet.engine.engine import Engine
from glassnet.engine.store import Store
from glassnet.errors import KernelRefused, NotFound
from glassnet.events import Listener, ignore
from glassnet.kernel.port import Outcome
from glassnet.ops.netns import NetnsOp
from glassnet.ops.request import NetnsRequest, Request, SysctlRequest
from glassnet.ops.sysctl import SysctlOp
from glassnet.plan.model import Wanted
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, Netns, SysctlKey

UNTOUCHED: Final = "0"
"""What every setting is before anybody has set it."""


def setting(name: str, value: str = "1", netns: str = "") -> SysctlOp:
    """An operation on one of the settings ``a``, ``b`` and so on."""
    return SysctlOp(netns=Netns(netns), name=SysctlKey(f"net.core.{name}"), value=value)


def settings(names: str, value: str = "1") -> list[Wanted]:
    """A network that wants several: ``"abc"``."""
    return [Wanted(setting(name, value)) for name in names]


def namespace(name: str) -> NetnsOp:
    """An operation on a namespace."""
    return NetnsOp(netns=Netns(name))


class PretendKernel:
    """What it was asked to do is in ``asked``, a list for each call; what it holds in ``values``.

    ``refused`` are the names of settings, with values, that it will not set; ``hook`` is called
    before each request that it does.
    """

    def __init__(self) -> None:
        self.values: dict[tuple[Netns, SysctlKey], str] = {}
        self.namespaces: set[Netns] = {HOST}
        self.asked: list[list[Request]] = []
        self.refused: set[str] = set()
        self.blind = False
        self.goes_on = False
        self.hook: Callable[[Request], None] = lambda request: None
        self.closed = 0

    def value(self, name: str, netns: str = "") -> str:
        """What a setting is now."""
        return self.values.get((Netns(netns), SysctlKey(f"net.core.{name}")), UNTOUCHED)

    def changed(self) -> dict[str, str]:
        """The host's settings that are not as they were untouched."""
        return {
            key.rpartition(".")[2]: value
            for (_, key), value in sorted(self.values.items())
            if value != UNTOUCHED
        }

    def make(self, netns: Netns) -> None:
        """A namespace comes."""
        self.namespaces.add(netns)

    def take_away(self, netns: Netns) -> None:
        """A namespace goes, with all that is set in it."""
        self.namespaces.discard(netns)
        self.values = {key: value for key, value in self.values.items() if key[0] != netns}

    def snapshot(self, facets: Iterable[Facet]) -> Snapshot:
        """As asked for; raises if it is ``blind``."""
        if self.blind:
            raise KernelRefused(errno.ENOBUFS, "it is dark")
        states: dict[Netns, NetnsState] = {}
        for netns, kind, key in facets:
            there = netns in self.namespaces
            state = states.setdefault(netns, NetnsState(netns, exists=there, is_namespace=there))
            if kind == "sysctl" and there:
                name = SysctlKey(key)
                state.sysctls[name] = self.values.get((netns, name), UNTOUCHED)
        return Snapshot(states)

    def perform(self, requests: Sequence[Request]) -> list[Outcome]:
        """As the port says; with ``goes_on``, what was sent along with a refused one is done."""
        self.asked.append(list(requests))
        outcomes: list[Outcome] = []
        for request in requests:
            outcomes.append(self._perform(request))
            if outcomes[-1] is not None and not self.goes_on:
                break
        return outcomes

    def _perform(self, request: Request) -> Outcome:
        self.hook(request)
        if request.netns not in self.namespaces and not isinstance(request, NetnsRequest):
            return NotFound(f"there is no namespace {request.netns}")
        if isinstance(request, SysctlRequest):
            if f"{request.key.rpartition('.')[2]}={request.value}" in self.refused:
                return KernelRefused(errno.EINVAL, "I will not", what=str(request.key))
            self.values[request.netns, request.key] = request.value
        elif isinstance(request, NetnsRequest):
            self.make(request.netns) if request.create else self.take_away(request.netns)
        else:
            raise AssertionError(request)
        return None

    def close(self) -> None:
        self.closed += 1


def engine(
    directory: Path, kernel: PretendKernel, listener: Listener = ignore, chunk: int = 1
) -> Engine:
    """An engine for it, with its store in a directory."""
    return Engine(kernel, Store(directory), listener, chunk)
