"""Announcements as part of a network: when the engine makes them, and when it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import pytest
from street import STREET, heard_during

from glassnet.engine.engine import Engine
from glassnet.engine.store import Store
from glassnet.kernel.linux import LinuxKernel
from glassnet.ops.addr import AddrOp
from glassnet.ops.announce import AnnounceOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.registry import AnyOp
from glassnet.ops.veth import VethOp
from glassnet.plan.model import Wanted
from glassnet.testing.host import Host
from glassnet.values import Cidr, IfName, IpAddress, Netns

pytestmark = pytest.mark.kernel

C1, ETH0 = Netns("c1"), IfName("eth0")
ADDRESS: Final = IpAddress("10.0.0.7")
OPS: tuple[AnyOp, ...] = (
    NetnsOp(netns=C1),
    VethOp(
        ifname=IfName("c1"),
        alias="glassnet:net/c1",
        master=IfName("br0"),
        up=True,
        peer=ETH0,
        peer_netns=C1,
    ),
    AnnounceOp(netns=C1, ifname=ETH0, address=ADDRESS),
    AddrOp(netns=C1, ifname=ETH0, cidr=Cidr(f"{ADDRESS}/24")),
    LinkSetOp(netns=C1, ifname=ETH0, up=True),
)
Work = Callable[[Engine], object]


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        it.sh(STREET)
        yield it


def announced(host: Host, work: Work) -> int:
    """How often the neighbour hears of the address while the engine does something."""
    frames = host.call(heard_during, partial(_working, work))
    return sum(ADDRESS.packed * 2 in frame[28:32] + frame[38:42] for frame in frames)


def _working(work: Work) -> None:
    with Engine(LinuxKernel(), Store()) as engine:
        work(engine)


def up(engine: Engine) -> object:
    return engine.up("net", [Wanted(op) for op in OPS])


def down(engine: Engine) -> object:
    return engine.down("net")


def repair(engine: Engine) -> object:
    return engine.repair("net")


def check(engine: Engine) -> None:
    assert not any(found.differences for found in engine.check(engine.recorded("net")))


def undo(engine: Engine) -> object:
    return engine.undo()


def test_when_the_network_comes_up_and_not_again(host: Host) -> None:
    assert announced(host, up) == 1
    assert announced(host, up) == 0
    assert announced(host, check) == 0
    assert announced(host, repair) == 0
    assert announced(host, down) == 0


def test_when_its_link_is_mended(host: Host) -> None:
    """A new cable has a new MAC."""
    announced(host, up)
    host.sh("ip link del c1")
    assert announced(host, repair) == 1
    assert announced(host, check) == 0


def test_when_it_comes_back(host: Host) -> None:
    announced(host, up)
    announced(host, down)
    assert announced(host, undo) == 1


def test_what_stood_already_is_announced_by_who_asks_first(host: Host) -> None:
    announced(host, up)
    host.sh("rm -r /run/glassnet")
    assert announced(host, up) == 1
