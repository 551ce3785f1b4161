"""Links on a lower device: born where they are to be, compared by where that device is."""

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
    gone,
    link,
    seen,
    seen_in,
    state,
    typed,
    words,
)
from upper_scene import NEW, P0, across, each, upper

from glassnet.errors import InvalidValue
from glassnet.netlink.route.link import IFF_UP
from glassnet.ops.base import MADE
from glassnet.ops.macvlan import MacvlanOp
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST

MARK = "glassnet:net1/ns1:eth0"
PLAIN = MacvlanOp(netns=NS1, ifname=ETH0, lower=P0)
WHOLE = MacvlanOp(
    netns=NS1,
    ifname=ETH0,
    lower=P0,
    index=4711,
    mtu=1400,
    mac=MAC1,
    alias=MARK,
    up=True,
    master=BR0,
)
HERE = msgspec.structs.replace(WHOLE, lower_netns=NS1)
BARE = MacvlanOp(netns=NS1, ifname=ETH0, lower=P0, lower_netns=NS1)
UP = {"flags": IFF_UP, "change": IFF_UP}
INFO = {"kind": "macvlan", "data": {"mode": 4}}
BRIDGE = link("br0", 3, kind="bridge")


def macvlan(lower: int = 5, nsid: int | None = 0, **more: Any) -> LinkState:
    return upper("macvlan", lower, nsid, **{"data": {"mode": 4}, **more})


AS_WANTED = macvlan(index=4711, up=True, mtu=1400, mac=MAC1, master=3, alias=MARK)


def test_the_commands_of_a_link_across_namespaces() -> None:
    assert typed(PLAIN) == ["ip link add link p0 name eth0 netns ns1 type macvlan mode bridge"]
    assert typed(WHOLE) == [
        "ip link add link p0 name eth0 index 4711 mtu 1400 address 02:00:00:00:00:01 netns ns1 "
        "group 103 type macvlan mode bridge",
        f"ip -n ns1 link set eth0 master br0 alias {MARK} up",
    ]
    assert typed(PLAIN.flipped()) == typed(WHOLE.flipped()) == ["ip -n ns1 link del eth0"]
    between = MacvlanOp(netns=PATH, ifname=ETH0, lower=P0, lower_netns=NS2, up=True)
    assert typed(between) == [
        "ip -n ns2 link add link p0 name eth0 netns /proc/7/ns/net type macvlan mode bridge",
        "nsenter --net=/proc/7/ns/net ip link set eth0 up",
    ]


def test_the_messages_of_a_link_across_namespaces() -> None:
    birth = {"net_ns_fd": 9, "link": 5, "ifname": "eth0", "linkinfo": INFO}
    assert each(PLAIN.requests(), HOST) == [Sent("RTM_NEWLINK", NEW, {}, birth)]
    first, second = each(WHOLE.requests(), HOST, NS1)
    more = {"mtu": 1400, "address": MAC1, "group": 103}
    assert first == Sent("RTM_NEWLINK", NEW, {"index": 4711}, {**birth, **more})
    named = {"ifname": "eth0", "master": 3, "ifalias": MARK}
    assert second == Sent("RTM_NEWLINK", 0, UP, named)
    [gone] = each(WHOLE.flipped().requests(), NS1)
    assert gone == Sent("RTM_DELLINK", 0, {}, {"ifname": "eth0"})


def test_a_link_where_its_lower_device_is_has_all_but_the_alias_at_birth() -> None:
    assert typed(HERE) == [
        "ip -n ns1 link add link p0 name eth0 index 4711 up mtu 1400 address 02:00:00:00:00:01 "
        "master br0 group 103 type macvlan mode bridge",
        f"ip -n ns1 link set eth0 alias {MARK}",
    ]
    first, second = each(HERE.requests(), NS1, NS1)
    attrs = {"mtu": 1400, "address": MAC1, "master": 3, "group": 103, "link": 5, "ifname": "eth0"}
    born = {"index": 4711, **UP}
    assert first == Sent("RTM_NEWLINK", NEW, born, {**attrs, "linkinfo": INFO})
    assert second == Sent("RTM_NEWLINK", 0, {}, {"ifname": "eth0", "ifalias": MARK})
    assert len(BARE.requests()) == 1


