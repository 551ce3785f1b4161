"""VRFs, and links that join them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from scene import BR0, ETH0, MAC1, MAC2, NS1, Sent, index, link, seen, sent, typed, words

from glassnet.errors import InvalidValue
from glassnet.netlink.route.link import IFF_UP
from glassnet.ops.addr import AddrOp
from glassnet.ops.base import Receipt
from glassnet.ops.bridge import PortOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.route import RouteOp
from glassnet.ops.vrf import VrfOp
from glassnet.plan.model import Wanted
from glassnet.plan.order import order
from glassnet.values import Cidr, IfName, Prefix

RED = IfName("red")
NEW = 0x400 | 0x200  # NLM_F_CREATE | NLM_F_EXCL
PLAIN = VrfOp(netns=NS1, ifname=RED, table=1000)
WHOLE = VrfOp(netns=NS1, ifname=RED, table=1000, mtu=1400, mac=MAC1, alias="glassnet:a", up=True)
INFO = {"kind": "vrf", "data": {"table": 1000}}
MEMBER = PortOp(netns=NS1, ifname=ETH0, master=RED)


def vrf(table: int = 1000, **more: Any) -> Any:
    return link("red", 3, kind="vrf", data={"table": table}, **more)


def test_how_it_is_typed_and_sent() -> None:
    assert typed(PLAIN) == ["ip -n ns1 link add red type vrf table 1000"]
    assert typed(PLAIN.flipped()) == ["ip -n ns1 link del red"]
    assert sent(PLAIN.requests()) == [
        Sent("RTM_NEWLINK", NEW, {}, {"ifname": "red", "linkinfo": INFO})
    ]
    first, second = sent(WHOLE.requests())
    assert first.attrs["linkinfo"] == INFO
    assert first.header == {"flags": IFF_UP, "change": IFF_UP}
    assert second.attrs == {"ifname": "red", "ifalias": "glassnet:a"}


def test_the_table_lasts_and_the_rest_is_mended_without_naming_the_kind() -> None:
    """The kernel changes no VRF: it refuses one that is named with its table."""
    assert PLAIN.satisfied_by(seen(vrf())) == ()
    other = seen(vrf(1001))
    assert words(PLAIN.satisfied_by(other)) == [
        "vrf red in ns1: wanted table 1000, found table 1001"
    ]
    assert PLAIN.remedy(other) == (*PLAIN.flipped().requests(), *PLAIN.requests())
    [change] = sent(WHOLE.remedy(seen(vrf())))
    settings = {"ifname": "red", "mtu": 1400, "address": MAC1, "ifalias": "glassnet:a"}
    assert change == Sent("RTM_NEWLINK", 0, {"flags": IFF_UP, "change": IFF_UP}, settings)
    assert PLAIN.remedy(seen(vrf())) == ()
    assert PLAIN.remedy(seen(link("red", 3, kind="dummy")))[1:] == PLAIN.requests()


def test_where_the_kernel_changes_no_mac_the_link_is_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As of an ifb; among the kinds with options there is none such yet."""
    other = seen(vrf(mac=MAC2))
    assert len(WHOLE.remedy(other)) == 1
    monkeypatch.setattr(VrfOp, "mac_changes", False)
    assert WHOLE.remedy(other) == (*WHOLE.flipped().requests(), *WHOLE.requests())
    assert len(WHOLE.remedy(seen(vrf(mac=MAC1)))) == 1


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"table": 0}, "table 0 is out of range; accepted: 1 to 4294967295"),
        ({"table": 2**32}, "table 4294967296 is out of range; accepted: 1 to 4294967295"),
        ({"master": BR0}, "VRF red is to be a member of br0; accepted: no master for a VRF"),
    ],
)
def test_what_is_refused(values: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        msgspec.structs.replace(PLAIN, **values)
    assert str(caught.value) == refusal


def test_a_member_joins_as_a_port_does() -> None:
    assert typed(MEMBER) == ["ip -n ns1 link set eth0 master red"]
    assert sent(MEMBER.requests(), index("red", 3)) == [
        Sent("RTM_NEWLINK", 0, {}, {"ifname": "eth0", "master": 3})
    ]
    joined = msgspec.structs.replace(link(master=3), slave_kind="vrf", slave_data={"table": 1000})
    assert MEMBER.satisfied_by(seen(vrf(), joined)) == ()
    assert words(MEMBER.satisfied_by(seen(vrf(), link()))) == [
        "port eth0 in ns1: wanted master red, found master none"
    ]
    free = PortOp(netns=NS1, ifname=ETH0, master=None)
    assert MEMBER.inverse(Receipt(changed=True, before=MEMBER.before(seen(link())))) == (free,)
    assert free.inverse(Receipt(changed=True, before={"master": "red"})) == (MEMBER,)


def test_a_member_joins_before_it_has_what_joining_would_take() -> None:
    route = RouteOp(netns=NS1, dst=Prefix("10.9.0.0/16"), ifname=ETH0, table=1000)
    address = AddrOp(netns=NS1, ifname=ETH0, cidr=Cidr("fd00::1/64"))
    up = LinkSetOp(netns=NS1, ifname=ETH0, up=True)
    ops = [Wanted(one) for one in (route, address, up, MEMBER, PLAIN)]
    assert [one.op for one in order(ops)] == [up, PLAIN, MEMBER, address, route]


def test_what_the_planner_knows() -> None:
    assert PLAIN.requires() == ("right:net_admin", "link:vrf")
    assert ("link", "ns1", "red") in MEMBER.needs()
    assert ("link", "ns1", "red") in MEMBER.within()
