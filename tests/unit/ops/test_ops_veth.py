"""Veth pairs: born in two namespaces at once, and true only if both ends are each other's."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from scene import (
    BR0,
    ETH0,
    MAC1,
    MAC2,
    NS1,
    NS2,
    PATH,
    Sent,
    link,
    seen_in,
    sent,
    state,
    typed,
    words,
)

from glassnet.errors import InvalidValue
from glassnet.netlink.placeholder import FdOf, IndexOf
from glassnet.netlink.route.link import IFF_UP
from glassnet.ops.base import KEPT, MADE
from glassnet.ops.veth import VethOp
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, IfName, Mac

NEW = 0x400 | 0x200
H0, H1 = IfName("h0"), IfName("h1")
MARK = "glassnet:net1/ns1:eth0"
PLAIN = VethOp(ifname=H0, peer=ETH0, peer_netns=NS1)
WHOLE = VethOp(
    ifname=H0,
    mtu=1400,
    mac=MAC1,
    alias=MARK,
    up=True,
    master=BR0,
    peer=ETH0,
    peer_netns=NS1,
    peer_mac=MAC2,
)
NEAR = link("h0", 4, kind="veth", up=True, mtu=1400, mac=MAC1, master=3, alias=MARK, peer=9)
FAR = link("eth0", 9, kind="veth", mtu=1400, mac=MAC2, peer=4)
BRIDGE = link("br0", 3, kind="bridge")


def _cabled(near: LinkState | None = NEAR, far: LinkState | None = FAR) -> Snapshot:
    """The host with a bridge, and ns1, with the two ends."""
    host = state(HOST, BRIDGE, *((near,) if near else ()))
    return seen_in(host, state(NS1, *((far,) if far else ())))


@pytest.mark.parametrize(
    ("op", "commands"),
    [
        (PLAIN, ["ip link add h0 type veth peer name eth0 netns ns1"]),
        (
            WHOLE,
            [
                "ip link add h0 up mtu 1400 address 02:00:00:00:00:01 master br0 group 103 "
                "type veth peer name eth0 mtu 1400 address 02:00:00:00:00:02 netns ns1",
                "ip link set h0 alias glassnet:net1/ns1:eth0",
            ],
        ),
        (WHOLE.flipped(), ["ip link del h0"]),
        (VethOp(ifname=H0, peer=H1), ["ip link add h0 type veth peer name h1"]),
        (
            VethOp(netns=NS1, ifname=ETH0, peer=ETH0, peer_netns=NS2),
            ["ip -n ns1 link add eth0 type veth peer name eth0 netns ns2"],
        ),
        (
            VethOp(ifname=H0, peer=ETH0, peer_netns=PATH),
            ["ip link add h0 type veth peer name eth0 netns /proc/7/ns/net"],
        ),
    ],
)
def test_its_commands(op: VethOp, commands: list[str]) -> None:
    assert typed(op) == commands


def _info(**peer: Any) -> dict[str, Any]:
    """What the kernel reads of the far end: a whole link message within the near one's."""
    header = dict.fromkeys(("family", "type", "index", "flags", "change"), 0)
    return {"kind": "veth", "data": {"peer": {"header": header, "attrs": peer}}}


def test_its_messages() -> None:
    there = FdOf(NS1)
    info = _info(ifname="eth0", net_ns_fd=12)
    assert sent(PLAIN.requests(), {there: 12}, at=HOST) == [
        Sent("RTM_NEWLINK", NEW, {}, {"ifname": "h0", "linkinfo": info})
    ]
    info = _info(ifname="eth0", mtu=1400, address=MAC2, net_ns_fd=12)
    near = {"ifname": "h0", "mtu": 1400, "address": MAC1, "master": 3, "group": 103}
    near["linkinfo"] = info
    up = {"flags": IFF_UP, "change": IFF_UP}
    assert sent(WHOLE.requests(), {there: 12, IndexOf("br0"): 3}, at=HOST) == [
        Sent("RTM_NEWLINK", NEW, up, near),
        Sent("RTM_NEWLINK", 0, {}, {"ifname": "h0", "ifalias": MARK}),
    ]
    here = VethOp(netns=NS1, ifname=ETH0, peer=H1, peer_netns=NS1)
    assert sent(here.requests()) == [
        Sent("RTM_NEWLINK", NEW, {}, {"ifname": "eth0", "linkinfo": _info(ifname="h1")})
    ]
    assert sent(WHOLE.flipped().requests(), at=HOST) == [
        Sent("RTM_DELLINK", 0, {}, {"ifname": "h0"})
    ]


