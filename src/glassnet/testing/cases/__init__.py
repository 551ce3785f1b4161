"""Cases of every operation: a scene, the operation, and what somebody may do to its work.

The proof that an operation's faces agree is made over all of them.
"""

from __future__ import annotations

from glassnet.testing.cases import (
    addr,
    announce,
    bridge,
    bridgevlan,
    conntrack,
    gate,
    guard,
    ingress,
    ipvlan,
    legacy,
    link,
    linkset,
    macvlan,
    move,
    neigh,
    nft,
    other,
    pin,
    qdisc,
    route,
    rule,
    tun,
    vlan,
    vrf,
    vxlan,
    wall,
    zone,
)
from glassnet.testing.cases.case import HOST_AND_NS1, Case, Drift

CASES: tuple[Case, ...] = (
    *other.CASES,
    *link.CASES,
    *linkset.CASES,
    *bridge.CASES,
    *bridgevlan.CASES,
    *macvlan.CASES,
    *ipvlan.CASES,
    *vlan.CASES,
    *vrf.CASES,
    *vxlan.CASES,
    *tun.CASES,
    *move.CASES,
    *addr.CASES,
    *route.CASES,
    *rule.CASES,
    *neigh.CASES,
    *nft.CASES,
    *wall.CASES,
    *legacy.CASES,
    *zone.CASES,
    *gate.CASES,
    *guard.CASES,
    *qdisc.CASES,
    *ingress.CASES,
    *conntrack.CASES,
    *announce.CASES,
    *pin.CASES,
)

__all__ = ["CASES", "HOST_AND_NS1", "Case", "Drift"]
