"""A link that goes to another namespace: its faces, and what stands in its way."""

from __future__ import annotations

from typing import Any

import pytest
from scene import ETH0, NS1, NS2, PATH, Sent, gone, link, seen_in, sent, state, typed, words

from glassnet.errors import InvalidValue
from glassnet.netlink.placeholder import FdOf, IndexOf
from glassnet.ops.base import MADE
from glassnet.ops.move import LinkMoveOp
from glassnet.ops.route import RouteOp
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IfName, Prefix

CARD = IfName("card")
MOVE = LinkMoveOp(ifname=CARD, to_netns=NS1, to_ifname=ETH0, alias="card")
BACK = MOVE.flipped()
SAME = LinkMoveOp(netns=NS1, ifname=ETH0, to_netns=NS2, to_ifname=ETH0)


def world(home: list[LinkState], there: list[LinkState]) -> Snapshot:
    return seen_in(state(HOST, *home), state(NS1, *there))


HOME = link("card", 3)
THERE = link("eth0", 3, alias="card")
OTHER = link("eth0", 4)


@pytest.mark.parametrize(
    ("op", "text", "at", "attrs", "numbers"),
    [
        (
            MOVE,
            "ip link set card netns ns1 alias card name eth0",
            HOST,
            {"net_ns_fd": 9, "ifalias": "card", "ifname": "eth0"},
            {IndexOf("card"): 3, FdOf(NS1): 9},
        ),
        (
            BACK,
            "sh -c 'ip -n ns1 link set eth0 netns /proc/$$/ns/net alias '\"'\"''\"'\"' name card"
            " && true'",
            NS1,
            {"net_ns_fd": 9, "ifalias": "", "ifname": "card"},
            {IndexOf("eth0"): 3, FdOf(HOST): 9},
        ),
        (
            SAME,
            "ip -n ns1 link set eth0 netns ns2",
            NS1,
            {"net_ns_fd": 9},
            {IndexOf("eth0"): 3, FdOf(NS2): 9},
        ),
        (
            SAME.flipped(),
            "ip -n ns2 link set eth0 netns ns1",
            NS2,
            {"net_ns_fd": 9},
            {IndexOf("eth0"): 3, FdOf(NS1): 9},
        ),
    ],
)
def test_the_faces(op: LinkMoveOp, text: str, at: Any, attrs: Any, numbers: Any) -> None:
    assert typed(op) == [text]
    message = Sent("RTM_NEWLINK", 0, {"index": 3}, attrs)
    assert sent(op.requests(), numbers, at=at) == [message]


@pytest.mark.parametrize(
    ("home", "there", "differences", "back"),
    [
        ([HOME], [], ["to be there, found nothing"], []),
        ([], [THERE], [], ["not to be there, found it"]),
        ([], [OTHER], ["alias card, found nothing"], ["not to be there, found it"]),
        (
            [HOME],
            [link("eth0", 4, alias="x")],
            ["alias card, found alias x"],
            ["not to be there, found it"],
        ),
    ],
)
def test_as_seen(home: Any, there: Any, differences: list[str], back: list[str]) -> None:
    snapshot = world(home, there)
    label = "card on the host as eth0 in ns1: wanted "
    assert words(MOVE.satisfied_by(snapshot)) == [f"{label}{one}" for one in differences]
    assert words(BACK.satisfied_by(snapshot)) == [f"{label}{one}" for one in back]


def test_a_namespace_that_is_gone_has_it_no_more() -> None:
    assert not BACK.satisfied_by(gone())
    assert MOVE.satisfied_by(gone())


@pytest.mark.parametrize(
    ("op", "home", "there", "reason"),
    [
        (MOVE, [HOME], [], ""),
        (MOVE, [], [THERE], ""),
        (MOVE, [HOME], [OTHER], "a link eth0 is there already in ns1"),
        (BACK, [], [THERE], ""),
        (BACK, [HOME], [], ""),
        (BACK, [], [OTHER], "the link eth0 in ns1 is another by now"),
        (BACK, [HOME], [THERE], "there is another link card on the host by now"),
    ],
)
def test_what_stands_in_its_way(op: LinkMoveOp, home: Any, there: Any, reason: str) -> None:
    assert op.obstacle(world(home, there)) == reason


def test_only_the_alias_of_one_that_is_there_is_mended() -> None:
    message = Sent("RTM_NEWLINK", 0, {}, {"ifname": "eth0", "ifalias": "card"})
    assert sent(MOVE.remedy(world([], [OTHER]))) == [message]
    assert MOVE.remedy(world([HOME], [])) == MOVE.requests()
    assert BACK.remedy(world([], [THERE])) == BACK.requests()
    plain = LinkMoveOp(ifname=CARD, to_netns=NS1, to_ifname=ETH0)
    assert plain.remedy(world([], [OTHER])) == ()


def test_what_the_planner_knows_of_it() -> None:
    assert MOVE.key() == ("link", "ns1", "eth0")
    assert MOVE.needs() == (("netns", ""), ("link", "", "card"), ("netns", "ns1"))
    assert MOVE.within() == (("netns", ""), ("netns", "ns1"))
    assert MOVE.reads() == (Facet(HOST, "links"), Facet(NS1, "links"))
    assert MOVE.lookups() == (Facet(HOST, "link", "card"), Facet(NS1, "link", "eth0"))
    assert MOVE.inverse(MADE) == (BACK,)


@pytest.mark.parametrize(
    ("build", "refusal"),
    [
        (
            lambda: LinkMoveOp(netns=PATH, ifname=ETH0, to_netns=PATH, to_ifname=CARD),
            "eth0 is to stay in /proc/7/ns/net; accepted: two namespaces",
        ),
        (
            lambda: LinkMoveOp(netns=NS1, ifname=ETH0, to_netns=HOST, to_ifname=CARD),
            "eth0 is to move from ns1 to the host; accepted: from the host; what is moved goes"
            " back when it is not to be there any more",
        ),
        (
            lambda: RouteOp(ifname=ETH0, dst=Prefix("10.0.0.0/8"), protocol=0),
            "route to 10.0.0.0/8 of protocol 0; accepted: 1 to 255",
        ),
    ],
)
def test_what_is_refused(build: Any, refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        build()
    assert str(caught.value) == refusal


def test_a_route_of_the_kernels_own_is_named_by_its_protocol() -> None:
    route = RouteOp(ifname=ETH0, dst=Prefix("10.0.0.0/8"), protocol=2, present=False)
    assert typed(route) == ["ip route del 10.0.0.0/8 dev eth0 proto 2"]
    [message] = sent(route.requests(), {IndexOf("eth0"): 7}, at=HOST)
    assert message.header["protocol"] == 2
