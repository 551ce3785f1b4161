"""Links of the plain kinds: born whole, compared, amended in place, taken away."""

from __future__ import annotations

from typing import Any

import pytest
from scene import (
    BR0,
    ETH0,
    LO,
    MAC1,
    MAC2,
    NS1,
    Sent,
    gone,
    index,
    link,
    seen,
    sent,
    typed,
    words,
)

from glassnet.errors import InvalidValue
from glassnet.netlink.route.link import IFF_UP
from glassnet.ops.base import KEPT, MADE
from glassnet.ops.link import DummyOp, IfbOp, LinkOp, link_needs, link_within
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IfName, Mac

NEW = 0x400 | 0x200  # NLM_F_CREATE | NLM_F_EXCL
MARK = "glassnet:net1/it"
PLAIN = DummyOp(netns=NS1, ifname=ETH0)
WHOLE = DummyOp(netns=NS1, ifname=ETH0, mtu=1400, mac=MAC1, alias=MARK, up=True, master=BR0)
BRIDGE = link("br0", 3, kind="bridge")
AS_WANTED = link(kind="dummy", up=True, mtu=1400, mac=MAC1, master=3, alias=MARK)
INFO = {"kind": "dummy"}
ALIAS = Sent("RTM_NEWLINK", 0, {}, {"ifname": "eth0", "ifalias": MARK})
UP = {"flags": IFF_UP, "change": IFF_UP}


def test_the_commands_of_a_link() -> None:
    assert typed(PLAIN) == ["ip -n ns1 link add eth0 type dummy"]
    assert typed(IfbOp(ifname=ETH0, up=True)) == ["ip link add eth0 up type ifb"]
    assert typed(WHOLE) == [
        "ip -n ns1 link add eth0 up mtu 1400 address 02:00:00:00:00:01 master br0 group 103 "
        "type dummy",
        "ip -n ns1 link set eth0 alias glassnet:net1/it",
    ]
    assert typed(WHOLE.flipped()) == ["ip -n ns1 link del eth0"]


def test_the_messages_of_a_link() -> None:
    assert sent(PLAIN.requests()) == [
        Sent("RTM_NEWLINK", NEW, {}, {"ifname": "eth0", "linkinfo": INFO})
    ]
    attrs = {"ifname": "eth0", "mtu": 1400, "address": MAC1, "master": 3, "group": 103}
    attrs["linkinfo"] = INFO
    assert sent(WHOLE.requests(), index("br0", 3)) == [Sent("RTM_NEWLINK", NEW, UP, attrs), ALIAS]
    assert sent(WHOLE.flipped().requests()) == [Sent("RTM_DELLINK", 0, {}, {"ifname": "eth0"})]


@pytest.mark.parametrize(
    ("op", "snapshot", "differences"),
    [
        (PLAIN, seen(link(kind="dummy")), []),
        (PLAIN, seen(link(kind="dummy", up=True, mac=MAC1, master=9, alias="x")), []),
        (PLAIN, seen(), ["to be there, found nothing"]),
        (PLAIN, gone(), ["to be there, found nothing"]),
        (PLAIN, seen(link(kind="veth")), ["kind dummy, found kind veth"]),
        (PLAIN, seen(link()), ["kind dummy, found kind none"]),
        (WHOLE, seen(AS_WANTED, BRIDGE), []),
        (WHOLE, seen(link(kind="ifb"), BRIDGE), ["kind dummy, found kind ifb"]),
        (
            WHOLE,
            seen(link(kind="dummy", mac=MAC2), BRIDGE),
            [
                "mtu 1400, found mtu 1500",
                "address 02:00:00:00:00:01, found address 02:00:00:00:00:02",
                "master br0, found master none",
                "state up, found state down",
            ],
        ),
        (
            WHOLE,
            seen(link(kind="dummy", up=True, mtu=1400, mac=MAC1, master=4), link("br1", 4)),
            ["master br0, found master br1"],
        ),
        (WHOLE.flipped(), seen(AS_WANTED), ["not to be there, found it"]),
        (WHOLE.flipped(), seen(link(kind="veth")), ["not to be there, found it"]),
        (WHOLE.flipped(), seen(), []),
        (WHOLE.flipped(), gone(), []),
    ],
)
def test_a_link_as_seen(op: DummyOp, snapshot: Snapshot, differences: list[str]) -> None:
    label = "dummy eth0 in ns1: wanted "
    assert words(op.satisfied_by(snapshot)) == [f"{label}{one}" for one in differences]


