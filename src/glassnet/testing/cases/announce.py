"""Addresses announced to a neighbour that has heard of an older MAC."""

from __future__ import annotations

from glassnet.ops.announce import AnnounceOp
from glassnet.testing.cases.case import NEAR, NS1, PATH1, Case
from glassnet.values import IfName, IpAddress

H0, ETH0 = map(IfName, ("h0", "eth0"))
HOST4, HOST6 = IpAddress("10.0.0.1"), IpAddress("fd00::1")
NEAR4, NEAR6 = IpAddress("10.0.0.2"), IpAddress("fd00::2")

HEARD_INSIDE = f"""{NEAR}
for address in 10.0.0.1 fd00::1; do
    ip -n ns1 neigh add $address lladdr 02:00:00:00:00:77 dev eth0 nud stale
done
"""
HEARD_OUTSIDE = f"""{NEAR}
for address in 10.0.0.2 fd00::2; do
    ip neigh add $address lladdr 02:00:00:00:00:77 dev h0 nud stale
done
"""
INSIDE = "ip -n ns1 neigh show dev eth0 nud all | sed -n 's/ lladdr \\([^ ]*\\).*/ at \\1/p' | sort"
OUTSIDE = "ip neigh show dev h0 nud all | sed -n 's/ lladdr \\([^ ]*\\).*/ at \\1/p' | sort"

CASES = (
    Case("v4", AnnounceOp(ifname=H0, address=HOST4), HEARD_INSIDE, shows=INSIDE),
    Case(
        "v4-as-an-answer",
        AnnounceOp(netns=NS1, ifname=ETH0, address=NEAR4, answer=True),
        HEARD_OUTSIDE,
        shows=OUTSIDE,
    ),
    Case("v6", AnnounceOp(ifname=H0, address=HOST6), HEARD_INSIDE, shows=INSIDE),
    Case(
        "v6-three-times-in-a-path",
        AnnounceOp(netns=PATH1, ifname=ETH0, address=NEAR6, times=3),
        HEARD_OUTSIDE,
        shows=OUTSIDE,
    ),
)