@pytest.mark.parametrize(
    ("op", "snapshot", "differences"),
    [
        (PLAIN, across(macvlan()), []),
        (PLAIN, across(macvlan(up=True, mtu=9000, mac=MAC2)), []),
        (WHOLE, across(AS_WANTED, BRIDGE), []),
        (
            WHOLE,
            across(macvlan(index=7, mac=MAC2), BRIDGE),
            [
                "wanted mtu 1400, found mtu 1500",
                "wanted address 02:00:00:00:00:01, found address 02:00:00:00:00:02",
                "wanted master br0, found master none",
                "wanted state up, found state down",
                "wanted index 4711, found index 7",
            ],
        ),
        (PLAIN, across(), ["wanted to be there, found nothing"]),
        (PLAIN, gone(), ["wanted to be there, found nothing"]),
        (PLAIN, across(upper("ipvlan")), ["wanted kind macvlan, found kind ipvlan"]),
        (BARE, seen(macvlan(nsid=None), link("p0", 5)), []),
        (PLAIN.flipped(), across(macvlan(lower=6)), ["wanted not to be there, found it"]),
        (PLAIN.flipped(), across(), []),
    ],
)
def test_a_link_as_seen(op: MacvlanOp, snapshot: Snapshot, differences: list[str]) -> None:
    assert words(op.satisfied_by(snapshot)) == [f"{op.label()}: {one}" for one in differences]


LOWER = "lower device of macvlan eth0 in ns1: wanted p0"


@pytest.mark.parametrize(
    ("op", "snapshot", "difference"),
    [
        (PLAIN, across(macvlan(lower=6)), "on the host, found link 6 of namespace id 0"),
        (PLAIN, across(macvlan(nsid=1)), "on the host, found link 5 of namespace id 1"),
        (PLAIN, across(macvlan(nsid=None)), "on the host, found none in ns1"),
        (
            PLAIN,
            across(macvlan(nsid=None), link("p0", 5)),
            "on the host, found p0 in ns1",
        ),
        (PLAIN, across(macvlan(), far=()), "on the host, found link 5 of namespace id 0"),
        (PLAIN, across(macvlan(nsid=-1), nsids={}), "on the host, found link 5 of namespace id -1"),
        (
            PLAIN,
            across(macvlan(nsid=-1), nsids={HOST: -1}),
            "on the host, found link 5 of namespace id -1",
        ),
        (BARE, seen(macvlan(nsid=0), link("p0", 5)), "in ns1, found link 5 of namespace id 0"),
        (BARE, seen(macvlan(nsid=None), link("p0", 6), link("p1", 5)), "in ns1, found p1 in ns1"),
        (BARE, seen(macvlan(nsid=None)), "in ns1, found none in ns1"),
    ],
)
def test_the_lower_device_counts(op: MacvlanOp, snapshot: Snapshot, difference: str) -> None:
    assert words(op.satisfied_by(snapshot)) == [f"{LOWER} {difference}"]


def test_a_namespace_may_have_two_names() -> None:
    """Looked at by a path, the lower device's namespace is known to be the link's own."""
    op = MacvlanOp(netns=NS1, ifname=ETH0, lower=P0, lower_netns=PATH)
    inside = state(NS1, macvlan(nsid=None), link("p0", 5))
    inside.nsids[PATH] = None
    assert op.satisfied_by(seen_in(inside, state(PATH, link("p0", 5)))) == ()


def test_what_can_be_changed_is_mended_in_place() -> None:
    found = macvlan(index=4711, mac=MAC1, master=3, alias="x", data={"mode": 2})
    first, second = each(WHOLE.remedy(across(found, BRIDGE)), NS1, NS1)
    assert first == Sent("RTM_NEWLINK", 0, {}, {"ifname": "eth0", "linkinfo": INFO})
    settings = {"ifname": "eth0", "mtu": 1400, "master": 3, "ifalias": MARK}
    assert second == Sent("RTM_NEWLINK", 0, UP, settings)
    [other] = each(WHOLE.remedy(across(AS_WANTED)), NS1)
    assert "address" not in other.attrs  # it has that one
    renamed = msgspec.structs.replace(AS_WANTED, mac=MAC2)
    [other] = each(WHOLE.remedy(across(renamed)), NS1)
    assert other.attrs["address"] == MAC1
    assert PLAIN.remedy(across(macvlan())) == ()


