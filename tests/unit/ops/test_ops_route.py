"""Routes: the way they lead, in words and bytes, and what the planner must know of them."""

from __future__ import annotations

from typing import Any

import pytest
from scene import ETH0, LO, NS1, Sent, index, sent, typed

from glassnet.errors import InvalidValue
from glassnet.netlink.placeholder import IndexOf
from glassnet.ops.base import KEPT, MADE, Key
from glassnet.ops.route import Hop, RouteOp
from glassnet.state.snapshot import Facet
from glassnet.values import IfName, IpAddress, Prefix

NEW = 0x400 | 0x200
GATE4, GATE6 = IpAddress("10.0.0.1"), IpAddress("fd00::1")
FAR4, FAR6 = Prefix("10.9.0.0/16"), Prefix("fd09::/64")
ALL4, ALL6 = Prefix.default(4), Prefix.default(6)
ETH1 = IfName("eth1")
HOPS = (Hop(via=GATE4, ifname=ETH0, weight=3), Hop(ifname=ETH1), Hop(via=IpAddress("10.0.0.9")))


def route(dst: Prefix = FAR4, **more: Any) -> RouteOp:
    return RouteOp(netns=NS1, dst=dst, **more)


DEFAULT4, DEFAULT6 = route(ALL4, via=GATE4), route(ALL6, via=GATE6)
DIRECT4, DIRECT6 = route(ifname=ETH0), route(FAR6, ifname=ETH0)
WHOLE = route(
    via=GATE4,
    ifname=ETH0,
    source=IpAddress("10.0.0.2"),
    metric=50,
    table=1000,
    mtu=1400,
    advmss=1360,
    onlink=True,
    scope="link",
)
SEVERAL = route(hops=HOPS)
REFUSED = route(type="unreachable", table=100)


@pytest.mark.parametrize(
    ("op", "verb", "words"),
    [
        (DEFAULT4, "route", "default via 10.0.0.1 proto 103"),
        (DEFAULT6, "-6 route", "default via fd00::1 proto 103"),
        (DIRECT4, "route", "10.9.0.0/16 dev eth0 proto 103"),
        (DIRECT6, "-6 route", "fd09::/64 dev eth0 proto 103"),
        (
            WHOLE,
            "route",
            "10.9.0.0/16 via 10.0.0.1 dev eth0 table 1000 metric 50 proto 103 scope link "
            "src 10.0.0.2 mtu 1400 advmss 1360 onlink",
        ),
        (
            SEVERAL,
            "route",
            "10.9.0.0/16 proto 103 nexthop via 10.0.0.1 dev eth0 weight 3 "
            "nexthop dev eth1 weight 1 nexthop via 10.0.0.9 weight 1",
        ),
        (REFUSED, "route", "unreachable 10.9.0.0/16 table 100 proto 103"),
        (route(ALL6, type="blackhole"), "-6 route", "blackhole default proto 103"),
    ],
)
def test_its_commands(op: RouteOp, verb: str, words: str) -> None:
    assert typed(op) == [f"ip -n ns1 {verb} add {words}"]
    assert typed(op.flipped()) == [f"ip -n ns1 {verb} del {words}"]


V4, V6 = {"family": 2, "protocol": 103}, {"family": 10, "protocol": 103}
MAIN = {"table": 254}
UNICAST, LINK, NOWHERE = {"type": 1}, {"scope": 253}, {"scope": 255}


@pytest.mark.parametrize(
    ("op", "added", "deleted", "attrs"),
    [
        (DEFAULT4, V4 | MAIN | UNICAST, V4 | MAIN | NOWHERE, {"gateway": GATE4}),
        (DEFAULT6, V6 | MAIN | UNICAST, V6 | MAIN, {"gateway": GATE6, "dst": "::"}),
        (
            DIRECT4,
            {**V4, **MAIN, **UNICAST, **LINK, "dst_len": 16},
            {**V4, **MAIN, **NOWHERE, "dst_len": 16},
            {"dst": "10.9.0.0", "oif": 7},
        ),
        (
            DIRECT6,
            {**V6, **MAIN, **UNICAST, "dst_len": 64},
            {**V6, **MAIN, "dst_len": 64},
            {"dst": "fd09::", "oif": 7},
        ),
        (
            WHOLE,
            {**V4, **UNICAST, **LINK, "dst_len": 16, "flags": 4},
            {**V4, **LINK, "dst_len": 16, "flags": 4},
            {
                "dst": "10.9.0.0",
                "gateway": GATE4,
                "table": 1000,
                "priority": 50,
                "prefsrc": "10.0.0.2",
                "oif": 7,
                "metrics": {"mtu": 1400, "advmss": 1360},
            },
        ),
        (
            REFUSED,
            {**V4, "table": 100, "type": 7, "dst_len": 16},
            {**V4, **NOWHERE, "table": 100, "type": 7, "dst_len": 16},
            {"dst": "10.9.0.0"},
        ),
        (
            route(ifname=ETH0, scope="host", table=255),
            {**V4, **UNICAST, "scope": 254, "table": 255, "dst_len": 16},
            {**V4, "scope": 254, "table": 255, "dst_len": 16},
            {"dst": "10.9.0.0", "oif": 7},
        ),
    ],
)
def test_its_messages(
    op: RouteOp, added: dict[str, int], deleted: dict[str, int], attrs: dict[str, Any]
) -> None:
    numbers = index("eth0") if op.ifname else None
    assert sent(op.requests(), numbers) == [Sent("RTM_NEWROUTE", NEW, added, attrs)]
    assert sent(op.flipped().requests(), numbers) == [Sent("RTM_DELROUTE", 0, deleted, attrs)]


