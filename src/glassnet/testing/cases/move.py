"""Links that go to another namespace, and routes of the kernel's own that are taken away."""

from __future__ import annotations

from glassnet.ops.move import LinkMoveOp
from glassnet.ops.route import RouteOp
from glassnet.testing.cases.case import NEAR, NS1, NS2, PAIR, PAIR_UP, PATH1, Case, Drift, netns
from glassnet.values import IfName, IpAddress, Prefix

H0, ETH0, ETH1 = map(IfName, ("h0", "eth0", "eth1"))
MOVED = f"{PAIR}ip link set h0 netns ns1 name eth1 alias h0\n"

MOVE = (
    Case(
        "to-a-namespace",
        LinkMoveOp(ifname=H0, to_netns=NS1, to_ifname=ETH1, alias="h0"),
        PAIR,
        (
            Drift("ip -n ns1 link set eth1 alias x", "alias x"),
            Drift("ip -n ns1 link set eth1 netns /proc/$$/ns/net name h0 alias ''", "to be there"),
        ),
    ),
    Case("to-a-path", LinkMoveOp(ifname=H0, to_netns=PATH1, to_ifname=ETH1), PAIR),
    Case("under-its-name", LinkMoveOp(ifname=H0, to_netns=NS1, to_ifname=H0, alias="h0"), PAIR),
    Case(
        "between-namespaces",
        LinkMoveOp(netns=NS1, ifname=ETH0, to_netns=NS2, to_ifname=ETH0),
        netns("ns2") + PAIR,
    ),
    Case(
        "back",
        LinkMoveOp(ifname=H0, to_netns=NS1, to_ifname=ETH1, alias="h0", present=False),
        MOVED,
    ),
    Case(
        "back-between-namespaces",
        LinkMoveOp(netns=NS2, ifname=ETH0, to_netns=NS1, to_ifname=ETH1, present=False),
        f"{netns('ns2')}{PAIR_UP}ip link set h0 down\nip link set h0 netns ns1 name eth1\n",
    ),
)

KERNELS = (
    Case(
        "v4-of-the-kernels-own",
        RouteOp(
            ifname=H0,
            dst=Prefix("10.0.0.0/24"),
            source=IpAddress("10.0.0.1"),
            scope="link",
            protocol=2,
            present=False,
        ),
        NEAR,
    ),
    Case(
        "v6-of-the-kernels-own",
        RouteOp(ifname=H0, dst=Prefix("fd00::/64"), metric=256, protocol=2, present=False),
        NEAR,
    ),
)

CASES = (*MOVE, *KERNELS)
