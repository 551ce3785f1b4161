"""Addresses."""

from __future__ import annotations

from glassnet.ops.addr import AddrOp
from glassnet.testing.cases.case import BRIDGE_UP, NS1, PAIR, PAIR_UP, PATH1, Case, Drift
from glassnet.values import Cidr, IfName, IpAddress, Netns

BR0, H0, ETH0, LO = map(IfName, ("br0", "h0", "eth0", "lo"))
V4, V6 = Cidr("10.0.0.2/24"), Cidr("fd00::2/64")

PRESENT = (
    Case(
        "v4",
        AddrOp(netns=NS1, ifname=ETH0, cidr=V4),
        PAIR_UP,
        (
            Drift(
                "ip -n ns1 addr del 10.0.0.2/24 dev eth0;"
                " ip -n ns1 addr add 10.0.0.2/24 dev eth0 scope link",
                "scope 253",
            ),
            Drift(
                "ip -n ns1 addr del 10.0.0.2/24 dev eth0;"
                " ip -n ns1 addr add 10.0.0.2/24 dev eth0 noprefixroute",
                "prefix route False",
            ),
            Drift(
                "ip -n ns1 addr del 10.0.0.2/24 dev eth0;"
                " ip -n ns1 addr add 10.0.0.2 peer 10.0.0.9/24 dev eth0",
                "peer 10.0.0.9",
            ),
        ),
    ),
    Case(
        "v6",
        AddrOp(netns=NS1, ifname=ETH0, cidr=V6),
        PAIR_UP,
        (
            Drift("ip -n ns1 addr change fd00::2/64 dev eth0 noprefixroute", "prefix route False"),
            Drift(
                "ip -n ns1 addr del fd00::2/64 dev eth0;"
                " ip -n ns1 addr add fd00::2 peer fd00::9/64 dev eth0",
                "peer fd00::9",
            ),
        ),
    ),
    Case("v4-on-the-host", AddrOp(ifname=BR0, cidr=Cidr("10.0.0.1/24")), BRIDGE_UP),
    Case("v6-nodad", AddrOp(ifname=BR0, cidr=Cidr("fd00::1/64"), nodad=True), BRIDGE_UP),
    Case("v6-in-a-path", AddrOp(netns=PATH1, ifname=ETH0, cidr=V6, nodad=True), PAIR),
    Case("v4-single", AddrOp(netns=NS1, ifname=ETH0, cidr=Cidr("10.0.0.2/32")), PAIR_UP),
    Case("v6-single", AddrOp(netns=NS1, ifname=ETH0, cidr=Cidr("fd00::2/128")), PAIR_UP),
    Case(
        "v4-without-its-route",
        AddrOp(netns=NS1, ifname=ETH0, cidr=V4, prefix_route=False),
        PAIR_UP,
        (
            Drift(
                "ip -n ns1 addr del 10.0.0.2/24 dev eth0; ip -n ns1 addr add 10.0.0.2/24 dev eth0",
                "prefix route True",
            ),
        ),
    ),
    Case(
        "v6-without-its-route",
        AddrOp(netns=NS1, ifname=ETH0, cidr=V6, prefix_route=False, nodad=True),
        PAIR_UP,
    ),
    Case(
        "v4-broadcast",
        AddrOp(netns=NS1, ifname=ETH0, cidr=V4, broadcast=IpAddress("10.0.0.255")),
        PAIR_UP,
        (
            Drift(
                "ip -n ns1 addr del 10.0.0.2/24 dev eth0; ip -n ns1 addr add 10.0.0.2/24 dev eth0",
                "broadcast None",
            ),
        ),
    ),
    Case(
        "v4-peer",
        AddrOp(ifname=H0, cidr=Cidr("10.0.0.1/32"), peer=IpAddress("10.0.0.2")),
        PAIR_UP,
    ),
    Case("v4-peer-in-a-network", AddrOp(ifname=H0, cidr=V4, peer=IpAddress("10.0.9.1")), PAIR_UP),
    Case(
        "v6-peer",
        AddrOp(ifname=H0, cidr=Cidr("fd00::1/128"), peer=IpAddress("fd00::2")),
        PAIR_UP,
    ),
    Case(
        "v6-peer-in-a-network",
        AddrOp(ifname=H0, cidr=V6, peer=IpAddress("fd01::2")),
        PAIR_UP,
        (
            Drift(
                "ip addr del fd00::2 peer fd01::2/64 dev h0;"
                " ip addr add fd00::2 peer fd01::9/64 dev h0",
                "peer fd01::9",
            ),
        ),
    ),
    Case("v4-scope-link", AddrOp(netns=NS1, ifname=ETH0, cidr=V4, scope="link"), PAIR_UP),
    Case("v4-scope-host", AddrOp(ifname=LO, cidr=Cidr("127.0.0.2/8"), scope="host")),
    Case("v4-loopback", AddrOp(ifname=LO, cidr=Cidr("127.0.0.2/32"))),
    Case("v6-scope-link", AddrOp(ifname=H0, cidr=Cidr("fe80::1/64"), scope="link"), PAIR_UP),
    Case(
        "v4-with-another-peer-besides",
        AddrOp(ifname=H0, cidr=V4, peer=IpAddress("10.0.9.1")),
        f"{PAIR_UP}ip addr add 10.0.0.2/24 dev h0",
    ),
    Case(
        "v4-in-a-namespace-named-for-a-shell",
        AddrOp(netns=Netns("it's$1"), ifname=LO, cidr=Cidr("10.0.0.2/31")),
        """ip netns add 'it'"'"'s$1'""",
    ),
    Case(
        "second-of-its-network",
        AddrOp(ifname=H0, cidr=V4),
        f"{PAIR_UP}ip addr add 10.0.0.1/24 dev h0",
    ),
)

ABSENT = (
    Case(
        "absent-v4",
        AddrOp(netns=NS1, ifname=ETH0, cidr=V4, present=False),
        f"{PAIR_UP}ip -n ns1 addr add 10.0.0.2/24 dev eth0",
        (Drift("ip -n ns1 addr add 10.0.0.2/24 dev eth0", "not to be there"),),
    ),
    Case(
        "absent-v6",
        AddrOp(ifname=H0, cidr=V6, present=False),
        f"{PAIR_UP}ip addr add fd00::2/64 dev h0",
    ),
    Case(
        "absent-v4-loopback",
        AddrOp(ifname=LO, cidr=Cidr("127.0.0.2/8"), scope="host", present=False),
        "ip addr add 127.0.0.2/8 dev lo",
    ),
    Case(
        "absent-v4-peer",
        AddrOp(ifname=H0, cidr=Cidr("10.0.0.1/32"), peer=IpAddress("10.0.0.2"), present=False),
        f"{PAIR_UP}ip addr add 10.0.0.1 peer 10.0.0.2/32 dev h0",
    ),
    Case(
        "absent-v6-peer",
        AddrOp(ifname=H0, cidr=Cidr("fd00::1/128"), peer=IpAddress("fd00::2"), present=False),
        f"{PAIR_UP}ip addr add fd00::1 peer fd00::2/128 dev h0",
    ),
)

CASES = (*PRESENT, *ABSENT)
