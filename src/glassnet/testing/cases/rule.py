"""Routing rules."""

from __future__ import annotations

from glassnet.ops.rule import RuleOp
from glassnet.testing.cases.case import NS1, PATH1, Case, Drift
from glassnet.values import IfName, Prefix

LO, ETH0 = IfName("lo"), IfName("eth0")
FROM4, TO4 = Prefix("10.0.0.0/8"), Prefix("10.9.0.0/16")
FROM6, TO6 = Prefix("fd00::/8"), Prefix("fd09::/64")

CASES = (
    Case(
        "v4",
        RuleOp(version=4, priority=100, table=100, source=FROM4),
        drifts=(
            Drift(
                "ip rule del priority 100",
                "to be there",
            ),
        ),
    ),
    Case(
        "v4-whole",
        RuleOp(
            netns=NS1,
            version=4,
            priority=32765,
            table=1000,
            source=FROM4,
            destination=TO4,
            iif=LO,
            oif=ETH0,
            mark=0x10,
            mask=0xFF,
        ),
    ),
    Case("v4-all", RuleOp(netns=PATH1, version=4, priority=1, table=254)),
    Case("v4-mark", RuleOp(version=4, priority=100, table=255, mark=1)),
    Case(
        "v4-second-of-a-priority",
        RuleOp(version=4, priority=100, table=100, source=TO4),
        "ip rule add priority 100 from 10.0.0.0/8 lookup 100 protocol 103",
    ),
    Case(
        "v4-unmarked-from-anywhere",
        RuleOp(version=4, priority=100, table=100, source=Prefix.default(4), mark=0, mask=0xF0),
        drifts=(Drift("ip rule del priority 100", "to be there"),),
    ),
    Case("v6", RuleOp(version=6, priority=100, table=100, source=FROM6)),
    Case(
        "v6-whole",
        RuleOp(
            netns=NS1,
            version=6,
            priority=7,
            table=2**32 - 1,
            source=FROM6,
            destination=TO6,
            iif=LO,
            oif=ETH0,
            mark=0xFFFFFFFF,
            mask=0x7F,
        ),
    ),
    Case(
        "v4-absent",
        RuleOp(version=4, priority=100, table=100, source=FROM4, present=False),
        "ip rule add priority 100 from 10.0.0.0/8 lookup 100 protocol 103\n"
        "ip rule add priority 100 from 10.9.0.0/16 lookup 100 protocol 103\n",
    ),
    Case(
        "v6-absent",
        RuleOp(netns=NS1, version=6, priority=100, table=1000, mark=1, mask=3, present=False),
        "ip -n ns1 -6 rule add priority 100 fwmark 1/3 lookup 1000 protocol 103",
    ),
)
