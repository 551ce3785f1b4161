"""Token buckets, and classes of the hierarchical one."""

from __future__ import annotations

from glassnet.ops.qdisc import HtbOp, TbfOp
from glassnet.ops.tclass import ClassOp
from glassnet.testing.cases.case import NS1, PAIR_UP, PATH1, Case, Drift
from glassnet.values import IfName

H0, ETH0, IFB0 = map(IfName, ("h0", "eth0", "ifb0"))
IFB = "ip link add ifb0 type ifb\nip link set ifb0 up\n"
HTB = "tc qdisc add dev h0 root handle 1: htb default 10\n"
LENDER = "tc class add dev h0 parent 1: classid 1:1 htb rate 4gbit burst 64kb\n"
CLASS = "tc class add dev h0 parent 1: classid 1:10 htb rate 10mbit burst 32kb\n"
TEN = "rate 10mbit burst 32kb latency 25ms"

TBF = (
    Case(
        "latency",
        TbfOp(ifname=H0, rate=10_000_000, burst=32768, latency=25_000),
        PAIR_UP,
        (
            Drift(
                "tc qdisc change dev h0 root tbf rate 20mbit burst 32kb latency 25ms", "rate 20mbit"
            ),
            Drift(
                "tc qdisc change dev h0 root tbf rate 10mbit burst 64kb latency 25ms",
                "burst about 64kb",
            ),
            Drift(
                "tc qdisc change dev h0 root tbf rate 10mbit burst 32kb limit 40kb", "limit 40kb"
            ),
            Drift("tc qdisc del dev h0 root", "to be there"),
            Drift("tc qdisc replace dev h0 root handle 1: htb", "kind htb"),
        ),
    ),
    Case(
        "limit-in-a-namespace",
        TbfOp(netns=NS1, ifname=ETH0, rate=1_234_567, burst=5000, limit=6000),
        PAIR_UP,
    ),
    Case(
        "fast-in-a-path",
        TbfOp(netns=PATH1, ifname=ETH0, rate=40 * 10**9, burst=10 << 20, latency=400),
        PAIR_UP,
        (
            Drift(
                "tc -n ns1 qdisc change dev eth0 root tbf rate 30gbit burst 10mb latency 400us",
                "rate 30gbit",
            ),
        ),
    ),
    Case("of-an-ifb", TbfOp(ifname=IFB0, rate=8000, burst=1600, latency=10**6), IFB),
    Case(
        "long-burst",
        TbfOp(ifname=H0, rate=100_000, burst=268_435_455, limit=300_000_000),
        PAIR_UP,
    ),
    Case(
        "absent",
        TbfOp(ifname=H0, rate=10_000_000, burst=32768, latency=25_000, present=False),
        f"{PAIR_UP}tc qdisc add dev h0 root tbf {TEN}\n",
    ),
)

HTBS = (
    Case(
        "with-a-default",
        HtbOp(ifname=H0, default=0x10),
        PAIR_UP,
        (
            Drift("tc qdisc del dev h0 root; tc qdisc add dev h0 root handle 1: htb", "default 0"),
            Drift(
                "tc qdisc del dev h0 root; tc qdisc add dev h0 root handle 2: htb default 10",
                "handle 2:",
            ),
            Drift(f"tc qdisc replace dev h0 root tbf {TEN}", "kind tbf"),
        ),
    ),
    Case("plain", HtbOp(netns=NS1, ifname=ETH0), PAIR_UP),
    Case("absent", HtbOp(ifname=H0, default=0x10, present=False), f"{PAIR_UP}{HTB}"),
)

CLASSES = (
    Case(
        "plain",
        ClassOp(ifname=H0, minor=0x10, rate=10_000_000, burst=32768),
        f"{PAIR_UP}{HTB}",
        (
            Drift(
                "tc class change dev h0 parent 1: classid 1:10 htb rate 20mbit burst 32kb",
                "rate 20mbit",
            ),
            Drift(
                "tc class change dev h0 parent 1: classid 1:10 htb rate 10mbit burst 5000b",
                "burst about 5000b",
            ),
            Drift(
                "tc class change dev h0 parent 1: classid 1:10 htb rate 10mbit ceil 20mbit"
                " burst 32kb",
                "ceil 20mbit",
            ),
            Drift("tc class del dev h0 classid 1:10", "to be there"),
        ),
    ),
    Case(
        "that-borrows",
        ClassOp(
            ifname=H0, minor=0x11, parent=1, rate=10**6, ceil=4 * 10**9, burst=5000, cburst=70_000
        ),
        f"{PAIR_UP}{HTB}{LENDER}",
        (
            Drift(
                "tc class change dev h0 parent 1:1 classid 1:11 htb rate 1mbit ceil 4gbit"
                " burst 5000b cburst 200kb",
                "cburst about",
            ),
            Drift(
                "tc class del dev h0 classid 1:11; tc class add dev h0 parent 1: classid 1:11"
                " htb rate 1mbit ceil 4gbit burst 5000b cburst 70000b",
                "parent 1:",
            ),
        ),
    ),
    Case(
        "in-a-namespace",
        ClassOp(netns=NS1, ifname=ETH0, minor=1, rate=8000, burst=1600),
        f"{PAIR_UP}tc -n ns1 qdisc add dev eth0 root handle 1: htb\n",
    ),
    Case(
        "absent",
        ClassOp(ifname=H0, minor=0x10, rate=10_000_000, burst=32768, present=False),
        f"{PAIR_UP}{HTB}{CLASS}",
    ),
)

CASES = (*TBF, *HTBS, *CLASSES)
