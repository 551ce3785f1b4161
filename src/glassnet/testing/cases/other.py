"""Namespaces and settings."""

from __future__ import annotations

from glassnet.ops.netns import NetnsOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.testing.cases.case import NS1, NS2, PAIR, PATH1, Case, Drift, within
from glassnet.values import SysctlKey

FORWARD4 = SysctlKey("net.ipv4.ip_forward")
FORWARD6 = SysctlKey("net.ipv6.conf.all.forwarding")

NETNS = (
    Case("new", NetnsOp(netns=NS2)),
    Case("absent", NetnsOp(netns=NS2, present=False), "ip netns add ns2"),
)

SYSCTL = (
    Case(
        "v4-forwarding",
        SysctlOp(name=FORWARD4, value="1"),
        drifts=(Drift("echo 0 > /proc/sys/net/ipv4/ip_forward", "found 0"),),
    ),
    Case("v6-forwarding", SysctlOp(netns=NS1, name=FORWARD6, value="1")),
    Case("in-a-path", SysctlOp(netns=PATH1, name=FORWARD4, value="1")),
    Case(
        "of-a-link-with-a-dot",
        SysctlOp(netns=NS1, name=SysctlKey("net.ipv4.conf.eth0/1.proxy_arp"), value="1"),
        f"{PAIR}ip -n ns1 link set eth0 name eth0.1",
    ),
    Case(
        "two-numbers",
        SysctlOp(netns=NS1, name=SysctlKey("net.ipv4.ip_local_port_range"), value="20000 30000"),
        drifts=(
            Drift(
                within("ns1", "echo 1024 2048 > /proc/sys/net/ipv4/ip_local_port_range"),
                "1024",
            ),
        ),
    ),
    Case(
        "back",
        SysctlOp(name=FORWARD4, value="0", was="1"),
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
    ),
)

CASES = (*NETNS, *SYSCTL)
