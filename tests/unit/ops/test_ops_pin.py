"""A bridge's MAC made its own: what is typed, what is asked."""

from __future__ import annotations

import pytest
from scene import NS1, gone, link, seen, typed

from glassnet.errors import InvalidValue
from glassnet.netlink.message import Message
from glassnet.netlink.route.link import NEWLINK
from glassnet.ops.base import KEPT, MADE, ActionOp
from glassnet.ops.pin import PinOp
from glassnet.ops.request import NetlinkRequest
from glassnet.state.snapshot import Facet
from glassnet.values import IfName, Mac

BR0, MAC = IfName("br0"), Mac("02:00:00:00:00:20")
HERE = PinOp(ifname=BR0, mac=MAC)
THERE = PinOp(netns=NS1, ifname=BR0, mac=MAC)


def test_in_words() -> None:
    assert typed(HERE) == ["ip link set br0 address 02:00:00:00:00:20"]
    assert typed(THERE) == ["ip -n ns1 link set br0 address 02:00:00:00:00:20"]
    assert str(HERE) == "MAC 02:00:00:00:00:20 of bridge br0 pinned on the host"


def test_what_is_asked_of_the_kernel() -> None:
    message = Message(NEWLINK, 0, {}, {"ifname": "br0", "address": MAC})
    assert THERE.requests() == (NetlinkRequest(NS1, message),)


def test_it_is_no_state() -> None:
    assert isinstance(THERE, ActionOp)
    for snapshot in (seen(link()), seen(), gone()):
        assert THERE.satisfied_by(snapshot) == ()
        assert THERE.obstacle(snapshot) == ""
    assert THERE.inverse(MADE) == THERE.inverse(KEPT) == ()


def test_what_the_planner_is_told() -> None:
    here = (("netns", "ns1"), ("link", "ns1", "br0"))
    assert THERE.key() == ("pin", "ns1", "br0")
    assert THERE.needs() == THERE.within() == here
    assert THERE.reads() == (Facet(NS1, "link", "br0"),)
    assert THERE.lookups() == ()
    assert THERE.requires() == ("right:net_admin",)


def test_a_mac_that_no_link_can_have() -> None:
    with pytest.raises(InvalidValue):
        PinOp(ifname=BR0, mac=Mac("01:00:00:00:00:01"))
