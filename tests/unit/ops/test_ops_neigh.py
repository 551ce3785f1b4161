"""Neighbours that are fixed or proxied, and forwarding entries that do not age."""

from __future__ import annotations

import pytest
from scene import ETH0, LO, MAC1, MAC2, NS1, Sent, gone, index, link, seen, sent, typed, words

from glassnet.netlink.route.neigh import (
    NTF_MASTER,
    NTF_PROXY,
    NTF_SELF,
    NUD_NOARP,
    NUD_PERMANENT,
    NUD_REACHABLE,
    NUD_STALE,
)
from glassnet.ops.base import KEPT, MADE
from glassnet.ops.neigh import FdbOp, NeighOp
from glassnet.state.neigh import NeighState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IpAddress, Mac

NEW, REPLACED = 0x400 | 0x200, 0x400 | 0x100
AT, AT6 = IpAddress("10.0.0.9"), IpAddress("fd00::9")
FIXED = NeighOp(netns=NS1, ifname=ETH0, address=AT, mac=MAC1)
PROXY = NeighOp(netns=NS1, ifname=ETH0, address=AT6)


def entry(
    mac: Mac | None = MAC1,
    address: IpAddress | None = AT,
    state: int = NUD_PERMANENT,
    flags: int = 0,
    at: int = 7,
) -> NeighState:
    return NeighState(at, mac, address, state, flags)


PROXIED = entry(None, AT6, 0, NTF_PROXY)


def near(*entries: NeighState) -> Snapshot:
    return seen(link(), *entries)


@pytest.mark.parametrize(
    ("op", "add", "delete"),
    [
        (
            FIXED,
            "add 10.0.0.9 lladdr 02:00:00:00:00:01 dev eth0 nud permanent protocol 103",
            "del 10.0.0.9 lladdr 02:00:00:00:00:01 dev eth0",
        ),
        (PROXY, "add proxy fd00::9 dev eth0 protocol 103", "del proxy fd00::9 dev eth0"),
    ],
)
def test_the_commands_of_a_neighbour(op: NeighOp, add: str, delete: str) -> None:
    assert typed(op) == [f"ip -n ns1 neigh {add}"]
    assert typed(op.flipped()) == [f"ip -n ns1 neigh {delete}"]


def test_the_messages_of_a_neighbour() -> None:
    header = {"family": 2, "ifindex": 7, "state": NUD_PERMANENT}
    attrs = {"dst": AT, "lladdr": MAC1}
    made = {"protocol": 103}
    eth0 = index("eth0")
    assert sent(FIXED.requests(), eth0) == [Sent("RTM_NEWNEIGH", NEW, header, attrs | made)]
    assert sent(FIXED.flipped().requests(), eth0) == [Sent("RTM_DELNEIGH", 0, header, attrs)]
    header = {"family": 10, "ifindex": 7, "state": NUD_PERMANENT, "flags": NTF_PROXY}
    assert sent(PROXY.requests(), eth0) == [Sent("RTM_NEWNEIGH", NEW, header, {"dst": AT6} | made)]


@pytest.mark.parametrize(
    ("op", "snapshot", "differences"),
    [
        (FIXED, near(entry()), []),
        (FIXED, near(), ["to be there, found nothing"]),
        (FIXED, seen(entry()), ["to be there, found nothing"]),
        (FIXED, gone(), ["to be there, found nothing"]),
        (FIXED, near(entry(at=8)), ["to be there, found nothing"]),
        (FIXED, near(entry(address=AT6)), ["to be there, found nothing"]),
        (FIXED, near(entry(flags=NTF_PROXY)), ["to be there, found nothing"]),
        (FIXED, near(NeighState(7, MAC1, AT, is_fdb=True)), ["to be there, found nothing"]),
        (
            FIXED,
            near(entry(MAC2, state=NUD_STALE)),
            [
                "address 02:00:00:00:00:01, found address 02:00:00:00:00:02",
                "permanent True, found permanent False",
            ],
        ),
        (PROXY, near(PROXIED), []),
        (PROXY, near(entry(address=AT6)), ["to be there, found nothing"]),
        (FIXED.flipped(), near(entry()), ["not to be there, found it"]),
        (FIXED.flipped(), near(entry(state=NUD_REACHABLE)), []),
        (FIXED.flipped(), near(), []),
        (FIXED.flipped(), gone(), []),
        (PROXY.flipped(), near(PROXIED), ["not to be there, found it"]),
    ],
)
def test_a_neighbour_as_seen(op: NeighOp, snapshot: Snapshot, differences: list[str]) -> None:
    label = f"{op.label()}: wanted "
    assert words(op.satisfied_by(snapshot)) == [f"{label}{one}" for one in differences]


