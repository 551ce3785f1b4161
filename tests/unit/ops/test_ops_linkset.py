"""Settings of links that somebody else made: loopback, a far end, an uplink."""

from __future__ import annotations

from typing import Any

import pytest
from scene import (
    ETH0,
    MAC1,
    MAC2,
    NS1,
    Sent,
    gone,
    link,
    seen,
    seen_in,
    sent,
    state,
    typed,
    words,
)

from glassnet.errors import InvalidValue
from glassnet.netlink.route.link import IFF_UP
from glassnet.ops.base import KEPT, MADE, Receipt
from glassnet.ops.link import LinkSetOp
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import Mac

UP = {"flags": IFF_UP, "change": IFF_UP}


@pytest.mark.parametrize(
    ("build", "refusal"),
    [
        (
            lambda: LinkSetOp(ifname=ETH0, mac=Mac("00:00:00:00:00:00")),
            "00:00:00:00:00:00 cannot be an interface's own address; "
            "accepted: a unicast address: the first byte even, not all zero",
        ),
        (
            lambda: LinkSetOp(ifname=ETH0, mtu=0),
            "mtu 0 is out of range; accepted: 68 to 65535",
        ),
        (
            lambda: LinkSetOp(ifname=ETH0),
            "nothing to set on eth0; accepted: up, mtu, mac, promisc, allmulti or txqlen",
        ),
    ],
)
def test_what_is_refused(build: Any, refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        build()
    assert str(caught.value) == refusal


@pytest.mark.parametrize("mtu", [68, 65535])
def test_the_smallest_and_the_largest_packets(mtu: int) -> None:
    assert typed(LinkSetOp(ifname=ETH0, mtu=mtu)) == [f"ip link set eth0 mtu {mtu}"]


def settings(up: bool | None = None, mtu: int | None = None, mac: Mac | None = None) -> LinkSetOp:
    return LinkSetOp(netns=NS1, ifname=ETH0, up=up, mtu=mtu, mac=mac)


UP_OP, DOWN_OP, ALL = settings(up=True), settings(up=False), settings(True, 1400, MAC1)


@pytest.mark.parametrize(
    ("op", "text", "header", "attrs"),
    [
        (UP_OP, "up", UP, {}),
        (DOWN_OP, "down", {"change": IFF_UP}, {}),
        (settings(mtu=1400), "mtu 1400", {}, {"mtu": 1400}),
        (settings(mac=MAC1), "address 02:00:00:00:00:01", {}, {"address": MAC1}),
        (
            ALL,
            "mtu 1400 address 02:00:00:00:00:01 up",
            UP,
            {"mtu": 1400, "address": MAC1},
        ),
    ],
)
def test_the_faces_of_settings(
    op: LinkSetOp, text: str, header: dict[str, int], attrs: dict[str, Any]
) -> None:
    assert typed(op) == [f"ip -n ns1 link set eth0 {text}"]
    message = Sent("RTM_NEWLINK", 0, header, {"ifname": "eth0", **attrs})
    assert sent(op.requests()) == [message]
    assert op.remedy(seen(link())) == op.requests()
    assert str(op) == f"link eth0 {text} in ns1"


def _flags_only(flags: int) -> Snapshot:
    found = state(NS1)
    found.flags["eth0"] = flags
    return seen_in(found)


@pytest.mark.parametrize(
    ("op", "snapshot", "differences"),
    [
        (UP_OP, seen(link(up=True)), []),
        (UP_OP, seen(link()), ["state up, found state down"]),
        (DOWN_OP, seen(link()), []),
        (DOWN_OP, seen(link(up=True)), ["state down, found state up"]),
        (UP_OP, seen(), ["up, found nothing"]),
        (ALL, gone(), ["mtu 1400 address 02:00:00:00:00:01 up, found nothing"]),
        (ALL, seen(link(up=True, mtu=1400, mac=MAC1)), []),
        (
            ALL,
            seen(link(up=True)),
            [
                "mtu 1400, found mtu 1500",
                "address 02:00:00:00:00:01, found address unset",
            ],
        ),
        (UP_OP, _flags_only(IFF_UP), []),
        (UP_OP, _flags_only(0x2), ["state up, found state down"]),
        (settings(mtu=1400), _flags_only(IFF_UP), ["mtu 1400, found mtu unset"]),
    ],
)
def test_settings_as_seen(op: LinkSetOp, snapshot: Snapshot, differences: list[str]) -> None:
    label = "link eth0 in ns1: wanted "
    assert words(op.satisfied_by(snapshot)) == [f"{label}{one}" for one in differences]


def test_settings_go_back_to_what_they_were() -> None:
    before = ALL.before(seen(link(mac=MAC2)))
    assert before == {"state": "down", "mtu": "1500", "address": "02:00:00:00:00:02"}
    [back] = ALL.inverse(Receipt(changed=True, before=before))
    assert back == settings(False, 1500, MAC2)
    values = {"state": "up", "mtu": "1400", "address": "02:00:00:00:00:01"}
    assert back.inverse(Receipt(changed=True, before=values)) == (ALL,)
    assert UP_OP.before(_flags_only(0)) == {"state": "down"}
    assert UP_OP.inverse(Receipt(changed=True, before={"state": "down"})) == (DOWN_OP,)
    assert settings(mtu=1400).before(seen(link())) == {"mtu": "1500"}
    receipt = Receipt(changed=True, before={"mtu": "1500"})
    assert settings(mtu=1400).inverse(receipt) == (settings(mtu=1500),)
    assert ALL.before(seen()) == ALL.before(gone()) == {}
    assert ALL.inverse(MADE) == ALL.inverse(KEPT) == ()
    assert ALL.inverse(Receipt(changed=False, before=before)) == ()


def test_settings_of_a_link_without_a_mac_of_six_bytes() -> None:
    tunnel = seen(link(mtu=1400, up=True))
    assert ALL.before(tunnel) == {"state": "up", "mtu": "1400"}
    back = ALL.inverse(Receipt(changed=True, before=ALL.before(tunnel)))
    assert back == (settings(up=True, mtu=1400),)


def test_what_the_planner_knows_of_settings() -> None:
    here, it = ("netns", "ns1"), ("link", "ns1", "eth0")
    assert UP_OP.key() == ("set", "ns1", "eth0")
    assert UP_OP.provides() == (("set", "ns1", "eth0"), ("up", "ns1", "eth0"))
    assert DOWN_OP.provides() == settings(mtu=1400).provides() == (("set", "ns1", "eth0"),)
    assert UP_OP.needs() == UP_OP.within() == (here, it)
    assert UP_OP.after() == ()
    assert UP_OP.reads() == (Facet(NS1, "links"),)
    assert UP_OP.lookups() == (Facet(NS1, "link", "eth0"),)
