"""What is seen of each noun in a message of the kernel's, and what is where nothing is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glassnet.netlink.message import Message, MessageType, decode, encode, split
from glassnet.netlink.route.addr import NEWADDR
from glassnet.netlink.route.link import IFF_LOWER_UP, IFF_UP, NEWLINK
from glassnet.netlink.route.neigh import NEWNEIGH
from glassnet.netlink.route.route import NEWROUTE
from glassnet.netlink.route.rule import NEWRULE
from glassnet.state import addr, link, neigh, route, rule
from glassnet.state.addr import AddrState
from glassnet.state.link import LinkState
from glassnet.state.neigh import NeighState
from glassnet.state.route import HopState, RouteState
from glassnet.state.rule import RuleState
from glassnet.values import Cidr, IpAddress, Mac, Prefix

MAC = Mac("02:00:00:00:00:01")
KINDS: dict[MessageType, tuple[Callable[[Message], object], frozenset[str]]] = {
    NEWLINK: (LinkState.from_message, link.WANTED),
    NEWADDR: (AddrState.from_message, addr.WANTED),
    NEWROUTE: (RouteState.from_message, route.WANTED),
    NEWRULE: (RuleState.from_message, rule.WANTED),
    NEWNEIGH: (NeighState.from_message, neigh.WANTED),
}


def _ip(text: str) -> IpAddress:
    return IpAddress(text)


def _seen(kind: MessageType, header: dict[str, Any], attrs: dict[str, Any]) -> object:
    """What is seen of a message, of which only what is wanted is decoded."""
    read, wanted = KINDS[kind]
    [raw] = split(encode(Message(kind, 0, header, attrs), 1))
    return read(decode(raw, wanted))


@pytest.mark.parametrize(
    ("header", "attrs", "seen"),
    [
        ({"index": 7}, {"ifname": "eth0"}, LinkState(7, "eth0", 0)),
        (
            {"index": 7, "flags": IFF_UP},
            {
                "ifname": "h0",
                "mtu": 1400,
                "address": MAC,
                "master": 3,
                "ifalias": "glassnet:net1",
                "linkinfo": {
                    "kind": "veth",
                    "slave_kind": "bridge",
                    "slave_data": {"isolated": 1},
                },
                "link": 9,
                "link_netnsid": 0,
                "txqlen": 1000,
            },
            LinkState(
                index=7,
                ifname="h0",
                flags=IFF_UP,
                mtu=1400,
                mac=MAC,
                master=3,
                alias="glassnet:net1",
                kind="veth",
                slave_kind="bridge",
                slave_data={"isolated": 1},
                link=9,
                link_netnsid=0,
                txqlen=1000,
            ),
        ),
        (
            {"index": 3},
            {"ifname": "br0", "linkinfo": {"kind": "bridge", "data": {"stp_state": 1}}},
            LinkState(3, "br0", 0, kind="bridge", data={"stp_state": 1}),
        ),
        ({"index": 4}, {"ifname": "tun0", "address": b"\1\2\3\4"}, LinkState(4, "tun0", 0)),
        ({"index": 5}, {}, LinkState(5, "", 0)),
    ],
)
def test_a_link(header: dict[str, Any], attrs: dict[str, Any], seen: LinkState) -> None:
    assert _seen(NEWLINK, header, attrs) == seen


@pytest.mark.parametrize(
    ("flags", "up", "carrier"),
    [
        (0, False, False),
        (IFF_UP, True, False),
        (IFF_LOWER_UP, False, True),
        (IFF_UP | IFF_LOWER_UP, True, True),
    ],
)
def test_a_link_that_is_up_and_one_that_has_its_other_end(
    flags: int, up: bool, carrier: bool
) -> None:
    seen = LinkState(1, "a", flags)
    assert (seen.up, seen.carrier) == (up, carrier)


@pytest.mark.parametrize(
    ("header", "attrs", "seen"),
    [
        (
            {"family": 2, "prefixlen": 24, "flags": 0x80, "scope": 253, "index": 7},
            {
                "address": _ip("10.0.0.2"),
                "local": _ip("10.0.0.2"),
                "broadcast": _ip("10.0.0.255"),
                "label": "eth0",
                "flags": 0x280,
            },
            AddrState(7, Cidr("10.0.0.2/24"), 253, 0x280, None, _ip("10.0.0.255")),
        ),
        (
            {"family": 2, "prefixlen": 32, "index": 7},
            {"address": _ip("10.0.0.9"), "local": _ip("10.0.0.2")},
            AddrState(7, Cidr("10.0.0.2/32"), peer=_ip("10.0.0.9")),
        ),
        (
            {"family": 10, "prefixlen": 64, "flags": 0x80, "index": 7},
            {"address": _ip("fd00::2")},
            AddrState(7, Cidr("fd00::2/64"), flags=0x80),
        ),
    ],
)
def test_an_address(header: dict[str, Any], attrs: dict[str, Any], seen: AddrState) -> None:
    assert _seen(NEWADDR, header, attrs) == seen


@pytest.mark.parametrize(
    ("header", "attrs", "seen"),
    [
        (
            {"family": 2, "table": 254, "type": 1, "protocol": 103, "flags": 4},
            {"gateway": _ip("10.0.0.1"), "oif": 7},
            RouteState(
                Prefix("0.0.0.0/0"), 254, via=_ip("10.0.0.1"), index=7, protocol=103, flags=4
            ),
        ),
        (
            {"family": 10, "dst_len": 64, "table": 0, "type": 7, "scope": 253},
            {"dst": _ip("fd09::"), "priority": 1024, "table": 1000, "prefsrc": _ip("fd00::2")},
            RouteState(Prefix("fd09::/64"), 1000, 1024, scope=253, type=7, source=_ip("fd00::2")),
        ),
        (
            {"family": 10, "table": 254, "type": 6},
            {"metrics": {"mtu": 1400, "advmss": 1360}},
            RouteState(Prefix("::/0"), 254, type=6, metrics={"mtu": 1400, "advmss": 1360}),
        ),
        (
            {"family": 2, "dst_len": 16, "table": 254, "type": 1},
            {
                "dst": _ip("10.9.0.0"),
                "multipath": [
                    {"hops": 2, "ifindex": 7, "gateway": _ip("10.0.0.2")},
                    {"hops": 0, "ifindex": 8, "flags": 1},
                    {"hops": 0, "ifindex": 8, "via": _ip("fe80::1")},
                ],
            },
            RouteState(
                Prefix("10.9.0.0/16"),
                254,
                hops=(
                    HopState(7, _ip("10.0.0.2"), 3),
                    HopState(8, None, 1, 1),
                    HopState(8, _ip("fe80::1"), 1),
                ),
            ),
        ),
        (
            {"family": 2, "table": 254, "type": 1},
            {"via": _ip("fe80::1"), "oif": 7},
            RouteState(Prefix("0.0.0.0/0"), 254, via=_ip("fe80::1"), index=7),
        ),
        (
            {"family": 2, "table": 254, "type": 1},
            {"via": b"\x1c\0mpls", "oif": 7},
            RouteState(Prefix("0.0.0.0/0"), 254, index=7),
        ),
    ],
)
def test_a_route(header: dict[str, Any], attrs: dict[str, Any], seen: RouteState) -> None:
    assert _seen(NEWROUTE, header, attrs) == seen


@pytest.mark.parametrize(
    ("header", "attrs", "seen"),
    [
        (
            {"family": 2, "table": 254, "action": 1},
            {"priority": 32766, "protocol": 2},
            RuleState(4, 32766, 254, protocol=2),
        ),
        ({"family": 10, "table": 255, "action": 1}, {}, RuleState(6, 0, 255)),
        (
            {"family": 10, "src_len": 8, "dst_len": 64, "table": 0, "action": 7},
            {
                "src": _ip("fd00::"),
                "dst": _ip("fd09::"),
                "table": 1000,
                "priority": 7,
                "iifname": "lo",
                "oifname": "eth0",
                "fwmark": 1,
                "fwmask": 3,
            },
            RuleState(6, 7, 1000, 7, Prefix("fd00::/8"), Prefix("fd09::/64"), "lo", "eth0", 1, 3),
        ),
    ],
)
def test_a_rule(header: dict[str, Any], attrs: dict[str, Any], seen: RuleState) -> None:
    assert _seen(NEWRULE, header, attrs) == seen


@pytest.mark.parametrize(
    ("header", "attrs", "seen"),
    [
        (
            {"family": 2, "ifindex": 7, "state": 0x80},
            {"dst": _ip("10.0.0.9"), "lladdr": MAC},
            NeighState(7, MAC, _ip("10.0.0.9"), 0x80),
        ),
        (
            {"family": 10, "ifindex": 7, "flags": 8},
            {"dst": _ip("fd00::9")},
            NeighState(7, None, _ip("fd00::9"), flags=8),
        ),
        (
            {"family": 7, "ifindex": 7, "state": 0x40, "flags": 4},
            {"lladdr": MAC, "vlan": 5, "master": 3},
            NeighState(7, MAC, None, 0x40, 4, 5, 3, is_fdb=True),
        ),
        (
            {"family": 2, "ifindex": 7},
            {"dst": _ip("10.0.0.9"), "lladdr": b"\1\2\3\4"},
            NeighState(7, None, _ip("10.0.0.9")),
        ),
    ],
)
def test_a_neighbour(header: dict[str, Any], attrs: dict[str, Any], seen: NeighState) -> None:
    assert _seen(NEWNEIGH, header, attrs) == seen


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_is_wanted_of_a_message_is_in_its_table(kind: MessageType) -> None:
    _, wanted = KINDS[kind]
    assert wanted <= set(kind.table.by_name)