@pytest.mark.parametrize(
    ("op", "snapshot", "stands", "deed"),
    [
        (FIXED, near(), False, ("RTM_NEWNEIGH", NEW)),
        (FIXED, near(entry(MAC2)), True, ("RTM_NEWNEIGH", REPLACED)),
        (FIXED, near(entry(state=NUD_STALE)), True, ("RTM_NEWNEIGH", REPLACED)),
        (FIXED.flipped(), near(entry()), False, ("RTM_DELNEIGH", 0)),
        (FIXED.flipped(), near(), True, ("RTM_DELNEIGH", 0)),
    ],
)
def test_a_neighbour_that_was_learnt_is_replaced(
    op: NeighOp, snapshot: Snapshot, stands: bool, deed: tuple[str, int]
) -> None:
    assert op.stands(snapshot) is stands
    [message] = sent(op.remedy(snapshot), index("eth0"))
    assert (message.type, message.flags) == deed


def test_what_the_planner_knows_of_a_neighbour() -> None:
    here, it = ("netns", "ns1"), ("link", "ns1", "eth0")
    assert FIXED.key() == ("neigh", "ns1", "eth0", "10.0.0.9")
    assert FIXED.provides() == (FIXED.key(),)
    assert FIXED.needs() == FIXED.within() == (here, it)
    assert FIXED.after() == (("port", "ns1", "eth0"), ("up", "ns1", "eth0"))
    assert FIXED.reads() == (Facet(NS1, "links"), Facet(NS1, "neighbours"))
    assert NeighOp(netns=NS1, ifname=LO, address=AT).needs() == (here,)
    assert FIXED.inverse(MADE) == (FIXED.flipped(),)
    assert FIXED.inverse(KEPT) == ()
    assert FIXED.obstacle(near(entry(MAC2))) == ""
    assert str(FIXED) == "neighbour 10.0.0.9 at 02:00:00:00:00:01 on eth0 in ns1"
    assert str(PROXY.flipped()) == "no neighbour fd00::9 by proxy on eth0 in ns1"


FAR = IpAddress("192.0.2.7")
BRIDGED = FdbOp(netns=NS1, ifname=ETH0, mac=MAC1)
OWN = FdbOp(netns=NS1, ifname=ETH0, mac=MAC1, to_self=True)
TUNNEL = FdbOp(netns=NS1, ifname=ETH0, mac=MAC1, to_self=True, destination=FAR)


def forward(
    mac: Mac = MAC1,
    state: int = NUD_NOARP,
    flags: int = 0,
    *,
    at: int = 7,
    address: IpAddress | None = None,
    master: int = 3,
) -> NeighState:
    return NeighState(at, mac, address, state, flags, master=master, is_fdb=True)


def behind(*entries: NeighState) -> Snapshot:
    """Two ports of a bridge, and what is known of who is behind them."""
    return seen(link(master=3), link("eth1", 8, master=3), *entries)


@pytest.mark.parametrize(
    ("op", "add", "delete"),
    [
        (BRIDGED, "dev eth0 master static", "dev eth0 master"),
        (OWN, "dev eth0 self permanent", "dev eth0 self"),
        (TUNNEL, "dev eth0 dst 192.0.2.7 self permanent", "dev eth0 dst 192.0.2.7 self"),
    ],
)
def test_the_commands_of_a_forwarding_entry(op: FdbOp, add: str, delete: str) -> None:
    assert typed(op) == [f"bridge -n ns1 fdb add 02:00:00:00:00:01 {add}"]
    assert typed(op.flipped()) == [f"bridge -n ns1 fdb del 02:00:00:00:00:01 {delete}"]


