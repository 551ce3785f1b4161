"""The place of filters for what comes in, and redirections from there."""

from __future__ import annotations

from glassnet.ops.ingress import IngressOp, RedirectOp
from glassnet.testing.cases.case import NS1, PAIR_UP, PATH1, Case, Drift
from glassnet.values import IfName

H0, ETH0, IFB0 = map(IfName, ("h0", "eth0", "ifb0"))
IFB = "ip link add ifb0 address 02:00:00:00:00:1f type ifb\nip link set ifb0 up\n"
PLACE = f"{PAIR_UP}{IFB}tc qdisc add dev h0 ingress\n"
ALL = "protocol all u32 match u32 0 0 action mirred egress redirect dev"
INSIDE = f"""{PAIR_UP}
ip -n ns1 link add ifb0 address 02:00:00:00:00:1f type ifb
tc -n ns1 qdisc add dev eth0 ingress
"""

INGRESS = (
    Case(
        "plain",
        IngressOp(ifname=H0),
        PAIR_UP,
        (
            Drift("tc qdisc del dev h0 ingress", "to be there"),
            Drift("tc qdisc del dev h0 ingress; tc qdisc add dev h0 clsact", "kind clsact"),
        ),
    ),
    Case("in-a-path", IngressOp(netns=PATH1, ifname=ETH0), PAIR_UP),
    Case(
        "absent",
        IngressOp(netns=NS1, ifname=ETH0, present=False),
        f"{PAIR_UP}tc -n ns1 qdisc add dev eth0 ingress\n",
    ),
)

REDIRECT = (
    Case(
        "to-an-ifb",
        RedirectOp(ifname=H0, target=IFB0),
        f"{PLACE}ip link add ifb1 address 02:00:00:00:00:2f type ifb\n",
        (
            Drift("tc filter del dev h0 parent ffff:", "to be there"),
            Drift(
                f"tc filter del dev h0 parent ffff:; tc filter add dev h0 parent ffff: {ALL} ifb1",
                "another link",
            ),
            Drift(
                "ip link del ifb0; ip link add ifb0 address 02:00:00:00:00:1f type ifb;"
                " ip link set ifb0 up",
                "a link that is gone",
            ),
        ),
    ),
    Case("with-a-priority", RedirectOp(netns=NS1, ifname=ETH0, target=IFB0, priority=7), INSIDE),
    Case(
        "absent",
        RedirectOp(ifname=H0, target=IFB0, present=False),
        f"{PLACE}tc filter add dev h0 parent ffff: {ALL} ifb0\n",
    ),
    Case(
        "absent-with-a-priority",
        RedirectOp(netns=PATH1, ifname=ETH0, target=IFB0, priority=7, present=False),
        f"{INSIDE}tc -n ns1 filter add dev eth0 parent ffff: protocol all pref 7"
        " u32 match u32 0 0 action mirred egress redirect dev ifb0\n",
    ),
)

CASES = (*INGRESS, *REDIRECT)
