"""Routing rules: what they match, in words, in bytes, and as they were seen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from scene import ETH0, LO, NS1, Sent, gone, seen, sent, typed, words

from glassnet.errors import InvalidValue
from glassnet.ops.base import KEPT, MADE
from glassnet.ops.rule import RuleOp
from glassnet.state.rule import RuleState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import Prefix

NEW = 0x400 | 0x200
TEN, NINE = Prefix("10.0.0.0/8"), Prefix("10.9.0.0/16")
PLAIN = RuleOp(netns=NS1, version=4, priority=100, table=100, source=TEN)
WHOLE = RuleOp(
    netns=NS1,
    version=4,
    priority=7,
    table=1000,
    source=TEN,
    destination=NINE,
    iif=LO,
    oif=ETH0,
    mark=0x10,
    mask=0xFF,
)
V6 = RuleOp(netns=NS1, version=6, priority=1, table=255, mark=1)
UNMARKED = RuleOp(netns=NS1, version=4, priority=1, table=1, mask=0xFF)
SEEN = RuleState(4, 100, 100, 1, TEN)
SEEN_WHOLE = RuleState(4, 7, 1000, 1, TEN, NINE, "lo", "eth0", 0x10, 0xFF, 103)


@pytest.mark.parametrize(
    ("op", "verb", "text"),
    [
        (PLAIN, "rule", "priority 100 from 10.0.0.0/8 lookup 100"),
        (
            WHOLE,
            "rule",
            "priority 7 from 10.0.0.0/8 to 10.9.0.0/16 iif lo oif eth0 fwmark 0x10/0xff"
            " lookup 1000",
        ),
        (V6, "-6 rule", "priority 1 fwmark 0x1 lookup 255"),
        (UNMARKED, "rule", "priority 1 fwmark 0x0/0xff lookup 1"),
    ],
)
def test_its_commands(op: RuleOp, verb: str, text: str) -> None:
    assert typed(op) == [f"ip -n ns1 {verb} add {text} protocol 103"]
    assert typed(op.flipped()) == [f"ip -n ns1 {verb} del {text} protocol 103"]


@pytest.mark.parametrize(
    ("op", "header", "attrs"),
    [
        (
            PLAIN,
            {"family": 2, "src_len": 8, "table": 100},
            {"priority": 100, "src": "10.0.0.0", "protocol": 103},
        ),
        (
            WHOLE,
            {"family": 2, "src_len": 8, "dst_len": 16},
            {
                "priority": 7,
                "src": "10.0.0.0",
                "dst": "10.9.0.0",
                "iifname": "lo",
                "oifname": "eth0",
                "fwmark": 0x10,
                "fwmask": 0xFF,
                "table": 1000,
                "protocol": 103,
            },
        ),
        (V6, {"family": 10, "table": 255}, {"priority": 1, "fwmark": 1, "protocol": 103}),
        (
            UNMARKED,
            {"family": 2, "table": 1},
            {"priority": 1, "fwmark": 0, "fwmask": 0xFF, "protocol": 103},
        ),
    ],
)
def test_its_messages(op: RuleOp, header: dict[str, int], attrs: dict[str, Any]) -> None:
    assert sent(op.requests()) == [Sent("RTM_NEWRULE", NEW, {**header, "action": 1}, attrs)]
    assert sent(op.flipped().requests()) == [Sent("RTM_DELRULE", 0, header, attrs)]


@pytest.mark.parametrize(
    ("op", "rules"),
    [
        (PLAIN, [SEEN]),
        (PLAIN, [RuleState(4, 100, 254, 1, TEN), SEEN]),
        (WHOLE, [SEEN_WHOLE]),
        (V6, [RuleState(6, 1, 255, mark=1)]),
        (UNMARKED, [RuleState(4, 1, 1, mask=0xFF)]),
    ],
)
def test_one_that_is_there(op: RuleOp, rules: list[RuleState]) -> None:
    assert op.satisfied_by(seen(*rules)) == ()
    unwanted = f"{op.label()}: wanted not to be there, found it"
    assert words(op.flipped().satisfied_by(seen(*rules))) == [unwanted]
    assert sent(op.flipped().remedy(seen(*rules))) == sent(op.flipped().requests())


@pytest.mark.parametrize(
    "other",
    [
        {"version": 6, "source": None, "destination": None},
        {"priority": 8},
        {"table": 1001},
        {"action": 7},
        {"source": None},
        {"destination": TEN},
        {"iif": ""},
        {"oif": "eth1"},
        {"mark": 0x11},
        {"mark": 0},
        {"mask": 0xFFFFFFFF},
    ],
)
def test_one_that_is_another(other: dict[str, Any]) -> None:
    snapshot = seen(msgspec.structs.replace(SEEN_WHOLE, **other))
    assert WHOLE.flipped().satisfied_by(snapshot) == ()
    assert words(WHOLE.satisfied_by(snapshot)) == [
        "rule 7: from 10.0.0.0/8 to 10.9.0.0/16 iif lo oif eth0 fwmark 0x10/0xff lookup 1000 "
        "in ns1: wanted to be there, found nothing"
    ]


def test_the_same_of_the_other_family() -> None:
    assert len(V6.satisfied_by(seen(RuleState(4, 1, 255, mark=1)))) == 1


@pytest.mark.parametrize("snapshot", [seen(), gone()])
def test_where_there_is_none(snapshot: Snapshot) -> None:
    assert words(PLAIN.satisfied_by(snapshot)) == [
        "rule 100: from 10.0.0.0/8 lookup 100 in ns1: wanted to be there, found nothing"
    ]
    assert PLAIN.flipped().satisfied_by(snapshot) == ()
    assert PLAIN.remedy(snapshot) == PLAIN.requests()


@pytest.mark.parametrize("version", [4, 6])
def test_a_prefix_of_everything_is_as_none(version: int) -> None:
    everything = Prefix.default(version)
    op = RuleOp(version=version, priority=1, table=1, source=everything, destination=everything)
    assert op == RuleOp(version=version, priority=1, table=1)
    assert (op.source, op.destination) == (None, None)


def test_what_the_planner_knows() -> None:
    assert PLAIN.key() == ("rule", "ns1", "4", "100", "from", "10.0.0.0/8", "lookup", "100")
    assert V6.key() == ("rule", "ns1", "6", "1", "from", "all", "fwmark", "0x1", "lookup", "255")
    assert PLAIN.provides() == (PLAIN.key(),)
    assert WHOLE.needs() == WHOLE.within() == (("netns", "ns1"),)
    assert WHOLE.after() == ()
    assert PLAIN.reads() == (Facet(NS1, "rules"),)
    assert PLAIN.obstacle(seen(SEEN)) == ""
    assert PLAIN.inverse(MADE) == (PLAIN.flipped(),)
    assert PLAIN.inverse(KEPT) == ()
    assert str(V6.flipped()) == "no rule 1: from all fwmark 0x1 lookup 255 in ns1"


ACCEPTED_MARK = "accepted: up to 4294967295, a mask from 1"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"version": 5}, "rule of IP version 5; accepted: 4 or 6"),
        ({"priority": 0}, "rule priority 0; accepted: 1 to 32765"),
        ({"priority": 32766}, "rule priority 32766; accepted: 1 to 32765"),
        ({"table": 0}, "rule for table 0; accepted: 1 to 4294967295"),
        ({"table": 2**32}, "rule for table 4294967296; accepted: 1 to 4294967295"),
        ({"source": Prefix("fd00::/8")}, "IPv4 rule for fd00::/8; accepted: one address family"),
        ({"destination": Prefix("::/0")}, "IPv4 rule for ::/0; accepted: one address family"),
        ({"version": 6}, "IPv6 rule for 10.0.0.0/8; accepted: one address family"),
        ({"mark": -1}, f"rule for mark -1, mask 4294967295; {ACCEPTED_MARK}"),
        ({"mark": 2**32}, f"rule for mark 4294967296, mask 4294967295; {ACCEPTED_MARK}"),
        ({"mask": 0}, f"rule for mark 0, mask 0; {ACCEPTED_MARK}"),
        ({"mark": 1, "mask": 2**32}, f"rule for mark 1, mask 4294967296; {ACCEPTED_MARK}"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], refusal: str) -> None:
    usual: dict[str, Any] = {"version": 4, "priority": 1, "table": 1, "source": TEN}
    with pytest.raises(InvalidValue) as caught:
        RuleOp(**usual | fields)
    assert str(caught.value) == refusal


@pytest.mark.parametrize(("table", "small", "large"), [(255, 255, None), (256, None, 256)])
def test_a_table_beyond_8_bits(table: int, small: int | None, large: int | None) -> None:
    [message] = sent(RuleOp(netns=NS1, version=4, priority=1, table=table).requests())
    assert (message.header.get("table"), message.attrs.get("table")) == (small, large)


def test_the_ends_of_what_is_accepted() -> None:
    low = RuleOp(version=4, priority=1, table=1, mark=0, mask=1)
    high = RuleOp(version=6, priority=32765, table=2**32 - 1, mark=2**32 - 1)
    assert typed(low) == ["ip rule add priority 1 fwmark 0x0/0x1 lookup 1 protocol 103"]
    assert typed(high) == [
        "ip -6 rule add priority 32765 fwmark 0xffffffff lookup 4294967295 protocol 103"
    ]
