"""Check and repair: what was broken is found and is as it was; what is somebody else's stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attaching import working

from glassnet.engine.engine import Engine
from glassnet.events import Event, Left
from glassnet.ops.addr import AddrOp
from glassnet.ops.bridge import BridgeOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.registry import AnyOp
from glassnet.ops.route import RouteOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.plan.model import Wanted
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look
from glassnet.values import Cidr, IfName, IpAddress, Mac, Netns, Prefix, SysctlKey

pytestmark = pytest.mark.kernel

NS = Netns("ns")
BR, PORT, ETH = IfName("br0"), IfName("port0"), IfName("eth0")
OPS: list[AnyOp] = [
    NetnsOp(netns=NS),
    BridgeOp(ifname=BR, up=True, mac=Mac("02:00:00:00:00:01"), alias="glassnet:lab/br0"),
    AddrOp(ifname=BR, cidr=Cidr("10.0.0.1/24")),
    VethOp(
        ifname=PORT, mac=Mac("02:00:00:00:00:02"), alias="glassnet:lab/ns:eth0", master=BR, up=True,
        peer=ETH, peer_netns=NS, peer_mac=Mac("02:00:00:00:00:03"),
    ),
    LinkSetOp(netns=NS, ifname=ETH, up=True),
    AddrOp(netns=NS, ifname=ETH, cidr=Cidr("10.0.0.2/24")),
    RouteOp(netns=NS, dst=Prefix("0.0.0.0/0"), via=IpAddress("10.0.0.1"), ifname=ETH),
    SysctlOp(name=SysctlKey("net.ipv4.ip_forward"), value="1"),
]  # fmt: skip

BROKEN = {
    "the bridge": "ip link del br0",
    "the cable": "ip link del port0",
    "its far end": "ip -n ns link del eth0",
    "the namespace": "ip netns del ns",
    "a port that is none": "ip link set port0 nomaster",
    "what is down": "ip link set br0 down; ip link set port0 down; ip -n ns link set eth0 down",
    "addresses": "ip addr flush dev br0; ip -n ns addr flush dev eth0",
    "the route": "ip -n ns route del default",
    "the setting": "echo 0 > /proc/sys/net/ipv4/ip_forward",
    "a MAC": "ip link set port0 address 02:00:00:00:00:22",
    "the MAC of the far end": "ip -n ns link set eth0 address 02:00:00:00:00:33",
    "all of it": "ip link del br0; ip netns del ns; echo 0 > /proc/sys/net/ipv4/ip_forward",
}


@pytest.fixture
def host() -> Iterator[Host]:
    """Without link-local addresses: the kernel makes them when it sees fit."""
    with Host() as it:
        it.sh("echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode")
        it.call(working, lambda engine: engine.up("lab", [Wanted(op) for op in OPS]))
        it.run("ip", "netns", "exec", "ns", "sh", "-c", QUIET)
        yield it


QUIET = "ip link set eth0 addrgenmode none; ip addr flush dev eth0 scope link"


def drifted(engine: Engine) -> list[str]:
    return [
        str(difference)
        for found in engine.check(engine.recorded("lab"))
        for difference in found.differences
    ]


def repaired(host: Host) -> tuple[list[int], list[str]]:
    """How many changes each pass made, and what was left as it is."""

    def work() -> tuple[list[int], list[str]]:
        told: list[Event] = []
        plans = working(lambda engine: engine.repair("lab"), told.append)
        return [len(plan.changes) for plan in plans], [
            f"{event.operation}: {event.reason}" for event in told if isinstance(event, Left)
        ]

    return host.call(work)


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_found_and_mended(host: Host, what: str) -> None:
    whole = look(host)
    assert host.call(working, drifted) == []
    host.sh(BROKEN[what])
    assert host.call(working, drifted)
    passes, left = repaired(host)
    assert 1 <= len(passes) <= 2
    assert passes[0] >= 1
    assert left == []
    host.run("ip", "netns", "exec", "ns", "sh", "-c", QUIET)
    assert not differences(whole, look(host))
    assert host.call(working, drifted) == []
    assert repaired(host) == ([0], [])


STRANGERS = {
    "a link": (
        "ip link del br0; ip link add br0 type veth peer far",
        "a link br0 is there already, not made by glassnet",
    ),
    "a file": (
        "ip netns del ns; echo text > /run/netns/ns",
        "/run/netns/ns is there and is no network namespace",
    ),
}
IN_PLACE = pytest.mark.parametrize("stranger", STRANGERS)


def halting_repair() -> list[str]:
    """What a repair leaves, and why: the stranger, and what was on ours."""
    told: list[Event] = []
    working(lambda engine: engine.repair("lab"), told.append)
    return [event.reason for event in told if isinstance(event, Left)]


@IN_PLACE
def test_a_stranger_in_its_place_is_told(host: Host, stranger: str) -> None:
    script, reason = STRANGERS[stranger]
    host.sh(script)
    reasons = host.call(halting_repair)
    assert any(reason in told for told in reasons)
    assert any(told.endswith("is somebody else's by now") for told in reasons)
    assert host.call(working, drifted)


def test_a_stranger_in_its_place_is_not_changed(host: Host) -> None:
    host.sh(STRANGERS["a link"][0])
    before = host.sh("ip -d link show br0; ip addr show br0; ip route show dev br0")
    host.call(halting_repair)
    assert host.sh("ip -d link show br0; ip addr show br0; ip route show dev br0") == before


@IN_PLACE
def test_a_repair_that_leaves_something_does_not_stand_in_the_way_of_other_networks(
    host: Host, stranger: str
) -> None:
    host.sh(STRANGERS[stranger][0])
    host.call(halting_repair)
    other = [Wanted(NetnsOp(netns=Netns("other")))]
    host.call(working, lambda engine: engine.up("other", other))
    assert "other" in host.run("ip", "netns").stdout.split()
