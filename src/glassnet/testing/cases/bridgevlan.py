"""VLANs of a bridge's ports."""

from __future__ import annotations

from glassnet.ops.bridgevlan import BridgeVlanOp
from glassnet.testing.cases.case import NS1, PAIR, Case, Drift
from glassnet.values import IfName

H0, ETH0 = IfName("h0"), IfName("eth0")
KIND = "bridge vlan_filtering 1"
BRIDGE = "ip link add br0 address 02:00:00:00:00:b0 type bridge vlan_filtering 1\n"
PORT = f"{BRIDGE}{PAIR}ip link set h0 master br0\n"
PORT_IN_NS1 = f"""
ip -n ns1 link add br0 address 02:00:00:00:00:b0 type bridge vlan_filtering 1
{PAIR}ip -n ns1 link set eth0 master br0
"""

CASES = (
    Case(
        "pvid",
        BridgeVlanOp(ifname=H0, vid=5, pvid=True, untagged=True),
        f"{PORT}bridge vlan del dev h0 vid 1\n",
        (
            Drift("bridge vlan add dev h0 vid 5", "pvid untagged"),
            Drift("bridge vlan del dev h0 vid 5", "to be there"),
        ),
        kind=KIND,
    ),
    Case("range", BridgeVlanOp(netns=NS1, ifname=ETH0, vid=5, last=4094), PORT_IN_NS1, kind=KIND),
    Case(
        "absent",
        BridgeVlanOp(ifname=H0, vid=1, pvid=True, untagged=True, present=False),
        PORT,
        kind=KIND,
    ),
    Case(
        "range-absent",
        BridgeVlanOp(ifname=H0, vid=7, last=9, present=False),
        f"{PORT}bridge vlan add dev h0 vid 7-9\n",
        kind=KIND,
    ),
)