def test_the_message_of_several_next_hops() -> None:
    hops = [
        {"flags": 0, "hops": 2, "ifindex": 7, "gateway": "10.0.0.1"},
        {"flags": 0, "hops": 0, "ifindex": 8},
        {"flags": 0, "hops": 0, "ifindex": 0, "gateway": "10.0.0.9"},
    ]
    [message] = sent(SEVERAL.requests(), {IndexOf("eth0"): 7, IndexOf("eth1"): 8})
    assert message.header == {**V4, **MAIN, **UNICAST, "dst_len": 16}
    assert message.attrs == {"dst": "10.9.0.0", "multipath": hops}


@pytest.mark.parametrize(
    ("op", "label"),
    [
        (DEFAULT4, "route to default via 10.0.0.1 in ns1"),
        (DIRECT6, "route to fd09::/64 dev eth0 in ns1"),
        (WHOLE, "route to 10.9.0.0/16 via 10.0.0.1 dev eth0 in table 1000 in ns1"),
        (REFUSED, "route to 10.9.0.0/16 unreachable in table 100 in ns1"),
        (
            route(hops=HOPS[:2]),
            "route to 10.9.0.0/16 nexthop via 10.0.0.1 dev eth0 weight 3 "
            "nexthop dev eth1 weight 1 in ns1",
        ),
    ],
)
def test_it_in_words(op: RouteOp, label: str) -> None:
    assert str(op) == label
    assert str(op.flipped()) == f"no {label}"
    assert op.inverse(MADE) == (op.flipped(),)
    assert op.inverse(KEPT) == ()


HERE, ON_ETH0, ON_ETH1 = ("netns", "ns1"), ("link", "ns1", "eth0"), ("link", "ns1", "eth1")
GATEWAYS = ("onlink-routes", "ns1")
READY0 = (("port", "ns1", "eth0"), ("up", "ns1", "eth0"), ("addrs", "ns1", "eth0"))
READY1 = (("port", "ns1", "eth1"), ("up", "ns1", "eth1"), ("addrs", "ns1", "eth1"))


@pytest.mark.parametrize(
    ("op", "provides", "needs", "after", "within"),
    [
        (DEFAULT4, (), (HERE,), (GATEWAYS,), (HERE,)),
        (DIRECT4, (GATEWAYS,), (HERE, ON_ETH0), READY0, (HERE, ON_ETH0)),
        (WHOLE, (), (HERE, ON_ETH0), (*READY0, GATEWAYS), (HERE, ON_ETH0)),
        (
            SEVERAL,
            (),
            (HERE, ON_ETH0, HERE, ON_ETH1),
            (*READY0, *READY1, GATEWAYS),
            (HERE,),
        ),
        (REFUSED, (), (HERE,), (), (HERE,)),
        (
            route(ifname=LO),
            (GATEWAYS,),
            (HERE,),
            (("port", "ns1", "lo"), ("up", "ns1", "lo"), ("addrs", "ns1", "lo")),
            (HERE, ("link", "ns1", "lo")),
        ),
    ],
)
def test_what_the_planner_knows(
    op: RouteOp, provides: tuple[Key, ...], needs: object, after: object, within: object
) -> None:
    assert op.provides() == (op.key(), *provides)
    assert (op.needs(), op.after(), op.within()) == (needs, after, within)
    assert op.reads() == (Facet(NS1, "links"), Facet(NS1, "routes", str(op.table)))


