"""Token buckets: what is typed, what is sent, what is seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scene import ETH0, NS1, PATH, Sent, gone, index, link, sent, typed, words
from traffic import bucket, qdisc, seen

from glassnet.errors import InvalidValue
from glassnet.netlink.route import psched
from glassnet.netlink.route.tctable import INGRESS, ROOT
from glassnet.ops.amount import rate_text, size_text, time_text
from glassnet.ops.base import KEPT, MADE
from glassnet.ops.qdisc import HtbOp, QdiscOp, TbfOp
from glassnet.state.qdisc import QdiscState
from glassnet.state.snapshot import Facet

CREATE, EXCL, REPLACE = 0x400, 0x200, 0x100
TBF = TbfOp(netns=NS1, ifname=ETH0, rate=10_000_000, burst=32768, latency=25_000)
LIMITED = TbfOp(netns=NS1, ifname=ETH0, rate=1_234_567, burst=5000, limit=6000)
WIDE = TbfOp(netns=NS1, ifname=ETH0, rate=40 * 10**9, burst=10 << 20, latency=400)
HTB = HtbOp(netns=NS1, ifname=ETH0, default=0x10)
AS_WANTED = bucket(1_250_000, 409_600, 64_018)


@pytest.mark.parametrize(
    ("op", "commands"),
    [
        (TBF, ["tc -n ns1 qdisc add dev eth0 root tbf rate 10mbit burst 32kb latency 25ms"]),
        (TBF.flipped(), ["tc -n ns1 qdisc del dev eth0 root"]),
        (
            LIMITED,
            ["tc -n ns1 qdisc add dev eth0 root tbf rate 1234567bit burst 5000b limit 6000b"],
        ),
        (WIDE, ["tc -n ns1 qdisc add dev eth0 root tbf rate 40gbit burst 10mb latency 400us"]),
        (HTB, ["tc -n ns1 qdisc add dev eth0 root handle 1: htb default 10"]),
        (HtbOp(ifname=ETH0), ["tc qdisc add dev eth0 root handle 1: htb"]),
        (
            HtbOp(netns=PATH, ifname=ETH0, present=False),
            ["nsenter --net=/proc/7/ns/net tc qdisc del dev eth0 root"],
        ),
    ],
    ids=str,
)
def test_what_is_typed(op: QdiscOp, commands: list[str]) -> None:
    assert typed(op) == commands


def test_what_is_sent() -> None:
    [made] = sent(TBF.requests(), index("eth0"))
    assert made[:3] == ("RTM_NEWQDISC", CREATE | EXCL, {"ifindex": 7, "parent": ROOT})
    options = made.attrs["options"]
    assert (made.attrs["kind"], options["burst"]) == ("tbf", 32768)
    assert (options["parms"]["rate"], options["parms"]["limit"]) == (1_250_000, 64_018)
    assert "rate64" not in options
    [wide] = sent(WIDE.requests(), index("eth0"))
    assert wide.attrs["options"]["rate64"] == 5 * 10**9
    [htb] = sent(HTB.requests(), index("eth0"))
    assert htb.header == {"ifindex": 7, "parent": ROOT, "handle": 0x10000}
    assert htb.attrs["options"]["init"]["defcls"] == 0x10


def test_a_removal_names_the_kind_so_that_no_other_goes() -> None:
    for op, kind in ((TBF, "tbf"), (HTB, "htb")):
        assert sent(op.flipped().requests(), index("eth0")) == [
            Sent("RTM_DELQDISC", 0, {"ifindex": 7, "parent": ROOT}, {"kind": kind})
        ]


@pytest.mark.parametrize(
    ("op", "found", "differences"),
    [
        (TBF, [], ["tbf on eth0 in ns1: wanted to be there, found nothing"]),
        (TBF, [AS_WANTED], []),
        (TBF, [bucket(1_250_000, 409_593, 64_018)], []),
        (
            TBF,
            [qdisc("noqueue", handle=0)],
            ["tbf on eth0 in ns1: wanted to be there, found nothing"],
        ),
        (TBF, [qdisc("htb")], ["tbf on eth0 in ns1: wanted kind tbf, found kind htb"]),
        (
            TBF,
            [bucket(2_500_000, 204_800, 64_018)],
            ["tbf on eth0 in ns1: wanted rate 10mbit, found rate 20mbit"],
        ),
        (
            TBF,
            [bucket(1_250_000, 62_500, 64_019)],
            [
                "tbf on eth0 in ns1: wanted burst 32kb, found burst about 5000b",
                "tbf on eth0 in ns1: wanted limit 64018b, found limit 64019b",
            ],
        ),
        (TBF, [qdisc("tbf", 8)], ["tbf on eth0 in ns1: wanted to be there, found nothing"]),
        (
            TBF,
            [qdisc("tbf", parent=INGRESS)],
            ["tbf on eth0 in ns1: wanted to be there, found nothing"],
        ),
        (
            WIDE,
            [bucket((1 << 32) - 1, 32_768, 12_485_760, rate64=5 * 10**9)],
            [],
        ),
        (HTB, [qdisc("htb", handle=0x10000, init={"defcls": 0x10})], []),
        (
            HTB,
            [qdisc("htb", init={"defcls": 0x20})],
            [
                "htb on eth0 in ns1: wanted handle 1:, found handle 8001:",
                "htb on eth0 in ns1: wanted default 10, found default 20",
            ],
        ),
        (TBF.flipped(), [], []),
        (TBF.flipped(), [qdisc("noqueue", handle=0)], []),
        (
            TBF.flipped(),
            [AS_WANTED],
            ["tbf on eth0 in ns1: wanted not to be there, found it"],
        ),
    ],
)
def test_what_is_seen(op: QdiscOp, found: list[QdiscState], differences: list[str]) -> None:
    assert words(op.satisfied_by(seen(link(), *found))) == differences


def test_without_the_link_or_its_namespace_there_is_none() -> None:
    for snapshot in (seen(), gone()):
        assert words(TBF.satisfied_by(snapshot)) == [
            "tbf on eth0 in ns1: wanted to be there, found nothing"
        ]
        assert not TBF.flipped().satisfied_by(snapshot)


OURS = "glassnet:net1/c1"


@pytest.mark.parametrize(
    ("op", "found", "alias", "reason"),
    [
        (TBF, qdisc("noqueue", handle=0), "", ""),
        (TBF, AS_WANTED, "", ""),
        (
            TBF,
            bucket(2_500_000, 204_800, 64_018),
            "",
            "a tbf is there already, not made by glassnet; tbf on eth0 in ns1: wanted rate 10mbit,"
            " found rate 20mbit",
        ),
        (TBF, bucket(2_500_000, 204_800, 64_018), OURS, ""),
        (TBF, qdisc("htb"), OURS, "a htb is there already, not made by glassnet"),
        (TBF.flipped(), bucket(1, 2, 3), "", ""),
        (TBF.flipped(), qdisc("htb"), OURS, "a htb is there already, not made by glassnet"),
    ],
)
def test_what_stands_in_the_way(op: QdiscOp, found: QdiscState, alias: str, reason: str) -> None:
    assert op.obstacle(seen(link(alias=alias), found)) == reason


def test_what_differs_is_changed_in_place() -> None:
    there = seen(link(), bucket(2_500_000, 204_800, 64_018))
    [made] = sent(TBF.remedy(there), index("eth0"))
    assert (made.type, made.flags) == ("RTM_NEWQDISC", CREATE | REPLACE)
    [gone_] = sent(TBF.flipped().remedy(there), index("eth0"))
    assert gone_.type == "RTM_DELQDISC"


def test_an_htb_is_made_anew_for_the_kernel_changes_none() -> None:
    there = seen(link(), qdisc("htb", init={"defcls": 1}))
    assert [one.type for one in sent(HTB.remedy(there), index("eth0"))] == [
        "RTM_DELQDISC",
        "RTM_NEWQDISC",
    ]
    other = seen(link(), AS_WANTED)
    [replaced] = sent(HTB.remedy(other), index("eth0"))
    assert replaced.flags == CREATE | REPLACE
    [removed] = sent(HTB.flipped().remedy(there), index("eth0"))
    assert removed.type == "RTM_DELQDISC"


def test_what_the_planner_is_told() -> None:
    assert TBF.key() == HTB.key() == ("qdisc", "ns1", "eth0", "root")
    assert TBF.needs() == TBF.within() == (("netns", "ns1"), ("link", "ns1", "eth0"))
    assert TBF.reads() == (Facet(NS1, "link", "eth0"), Facet(NS1, "qdiscs"))
    assert TBF.requires() == ("right:net_admin", "qdisc:tbf")
    assert TBF.flipped().requires() == ("right:net_admin",)
    assert TBF.inverse(MADE) == (TBF.flipped(),)
    assert TBF.inverse(KEPT) == ()


@pytest.mark.parametrize(
    ("build", "problem"),
    [
        (lambda: TbfOp(ifname=ETH0, rate=7, burst=1, limit=1), "rate 7 bit/s is out of range"),
        (lambda: TbfOp(ifname=ETH0, rate=10**14, burst=1, limit=1), "is out of range"),
        (lambda: TbfOp(ifname=ETH0, rate=8, burst=0, limit=1), "burst 0 bytes is out of range"),
        (lambda: TbfOp(ifname=ETH0, rate=8, burst=1 << 32, limit=1), "is out of range"),
        (lambda: TbfOp(ifname=ETH0, rate=8, burst=1, limit=0), "limit 0 bytes is out of range"),
        (lambda: TbfOp(ifname=ETH0, rate=8, burst=1), "either a latency or a limit"),
        (lambda: TbfOp(ifname=ETH0, rate=8, burst=1, limit=1, latency=1), "either a latency or"),
        (lambda: TbfOp(ifname=ETH0, rate=8, burst=1, latency=0), "latency 0 us"),
        (
            lambda: TbfOp(ifname=ETH0, rate=10**12, burst=1, latency=10**6),
            "limit 125000000001 bytes is out of range",
        ),
        (lambda: HtbOp(ifname=ETH0, default=0x10000), "default class 0x10000"),
        (lambda: HtbOp(ifname=ETH0, default=-1), "default class -0x1"),
    ],
)
def test_values_out_of_range(build: Callable[[], QdiscOp], problem: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        build()
    assert problem in str(caught.value)


def test_values_at_the_ends() -> None:
    for rate, burst, limit in ((8, 1, 1), (10**13, 0xFFFFFFFF, 0xFFFFFFFF)):
        assert TbfOp(ifname=ETH0, rate=rate, burst=burst, limit=limit).rate == rate
    assert TbfOp(ifname=ETH0, rate=8000, burst=1, latency=1).latency == 1
    for default in (0, 0xFFFF):
        assert HtbOp(ifname=ETH0, default=default).default == default


def test_amounts_in_the_largest_unit_without_a_fraction() -> None:
    rates = (8, 999, 1000, 1_500_000, 10**7, 4 * 10**10)
    assert [*map(rate_text, rates)] == ["8bit", "999bit", "1kbit", "1500kbit", "10mbit", "40gbit"]
    assert [*map(size_text, (0, 1000, 1024, 3 << 20))] == ["0b", "1000b", "1kb", "3mb"]
    assert [*map(time_text, (1, 1000, 1500, 2_000_000))] == ["1us", "1ms", "1500us", "2s"]


def test_a_long_burst_at_a_low_rate_is_no_drift() -> None:
    op = TbfOp(netns=NS1, ifname=ETH0, rate=100_000, burst=268_435_455, limit=1000)
    ticks = op.burst * 10**9 // (12_500 * psched.USUAL.tick) & 0xFFFFFFFF
    assert not op.satisfied_by(seen(link(), bucket(12_500, ticks, 1000)))
