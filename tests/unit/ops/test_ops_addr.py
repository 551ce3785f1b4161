"""Addresses: of both families, with peers and flags, as the kernel tells them apart."""

from __future__ import annotations

from typing import Any

import pytest
from scene import ETH0, LO, NS1, Sent, gone, index, link, seen, sent, typed, words

from glassnet.errors import InvalidValue
from glassnet.netlink.route.addr import IFA_F_DADFAILED, IFA_F_NODAD, IFA_F_NOPREFIXROUTE
from glassnet.ops.addr import AddrOp
from glassnet.ops.base import KEPT, MADE
from glassnet.state.addr import AddrState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import Cidr, IpAddress

NEW, REPLACE = 0x400 | 0x200, 0x100
IN4, IN6 = 2, 10
CIDR4, CIDR6 = Cidr("10.0.0.2/24"), Cidr("fd00::2/64")
PEER = IpAddress("10.0.0.9")


def op4(**more: Any) -> AddrOp:
    return AddrOp(netns=NS1, ifname=ETH0, cidr=CIDR4, **more)


def op6(**more: Any) -> AddrOp:
    return AddrOp(netns=NS1, ifname=ETH0, cidr=CIDR6, **more)


@pytest.mark.parametrize(
    ("op", "add", "delete"),
    [
        (op4(), "10.0.0.2/24 dev eth0", "10.0.0.2/24 dev eth0"),
        (op6(), "fd00::2/64 dev eth0", "fd00::2/64 dev eth0"),
        (op6(nodad=True), "fd00::2/64 dev eth0 nodad", "fd00::2/64 dev eth0"),
        (op4(prefix_route=False), "10.0.0.2/24 dev eth0 noprefixroute", "10.0.0.2/24 dev eth0"),
        (
            op4(scope="link", broadcast=IpAddress("10.0.0.255")),
            "10.0.0.2/24 broadcast 10.0.0.255 scope link dev eth0",
            "10.0.0.2/24 dev eth0",
        ),
        (
            op4(peer=PEER),
            "10.0.0.2 peer 10.0.0.9/24 dev eth0",
            "10.0.0.2 peer 10.0.0.9/24 dev eth0",
        ),
        (
            op6(nodad=True, prefix_route=False, peer=IpAddress("fd00::9")),
            "fd00::2 peer fd00::9/64 dev eth0 nodad noprefixroute",
            "fd00::2 peer fd00::9/64 dev eth0",
        ),
        (
            AddrOp(netns=NS1, ifname=LO, cidr=Cidr("127.0.0.2/8"), scope="host"),
            "127.0.0.2/8 dev lo",
            "127.0.0.2/8 dev lo",
        ),
        (
            AddrOp(netns=NS1, ifname=LO, cidr=Cidr("127.0.0.2/8")),
            "127.0.0.2/8 scope global dev lo",
            "127.0.0.2/8 dev lo",
        ),
    ],
)
def test_its_commands(op: AddrOp, add: str, delete: str) -> None:
    assert typed(op) == [f"ip -n ns1 addr add {add}"]
    assert typed(op.flipped()) == [f"ip -n ns1 addr del {delete}"]


@pytest.mark.parametrize(
    ("op", "header", "attrs"),
    [
        (op4(), {}, {}),
        (op6(), {}, {}),
        (op6(nodad=True), {"flags": IFA_F_NODAD}, {}),
        (op4(prefix_route=False), {}, {"flags": IFA_F_NOPREFIXROUTE}),
        (
            op6(nodad=True, prefix_route=False),
            {},
            {"flags": IFA_F_NODAD | IFA_F_NOPREFIXROUTE},
        ),
        (
            op4(scope="host", broadcast=IpAddress("10.0.0.255")),
            {"scope": 254},
            {"broadcast": "10.0.0.255"},
        ),
        (op4(scope="site"), {"scope": 200}, {}),
        (op4(peer=PEER), {}, {"address": "10.0.0.9"}),
    ],
)
def test_its_messages(op: AddrOp, header: dict[str, int], attrs: dict[str, Any]) -> None:
    family, length = (IN4, 24) if op.cidr.version == 4 else (IN6, 64)
    common = {"family": family, "prefixlen": length, "index": 7}
    local = {"local": op.cidr.address, "address": op.cidr.address}
    assert sent(op.requests(), index("eth0")) == [
        Sent("RTM_NEWADDR", NEW, common | header, local | attrs)
    ]
    peer = {name: value for name, value in attrs.items() if name == "address"}
    assert sent(op.flipped().requests(), index("eth0")) == [
        Sent("RTM_DELADDR", 0, common, local | peer)
    ]


def there(cidr: Cidr = CIDR4, at: int = 7, **more: Any) -> Snapshot:
    return seen(link(), link("eth1", 8), AddrState(at, cidr, **more))


