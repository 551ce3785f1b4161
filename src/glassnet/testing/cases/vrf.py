"""VRFs, and links that are their members."""

from __future__ import annotations

from glassnet.ops.bridge import PortOp
from glassnet.ops.veth import VethOp
from glassnet.ops.vrf import VrfOp
from glassnet.testing.cases.case import NS1, PAIR, Case, Drift, mac
from glassnet.values import IfName

ETH0, ETH1, RED = map(IfName, ("eth0", "eth1", "red"))
KIND = "vrf table 1"
IN_NS1 = "ip -n ns1 link add red address 02:00:00:00:00:b0 type vrf table 1000\n"

CASES = (
    Case("plain", VrfOp(ifname=RED, table=10), kind=KIND),
    Case(
        "whole",
        VrfOp(
            netns=NS1, ifname=RED, table=1000, mtu=1400, mac=mac(3), alias="glassnet:net1", up=True
        ),
        "",
        (
            Drift("ip -n ns1 link set red down", "state down"),
            Drift("ip -n ns1 link set red mtu 1300", "mtu 1300"),
            Drift(
                "ip -n ns1 link del red; ip -n ns1 link add red type vrf table 1001", "table 1001"
            ),
        ),
        kind=KIND,
    ),
    Case(
        "absent",
        VrfOp(netns=NS1, ifname=RED, table=1000, mac=mac(0xB0), present=False),
        IN_NS1,
        kind=KIND,
    ),
    Case(
        "of-a-vrf",
        PortOp(netns=NS1, ifname=ETH0, master=RED),
        PAIR + IN_NS1,
        (Drift("ip -n ns1 link set eth0 nomaster", "master none"),),
        kind=KIND,
    ),
    Case(
        "born-in-a-vrf",
        VethOp(netns=NS1, ifname=ETH0, peer=ETH1, peer_netns=NS1, master=RED),
        IN_NS1,
        (Drift("ip -n ns1 link set eth0 nomaster", "master none"),),
        kind=KIND,
    ),
)
