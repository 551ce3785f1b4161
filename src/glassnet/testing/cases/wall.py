"""Walls between networks, and round ports that are published to some alone."""

from __future__ import annotations

from glassnet.ops.wall import DirectOp, WallOp
from glassnet.testing.cases.case import NS1, TABLE, Case, Drift, within
from glassnet.values import IfName, IpAddress

MARK = "glassnet:net1"
BR0 = IfName("br0")
ODD = IfName("br-0.1_a")
TO4, TO6 = IpAddress("10.0.0.2"), IpAddress("fd00::2")
TABLE_IN_NS1 = within("ns1", TABLE)


def _elements(*statements: str) -> str:
    return "\n".join(f"nft '{one}'" for one in statements) + "\n"


WALL = (
    Case(
        "round-a-bridge",
        WallOp(bridge=BR0, comment=MARK),
        TABLE,
        (Drift(_elements('delete element inet glassnet within { "br0" . "br0" }'), "br0 . br0"),),
    ),
    Case("within-a-bridge", WallOp(netns=NS1, bridge=BR0, apart=True), TABLE_IN_NS1),
    Case("of-an-odd-name", WallOp(bridge=ODD, comment=MARK), TABLE),
    Case(
        "absent",
        WallOp(bridge=BR0, apart=True, comment=MARK, present=False),
        TABLE
        + _elements(
            f'add element inet glassnet walled {{ "br0" comment "{MARK}" }}',
            f'add element inet glassnet apart {{ "br0" . "br0" comment "{MARK}" }}',
        ),
    ),
)

DIRECT = (
    Case("v4", DirectOp(protocol="tcp", to=TO4, port=80, comment=MARK), TABLE),
    Case("v6-range", DirectOp(netns=NS1, protocol="udp", to=TO6, port=80, count=9), TABLE_IN_NS1),
    Case(
        "absent",
        DirectOp(protocol="tcp", to=TO4, port=80, comment=MARK, present=False),
        TABLE
        + _elements(
            f'add element inet glassnet direct4 {{ 10.0.0.2 . tcp . 80 comment "{MARK}" }}'
        ),
    ),
)

CASES = (*WALL, *DIRECT)
