"""Sources of firewalld's zones."""

from __future__ import annotations

from glassnet.ops.zone import ZoneSourceOp
from glassnet.testing.cases.case import Case, Drift
from glassnet.testing.firewalld import START, STOP
from glassnet.values import Prefix

CASES = (
    Case(
        "v4",
        ZoneSourceOp(zone="public", source=Prefix("10.0.0.2/32")),
        START,
        (Drift("firewall-cmd --quiet --reload", "public"),),
        ends=STOP,
    ),
    Case(
        "absent",
        ZoneSourceOp(zone="public", source=Prefix("fd00::2/128"), present=False),
        START + "firewall-cmd --quiet --zone=public --add-source=fd00::2/128\n",
        ends=STOP,
    ),
)