@pytest.mark.parametrize(
    ("op", "state", "flags"),
    [
        (BRIDGED, NUD_NOARP | NUD_REACHABLE, NTF_MASTER),
        (OWN, NUD_NOARP | NUD_PERMANENT, NTF_SELF),
        (TUNNEL, NUD_NOARP | NUD_PERMANENT, NTF_SELF),
    ],
)
def test_the_messages_of_a_forwarding_entry(op: FdbOp, state: int, flags: int) -> None:
    header = {"family": 7, "ifindex": 7, "flags": flags}
    attrs = {"lladdr": MAC1} | ({"dst": FAR} if op.destination else {})
    new = Sent("RTM_NEWNEIGH", NEW, {**header, "state": state}, attrs)
    gone_state = {**header, "state": NUD_NOARP | NUD_PERMANENT}
    eth0 = index("eth0")
    assert sent(op.requests(), eth0) == [new]
    assert sent(op.remedy(behind()), eth0) == [new._replace(flags=REPLACED)]
    deleted = [Sent("RTM_DELNEIGH", 0, gone_state, attrs)]
    assert sent(op.flipped().requests(), eth0) == deleted
    assert sent(op.flipped().remedy(behind()), eth0) == deleted


@pytest.mark.parametrize(
    ("op", "snapshot", "there"),
    [
        (BRIDGED, behind(forward()), True),
        (BRIDGED, behind(forward(state=NUD_PERMANENT)), True),
        (BRIDGED, behind(forward(state=NUD_REACHABLE)), False),
        (BRIDGED, behind(forward(MAC2)), False),
        (BRIDGED, behind(forward(at=8)), False),
        (BRIDGED, behind(forward(flags=NTF_SELF)), False),
        (BRIDGED, behind(forward(address=FAR)), False),
        (BRIDGED, behind(forward(master=4)), False),
        (BRIDGED, seen(), False),
        (BRIDGED, gone(), False),
        (OWN, behind(forward(flags=NTF_SELF, master=0)), True),
        (OWN, behind(forward()), False),
        (OWN, behind(forward(flags=NTF_SELF, at=8)), False),
        (TUNNEL, behind(forward(flags=NTF_SELF, address=FAR)), True),
        (TUNNEL, behind(forward(flags=NTF_SELF)), False),
    ],
)
def test_a_forwarding_entry_as_seen(op: FdbOp, snapshot: Snapshot, there: bool) -> None:
    label = "forwarding entry 02:00:00:00:00:01 behind eth0 in ns1: wanted "
    missing, unwanted = f"{label}to be there, found nothing", f"{label}not to be there, found it"
    assert words(op.satisfied_by(snapshot)) == ([] if there else [missing])
    assert words(op.flipped().satisfied_by(snapshot)) == ([unwanted] if there else [])


@pytest.mark.parametrize(
    ("op", "snapshot", "stands"),
    [
        (BRIDGED, behind(), False),
        (BRIDGED, behind(forward()), True),
        (BRIDGED, behind(forward(at=8, state=NUD_REACHABLE)), True),
        (BRIDGED, behind(forward(at=8, master=4)), False),
        (BRIDGED, behind(forward(MAC2)), False),
        (OWN, behind(forward(at=8, flags=NTF_SELF)), False),
        (BRIDGED, seen(), False),
        (BRIDGED.flipped(), behind(forward()), False),
        (BRIDGED.flipped(), behind(), True),
    ],
)
def test_an_entry_behind_another_port_stands_in_its_place(
    op: FdbOp, snapshot: Snapshot, stands: bool
) -> None:
    assert op.stands(snapshot) is stands


def test_what_the_planner_knows_of_a_forwarding_entry() -> None:
    here, it = ("netns", "ns1"), ("link", "ns1", "eth0")
    assert BRIDGED.key() == ("fdb", "ns1", "eth0", "02:00:00:00:00:01", "master")
    assert OWN.key() == ("fdb", "ns1", "eth0", "02:00:00:00:00:01", "self")
    assert BRIDGED.provides() == (BRIDGED.key(),)
    assert BRIDGED.needs() == BRIDGED.within() == (here, it)
    assert BRIDGED.after() == (("port", "ns1", "eth0"), ("up", "ns1", "eth0"))
    assert BRIDGED.reads() == (Facet(NS1, "links"), Facet(NS1, "fdb"))
    assert BRIDGED.inverse(MADE) == (BRIDGED.flipped(),)
    assert BRIDGED.inverse(KEPT) == ()
    assert str(BRIDGED.flipped()) == ("no forwarding entry 02:00:00:00:00:01 behind eth0 in ns1")