@pytest.mark.parametrize(
    ("op", "found", "reason"),
    [
        (WHOLE, None, ""),
        (WHOLE, AS_WANTED, ""),
        (WHOLE, link(kind="veth", alias=MARK), ""),
        (PLAIN, link(kind="dummy"), ""),
        (
            PLAIN,
            link(kind="veth"),
            "a link eth0 is there already, not made by glassnet; "
            "dummy eth0 in ns1: wanted kind dummy, found kind veth",
        ),
        (
            WHOLE,
            link(kind="dummy", up=True, mac=MAC1, master=3, alias="mine"),
            "a link eth0 is there already, marked 'mine'; "
            "dummy eth0 in ns1: wanted mtu 1400, found mtu 1500",
        ),
        (WHOLE.flipped(), AS_WANTED, ""),
        (WHOLE.flipped(), None, ""),
        (
            WHOLE.flipped(),
            link(kind="dummy"),
            "the link eth0 there now is not made by glassnet",
        ),
        (
            WHOLE.flipped(),
            link(kind="dummy", alias="glassnet:net2/it"),
            "the link eth0 there now is marked 'glassnet:net2/it'",
        ),
        (PLAIN.flipped(), link(kind="dummy"), ""),
        (PLAIN.flipped(), link(kind="veth"), "the link eth0 there now is not made by glassnet"),
    ],
)
def test_a_link_that_is_somebody_elses(op: DummyOp, found: LinkState | None, reason: str) -> None:
    assert op.obstacle(seen(BRIDGE, *((found,) if found else ()))) == reason
    assert op.obstacle(gone()) == ""


def test_the_remedy_of_a_link_is_in_place() -> None:
    amended = {"ifname": "eth0", "mtu": 1400, "master": 3, "linkinfo": INFO}
    other_mac = seen(link(kind="dummy", mac=MAC2))
    assert sent(WHOLE.remedy(other_mac), index("br0", 3)) == [
        Sent("RTM_NEWLINK", 0, UP, {**amended, "address": MAC1}),
        ALIAS,
    ]
    same_mac = seen(link(kind="dummy", mac=MAC1))
    assert sent(WHOLE.remedy(same_mac), index("br0", 3)) == [
        Sent("RTM_NEWLINK", 0, UP, amended),
        ALIAS,
    ]
    gone_first = (*WHOLE.flipped().requests(), *WHOLE.requests())
    assert WHOLE.remedy(seen(link(kind="veth"))) == gone_first
    assert WHOLE.remedy(seen()) == WHOLE.requests()
    assert WHOLE.flipped().remedy(other_mac) == WHOLE.flipped().requests()


def test_an_ifb_is_made_anew_for_another_mac() -> None:
    op = IfbOp(netns=NS1, ifname=ETH0, mac=MAC1, mtu=1400)
    anew = (*op.flipped().requests(), *op.requests())
    assert op.remedy(seen(link(kind="ifb", mac=MAC2))) == anew
    assert sent(op.remedy(seen(link(kind="ifb", mac=MAC1)))) == [
        Sent("RTM_NEWLINK", 0, {}, {"ifname": "eth0", "mtu": 1400, "linkinfo": {"kind": "ifb"}})
    ]


def test_what_the_planner_knows_of_a_link() -> None:
    here, it, bridge = ("netns", "ns1"), ("link", "ns1", "eth0"), ("link", "ns1", "br0")
    assert PLAIN.key() == it
    assert PLAIN.provides() == (it,)
    assert WHOLE.provides() == (it, ("up", "ns1", "eth0"))
    assert PLAIN.needs() == (here,)
    assert WHOLE.needs() == (here, bridge)
    assert WHOLE.within() == (here,)
    assert WHOLE.after() == ()
    assert WHOLE.reads() == (Facet(NS1, "links"),)
    assert WHOLE.lookups() == (Facet(NS1, "link", "eth0"),)
    assert WHOLE.before(seen()) == {}
    assert WHOLE.inverse(MADE) == (WHOLE.flipped(),)
    assert WHOLE.inverse(KEPT) == ()


def test_what_a_kind_of_link_says_of_itself_where_it_says_nothing() -> None:
    assert LinkOp.kind_words(PLAIN) == ()
    for said in (PLAIN.kind_data(), PLAIN.kind_amend(), PLAIN.kind_wanted()):
        assert said == {}


UNICAST = "a unicast address: the first byte even, not all zero"


@pytest.mark.parametrize(
    ("build", "refusal"),
    [
        (lambda: DummyOp(ifname=ETH0, mtu=67), "mtu 67 is out of range; accepted: 68 to 65535"),
        (
            lambda: DummyOp(ifname=ETH0, mtu=65536),
            "mtu 65536 is out of range; accepted: 68 to 65535",
        ),
        (
            lambda: DummyOp(ifname=ETH0, mac=Mac("01:00:00:00:00:00")),
            f"01:00:00:00:00:00 cannot be an interface's own address; accepted: {UNICAST}",
        ),
    ],
)
def test_what_is_refused(build: Any, refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        build()
    assert str(caught.value) == refusal


def test_loopback_comes_with_its_namespace() -> None:
    assert link_needs(NS1, LO) == (("netns", "ns1"),)
    assert link_within(NS1, LO) == (("netns", "ns1"), ("link", "ns1", "lo"))
    assert link_needs(HOST, IfName("lo0")) == (("netns", ""), ("link", "", "lo0"))
