"""VXLANs: over a device, over routes, and in another namespace than the tunnel."""

from __future__ import annotations

from glassnet.ops.vxlan import VxlanOp
from glassnet.testing.cases.case import NS1, Case, Drift, mac
from glassnet.testing.cases.macvlan import BR0_IN_NS1, ETH0, H0, LOWER, LOWER_IN_NS1
from glassnet.values import IfName, IpAddress

X0 = IfName("x0")
KIND = "vxlan id 1 dstport 4789"

SWITCHES = (
    *("proxy", "rsc", "l2miss", "l3miss", "udpcsum"),
    *("udp6zerocsumtx", "udp6zerocsumrx", "remcsumtx", "remcsumrx"),
)
OVER_IPV4 = VxlanOp(
    ifname=X0,
    id=6,
    lower=H0,
    group=IpAddress("239.1.1.1"),
    local=IpAddress("10.0.0.1"),
    port=8472,
    srcport=(1000, 2000),
    options={
        **{"ttl": 4, "tos": 16, "df": 2, "ageing": 100, "maxaddress": 50, "learning": 0},
        **dict.fromkeys(SWITCHES, 1),
    },
    mtu=1400,
    mac=mac(3),
    alias="glassnet:net1/x0",
    up=True,
)
AGAIN = "ip -n ns1 link del x0; ip link add name x0 netns ns1 type vxlan"

CASES = (
    Case("plain", VxlanOp(ifname=X0, id=5), kind=KIND),
    Case(
        "whole",
        OVER_IPV4,
        LOWER,
        (
            Drift("ip link set x0 mtu 1300", "mtu 1300"),
            Drift("ip link set x0 down", "state down"),
            Drift("ip link set x0 type vxlan id 6 ttl 5", "ttl 5"),
            Drift("ip link set x0 type vxlan id 6 learning", "learning 1"),
            Drift("ip link set x0 type vxlan id 6 dev h1 local 10.0.0.9", "local 10.0.0.9"),
            Drift("ip link set x0 type vxlan id 6 dev h1", "lower device of vxlan x0"),
            Drift("ip link del x0; ip link add x0 type vxlan id 6 dstport 4789", "dstport 4789"),
        ),
        kind=KIND,
    ),
    Case(
        "over-IPv6",
        VxlanOp(
            ifname=X0,
            id=7,
            remote=IpAddress("fd00::1"),
            local=IpAddress("fd00::2"),
            options={"flowlabel": 16, "ttl_inherit": 1, "gbp": 1},
        ),
        "",
        (
            Drift("ip link set x0 type vxlan id 7 remote fd00::9", "remote fd00::9"),
            Drift("ip link set x0 type vxlan id 7 flowlabel 17", "flowlabel 17"),
            Drift(
                "ip link del x0; ip link add x0 type vxlan id 7 remote 10.0.0.1 dstport 4789",
                "remote 10.0.0.1",
            ),
        ),
        kind=KIND,
    ),
    Case(
        "in-a-namespace-over-the-host",
        VxlanOp(
            netns=NS1,
            ifname=X0,
            index=4711,
            id=8,
            lower=H0,
            remote=IpAddress("10.1.1.1"),
            options={"udpcsum": 0, "learning": 1},
            alias="glassnet:net1/x0",
            up=True,
            master=IfName("br0"),
        ),
        LOWER + BR0_IN_NS1,
        (
            Drift("ip -n ns1 link set x0 nomaster", "master none"),
            Drift(f"{AGAIN} id 8 remote 10.1.1.1 dstport 4789", "lower device of vxlan x0"),
            Drift(f"{AGAIN} id 9 dev h0 dstport 4789", "id 9"),
        ),
        kind=KIND,
    ),
    Case(
        "over-the-routes-of-the-host",
        VxlanOp(netns=NS1, ifname=X0, id=9, remote=IpAddress("10.1.1.1"), up=True),
        "",
        (
            Drift(
                "ip -n ns1 link del x0\n"
                "ip -n ns1 link add x0 up type vxlan id 9 remote 10.1.1.1 dstport 4789",
                "lower device of vxlan x0",
            ),
        ),
        kind=KIND,
    ),
    Case(
        "within-a-namespace",
        VxlanOp(netns=NS1, ifname=X0, id=9, lower=ETH0, lower_netns=NS1, up=True),
        LOWER_IN_NS1,
        kind=KIND,
    ),
    Case(
        "absent",
        VxlanOp(netns=NS1, ifname=X0, id=9, mac=mac(3), present=False),
        "ip link add x0 address 02:00:00:00:00:03 netns ns1 type vxlan id 9 dstport 4789",
        kind=KIND,
    ),
)
