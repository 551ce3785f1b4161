"""Links of all kinds, and settings of links."""

from __future__ import annotations

from glassnet.ops.link import DummyOp, IfbOp, LinkSetOp
from glassnet.ops.veth import VethOp
from glassnet.testing.cases.case import (
    BRIDGE,
    NEAR,
    NS1,
    NS2,
    PAIR,
    PAIR_UP,
    PATH1,
    Case,
    Drift,
    mac,
    netns,
    within,
)
from glassnet.values import IfName

H0, H1, ETH0, ETH1, BR0, LO = map(IfName, ("h0", "h1", "eth0", "eth1", "br0", "lo"))
BR0_IN_NS1 = "ip -n ns1 link add br0 address 02:00:00:00:00:b0 type bridge\n"

WHOLE_VETH = VethOp(
    ifname=H0,
    mtu=1400,
    mac=mac(1),
    alias="glassnet:net1/ns1:eth0",
    up=True,
    master=BR0,
    peer=ETH0,
    peer_netns=NS1,
    peer_mac=mac(2),
)

VETH = (
    Case("plain", VethOp(ifname=H0, peer=ETH0, peer_netns=NS1)),
    Case(
        "whole",
        WHOLE_VETH,
        BRIDGE,
        (
            Drift("ip link set h0 mtu 1300", "mtu 1300"),
            Drift("ip link set h0 address 02:00:00:00:00:77", "address 02:00:00:00:00:77"),
            Drift("ip link set h0 down", "state down"),
            Drift("ip link set h0 nomaster", "master none"),
            Drift("ip link set h0 alias ''", "alias unset"),
            Drift("ip -n ns1 link set eth0 mtu 1300", "far end"),
            Drift("ip -n ns1 link set eth0 address 02:00:00:00:00:77", "far end"),
            Drift("ip -n ns1 link set eth0 name eth9", "far end"),
            Drift("ip link del h0; ip link add h0 type bridge", "kind bridge"),
            Drift("ip link del h0; ip link add h0 type veth peer name h9", "far end"),
        ),
    ),
    Case("both-ends-on-the-host", VethOp(ifname=H0, peer=H1, mac=mac(1), peer_mac=mac(2))),
    Case("both-ends-in-one-namespace", VethOp(netns=NS1, ifname=ETH0, peer=ETH1, peer_netns=NS1)),
    Case(
        "between-namespaces",
        VethOp(netns=NS1, ifname=ETH0, peer=ETH0, peer_netns=NS2, mtu=9000),
        netns("ns2"),
    ),
    Case("one-queue", VethOp(ifname=H0, mtu=1400, peer=ETH0, peer_netns=NS1, queues=1)),
    Case("to-a-path", VethOp(ifname=H0, peer=ETH0, peer_netns=PATH1)),
    Case("in-a-path", VethOp(netns=PATH1, ifname=ETH0, peer=ETH1, peer_netns=PATH1, up=True)),
    Case(
        "absent",
        VethOp(ifname=H0, mac=mac(1), peer=ETH0, peer_netns=NS1, peer_mac=mac(2), present=False),
        PAIR,
    ),
    Case(
        "absent-from-a-namespace",
        VethOp(netns=NS1, ifname=ETH0, peer=ETH1, peer_netns=NS1, present=False),
        "ip -n ns1 link add eth0 type veth peer name eth1",
    ),
)

DUMMY = (
    Case(
        "whole",
        DummyOp(ifname=H0, mtu=1400, mac=mac(1), alias="glassnet:net1", up=True, master=BR0),
        BRIDGE,
        (Drift("ip link set h0 mtu 1300", "mtu 1300"),),
        kind="dummy",
    ),
    Case("in-a-namespace", DummyOp(netns=NS1, ifname=ETH0), kind="dummy"),
    Case(
        "absent",
        DummyOp(ifname=H0, mac=mac(1), present=False),
        "ip link add h0 address 02:00:00:00:00:01 type dummy",
        kind="dummy",
    ),
)

IFB = (
    Case(
        "whole",
        IfbOp(
            netns=NS1,
            ifname=ETH0,
            mtu=1400,
            mac=mac(1),
            alias="glassnet:net1",
            up=True,
            master=BR0,
        ),
        BR0_IN_NS1,
        (
            Drift("ip -n ns1 link set eth0 mtu 1300", "mtu 1300"),
            Drift("ip -n ns1 link set eth0 down", "state down"),
            Drift("ip -n ns1 link set eth0 nomaster", "master none"),
            Drift(
                "ip -n ns1 link del eth0; ip -n ns1 link add eth0 type ifb",
                "address 02:00:00:00:00:01, found",
            ),
        ),
        kind="ifb",
    ),
    Case("plain", IfbOp(ifname=H0), kind="ifb"),
    Case(
        "absent",
        IfbOp(ifname=H0, mac=mac(1), present=False),
        "ip link add h0 address 02:00:00:00:00:01 type ifb",
        kind="ifb",
    ),
)

SET = (
    Case(
        "loopback-up",
        LinkSetOp(netns=NS1, ifname=LO, up=True),
        drifts=(Drift("ip -n ns1 link set lo down", "state down"),),
    ),
    Case("loopback-up-in-a-path", LinkSetOp(netns=PATH1, ifname=LO, up=True)),
    Case(
        "all",
        LinkSetOp(netns=NS1, ifname=ETH0, up=True, mtu=1400, mac=mac(9)),
        PAIR,
        (
            Drift("ip -n ns1 link set eth0 mtu 1300", "mtu 1300"),
            Drift("ip -n ns1 link set eth0 address 02:00:00:00:00:77", "02:00:00:00:00:77"),
            Drift("ip -n ns1 link set eth0 down", "state down"),
        ),
    ),
    Case("mtu-on-the-host", LinkSetOp(ifname=H0, mtu=1280), PAIR_UP),
    Case(
        "down",
        LinkSetOp(ifname=H0, up=False),
        PAIR_UP,
        (Drift("ip link set h0 up", "state up"),),
    ),
    Case("down-with-addresses", LinkSetOp(ifname=H0, up=False), NEAR),
    Case(
        "one-of-two-already",
        LinkSetOp(ifname=H0, up=True, mac=mac(1)),
        PAIR + within("ns1", "ip link set eth0 up"),
    ),
)

CASES = (*VETH, *DUMMY, *IFB, *SET)
