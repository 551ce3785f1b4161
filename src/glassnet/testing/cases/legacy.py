"""The gate in iptables' tables of old."""

from __future__ import annotations

from glassnet.ops.legacy import LegacyGateOp
from glassnet.testing.cases.case import NS1, TABLE, Case, Drift, within

_SCENE = "iptables-legacy -P FORWARD DROP\niptables-legacy -N CNI-ADMIN\n"
_SCENE6 = _SCENE.replace("iptables", "ip6tables")
_MADE = "\n".join(str(one) for one in LegacyGateOp(version=4).commands())

_ASKS = "iptables-legacy -S && ip6tables-legacy -S"

CASES = (
    Case(
        "v6-inside",
        LegacyGateOp(netns=NS1, version=6, admins=("CNI-ADMIN",)),
        within("ns1", TABLE.replace("EOF", "BASE") + _SCENE6),
        (Drift(within("ns1", "ip6tables-legacy -F FORWARD"), "others"),),
        asks=_ASKS,
    ),
    Case("absent", LegacyGateOp(version=4, present=False), f"{TABLE}{_SCENE}{_MADE}\n", asks=_ASKS),
)