THERE = "veth h0 on the host to eth0 in ns1: wanted "
FAR_END = "far end of veth h0 on the host: wanted "


@pytest.mark.parametrize(
    ("op", "snapshot", "differences"),
    [
        (WHOLE, _cabled(), []),
        (PLAIN, _cabled(), []),
        (WHOLE, _cabled(None), [f"{THERE}to be there, found nothing"]),
        (WHOLE, _cabled(link("h0", kind="bridge")), [f"{THERE}kind veth, found kind bridge"]),
        (
            WHOLE,
            _cabled(link("h0", 4, kind="veth", mac=MAC1, master=3, mtu=1400, peer=9)),
            [f"{THERE}state up, found state down"],
        ),
        (WHOLE, _cabled(NEAR, None), [f"{FAR_END}eth0 in ns1, found nothing"]),
        (
            WHOLE,
            seen_in(state(HOST, BRIDGE, NEAR), NetnsState(NS1, exists=False)),
            [f"{FAR_END}eth0 in ns1, found nothing"],
        ),
        *(
            (
                PLAIN,
                _cabled(NEAR, far),
                [f"{FAR_END}eth0 in ns1, found eth0 that is no end of this pair"],
            )
            for far in (
                link("eth0", 9, kind="dummy", peer=4),
                link("eth0", 8, kind="veth", peer=4),
                link("eth0", 9, kind="veth", peer=5),
            )
        ),
        (
            WHOLE,
            _cabled(NEAR, link("eth0", 9, kind="veth", mac=MAC1, peer=4)),
            [
                f"{FAR_END}address 02:00:00:00:00:02, found address 02:00:00:00:00:01",
                f"{FAR_END}mtu 1400, found mtu 1500",
            ],
        ),
        (
            WHOLE,
            _cabled(link("h0", 4, kind="veth", up=True, mac=MAC1, master=3, peer=9), None),
            [
                f"{THERE}mtu 1400, found mtu 1500",
                f"{FAR_END}eth0 in ns1, found nothing",
            ],
        ),
        (WHOLE.flipped(), _cabled(), [f"{THERE}not to be there, found it"]),
        (WHOLE.flipped(), _cabled(None), []),
    ],
)
def test_as_seen(op: VethOp, snapshot: Snapshot, differences: list[str]) -> None:
    assert words(op.satisfied_by(snapshot)) == differences


@pytest.mark.parametrize(
    ("op", "snapshot", "reason"),
    [
        (WHOLE, _cabled(), ""),
        (WHOLE, _cabled(None, None), ""),
        (WHOLE, _cabled(NEAR, None), ""),
        (PLAIN, _cabled(None), "a link eth0 is there already in ns1"),
        (WHOLE, _cabled(None, link()), "a link eth0 is there already in ns1"),
        (PLAIN.flipped(), _cabled(None), ""),
        (
            PLAIN,
            _cabled(link("h0", 4, kind="veth", peer=9), None),
            "a link h0 is there already, not made by glassnet; "
            f"{FAR_END}eth0 in ns1, found nothing",
        ),
        (
            WHOLE.flipped(),
            _cabled(link("h0", 4, kind="veth", alias="mine")),
            "the link h0 there now is marked 'mine'",
        ),
    ],
)
def test_a_link_that_is_somebody_elses(op: VethOp, snapshot: Snapshot, reason: str) -> None:
    assert op.obstacle(snapshot) == reason


def test_the_near_end_is_amended_in_place_and_the_far_end_made_anew() -> None:
    down = link("h0", 4, kind="veth", mac=MAC1, mtu=1400, master=3, peer=9)
    up = {"flags": IFF_UP, "change": IFF_UP}
    amended = {"ifname": "h0", "mtu": 1400, "master": 3, "linkinfo": {"kind": "veth"}}
    assert sent(WHOLE.remedy(_cabled(down)), {IndexOf("br0"): 3}, at=HOST) == [
        Sent("RTM_NEWLINK", 0, up, amended),
        Sent("RTM_NEWLINK", 0, {}, {"ifname": "h0", "ifalias": MARK}),
    ]
    anew = (*WHOLE.flipped().requests(), *WHOLE.requests())
    assert WHOLE.remedy(_cabled(NEAR, None)) == anew
    assert WHOLE.remedy(_cabled(NEAR, link(kind="veth", mtu=1500, peer=4))) == anew
    assert WHOLE.remedy(_cabled(link("h0", kind="bridge"))) == anew
    assert WHOLE.remedy(_cabled(None)) == WHOLE.requests()
    assert WHOLE.flipped().remedy(_cabled()) == WHOLE.flipped().requests()


