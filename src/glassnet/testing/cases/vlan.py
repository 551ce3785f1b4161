"""VLANs of a device of the host or of a namespace."""

from __future__ import annotations

from glassnet.ops.vlan import VlanOp
from glassnet.testing.cases.case import NS1, Case, Drift, mac
from glassnet.testing.cases.macvlan import BR0_IN_NS1, ETH0, H0, LOWER, LOWER_IN_NS1
from glassnet.values import IfName

KIND = "vlan"
H0_5, ETH0_5 = IfName("h0.5"), IfName("eth0.5")

WHOLE = VlanOp(
    netns=NS1,
    ifname=ETH0,
    index=4711,
    lower=H0,
    id=4094,
    protocol="802.1ad",
    flags={"reorder_hdr": 0, "gvrp": 1, "mvrp": 1, "loose_binding": 1, "bridge_binding": 0},
    ingress_qos={1: 2, 3: 4},
    egress_qos={2: 3},
    mtu=1400,
    mac=mac(3),
    alias="glassnet:net1/ns1:eth0",
    up=True,
    master=IfName("br0"),
)

CASES = (
    Case("plain", VlanOp(netns=NS1, ifname=ETH0, lower=H0, id=5), LOWER, kind=KIND),
    Case(
        "whole",
        WHOLE,
        LOWER + BR0_IN_NS1,
        (
            Drift("ip -n ns1 link set eth0 mtu 1300", "mtu 1300"),
            Drift("ip -n ns1 link set eth0 type vlan gvrp off", "gvrp 0"),
            Drift("ip -n ns1 link set eth0 type vlan ingress-qos-map 1:7", "ingress 1 7"),
            Drift("ip -n ns1 link set eth0 type vlan egress-qos-map 2:0", "egress 2 0"),
            Drift(
                "ip -n ns1 link del eth0\n"
                "ip link add link h0 name eth0 netns ns1 type vlan protocol 802.1ad id 5",
                "id 5",
            ),
            Drift(
                "ip -n ns1 link del eth0\n"
                "ip link add link h0 name eth0 netns ns1 type vlan id 4094",
                "protocol 802.1q",
            ),
        ),
        kind=KIND,
    ),
    Case(
        "where-it-is",
        VlanOp(ifname=H0_5, lower=H0, id=5, alias="glassnet:net1", up=True),
        LOWER,
        (Drift("ip link set h0.5 down", "state down"),),
        kind=KIND,
    ),
    Case(
        "within-a-namespace",
        VlanOp(netns=NS1, ifname=ETH0_5, lower=ETH0, lower_netns=NS1, id=0, up=True),
        LOWER_IN_NS1,
        kind=KIND,
    ),
    Case(
        "absent",
        VlanOp(netns=NS1, ifname=ETH0, lower=H0, id=5, present=False),
        f"{LOWER}ip link add link h0 name eth0 netns ns1 type vlan id 5\n",
        kind=KIND,
    ),
)
