"""A kernel that fails when it is told to, and what is done with it, each in its own process.

`FaultyKernel` counts what is sent to the real one: a *send* is one system call's worth of requests
(a batch), which is as finely as a SIGKILL can cut. Before a chosen send the process kills itself,
or the kernel answers with an errno in place of doing it. `FaultyStore` counts SQL statements.
"""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from glassnet import app
from glassnet.engine.engine import Engine
from glassnet.engine.store import Store
from glassnet.errors import GlassnetError, KernelRefused
from glassnet.events import Listener, ignore
from glassnet.kernel.batch import batches
from glassnet.kernel.linux import LinuxKernel
from glassnet.kernel.port import Outcome
from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.ops.request import NetlinkRequest, NftRequest, Request
from glassnet.plan.model import Wanted
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.testing.host import Host

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
NAMES: Final = ("article", "dual-stack", "internet", "published", "two-hosts")
KILLED: Final = -signal.SIGKILL
WORDS: Final = "the test says no"


class Fault(NamedTuple):
    """What goes wrong at a send, counted from 0: death before it, or a refusal in its place.

    ``errno`` 0 is death. ``times`` sends from ``at`` on are refused. ``of`` may be ``statement``.
    """

    at: int
    errno: int = 0
    times: int = 1
    of: str = "send"

    def strikes(self, number: int) -> bool:
        """Whether it is this send's turn."""
        return self.at <= number < self.at + self.times


NONE: Final = Fault(-1, times=0)


class FaultyKernel:
    """The `Kernel` port around the real kernel."""

    def __init__(self, fault: Fault = NONE) -> None:
        self._inner = LinuxKernel()
        self._fault = fault
        self.sends = 0

    def snapshot(self, facets: Iterable[Facet]) -> Snapshot:
        return self._inner.snapshot(facets)

    def perform(self, requests: Sequence[Request]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for batch in batches(requests):
            outcomes += self._send(batch.requests)
            if any(outcomes):
                break
        return outcomes

    def _send(self, requests: Sequence[Request]) -> list[Outcome]:
        if not self._struck():
            return self._inner.perform(requests)
        if not self._fault.errno:
            _die()
        refused = KernelRefused(self._fault.errno, WORDS)
        if not isinstance(requests[0], NetlinkRequest):
            return [refused] * (len(requests) if isinstance(requests[0], NftRequest) else 1)
        # The kernel goes on with the other messages of a send after it has refused one.
        middle = len(requests) // 2
        before = self._inner.perform(requests[:middle])
        after = self._inner.perform(requests[middle + 1 :])
        after += [None] * (len(requests) - middle - 1 - len(after))
        return [*before, refused, *after]

    def _struck(self) -> bool:
        self.sends += 1
        return self._fault.of == "send" and self._fault.strikes(self.sends - 1)

    def agree(self) -> bool:
        """The question whether a change is to stay counts as a send: one may die over it."""
        if self._struck():
            _die()
        return True

    def close(self) -> None:
        self._inner.close()


class FaultyStore(Store):
    """The store, dying before a chosen statement, those of its opening included."""

    def __init__(self, fault: Fault = NONE) -> None:
        self._fault = fault
        self.statements = 0
        super().__init__()

    def execute(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        if self._fault.of == "statement" and self._fault.strikes(self.statements):
            _die()
        self.statements += 1
        return super().execute(sql, values)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Deed(NamedTuple):
    """A verb of the engine's, and what it is about: a network's name, and the file for ``up``.

    ``asked``: somebody is asked whether it is to stay, as by ``--confirm``.
    """

    verb: str
    name: str = ""
    wanted: tuple[Wanted, ...] = ()
    asked: bool = False


RECOVER: Final = Deed("recover")


def up(path: Path) -> Deed:
    """The deed of bringing a lab file up."""
    network = app.load(path)
    return Deed("up", network.name, tuple(network.wanted))


def changed(name: str) -> Deed:
    """The deed of bringing an example up with another file: some of all kinds is different."""
    text = example(name).read_text(encoding="utf-8")
    for old, new in _CHANGES:
        text = text.replace(old, new)
    lab = read(text, f"changed {name}.yaml")
    return Deed("up", lab.name, tuple(compile_lab(lab)))


_CHANGES: Final = (
    ("10.0.0.3/24", "10.0.0.33/24"),  # article
    ("masquerade: true", "masquerade: false"),
    ("  ns2:\n", "  ns3: {}\n  ns2:\n    sysctls: {net.ipv4.ip_forward: 1}\n"),
    ("mtu: 1450", "mtu: 1440"),  # dual-stack
    ("somaxconn: 1024", "somaxconn: 2048"),
    ("metric: 50", "metric: 60"),
    ("quiet:eth0 -- lan", "quiet:eth1 -- lan"),
    ("port: 2222", "port: 2223"),
    ("8081:80", "8082:80"),  # published
    ("9000-9009", "9000-9019"),
    ("client", "customer"),
    ("stp_state: false", "stp_state: true"),
    ("mtu: 9000", "mtu: 8000"),  # two-hosts
    ("c2", "c3"),
    ("192.0.2.2/24", "192.0.2.3/24"),  # internet
    ("far0", "far1"),
)


def example(name: str) -> Path:
    """The lab file of an example."""
    return EXAMPLES / f"{name}.yaml"


def perform(deed: Deed, fault: Fault = NONE, chunk: int = 1, listener: Listener = ignore) -> int:
    """Do it in this process, which is in a host: the number of sends that it took."""
    kernel = FaultyKernel(fault)
    confirm = kernel.agree if deed.asked else None
    with Engine(kernel, FaultyStore(fault), listener, chunk=chunk) as engine:
        match deed.verb:
            case "up":
                engine.up(deed.name, deed.wanted, confirm)
            case "down":
                engine.down(deed.name, confirm)
            case "repair":
                engine.repair(deed.name)
            case "undo":
                engine.undo()
            case "recover":
                engine.recover()
            case _:
                raise AssertionError(deed.verb)
        return kernel.sends


def done(host: Host, deed: Deed, fault: Fault = NONE, chunk: int = 1) -> int:
    """Do it in a process of its own inside: the number of sends. Raises what it raises."""
    return host.call(perform, deed, fault, chunk)


def killed(host: Host, deed: Deed, fault: Fault, chunk: int = 1) -> bool:
    """Do it in a process of its own inside: whether it was killed, or came to its end."""
    code = host.kill_in(perform, deed, fault, chunk)
    if code not in {0, KILLED}:
        raise AssertionError(f"{deed.verb} {deed.name} ended with {code} at {fault}")
    return code == KILLED


def refused(host: Host, deed: Deed, fault: Fault, chunk: int = 1) -> GlassnetError:
    """Do it in a process of its own inside, where it must fail: the error."""
    try:
        sends = done(host, deed, fault, chunk)
    except GlassnetError as error:
        return error
    raise AssertionError(f"{deed.verb} {deed.name} did not fail at {fault} of {sends}")
