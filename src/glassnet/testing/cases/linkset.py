"""Settings of links that say what is taken in, and how much may wait to be sent."""

from __future__ import annotations

from glassnet.ops.link import LinkSetOp
from glassnet.testing.cases.case import NS1, PAIR, PAIR_UP, Case, Drift
from glassnet.values import IfName

H0, ETH0 = IfName("h0"), IfName("eth0")
ALL_ON = "ip link set h0 promisc on allmulticast on txqueuelen 7\n"

CASES = (
    Case(
        "promiscuous",
        LinkSetOp(netns=NS1, ifname=ETH0, promisc=True, allmulti=True, txqlen=0),
        PAIR,
        (
            Drift("ip -n ns1 link set eth0 promisc off", "promisc off"),
            Drift("ip -n ns1 link set eth0 allmulticast off", "allmulti off"),
            Drift("ip -n ns1 link set eth0 txqueuelen 9", "txqlen 9"),
        ),
    ),
    Case(
        "promiscuous-no-more",
        LinkSetOp(ifname=H0, promisc=False, allmulti=False, txqlen=2**31 - 1),
        PAIR_UP + ALL_ON,
    ),
    Case("promiscuous-and-up", LinkSetOp(ifname=H0, up=True, mtu=1400, promisc=True), PAIR),
)
