"""Routes."""

from __future__ import annotations

from glassnet.ops.route import Hop, RouteOp
from glassnet.testing.cases.case import NEAR, NS1, PATH1, Case, Drift
from glassnet.values import IfName, IpAddress, Prefix

H0, H1, ETH0, LO = map(IfName, ("h0", "h1", "eth0", "lo"))
GATE4, GATE6 = IpAddress("10.0.0.1"), IpAddress("fd00::1")
FAR4, FAR6 = Prefix("10.9.0.0/16"), Prefix("fd09::/64")
DEFAULT4, DEFAULT6 = Prefix.default(4), Prefix.default(6)
TWO_LINKS = f"""{NEAR}
ip link add h1 address 02:00:00:00:00:03 type veth \
    peer name eth1 address 02:00:00:00:00:04 netns ns1
ip link set h1 up
ip -n ns1 link set eth1 up
ip addr add 10.0.1.1/24 dev h1
ip addr add fd01::1/64 dev h1
"""
HOPS4 = (
    Hop(via=IpAddress("10.0.0.2"), ifname=H0, weight=3),
    Hop(via=IpAddress("10.0.1.2"), ifname=H1),
)
HOPS6 = (
    Hop(via=IpAddress("fd00::2"), ifname=H0),
    Hop(via=IpAddress("fd01::2"), ifname=H1, weight=2),
)

V4 = (
    Case(
        "v4-default",
        RouteOp(netns=NS1, dst=DEFAULT4, via=GATE4),
        NEAR,
        (
            Drift(
                "ip -n ns1 route replace default via 10.0.0.9 proto 103",
                "via 10.0.0.9",
            ),
            Drift("ip -n ns1 route replace blackhole default proto 103", "type blackhole"),
        ),
    ),
    Case(
        "v4-beside-another",
        RouteOp(netns=NS1, dst=DEFAULT4, via=GATE4, ifname=ETH0, beside=True),
        f"{NEAR}ip -n ns1 route add default via 10.0.0.9 dev eth0",
        (Drift("ip -n ns1 route del default via 10.0.0.1", "to be there"),),
    ),
    Case(
        "v6-beside-another",
        RouteOp(netns=NS1, dst=DEFAULT6, via=GATE6, ifname=ETH0, beside=True),
        f"{NEAR}ip -n ns1 -6 route add default via fd00::9 dev eth0",
    ),
    Case(
        "v4-beside-none",
        RouteOp(netns=NS1, dst=DEFAULT4, via=GATE4, ifname=ETH0, beside=True),
        NEAR,
    ),
    Case("v4-default-in-a-path", RouteOp(netns=PATH1, dst=DEFAULT4, via=GATE4, ifname=ETH0), NEAR),
    Case(
        "v4-link",
        RouteOp(ifname=H0, dst=Prefix("10.8.0.1/32")),
        NEAR,
        (Drift("ip route del 10.8.0.1; ip route add 10.8.0.1 dev h0 scope host", "scope 254"),),
    ),
    Case(
        "v4-onlink",
        RouteOp(dst=FAR4, via=IpAddress("192.0.2.1"), ifname=H0, onlink=True),
        NEAR,
    ),
    Case(
        "v4-whole",
        RouteOp(
            netns=NS1,
            dst=FAR4,
            via=GATE4,
            ifname=ETH0,
            source=IpAddress("10.0.0.2"),
            metric=50,
            table=100,
            mtu=1400,
            advmss=1360,
        ),
        NEAR,
        (
            Drift(
                "ip -n ns1 route replace 10.9.0.0/16 via 10.0.0.1 dev eth0 table 100 metric 50"
                " proto 103 src 10.0.0.2 mtu 1300 advmss 1360",
                "mtu 1300",
            ),
            Drift(
                "ip -n ns1 route replace 10.9.0.0/16 via 10.0.0.1 dev eth0 table 100 metric 50"
                " proto 103 mtu 1400 advmss 1360",
                "src None",
            ),
        ),
    ),
    Case("v4-large-table", RouteOp(dst=FAR4, via=IpAddress("10.0.0.2"), table=1000), NEAR),
    Case("v4-scope-host", RouteOp(dst=Prefix("10.8.0.0/24"), ifname=LO, scope="host")),
    Case("v4-scope-global", RouteOp(dst=Prefix("10.8.0.0/24"), ifname=H0, scope="global"), NEAR),
    Case(
        "v4-multipath",
        RouteOp(dst=FAR4, hops=HOPS4),
        TWO_LINKS,
        (
            Drift(
                "ip route replace 10.9.0.0/16 proto 103"
                " nexthop via 10.0.0.2 dev h0 nexthop via 10.0.1.2 dev h1",
                "hops",
            ),
            Drift("ip route replace 10.9.0.0/16 proto 103 via 10.0.0.2", "hops"),
        ),
    ),
    Case(
        "v4-multipath-without-interfaces",
        RouteOp(
            dst=FAR4,
            hops=(Hop(via=IpAddress("10.0.0.2")), Hop(via=IpAddress("10.0.0.3"), weight=2)),
        ),
        NEAR,
    ),
    Case(
        "v4-multipath-without-gateways",
        RouteOp(dst=FAR4, hops=(Hop(ifname=H0), Hop(ifname=H1))),
        TWO_LINKS,
    ),
    Case("v4-blackhole", RouteOp(netns=NS1, dst=FAR4, type="blackhole")),
    Case("v4-unreachable", RouteOp(dst=FAR4, type="unreachable", metric=4000)),
    Case("v4-prohibit", RouteOp(dst=FAR4, type="prohibit", table=100)),
    Case("v4-last-of-all", RouteOp(dst=FAR4, type="blackhole", table=2**32 - 1, metric=2**32 - 1)),
    Case(
        "v4-blackhole-absent",
        RouteOp(dst=FAR4, type="blackhole", present=False),
        "ip route add blackhole 10.9.0.0/16 proto 103",
    ),
    Case(
        "v4-scope-host-absent",
        RouteOp(dst=Prefix("10.8.0.0/24"), ifname=LO, scope="host", present=False),
        "ip route add 10.8.0.0/24 dev lo scope host proto 103",
    ),
    Case(
        "v4-absent",
        RouteOp(netns=NS1, dst=DEFAULT4, via=GATE4, present=False),
        f"{NEAR}ip -n ns1 route add default via 10.0.0.1 proto 103",
        (Drift("ip -n ns1 route add default via 10.0.0.1 proto 103", "not to be there"),),
    ),
    Case(
        "v4-absent-of-several",
        RouteOp(dst=FAR4, ifname=H0, metric=50, table=100, present=False),
        f"{NEAR}ip route add 10.9.0.0/16 dev h0 metric 50 table 100 proto 103\n"
        "ip route add 10.9.0.0/16 dev h0 metric 60 table 100 proto 103\n",
    ),
    Case(
        "v4-absent-multipath",
        RouteOp(dst=FAR4, hops=HOPS4, present=False),
        f"{TWO_LINKS}ip route add 10.9.0.0/16 proto 103"
        " nexthop via 10.0.0.2 dev h0 weight 3 nexthop via 10.0.1.2 dev h1\n",
    ),
)

