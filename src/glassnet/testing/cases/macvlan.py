"""Macvlans, on a device of the host or of a namespace."""

from __future__ import annotations

from glassnet.ops.macvlan import MacvlanOp
from glassnet.testing.cases.case import NS1, NS2, PATH1, Case, Drift, mac, netns
from glassnet.values import IfName

H0, ETH0, ETH1, M0, RED = map(IfName, ("h0", "eth0", "eth1", "m0", "red"))
KIND = "macvlan"

LOWER = """
ip link add h0 address 02:00:00:00:00:01 mtu 9000 type veth \
    peer name h1 address 02:00:00:00:00:02
ip link set h0 up
ip link set h1 up
"""
"""A device to sit on, at the host; its other end is there too."""

LOWER_IN_NS1 = """
ip -n ns1 link add eth0 address 02:00:00:00:00:01 type veth \
    peer name eth1 address 02:00:00:00:00:02
ip -n ns1 link set eth0 up
"""
BR0_IN_NS1 = "ip -n ns1 link add br0 address 02:00:00:00:00:b0 type bridge\n"

REMADE = "ip -n ns1 link del eth0; ip link add link {lower} name eth0 netns ns1 type macvlan"

WHOLE = MacvlanOp(
    netns=NS1,
    ifname=ETH0,
    lower=H0,
    mode="private",
    bc_queue_len=500,
    mtu=1400,
    mac=mac(3),
    alias="glassnet:net1/ns1:eth0",
    up=True,
    master=IfName("br0"),
)

CASES = (
    Case("plain", MacvlanOp(netns=NS1, ifname=ETH0, lower=H0), LOWER, kind=KIND),
    Case(
        "whole",
        WHOLE,
        LOWER + BR0_IN_NS1,
        (
            Drift("ip -n ns1 link set eth0 mtu 1300", "mtu 1300"),
            Drift("ip -n ns1 link set eth0 address 02:00:00:00:00:77", "02:00:00:00:00:77"),
            Drift("ip -n ns1 link set eth0 down", "state down"),
            Drift("ip -n ns1 link set eth0 nomaster", "master none"),
            Drift("ip -n ns1 link set eth0 type macvlan mode vepa", "mode vepa"),
            Drift("ip -n ns1 link set eth0 type macvlan bcqueuelen 7", "bcqueuelen 7"),
            Drift(f"{REMADE.format(lower='h0')} mode passthru", "mode passthru"),
            Drift(f"{REMADE.format(lower='h1')} mode private", "lower device of macvlan eth0"),
            Drift("ip -n ns1 link del eth0; ip -n ns1 link add eth0 type ifb", "kind ifb"),
        ),
        kind=KIND,
    ),
    Case(
        "where-it-is",
        MacvlanOp(
            ifname=M0, lower=H0, mtu=1400, mac=mac(3), alias="glassnet:net1", up=True, master=RED
        ),
        f"{LOWER}ip link add red address 02:00:00:00:00:b0 type bridge\n",
        (
            Drift("ip link set m0 down", "state down"),
            Drift("ip link set m0 mtu 9000", "mtu 9000"),
        ),
        kind=KIND,
    ),
    Case(
        "named-as-the-lower-device",
        MacvlanOp(netns=NS1, ifname=H0, lower=H0, index=4711),
        LOWER,
        (
            Drift(
                "ip -n ns1 link del h0; ip link add link h0 name h0 netns ns1 "
                "type macvlan mode bridge",
                "index 4711",
            ),
        ),
        kind=KIND,
    ),
    Case(
        "the-device-taken-over",
        MacvlanOp(netns=NS1, ifname=ETH0, lower=H0, mode="passthru", nopromisc=True),
        LOWER,
        (
            Drift("ip -n ns1 link set eth0 type macvlan nodst", "nopromisc off"),
            Drift(f"{REMADE.format(lower='h0')} mode bridge", "mode bridge"),
        ),
        kind=KIND,
    ),
    Case(
        "from-some-sources",
        MacvlanOp(
            netns=NS1, ifname=ETH0, lower=H0, mode="source", nodst=True, sources=(mac(8), mac(9))
        ),
        LOWER,
        (
            Drift("ip -n ns1 link set eth0 type macvlan macaddr flush", "sources none"),
            Drift(
                "ip -n ns1 link set eth0 type macvlan macaddr add 02:00:00:00:00:07",
                "02:00:00:00:00:07, 02:00:00:00:00:08",
            ),
            Drift("ip -n ns1 link set eth0 type macvlan mode bridge", "mode bridge"),
        ),
        kind=KIND,
    ),
    Case(
        "on-a-device-of-another-namespace",
        MacvlanOp(netns=NS2, ifname=ETH0, lower=ETH0, lower_netns=NS1, mode="vepa", up=True),
        LOWER_IN_NS1 + netns("ns2") + netns("ns3") + LOWER_IN_NS1.replace("ns1", "ns3"),
        (
            Drift(
                # On a device of the same name and index, but of a third namespace.
                "ip -n ns2 link del eth0\n"
                "ip -n ns3 link add link eth0 name eth0 netns ns2 type macvlan mode vepa\n"
                "ip -n ns2 link set eth0 up\n",
                "lower device of macvlan eth0",
            ),
        ),
        kind=KIND,
    ),
    Case(
        "in-a-path",
        MacvlanOp(netns=PATH1, ifname=M0, lower=ETH0, lower_netns=PATH1, up=True),
        LOWER_IN_NS1,
        kind=KIND,
    ),
    Case(
        "by-a-path-of-the-same-namespace",
        MacvlanOp(netns=NS1, ifname=M0, lower=ETH0, lower_netns=PATH1, up=True),
        LOWER_IN_NS1,
        kind=KIND,
    ),
    Case(
        "absent",
        MacvlanOp(netns=NS1, ifname=ETH0, lower=H0, mac=mac(3), present=False),
        f"{LOWER}ip link add link h0 name eth0 address 02:00:00:00:00:03 netns ns1 "
        "type macvlan mode bridge",
        kind=KIND,
    ),
)
