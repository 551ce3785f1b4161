"""Classes of a hierarchical token bucket: what is typed, what is sent, what is seen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from scene import ETH0, NS1, Sent, gone, index, link, sent, typed, words
from traffic import qdisc, seen

from glassnet.errors import InvalidValue
from glassnet.netlink.route.tctable import ROOT, handle
from glassnet.ops.tclass import ClassOp
from glassnet.state.qdisc import QdiscState
from glassnet.state.snapshot import Facet

CREATE, EXCL, REPLACE = 0x400, 0x200, 0x100
PLAIN = ClassOp(netns=NS1, ifname=ETH0, minor=0x10, rate=10_000_000, burst=32768)
FULL = ClassOp(
    netns=NS1,
    ifname=ETH0,
    minor=0x11,
    parent=1,
    rate=10**6,
    ceil=4 * 10**10,
    burst=5000,
    cburst=7000,
)
LABEL = "class 1:10 on eth0 in ns1"


def class_(minor: int = 0x10, **more: Any) -> QdiscState:
    parms = {"rate": 1_250_000, "ceil": 1_250_000, "buffer": 409_593, "cbuffer": 20_000}
    parms |= {name: more.pop(name) for name in list(more) if name in parms}
    return qdisc("htb", handle=handle(1, minor), parms=parms, **more)


def test_what_is_typed_and_sent() -> None:
    assert typed(PLAIN) == [
        "tc -n ns1 class add dev eth0 parent 1: classid 1:10 htb rate 10mbit burst 32kb"
    ]
    assert typed(FULL) == [
        "tc -n ns1 class add dev eth0 parent 1:1 classid 1:11 htb rate 1mbit ceil 40gbit"
        " burst 5000b cburst 7000b"
    ]
    assert typed(PLAIN.flipped()) == ["tc -n ns1 class del dev eth0 classid 1:10"]
    [made] = sent(FULL.requests(), index("eth0"))
    assert made[:2] == ("RTM_NEWTCLASS", CREATE | EXCL)
    assert made.header == {"ifindex": 7, "parent": handle(1, 1), "handle": handle(1, 0x11)}
    options = made.attrs["options"]
    assert (options["parms"]["rate"], options["ceil64"]) == (125_000, 5 * 10**9)
    assert sent(PLAIN.flipped().requests(), index("eth0")) == [
        Sent("RTM_DELTCLASS", 0, {"ifindex": 7, "handle": handle(1, 0x10)}, {})
    ]
    there = seen(link(), classes=(class_(rate=1),))
    [changed] = sent(PLAIN.remedy(there), index("eth0"))
    assert changed.flags == CREATE | REPLACE


@pytest.mark.parametrize(
    ("found", "differences"),
    [
        (None, [f"{LABEL}: wanted to be there, found nothing"]),
        (class_(), []),
        (class_(buffer=409_600), []),
        (class_(minor=0x11), [f"{LABEL}: wanted to be there, found nothing"]),
        (class_(parent=handle(1, 1)), [f"{LABEL}: wanted parent 1:, found parent 1:1"]),
        (class_(parent=handle(1)), []),
        (
            class_(rate=2_500_000, buffer=204_800),
            [f"{LABEL}: wanted rate 10mbit, found rate 20mbit"],
        ),
        (
            class_(ceil=2_500_000, cbuffer=10_000),
            [f"{LABEL}: wanted ceil 10mbit, found ceil 20mbit"],
        ),
        (
            class_(buffer=62_500, cbuffer=62_500),
            [
                f"{LABEL}: wanted burst 32kb, found burst about 5000b",
                f"{LABEL}: wanted cburst 1600b, found cburst about 5000b",
            ],
        ),
    ],
)
def test_what_is_seen(found: QdiscState | None, differences: list[str]) -> None:
    classes = () if found is None else (found,)
    assert words(PLAIN.satisfied_by(seen(link(), classes=classes))) == differences


def test_one_that_is_not_wanted() -> None:
    there = seen(link(), classes=(class_(),))
    assert words(PLAIN.flipped().satisfied_by(there)) == [
        f"{LABEL}: wanted not to be there, found it"
    ]
    assert not PLAIN.flipped().satisfied_by(seen(link()))
    assert not PLAIN.flipped().satisfied_by(gone())


def test_a_wide_ceil_is_compared_whole() -> None:
    found = qdisc(
        "htb",
        handle=handle(1, 0x11),
        parent=handle(1, 1),
        parms={"rate": 125_000, "ceil": (1 << 32) - 1, "buffer": 625_000, "cbuffer": 21},
        ceil64=5 * 10**9,
    )
    assert not FULL.satisfied_by(seen(link(), classes=(found,)))
    root = msgspec.structs.replace(found, parent=ROOT)
    assert words(FULL.satisfied_by(seen(link(), classes=(root,)))) == [
        "class 1:11 on eth0 in ns1: wanted parent 1:1, found parent 1:"
    ]


@pytest.mark.parametrize(
    ("op", "parent", "types"),
    [
        (PLAIN, ROOT, ["RTM_NEWTCLASS"]),
        (PLAIN, handle(1), ["RTM_NEWTCLASS"]),
        (PLAIN, handle(1, 7), ["RTM_DELTCLASS", "RTM_NEWTCLASS"]),
        (FULL, handle(1, 1), ["RTM_NEWTCLASS"]),
        (FULL, ROOT, ["RTM_DELTCLASS", "RTM_NEWTCLASS"]),
        (PLAIN.flipped(), handle(1, 7), ["RTM_DELTCLASS"]),
    ],
)
def test_one_of_another_parent_is_made_anew(op: ClassOp, parent: int, types: list[str]) -> None:
    there = seen(link(), classes=(class_(op.minor, parent=parent),))
    assert [one.type for one in sent(op.remedy(there), index("eth0"))] == types


def test_what_the_planner_is_told() -> None:
    root = ("qdisc", "ns1", "eth0", "root")
    assert PLAIN.key() == ("class", "ns1", "eth0", "1:10")
    assert PLAIN.needs() == PLAIN.within() == (("netns", "ns1"), ("link", "ns1", "eth0"), root)
    assert PLAIN.reads() == (
        Facet(NS1, "link", "eth0"),
        Facet(NS1, "qdiscs"),
        Facet(NS1, "classes", "eth0"),
    )
    assert PLAIN.after() == ()
    lender = ("class", "ns1", "eth0", "1:1")
    assert FULL.after() == (lender,)
    assert FULL.within() == (*PLAIN.within(), lender)
    assert PLAIN.requires() == ("right:net_admin", "qdisc:htb")
    assert PLAIN.flipped().requires() == ("right:net_admin",)


def test_values_at_the_ends() -> None:
    for minor, parent in ((1, 0xFFFF), (0xFFFF, 0)):
        op = ClassOp(ifname=ETH0, minor=minor, parent=parent, rate=8, ceil=8, burst=1, cburst=1)
        assert (op.minor, op.parent) == (minor, parent)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"minor": 0}, "class 1:0"),
        ({"minor": 0x10000}, "class 1:10000"),
        ({"parent": 1}, "class 1:1 of 1:1"),
        ({"parent": 0x10000}, "class 1:1 of 1:10000"),
        ({"parent": -1}, "class 1:1 of 1:-1"),
        ({"rate": 1}, "rate 1 bit/s"),
        ({"ceil": 10**14}, "ceil 100000000000000 bit/s"),
        ({"ceil": 1_000_000}, "ceil 1mbit; accepted: 10mbit or more"),
        ({"burst": 0}, "burst 0 bytes"),
        ({"cburst": 0}, "cburst 0 bytes"),
    ],
)
def test_values_out_of_range(values: dict[str, Any], problem: str) -> None:
    given: dict[str, Any] = {"minor": 1, "rate": 10_000_000, "burst": 5000, **values}
    with pytest.raises(InvalidValue) as caught:
        ClassOp(netns=NS1, ifname=ETH0, **given)
    assert problem in str(caught.value)