V6 = (
    Case(
        "v6-default",
        RouteOp(netns=NS1, dst=DEFAULT6, via=GATE6),
        NEAR,
        (
            Drift("ip -n ns1 -6 route replace default via fd00::9 proto 103", "via fd00::9"),
            Drift(
                "ip -n ns1 -6 route del default;"
                " ip -n ns1 -6 route add blackhole default proto 103",
                "type blackhole",
            ),
        ),
    ),
    Case("v6-link-local-gateway", RouteOp(dst=FAR6, via=IpAddress("fe80::2"), ifname=H0), NEAR),
    Case("v6-link", RouteOp(ifname=H0, dst=Prefix("fd08::1/128")), NEAR),
    Case(
        "v6-onlink", RouteOp(dst=FAR6, via=IpAddress("2001:db8::1"), ifname=H0, onlink=True), NEAR
    ),
    Case(
        "v6-whole",
        RouteOp(
            netns=NS1,
            dst=FAR6,
            via=GATE6,
            ifname=ETH0,
            source=IpAddress("fd00::2"),
            metric=50,
            table=100,
            mtu=1400,
            advmss=1360,
        ),
        NEAR,
        (
            Drift(
                "ip -n ns1 route replace fd09::/64 via fd00::1 dev eth0 table 100 metric 50"
                " proto 103 src fd00::2 mtu 1300 advmss 1360",
                "mtu 1300",
            ),
        ),
    ),
    Case("v6-large-table", RouteOp(dst=FAR6, via=IpAddress("fd00::2"), table=1000), NEAR),
    Case(
        "v6-multipath",
        RouteOp(dst=FAR6, hops=HOPS6),
        TWO_LINKS,
        (
            Drift("ip route del fd09::/64 via fd01::2", "hops"),
            Drift("ip route del fd09::/64; ip route add fd09::/64 via fd00::2 proto 103", "hops"),
            Drift("ip route append fd09::/64 via fd00::8 dev h0 proto 103", "hops"),
        ),
    ),
    Case("v6-blackhole", RouteOp(netns=NS1, dst=FAR6, type="blackhole")),
    Case("v6-unreachable", RouteOp(dst=FAR6, type="unreachable", metric=4000)),
    Case("v6-prohibit", RouteOp(dst=FAR6, type="prohibit", table=100)),
    Case("v6-last-of-all", RouteOp(dst=FAR6, type="blackhole", table=2**32 - 1, metric=2**32 - 1)),
    Case(
        "v6-multipath-without-interfaces",
        RouteOp(
            dst=FAR6,
            hops=(Hop(via=IpAddress("fd00::2")), Hop(via=IpAddress("fd00::3"), weight=256)),
        ),
        NEAR,
    ),
    Case(
        "v6-unreachable-absent",
        RouteOp(dst=FAR6, type="unreachable", present=False),
        "ip route add unreachable fd09::/64 proto 103",
    ),
    Case(
        "v6-absent",
        RouteOp(netns=NS1, dst=DEFAULT6, via=GATE6, present=False),
        f"{NEAR}ip -n ns1 -6 route add default via fd00::1 proto 103",
    ),
    Case(
        "v6-absent-multipath",
        RouteOp(dst=FAR6, hops=HOPS6, metric=7, present=False),
        f"{TWO_LINKS}ip route add fd09::/64 metric 7 proto 103"
        " nexthop via fd00::2 dev h0 nexthop via fd01::2 dev h1 weight 2\n",
    ),
)

CASES = (*V4, *V6)
