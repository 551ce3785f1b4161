"""Killed and refused where an interface comes before its addresses: in either half, or between.

Whatever goes wrong, nothing is left: at once where it was refused, after the next call where it
was killed.
"""

from __future__ import annotations

import errno
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from faulty import KILLED, NONE, Fault, FaultyKernel, FaultyStore

from glassnet.cni.ask import Ask
from glassnet.cni.error import TRY_AGAIN_LATER, CniError
from glassnet.cni.result import Ip, Result, Route
from glassnet.cni.serve import serve
from glassnet.engine.engine import Engine
from glassnet.kernel.linux import LinuxKernel
from glassnet.plugins.registry import plugin
from glassnet.runtime.install import install
from glassnet.serve.verbs import PluginVerbs
from glassnet.state.snapshot import Facet
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look
from glassnet.values import Cidr, IpAddress, Netns, Prefix

pytestmark = pytest.mark.kernel

MANY: Final = 100
CONF: Final = {
    "cniVersion": "1.1.0",
    "name": "net",
    "type": "bridge",
    "isGateway": True,
    "ipMasq": True,
    "macspoofchk": True,
    "ipam": {"type": "dhcp"},
}
GIVEN: Final = Result(
    ips=(Ip(Cidr("10.5.0.50/24"), IpAddress("10.5.0.1")),),
    routes=(Route(Prefix("0.0.0.0/0"), IpAddress("10.5.0.1")),),
)


class Server:
    """dhcp's verbs, with an address at once, or none."""

    def __init__(self, has_any: bool) -> None:
        self._has_any = has_any
        self._given = False

    def _look(self, ask: Ask) -> None:
        """The interface is there, and up."""
        netns, ifname = Netns(ask.call.netns), ask.call.ifname
        with LinuxKernel() as kernel:
            link = kernel.snapshot([Facet(netns, "link", ifname)]).link(netns, ifname)
        assert link is not None
        assert link.up

    def add(self, ask: Ask) -> Result:
        """An address, asked for from the interface."""
        self._look(ask)
        self._given = True
        if not self._has_any:
            raise CniError(TRY_AGAIN_LATER, "no more tries")
        return GIVEN

    def delete(self, ask: Ask) -> None:
        """Given back from the interface, too."""
        if self._given:
            self._look(ask)

    check = collect = status = delete


def perform(bin_dir: str, verbs: Sequence[str], fault: Fault, has_any: bool = True) -> list[Any]:
    """Call it in this process, which is in a host: what it prints."""
    environment = {
        "CNI_CONTAINERID": "c0",
        "CNI_NETNS": "/run/netns/c0",
        "CNI_IFNAME": "eth0",
        "CNI_PATH": bin_dir,
    }
    printed: list[Any] = []
    with Engine(FaultyKernel(fault), FaultyStore(fault)) as engine:
        for verb in verbs:
            called = PluginVerbs(plugin("bridge"), engine, {"dhcp": Server(has_any)})
            conf = json.dumps(CONF).encode()
            out, code = serve("bridge", {"CNI_COMMAND": verb, **environment}, conf, called)
            printed.append((code, json.loads(out) if out else {}))
    return printed


@pytest.fixture
def bin_dir() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        install(Path(directory), daemon=False)
        yield directory


@pytest.fixture
def host(bin_dir: str) -> Iterator[Host]:
    """What is shared is there already, so that all there is to compare is the attachment's own."""
    with Host() as it:
        it.run("ip", "netns", "add", "c0")
        for code, out in it.call(perform, bin_dir, ("ADD", "DEL"), NONE):
            assert code == 0, out
        yield it


@pytest.mark.parametrize(("of", "step"), [("send", 1), ("statement", 2)])
def test_killed(host: Host, bin_dir: str, of: str, step: int) -> None:
    before = look(host)
    at = 0
    while (code := host.kill_in(perform, bin_dir, ["ADD"], Fault(at, of=of))) == KILLED:
        [(code, out)] = host.call(perform, bin_dir, ("DEL",), NONE)
        assert (code, out) == (0, {})
        assert not differences(before, look(host)), f"after death at {of} {at}"
        at += step
        assert at < MANY
    assert code == 0
    assert at >= {"send": 5, "statement": 8}[of]


def test_refused(host: Host, bin_dir: str) -> None:
    before = look(host)
    for at in range(MANY):
        fault = Fault(at, errno.ENOBUFS)
        [(code, out)] = host.call(perform, bin_dir, ("ADD",), fault)
        if code == 0:
            break
        assert "the test says no" in out["msg"], out
        assert not differences(before, look(host)), f"after a refusal at {at}"
    assert at >= 5
    [(code, out), _] = host.call(perform, bin_dir, ("ADD", "DEL"), NONE)
    assert code, "there is an interface already"
    [(_, out)] = host.call(perform, bin_dir, ("ADD",), NONE, False)
    assert (out["code"], out["msg"]) == (11, "no more tries")
    assert not differences(before, look(host))
