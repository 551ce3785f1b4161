"""What goes along when something is taken away."""

from __future__ import annotations

import pytest

from glassnet.ops.addr import AddrOp
from glassnet.ops.base import Op
from glassnet.ops.bridge import BridgeOp, PortOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.masquerade import MasqueradeOp
from glassnet.ops.neigh import NeighOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.route import RouteOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.plan.losses import Losses, names, provided
from glassnet.values import Cidr, IfName, IpAddress, Netns, Prefix, SysctlKey

A, B = Netns("a"), Netns("b")
BR0, P0, ETH0, LO = map(IfName, ("br0", "p0", "eth0", "lo"))
BRIDGE = BridgeOp(ifname=BR0, up=True)
CABLE = VethOp(ifname=P0, master=BR0, peer=ETH0, peer_netns=A)
ADDR = AddrOp(ifname=BR0, cidr=Cidr("10.0.0.1/24"))
FAR = AddrOp(netns=A, ifname=ETH0, cidr=Cidr("10.0.0.2/24"))
ROUTE = RouteOp(netns=A, dst=Prefix("0.0.0.0/0"), via=IpAddress("10.0.0.1"))
BY_LINK = RouteOp(netns=A, dst=Prefix("10.9.0.0/16"), ifname=ETH0)
PORT = PortOp(ifname=P0, master=BR0)
OF_LINK = SysctlOp(name=SysctlKey("net.ipv4.conf.br0.route_localnet"), value="1")
OF_NETNS = SysctlOp(netns=A, name=SysctlKey("net.ipv4.ip_forward"), value="1")
NEIGHBOUR = NeighOp(netns=A, ifname=ETH0, address=IpAddress("10.0.0.9"))
BASE, MASQUERADE = NftBaseOp(), MasqueradeOp(prefix=Prefix("10.0.0.0/24"))


def test_a_cable_is_both_its_ends() -> None:
    ends = {("link", "", "p0"), ("link", "a", "eth0")}
    assert names(CABLE) == ends
    assert provided([CABLE, BRIDGE]) == {*ends, ("link", "", "br0"), ("up", "", "br0")}
    assert names(BRIDGE) == {("link", "", "br0")}
    assert names(ADDR) == {("addr", "", "br0", "10.0.0.1/24")}


@pytest.mark.parametrize(
    ("removed", "op"),
    [
        (NetnsOp(netns=A), NetnsOp(netns=A)),
        (NetnsOp(netns=A), CABLE),
        (NetnsOp(netns=A), FAR),
        (NetnsOp(netns=A), OF_NETNS),
        (NetnsOp(netns=A), ROUTE),
        (CABLE, FAR),
        (CABLE, BY_LINK),
        (CABLE, NEIGHBOUR),
        (CABLE, PORT),
        (CABLE, LinkSetOp(netns=A, ifname=ETH0, up=True)),
        (CABLE, BridgeOp(netns=A, ifname=ETH0)),
        (BridgeOp(netns=A, ifname=ETH0), CABLE),
        (BRIDGE, ADDR),
        (BRIDGE, PORT),
        (BRIDGE, OF_LINK),
        (BASE, MASQUERADE),
    ],
)
def test_what_is_taken_along(removed: Op, op: Op) -> None:
    losses = Losses([removed])
    assert losses.take(op)
    assert losses.touch(op)
    assert not Losses([op]).take(removed) or removed == op or names(op) & names(removed)


@pytest.mark.parametrize(
    ("removed", "op"),
    [
        (NetnsOp(netns=B), CABLE),
        (NetnsOp(netns=A), ADDR),
        (NetnsOp(netns=A), MASQUERADE),
        (CABLE, OF_NETNS),
        (CABLE, LinkSetOp(netns=A, ifname=LO, up=True)),
        (CABLE, BRIDGE),
        (MASQUERADE, BASE),
        (ADDR, BRIDGE),
        (OF_LINK, BRIDGE),
        (BASE, NftBaseOp(netns=A)),
    ],
)
def test_what_is_not(removed: Op, op: Op) -> None:
    losses = Losses([removed])
    assert not losses.take(op)
    assert not losses.shake(op)
    assert not losses.touch(op)


@pytest.mark.parametrize(
    ("removed", "op"),
    [
        (CABLE, ROUTE),
        (CABLE, RouteOp(netns=A, dst=Prefix("10.9.0.0/16"), type="blackhole")),
        (FAR, ROUTE),
        (FAR, AddrOp(netns=A, ifname=ETH0, cidr=Cidr("10.0.0.3/24"))),
        (FAR, BY_LINK),
        (BRIDGE, CABLE),
        (BRIDGE, RouteOp(dst=Prefix("0.0.0.0/0"), via=IpAddress("10.0.0.1"))),
    ],
)
def test_what_the_kernel_may_take_along(removed: Op, op: Op) -> None:
    losses = Losses([removed])
    assert losses.shake(op)
    assert not losses.take(op)
    assert losses.touch(op)


def test_losses_add_up() -> None:
    losses = Losses()
    assert not losses.touch(ADDR)
    losses.add([BRIDGE])
    losses.add([BASE])
    assert losses.take(ADDR)
    assert losses.take(MASQUERADE)
