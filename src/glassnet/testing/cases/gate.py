"""What is admitted, and gates in chains of others that drop by default."""

from __future__ import annotations

from glassnet.nft.gate import CHAIN, opening
from glassnet.ops.gate import AdmitOp, GateOp
from glassnet.testing.cases.case import NS1, TABLE, Case, Drift, within
from glassnet.values import IpAddress

MARK = "glassnet:net1/c1/eth0"
TO4, TO6 = IpAddress("10.0.0.2"), IpAddress("fd00::2")

IPTABLES = """
nft 'add table ip filter'
nft 'add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'
nft 'add rule ip filter FORWARD iifname "eth9" counter accept'
nft 'add chain ip filter CNI-ADMIN'
nft 'add chain ip filter MINE'
"""
"""As ``iptables -P FORWARD DROP`` leaves it, with a rule of the host's own, and its own chains."""

CLOSING = """
nft 'add table inet mine'
nft 'add chain inet mine forward { type filter hook forward priority 0; policy drop; }'
nft 'add rule inet mine forward ct state invalid drop'
nft 'add rule inet mine forward counter reject with icmpx admin-prohibited'
"""


def _made(family: str, table: str, chain: str, *admins: str) -> str:
    lines = opening(family, table, chain, admins, 0)
    return "nft -f - <<'EOF'\n" + "\n".join(lines) + "\nEOF\n"


_AWAY = "\n".join(
    str(one)
    for one in GateOp(family="ip", table="filter", chain="FORWARD", present=False).commands()
)

ADMIT = (
    Case("v6", AdmitOp(netns=NS1, address=TO6, admin="CNI-ADMIN"), within("ns1", TABLE)),
    Case(
        "absent",
        AdmitOp(address=TO4, comment=MARK, present=False),
        f"{TABLE}nft 'add element inet glassnet admitted4 {{ 10.0.0.2 comment \"{MARK}\" }}'\n",
    ),
)

GATE = (
    Case(
        "of-iptables",
        GateOp(family="ip", table="filter", chain="FORWARD", admins=("CNI-ADMIN", "MINE")),
        TABLE + IPTABLES,
        (
            Drift(f"nft flush chain ip filter {CHAIN}", "others"),
            Drift(f"nft add rule ip filter FORWARD jump {CHAIN}", "others"),
            Drift(_AWAY, "nothing"),
        ),
    ),
    Case(
        "before-what-closes",
        GateOp(netns=NS1, family="inet", table="mine", chain="forward", ahead_of=3),
        within("ns1", TABLE + CLOSING),
    ),
    Case(
        "absent-where-the-host-has-its-say",
        GateOp(family="ip", table="filter", chain="FORWARD", admins=("CNI-ADMIN",), present=False),
        TABLE
        + IPTABLES
        + _made("ip", "filter", "FORWARD", "CNI-ADMIN")
        + "nft add rule ip filter CNI-ADMIN counter drop\n",
    ),
)

CASES = (*ADMIT, *GATE)