def test_its_key_is_what_the_kernel_tells_routes_apart_by() -> None:
    assert DEFAULT4.key() == ("route", "ns1", "0.0.0.0/0", "254", "0")
    assert WHOLE.key() == ("route", "ns1", "10.9.0.0/16", "1000", "50")
    assert SEVERAL.ifnames() == ("eth0", "eth1")
    assert SEVERAL.gateways() == ("10.0.0.1", "10.0.0.9")
    assert (DEFAULT4.ifnames(), DIRECT4.gateways()) == ((), ())
    assert (WHOLE.ifnames(), WHOLE.gateways()) == (("eth0",), ("10.0.0.1",))


WAY_OUT = "for unicast a gateway, an interface, or several hops; for the others none"
NUMBERS = "a table from 1 and a metric from 0, below 2^32"
TO = "route to 10.9.0.0/16"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        (
            {"type": "throw"},
            "no route type 'throw'; accepted: unicast, blackhole, unreachable, prohibit",
        ),
        ({"scope": "site", "via": GATE4}, "no route scope 'site'; accepted: global, link, host"),
        ({}, f"{TO} of type unicast has the wrong way out; accepted: {WAY_OUT}"),
        (
            {"type": "prohibit", "via": GATE4},
            f"{TO} of type prohibit has the wrong way out; accepted: {WAY_OUT}",
        ),
        (
            {"type": "prohibit", "hops": HOPS},
            f"{TO} of type prohibit has the wrong way out; accepted: {WAY_OUT}",
        ),
        (
            {"ifname": ETH0, "hops": HOPS},
            f"{TO} of type unicast has the wrong way out; accepted: {WAY_OUT}",
        ),
        (
            {"hops": HOPS[:1]},
            "one next hop to 10.9.0.0/16; accepted: a gateway for one, several for more",
        ),
        (
            {"via": GATE4, "onlink": True},
            "onlink route to 10.9.0.0/16; accepted: a gateway and an interface with it",
        ),
        (
            {"ifname": ETH0, "onlink": True},
            "onlink route to 10.9.0.0/16; accepted: a gateway and an interface with it",
        ),
        ({"via": GATE6}, f"{TO} by fd00::1; accepted: one address family"),
        (
            {"via": GATE4, "source": IpAddress("fd00::2")},
            f"{TO} by fd00::2; accepted: one address family",
        ),
        ({"hops": (*HOPS, Hop(via=GATE6))}, f"{TO} by fd00::1; accepted: one address family"),
        ({"via": GATE4, "table": 0}, f"{TO} in table 0, metric 0; accepted: {NUMBERS}"),
        ({"via": GATE4, "table": 2**32}, f"{TO} in table {2**32}, metric 0; accepted: {NUMBERS}"),
        ({"via": GATE4, "metric": -1}, f"{TO} in table 254, metric -1; accepted: {NUMBERS}"),
        (
            {"via": GATE4, "metric": 2**32},
            f"{TO} in table 254, metric {2**32}; accepted: {NUMBERS}",
        ),
        ({"via": GATE4, "mtu": 67}, f"{TO} with mtu 67; accepted: 68 to 65520"),
        ({"via": GATE4, "mtu": 65521}, f"{TO} with mtu 65521; accepted: 68 to 65520"),
        ({"via": GATE4, "advmss": 0}, f"{TO} with advmss 0; accepted: 1 to 65495"),
        ({"via": GATE4, "advmss": 65496}, f"{TO} with advmss 65496; accepted: 1 to 65495"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        route(**fields)
    assert str(caught.value) == refusal


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({}, "a next hop leads nowhere; accepted: a gateway, an interface or both"),
        ({"via": GATE4, "weight": 0}, "weight 0 of a next hop; accepted: 1 to 256"),
        ({"via": GATE4, "weight": 257}, "weight 257 of a next hop; accepted: 1 to 256"),
    ],
)
def test_a_next_hop_that_is_refused(fields: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Hop(**fields)
    assert str(caught.value) == refusal


def test_the_ends_of_what_is_accepted() -> None:
    assert [Hop(via=GATE4, weight=n).weight for n in (1, 256)] == [1, 256]
    most = 2**32 - 1
    op = route(via=GATE4, table=most, metric=most, mtu=65520, advmss=65495)
    [message] = sent(op.requests())
    assert message.attrs["table"] == message.attrs["priority"] == most
    [message] = sent(route(via=GATE4, table=1, mtu=68, advmss=1).requests())
    assert (message.header["table"], message.attrs["metrics"]) == (1, {"mtu": 68, "advmss": 1})


@pytest.mark.parametrize(("table", "small", "large"), [(255, 255, None), (256, None, 256)])
def test_a_table_beyond_8_bits(table: int, small: int | None, large: int | None) -> None:
    [message] = sent(route(via=GATE4, table=table).requests())
    assert (message.header.get("table"), message.attrs.get("table")) == (small, large)
