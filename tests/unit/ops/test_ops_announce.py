"""Addresses announced to neighbours: what is typed, what is asked."""

from __future__ import annotations

from typing import Any

import pytest
from scene import ETH0, LO, NS1, PATH, gone, link, seen, typed

from glassnet.errors import InvalidValue
from glassnet.ops.addr import AddrOp
from glassnet.ops.announce import AnnounceOp
from glassnet.ops.base import KEPT, MADE, ActionOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.request import AnnounceRequest
from glassnet.state.snapshot import Facet
from glassnet.values import Cidr, IpAddress

A4, A6 = IpAddress("10.0.0.2"), IpAddress("fd00::2")
V4 = AnnounceOp(netns=NS1, ifname=ETH0, address=A4)
V6 = AnnounceOp(netns=NS1, ifname=ETH0, address=A6, times=2)
ANSWER = AnnounceOp(ifname=ETH0, address=A4, times=3, answer=True)
NDPTOOL = "ip netns exec ns1 ndptool -t na -U -i eth0 -T fd00::2 send"


@pytest.mark.parametrize(
    ("op", "commands", "text"),
    [
        (
            V4,
            ["ip netns exec ns1 arping -c 1 -U -I eth0 10.0.0.2"],
            "announcement of 10.0.0.2 on eth0 in ns1",
        ),
        (
            ANSWER,
            ["arping -c 3 -A -I eth0 10.0.0.2"],
            "announcement of 10.0.0.2 on eth0 on the host",
        ),
        (V6, [NDPTOOL, NDPTOOL], "announcement of fd00::2 on eth0 in ns1"),
        (
            AnnounceOp(netns=PATH, ifname=ETH0, address=A6),
            ["nsenter --net=/proc/7/ns/net ndptool -t na -U -i eth0 -T fd00::2 send"],
            "announcement of fd00::2 on eth0 in /proc/7/ns/net",
        ),
    ],
)
def test_in_words(op: AnnounceOp, commands: list[str], text: str) -> None:
    assert typed(op) == commands
    assert str(op) == text


def test_what_is_asked_of_the_kernel() -> None:
    assert V4.requests() == (AnnounceRequest(NS1, ETH0, A4, 1, answer=False),)
    assert V6.requests() == (AnnounceRequest(NS1, ETH0, A6, 2, answer=False),)
    assert ANSWER.requests() == (AnnounceRequest(ANSWER.netns, ETH0, A4, 3, answer=True),)


def test_it_is_no_state() -> None:
    assert isinstance(V4, ActionOp)
    for snapshot in (seen(link()), seen(), gone()):
        assert V4.satisfied_by(snapshot) == ()
        assert V4.obstacle(snapshot) == ""
    assert V4.inverse(MADE) == V4.inverse(KEPT) == ()


def test_what_the_planner_is_told() -> None:
    here = (("netns", "ns1"), ("link", "ns1", "eth0"))
    assert V4.key() == ("announce", "ns1", "eth0", "10.0.0.2")
    assert V4.needs() == V4.within() == here
    assert AnnounceOp(netns=NS1, ifname=LO, address=A4).needs() == here[:1]
    assert V4.reads() == (Facet(NS1, "link", "eth0"),)
    assert V4.lookups() == ()
    assert V4.requires() == ("right:net_raw",)


def test_it_comes_after_addresses_and_settings_of_its_link() -> None:
    after = set(V4.after())
    assert after & set(AddrOp(netns=NS1, ifname=ETH0, cidr=Cidr("10.0.0.2/24")).provides())
    assert after & set(LinkSetOp(netns=NS1, ifname=ETH0, up=True).provides())
    assert not after & set(AddrOp(netns=NS1, ifname=LO, cidr=Cidr("10.0.0.2/24")).provides())


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"times": 0}, "10.0.0.2 announced 0 times; accepted: 1 to 3"),
        ({"times": 4}, "10.0.0.2 announced 4 times; accepted: 1 to 3"),
        ({"address": A6, "answer": True}, "fd00::2 announced as an answer"),
    ],
)
def test_values_that_cannot_be(values: dict[str, Any], problem: str) -> None:
    given: dict[str, Any] = {"address": A4, **values}
    with pytest.raises(InvalidValue) as caught:
        AnnounceOp(ifname=ETH0, **given)
    assert problem in str(caught.value)
