"""Guards of a bridge's ports."""

from __future__ import annotations

from glassnet.nft.guard import BASE
from glassnet.ops.guard import GuardBaseOp, GuardOp
from glassnet.testing.cases.case import NS1, Case, Drift, mac, within
from glassnet.values import IfName

TABLE = f"nft -f - <<'EOF'\n{BASE}EOF\n"
TABLE_IN_NS1 = within("ns1", TABLE)
H0 = IfName("h0")
MARK = "glassnet:net1/ns1:eth0"
WHOLE = GuardOp(ifname=H0, mac=mac(2), comment=MARK)
GUARDED = f"""{TABLE}
nft 'add element bridge glassnet allowed {{ "h0" . 02:00:00:00:00:02 comment "{MARK}" }}'
nft 'add element bridge glassnet guarded {{ "h0" comment "{MARK}" }}'
"""

BASE_CASES = (
    Case(
        "made",
        GuardBaseOp(),
        drifts=(
            Drift("nft flush chain bridge glassnet guard", "others"),
            Drift("nft delete table bridge glassnet", "to be there"),
            Drift("nft add rule bridge glassnet guard drop", "others"),
        ),
    ),
    Case("in-a-namespace", GuardBaseOp(netns=NS1)),
    Case("absent", GuardBaseOp(present=False), TABLE),
)

GUARD_CASES = (
    Case(
        "of-a-port",
        WHOLE,
        TABLE,
        (
            Drift("nft 'delete element bridge glassnet guarded { \"h0\" }'", "h0 of guarded"),
            Drift(
                "nft 'delete element bridge glassnet allowed { \"h0\" . 02:00:00:00:00:02 }'",
                "of allowed",
            ),
        ),
    ),
    Case("in-a-namespace", GuardOp(netns=NS1, ifname=H0, mac=mac(2)), TABLE_IN_NS1),
    Case("absent", GuardOp(ifname=H0, mac=mac(2), comment=MARK, present=False), GUARDED),
)

CASES = (*BASE_CASES, *GUARD_CASES)
