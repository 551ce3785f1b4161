"""Tun and tap devices. Ids are 0: a private host knows no other."""

from __future__ import annotations

from glassnet.ops.tun import TunOp
from glassnet.testing.cases.case import BRIDGE, NS1, PATH1, Case, Drift, mac
from glassnet.values import IfName

TAP0, TUN0 = IfName("tap0"), IfName("tun0")
KIND = "tun"
CONTEXT = "system_u:system_r:container_t:s0"

WHOLE = TunOp(
    ifname=TAP0,
    owner=0,
    group=0,
    multi_queue=True,
    vnet_hdr=True,
    pi=True,
    mtu=1400,
    mac=mac(3),
    alias="glassnet:net1/tap0",
    up=True,
    master=IfName("br0"),
)
AGAIN = "ip link del tap0; ip tuntap add mode tap name tap0"

CASES = (
    Case("plain", TunOp(netns=NS1, ifname=TAP0), kind=KIND),
    Case(
        "whole",
        WHOLE,
        BRIDGE,
        (
            Drift("ip link set tap0 mtu 1300", "mtu 1300"),
            Drift("ip link set tap0 address 02:00:00:00:00:77", "02:00:00:00:00:77"),
            Drift("ip link set tap0 nomaster", "master none"),
            Drift("ip link set tap0 down", "state down"),
            Drift(f"{AGAIN} multi_queue vnet_hdr pi user 0", "group None"),
            Drift(f"{AGAIN} multi_queue vnet_hdr pi group 0", "user None"),
            Drift(f"{AGAIN} vnet_hdr pi user 0 group 0", "multi_queue off"),
            Drift(f"{AGAIN} multi_queue pi user 0 group 0", "vnet_hdr off"),
            Drift(f"{AGAIN} multi_queue vnet_hdr user 0 group 0", "pi off"),
            Drift("ip link del tap0; ip tuntap add mode tun name tap0", "mode tun"),
            Drift("ip link del tap0; ip link add tap0 type bridge", "kind bridge"),
        ),
        kind=KIND,
    ),
    Case(
        "of-packets-in-a-path",
        TunOp(netns=PATH1, ifname=TUN0, mode="tun", up=True, owner=0),
        "",
        (Drift("ip -n ns1 link set tun0 down", "state down"),),
        kind=KIND,
    ),
    Case("in-a-context", TunOp(netns=NS1, ifname=TAP0, context=CONTEXT), kind=KIND),
    Case(
        "absent",
        TunOp(netns=NS1, ifname=TAP0, mac=mac(3), present=False),
        "ip -n ns1 tuntap add mode tap name tap0\n"
        "ip -n ns1 link set tap0 address 02:00:00:00:00:03",
        kind=KIND,
    ),
)
