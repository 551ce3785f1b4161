"""A bridge that has the MAC of its port, and the MAC that it has when a lower one's comes."""

from __future__ import annotations

from glassnet.ops.pin import PinOp
from glassnet.testing.cases.case import NS1, Case, mac, within
from glassnet.values import IfName

BR0 = IfName("br0")
SCENE = """
ip link add br0 type bridge
ip link add h0 address 02:00:00:00:00:20 type veth peer name h1 address 02:00:00:00:00:21
ip link set h0 master br0
"""
LOWER = """
ip link add h2 address 02:00:00:00:00:10 type veth peer name h3 address 02:00:00:00:00:11
ip link set h2 master br0
ip -br link show dev br0 | grep -o '02:[^ ]*'
ip link del h2
"""

CASES = (
    Case("a-ports", PinOp(ifname=BR0, mac=mac(0x20)), SCENE, shows=LOWER),
    Case(
        "in-a-namespace",
        PinOp(netns=NS1, ifname=BR0, mac=mac(0x20)),
        within(NS1, SCENE),
        shows=within(NS1, LOWER),
    ),
)
