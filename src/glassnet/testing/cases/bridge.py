"""Bridges and their ports."""

from __future__ import annotations

from typing import Literal

from glassnet.ops.bridge import BRIDGE_OPTIONS, PORT_OPTIONS, BridgeOp, PortOp
from glassnet.testing.cases.case import BRIDGE, NS1, PAIR, PORT, Case, Drift, mac
from glassnet.values import IfName

BR0, BR1, H0, ETH0 = map(IfName, ("br0", "br1", "h0", "eth0"))
ALIAS = "glassnet:net1"
VLANS = "bridge vlan_filtering 1"


def _bounds(which: Literal["low", "high"]) -> dict[str, int]:
    """All options at their least or most, but for those of VLANs."""
    options = BRIDGE_OPTIONS.items()
    return {name: getattr(one, which) for name, one in options if not name.startswith("vlan")}


BRIDGE_CASES = (
    Case("plain", BridgeOp(ifname=BR0)),
    Case(
        "whole",
        BridgeOp(
            ifname=BR0,
            mtu=1400,
            mac=mac(0xB0),
            alias=ALIAS,
            up=True,
            options={"stp_state": 1},
        ),
        drifts=(
            Drift("ip link set br0 mtu 1300", "mtu 1300"),
            Drift("ip link set br0 address 02:00:00:00:00:77", "02:00:00:00:00:77"),
            Drift("ip link set br0 down", "state down"),
            Drift("ip link set br0 type bridge stp_state 0", "stp_state 0"),
            Drift("ip link del br0; ip link add br0 type veth peer name h9", "kind veth"),
        ),
    ),
    Case(
        "timers-and-priority",
        BridgeOp(
            netns=NS1,
            ifname=BR0,
            options={
                "priority": 4096,
                "forward_delay": 400,
                "hello_time": 100,
                "max_age": 600,
                "ageing_time": 1000,
            },
        ),
        drifts=(Drift("ip -n ns1 link set br0 type bridge priority 8192", "priority 8192"),),
    ),
    Case(
        "groups",
        BridgeOp(
            ifname=BR0,
            options={"group_fwd_mask": 16384, "mcast_snooping": 0, "mcast_querier": 1},
        ),
        drifts=(Drift("ip link set br0 type bridge mcast_snooping 1", "mcast_snooping 1"),),
    ),
    Case(
        "vlans",
        BridgeOp(ifname=BR0, options={"vlan_filtering": 1, "vlan_default_pvid": 7}),
        drifts=(Drift("ip link set br0 type bridge vlan_filtering 0", "vlan_filtering 0"),),
        kind=VLANS,
    ),
    Case("no-pvid", BridgeOp(ifname=BR0, options={"vlan_default_pvid": 0}), kind=VLANS),
    Case("least", BridgeOp(ifname=BR0, mtu=68, up=True, options=_bounds("low"))),
    Case("most", BridgeOp(ifname=BR0, mtu=65535, up=True, options=_bounds("high"))),
    Case(
        "named-as-a-word-of-ip",
        BridgeOp(ifname=IfName("br"), alias=ALIAS),
        drifts=(Drift("ip link del dev br", "to be there"),),
    ),
    Case("named-for-a-shell", BridgeOp(ifname=IfName("it's$b\"*"), up=True)),
    Case("absent", BridgeOp(ifname=BR0, mac=mac(0xB0), present=False), BRIDGE),
    Case(
        "absent-with-options",
        BridgeOp(netns=NS1, ifname=BR0, options={"priority": 4096}, present=False),
        "ip -n ns1 link add br0 type bridge priority 4096",
    ),
)

ALL_OF_A_PORT = {
    "isolated": 1,
    "hairpin": 1,
    "learning": 0,
    "flood": 0,
    "mcast_flood": 0,
    "bcast_flood": 0,
    "guard": 1,
    "root_block": 1,
    "fastleave": 1,
    "neigh_suppress": 1,
    "cost": 7,
    "priority": 5,
}

MOST_OF_A_PORT = {name: option.high for name, option in PORT_OPTIONS.items()}
SET_PORT = f"{PORT}bridge link set dev h0 isolated on learning off cost 9 priority 5\n"

PORT_CASES = (
    Case(
        "plain",
        PortOp(ifname=H0, master=BR0),
        BRIDGE + PAIR,
        (Drift("ip link set h0 nomaster", "master none"),),
    ),
    Case(
        "all-options",
        PortOp(ifname=H0, master=BR0, options=ALL_OF_A_PORT),
        f"{BRIDGE}{PAIR}ip link add br1 address 02:00:00:00:00:b1 type bridge\n",
        (
            Drift("ip link set h0 nomaster", "master none"),
            Drift("bridge link set dev h0 isolated off", "isolated 0"),
            Drift("bridge link set dev h0 cost 9", "cost 9"),
            Drift("ip link set h0 master br1", "master br1"),
        ),
    ),
    Case(
        "in-a-namespace",
        PortOp(netns=NS1, ifname=ETH0, master=BR0, options={"hairpin": 1}),
        f"{PAIR}ip -n ns1 link add br0 address 02:00:00:00:00:b0 type bridge\n",
    ),
    Case("options-of-a-port", PortOp(ifname=H0, master=BR0, options={"isolated": 1}), PORT),
    Case("most", PortOp(ifname=H0, master=BR0, options=MOST_OF_A_PORT), PORT),
    Case(
        "from-another-bridge",
        PortOp(ifname=H0, master=BR1, options={"hairpin": 1}),
        f"{SET_PORT}ip link add br1 address 02:00:00:00:00:b1 type bridge\n",
    ),
    Case(
        "of-no-bridge",
        PortOp(ifname=H0, master=None),
        SET_PORT,
        (Drift("ip link set h0 master br0", "master br0"),),
    ),
)

CASES = (*BRIDGE_CASES, *PORT_CASES)