@pytest.mark.parametrize(
    ("op", "snapshot", "differences"),
    [
        (op4(), there(), []),
        (op4(), there(broadcast=IpAddress("10.0.0.255")), []),
        (op4(), there(at=8), ["to be there, found nothing"]),
        (op4(), there(Cidr("10.0.0.2/25")), ["to be there, found nothing"]),
        (op4(), seen(), ["to be there, found nothing"]),
        (op4(), seen(AddrState(7, CIDR4)), ["to be there, found nothing"]),
        (op4(), gone(), ["to be there, found nothing"]),
        (op4(), there(scope=253), ["scope 0, found scope 253"]),
        (op4(scope="link"), there(), ["scope 253, found scope 0"]),
        (op4(), there(flags=IFA_F_NOPREFIXROUTE), ["prefix route True, found prefix route False"]),
        (op4(prefix_route=False), there(), ["prefix route False, found prefix route True"]),
        (op4(prefix_route=False), there(flags=0x280), []),
        (op4(), there(peer=PEER), ["peer None, found peer 10.0.0.9"]),
        (op4(peer=PEER), there(), ["peer 10.0.0.9, found peer None"]),
        (op4(peer=PEER), there(peer=PEER), []),
        (op4(), there(peer=IpAddress("10.0.9.9")), ["to be there, found nothing"]),
        (
            op4(broadcast=IpAddress("10.0.0.255")),
            there(),
            ["broadcast 10.0.0.255, found broadcast None"],
        ),
        (op6(), there(CIDR6), []),
        (op6(), there(CIDR6, scope=200), []),
        (op6(scope="site"), there(CIDR6), ["scope 200, found scope 0"]),
        (op6(), there(CIDR6, flags=IFA_F_DADFAILED), ["duplicate False, found duplicate True"]),
        (op6(), there(CIDR6, peer=IpAddress("fd09::9")), ["peer None, found peer fd09::9"]),
        (op4(present=False), there(), ["not to be there, found it"]),
        (op4(present=False), there(peer=PEER), ["not to be there, found it"]),
        (op4(present=False), there(peer=IpAddress("10.0.9.9")), []),
        (op4(present=False), there(at=8), []),
        (op4(present=False), seen(), []),
        (op4(present=False), gone(), []),
    ],
)
def test_as_seen(op: AddrOp, snapshot: Snapshot, differences: list[str]) -> None:
    label = f"address {op.cidr} on eth0 in ns1: wanted "
    assert words(op.satisfied_by(snapshot)) == [f"{label}{one}" for one in differences]


def test_an_address_with_several_peers_is_several_addresses() -> None:
    cidr, two, three = Cidr("10.1.0.1/32"), IpAddress("10.1.0.2"), IpAddress("10.1.0.3")
    snapshot = seen(link(), *(AddrState(7, cidr, peer=peer) for peer in (two, three)))
    for peer in (two, three):
        op = AddrOp(netns=NS1, ifname=ETH0, cidr=cidr, peer=peer)
        assert op.satisfied_by(snapshot) == ()
        assert words(op.flipped().satisfied_by(snapshot)) == [
            "address 10.1.0.1/32 on eth0 in ns1: wanted not to be there, found it"
        ]
    alone = AddrOp(netns=NS1, ifname=ETH0, cidr=cidr)
    assert alone.flipped().satisfied_by(snapshot) == ()


@pytest.mark.parametrize(
    ("op", "snapshot", "deeds"),
    [
        (op4(), there(), [("RTM_NEWADDR", REPLACE)]),
        (op4(), seen(link()), [("RTM_NEWADDR", NEW)]),
        (op4(), there(scope=253), [("RTM_DELADDR", 0), ("RTM_NEWADDR", NEW)]),
        (op6(), there(CIDR6, flags=IFA_F_NOPREFIXROUTE), [("RTM_NEWADDR", REPLACE)]),
        (
            op6(),
            there(CIDR6, flags=IFA_F_DADFAILED),
            [("RTM_DELADDR", 0), ("RTM_NEWADDR", NEW)],
        ),
        (
            op6(),
            there(CIDR6, peer=IpAddress("fd00::9")),
            [("RTM_DELADDR", 0), ("RTM_NEWADDR", NEW)],
        ),
        (op4(present=False), there(), [("RTM_DELADDR", 0)]),
    ],
)
def test_its_remedy(op: AddrOp, snapshot: Snapshot, deeds: list[tuple[str, int]]) -> None:
    messages = sent(op.remedy(snapshot), index("eth0"))
    assert [(one.type, one.flags) for one in messages] == deeds


def test_what_the_planner_knows() -> None:
    here, it = ("netns", "ns1"), ("link", "ns1", "eth0")
    op = op4()
    assert op.key() == ("addr", "ns1", "eth0", "10.0.0.2/24")
    assert op.provides() == (op.key(), ("addrs", "ns1", "eth0"))
    assert op.needs() == op.within() == (here, it)
    assert op.after() == (("port", "ns1", "eth0"),)
    assert op.reads() == (Facet(NS1, "links"), Facet(NS1, "addrs"))
    assert op.lookups() == (Facet(NS1, "link", "eth0"), Facet(NS1, "addrs", "eth0"))
    assert op.obstacle(there(scope=253)) == ""
    assert op.inverse(MADE) == (op.flipped(),)
    assert op.inverse(KEPT) == ()
    assert str(op) == "address 10.0.0.2/24 on eth0 in ns1"
    assert AddrOp(netns=NS1, ifname=LO, cidr=Cidr("127.0.0.2/8")).needs() == (here,)


@pytest.mark.parametrize(
    ("build", "refusal"),
    [
        (
            lambda: op4(scope="universe"),
            "no address scope 'universe'; accepted: global, site, link, host",
        ),
        (
            lambda: op4(nodad=True),
            "nodad on 10.0.0.2/24; accepted: an IPv6 address: IPv4 has no DAD here",
        ),
        (
            lambda: op6(broadcast=IpAddress("10.0.0.255")),
            "broadcast on fd00::2/64; accepted: an IPv4 address: IPv6 has none",
        ),
        (
            lambda: op6(peer=PEER),
            "fd00::2/64 has the peer 10.0.0.9; accepted: one of the same family",
        ),
        (
            lambda: op4(peer=IpAddress("10.0.0.2")),
            "10.0.0.2/24 is its own peer; accepted: another address, or no peer",
        ),
    ],
)
def test_what_is_refused(build: Any, refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        build()
    assert str(caught.value) == refusal