def test_what_the_planner_knows() -> None:
    host, ns1, bridge = ("netns", ""), ("netns", "ns1"), ("link", "", "br0")
    near, far = ("link", "", "h0"), ("link", "ns1", "eth0")
    assert PLAIN.key() == near
    assert PLAIN.provides() == (near, far)
    assert WHOLE.provides() == (near, ("up", "", "h0"), far)
    assert PLAIN.needs() == PLAIN.within() == (host, ns1)
    assert WHOLE.needs() == (host, bridge, ns1)
    assert WHOLE.within() == (host, ns1)
    assert WHOLE.after() == ()
    assert WHOLE.reads() == (Facet(HOST, "links"), Facet(NS1, "links"))
    assert WHOLE.inverse(MADE) == (WHOLE.flipped(),)
    assert WHOLE.inverse(KEPT) == ()
    assert str(WHOLE.flipped()) == "no veth h0 on the host to eth0 in ns1"


def test_queues_are_of_both_ends_and_given_at_birth() -> None:
    op = VethOp(netns=NS1, ifname=ETH0, peer=H1, peer_netns=NS1, queues=2)
    counts = {"num_tx_queues": 2, "num_rx_queues": 2}
    assert typed(op) == [
        "ip -n ns1 link add eth0 numtxqueues 2 numrxqueues 2 type veth "
        "peer name h1 numtxqueues 2 numrxqueues 2"
    ]
    [message] = sent(op.requests())
    assert message.attrs == {"ifname": "eth0", **counts, "linkinfo": _info(ifname="h1", **counts)}

    def pair(near: int, far: int) -> Snapshot:
        ends = (link("eth0", 4, kind="veth", peer=9), link("h1", 9, kind="veth", peer=4))
        counted = zip(ends, (near, far), strict=True)
        return seen_in(state(NS1, *(msgspec.structs.replace(e, queues=n) for e, n in counted)))

    assert op.satisfied_by(pair(2, 2)) == ()
    for near, far in ((1, 2), (2, 1), (4, 4)):
        assert words(op.satisfied_by(pair(near, far))) == [
            f"veth eth0 in ns1 to h1 in ns1: wanted queues 2, found queues {near} and {far}"
        ]
        assert op.remedy(pair(near, far)) == (*op.flipped().requests(), *op.requests())


@pytest.mark.parametrize(
    ("build", "refusal"),
    [
        (
            lambda: VethOp(netns=NS1, ifname=ETH0, peer=H0),
            "veth eth0 in ns1 has its far end on the host; accepted: the host's end first",
        ),
        (
            lambda: VethOp(ifname=H0, peer=H0),
            "both ends of a veth are named h0; accepted: two names",
        ),
        (
            lambda: VethOp(ifname=H0, peer=ETH0, peer_mac=Mac("01:00:00:00:00:00")),
            "01:00:00:00:00:00 cannot be an interface's own address; "
            "accepted: a unicast address: the first byte even, not all zero",
        ),
        (
            lambda: VethOp(ifname=H0, peer=ETH0, mtu=1),
            "mtu 1 is out of range; accepted: 68 to 65535",
        ),
        *(
            (
                lambda queues=queues: VethOp(ifname=H0, peer=ETH0, queues=queues),
                f"a veth with {queues} queues; accepted: 1 to 4096",
            )
            for queues in (0, 4097)
        ),
    ],
)
def test_what_is_refused(build: Any, refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        build()
    assert str(caught.value) == refusal


def test_two_namespaces_may_have_one_name_each() -> None:
    op = VethOp(netns=NS1, ifname=ETH0, peer=ETH0, peer_netns=NS2)
    assert str(op) == "veth eth0 in ns1 to eth0 in ns2"
