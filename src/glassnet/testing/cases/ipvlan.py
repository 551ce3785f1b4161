"""Ipvlans, on a device of the host or of a namespace."""

from __future__ import annotations

from glassnet.ops.ipvlan import IpvlanOp
from glassnet.testing.cases.case import NS1, Case, Drift
from glassnet.testing.cases.macvlan import BR0_IN_NS1, ETH0, H0, LOWER, LOWER_IN_NS1, M0
from glassnet.values import IfName

KIND = "ipvlan"

WHOLE = IpvlanOp(
    netns=NS1,
    ifname=ETH0,
    index=4711,
    lower=H0,
    mode="l3s",
    flag="private",
    mtu=1400,
    alias="glassnet:net1/ns1:eth0",
    up=True,
    master=IfName("br0"),
)

CASES = (
    Case("plain", IpvlanOp(netns=NS1, ifname=ETH0, lower=H0), LOWER, kind=KIND),
    Case(
        "whole",
        WHOLE,
        LOWER + BR0_IN_NS1,
        (
            Drift("ip -n ns1 link set eth0 mtu 1300", "mtu 1300"),
            Drift("ip -n ns1 link set eth0 type ipvlan mode l2 private", "mode l2"),
            Drift("ip -n ns1 link set eth0 type ipvlan mode l3s vepa", "flag vepa"),
            Drift(
                "ip -n ns1 link del eth0\n"
                "ip link add link h1 name eth0 netns ns1 type ipvlan mode l3s private",
                "lower device of ipvlan eth0",
            ),
        ),
        kind=KIND,
    ),
    Case(
        "routed-within-a-namespace",
        IpvlanOp(
            netns=NS1, ifname=M0, lower=ETH0, lower_netns=NS1, mode="l3", flag="vepa", up=True
        ),
        LOWER_IN_NS1,
        kind=KIND,
    ),
    Case(
        "absent",
        IpvlanOp(netns=NS1, ifname=ETH0, lower=H0, present=False),
        f"{LOWER}ip link add link h0 name eth0 netns ns1 type ipvlan mode l2 bridge\n",
        kind=KIND,
    ),
)