@pytest.mark.parametrize(
    "found",
    [
        macvlan(index=4711, lower=6),
        macvlan(index=4711, nsid=1),
        macvlan(index=7),
        upper("ipvlan", index=4711),
        macvlan(index=4711, data={"mode": 8}),
    ],
)
def test_what_cannot_be_changed_is_made_anew(found: LinkState) -> None:
    requests = WHOLE.remedy(across(found))
    assert requests == (*WHOLE.flipped().requests(), *WHOLE.requests())
    assert [one.netns for one in requests] == [NS1, HOST, NS1]


def test_what_is_not_there_is_made_and_what_is_unwanted_goes() -> None:
    assert WHOLE.remedy(across()) == WHOLE.requests()
    absent = WHOLE.flipped()
    assert absent.remedy(across(AS_WANTED)) == absent.requests()
    assert WHOLE.inverse(MADE) == (absent,)


@pytest.mark.parametrize(
    ("op", "snapshot", "reason"),
    [
        (PLAIN, across(), ""),
        (PLAIN, across(macvlan()), ""),
        (WHOLE, across(AS_WANTED), ""),
        (
            PLAIN,
            across(macvlan(lower=6)),
            "a link eth0 is there already, not made by glassnet; lower device of macvlan eth0 in "
            "ns1: wanted p0 on the host, found link 6 of namespace id 0",
        ),
        (
            PLAIN,
            across(far=(link("p0", 5, kind="macvlan"),)),
            "p0 is macvlan itself: the kernel would put it on what that is on",
        ),
        (PLAIN.flipped(), across(macvlan(), far=(link("p0", 5, kind="macvlan"),)), ""),
        (WHOLE.flipped(), across(macvlan(alias="x")), "the link eth0 there now is marked 'x'"),
        (WHOLE.flipped(), across(AS_WANTED), ""),
    ],
)
def test_what_stands_in_the_way(op: MacvlanOp, snapshot: Snapshot, reason: str) -> None:
    assert op.obstacle(snapshot) == reason


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        (
            {"netns": HOST, "lower_netns": NS1},
            "macvlan eth0 on the host on p0 in ns1: the host cannot be named there; accepted: a "
            "link in a namespace, or a lower device on the host",
        ),
        (
            {"lower": ETH0, "lower_netns": NS1},
            "macvlan eth0 is to sit on itself; accepted: another link",
        ),
        ({"index": 0}, "index 0 is out of range; accepted: 1 to 2147483647"),
        ({"index": 2**31}, "index 2147483648 is out of range; accepted: 1 to 2147483647"),
        ({"mtu": 67}, "mtu 67 is out of range; accepted: 68 to 65535"),
    ],
)
def test_what_is_refused(values: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        msgspec.structs.replace(PLAIN, **values)
    assert str(caught.value) == refusal


def test_a_name_may_be_the_same_in_another_namespace() -> None:
    assert MacvlanOp(netns=NS1, ifname=P0, lower=P0, index=1).ifname == P0


def test_what_the_planner_knows() -> None:
    ns1, host, it = ("netns", "ns1"), ("netns", ""), ("link", "ns1", "eth0")
    lower, master = ("link", "", "p0"), ("link", "ns1", "br0")
    assert str(WHOLE) == "macvlan eth0 in ns1 on p0 on the host"
    assert str(HERE.flipped()) == "no macvlan eth0 in ns1 on p0"
    assert WHOLE.key() == it
    assert WHOLE.provides() == (it, ("up", "ns1", "eth0"))
    assert WHOLE.needs() == (ns1, master, host, lower)
    assert WHOLE.after() == (("up", "", "p0"), ("set", "", "p0"))
    assert WHOLE.within() == (ns1, host, lower)
    assert HERE.needs() == (ns1, master, ("link", "ns1", "p0"))
    assert HERE.within() == (ns1, ("link", "ns1", "p0"))


def test_what_must_be_looked_at() -> None:
    nsid = Facet(NS1, "nsid", "")
    assert WHOLE.reads() == (Facet(NS1, "links"), Facet(HOST, "links"), nsid)
    assert HERE.reads() == (Facet(NS1, "links"),)
    near, far = Facet(NS1, "link", "eth0"), Facet(HOST, "link", "p0")
    assert WHOLE.lookups() == (near, far, nsid)
    assert HERE.lookups() == (near, Facet(NS1, "link", "p0"))
    assert WHOLE.flipped().lookups() == (near,)
