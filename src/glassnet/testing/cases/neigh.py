"""Neighbours and forwarding entries."""

from __future__ import annotations

from glassnet.ops.neigh import FdbOp, NeighOp
from glassnet.testing.cases.case import (
    BRIDGE_UP,
    NEAR,
    NS1,
    PAIR_UP,
    PATH1,
    PORT,
    Case,
    Drift,
    mac,
)
from glassnet.values import IfName, IpAddress

H0, ETH0, VX0 = map(IfName, ("h0", "eth0", "vx0"))
AT4, AT6 = IpAddress("10.0.0.9"), IpAddress("fd00::9")
VXLAN = "vxlan id 7 dstport 4789"
TUNNEL = f"ip link add vx0 address 02:00:00:00:00:0a type {VXLAN} local 127.0.0.1\n"
FORWARDING = f"""{BRIDGE_UP}{PAIR_UP}
ip link set h0 master br0
ip link add h1 up address 02:00:00:00:00:03 type veth \
    peer name eth1 address 02:00:00:00:00:04 netns ns1
ip -n ns1 link set eth1 up
ip link set h1 master br0
"""
FAR = IpAddress("192.0.2.7")

NEIGH = (
    Case(
        "v4",
        NeighOp(netns=NS1, ifname=ETH0, address=AT4, mac=mac(9)),
        NEAR,
        (
            Drift(
                "ip -n ns1 neigh change 10.0.0.9 lladdr 02:00:00:00:00:77 dev eth0 nud permanent",
                "address 02:00:00:00:00:77",
            ),
            Drift(
                "ip -n ns1 neigh change 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud stale",
                "permanent False",
            ),
        ),
    ),
    Case(
        "v6",
        NeighOp(ifname=H0, address=AT6, mac=mac(9)),
        NEAR,
        (
            Drift(
                "ip neigh change fd00::9 lladdr 02:00:00:00:00:77 dev h0 nud permanent",
                "address 02:00:00:00:00:77",
            ),
        ),
    ),
    Case("v6-in-a-path", NeighOp(netns=PATH1, ifname=ETH0, address=AT6, mac=mac(9)), NEAR),
    Case("v4-proxy", NeighOp(ifname=H0, address=AT4), NEAR),
    Case("v6-proxy", NeighOp(netns=NS1, ifname=ETH0, address=AT6), NEAR),
    Case(
        "v4-absent",
        NeighOp(ifname=H0, address=AT4, mac=mac(9), present=False),
        f"{NEAR}ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev h0 nud permanent protocol 103",
    ),
    Case(
        "v6-absent",
        NeighOp(ifname=H0, address=AT6, mac=mac(9), present=False),
        f"{NEAR}ip neigh add fd00::9 lladdr 02:00:00:00:00:09 dev h0 nud permanent protocol 103",
    ),
    Case(
        "v4-proxy-absent",
        NeighOp(ifname=H0, address=AT4, present=False),
        f"{NEAR}ip neigh add proxy 10.0.0.9 dev h0 protocol 103",
    ),
    Case(
        "v6-proxy-absent",
        NeighOp(netns=NS1, ifname=ETH0, address=AT6, present=False),
        f"{NEAR}ip -n ns1 neigh add proxy fd00::9 dev eth0 protocol 103",
    ),
)

FDB = (
    Case(
        "of-the-bridge",
        FdbOp(ifname=H0, mac=mac(9)),
        FORWARDING,
        (
            Drift(
                "bridge fdb replace 02:00:00:00:00:09 dev h0 master dynamic",
                "to be there",
            ),
            Drift(
                "bridge fdb replace 02:00:00:00:00:09 dev h1 master dynamic",
                "to be there",
            ),
            Drift(
                "bridge fdb replace 02:00:00:00:00:09 dev h1 master static",
                "to be there",
            ),
        ),
    ),
    Case(
        "in-a-namespace",
        FdbOp(netns=NS1, ifname=ETH0, mac=mac(9)),
        f"{PORT}ip -n ns1 link add br0 type bridge\nip -n ns1 link set eth0 master br0\n",
    ),
    Case("in-a-path-of-its-own", FdbOp(netns=PATH1, ifname=ETH0, mac=mac(9), to_self=True), PORT),
    Case(
        "of-a-tunnel",
        FdbOp(ifname=VX0, mac=mac(9), to_self=True, destination=FAR),
        TUNNEL,
        (
            Drift(
                "bridge fdb replace 02:00:00:00:00:09 dev vx0 dst 192.0.2.8 self static",
                "to be there",
            ),
        ),
        kind=VXLAN,
    ),
    Case(
        "absent",
        FdbOp(ifname=H0, mac=mac(9), present=False),
        f"{PORT}bridge fdb add 02:00:00:00:00:09 dev h0 master static",
    ),
    Case(
        "absent-from-a-tunnel",
        FdbOp(ifname=VX0, mac=mac(9), to_self=True, destination=FAR, present=False),
        f"{TUNNEL}bridge fdb add 02:00:00:00:00:09 dev vx0 dst 192.0.2.7 self permanent",
        kind=VXLAN,
    ),
    Case(
        "absent-from-its-own",
        FdbOp(ifname=H0, mac=mac(9), to_self=True, present=False),
        f"{PORT}bridge fdb add 02:00:00:00:00:09 dev h0 self permanent",
    ),
)

CASES = (*NEIGH, *FDB)
