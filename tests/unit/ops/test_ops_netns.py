"""Namespaces by name: made, unpinned, and what may be in the way."""

from __future__ import annotations

import pytest
from scene import NS1, PATH, gone, seen, seen_in, typed, words

from glassnet.errors import InvalidValue
from glassnet.ops.base import KEPT, MADE
from glassnet.ops.netns import NetnsOp
from glassnet.ops.request import NetnsRequest
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, Netns

MAKE, REMOVE = NetnsOp(netns=NS1), NetnsOp(netns=NS1, present=False)


def _file(*, remnant: bool) -> Snapshot:
    state = NetnsState(NS1, is_namespace=False)
    state.is_remnant = remnant
    return seen_in(state)


def test_its_faces() -> None:
    assert typed(MAKE) == ["ip netns add ns1"]
    assert typed(REMOVE) == ["ip netns del ns1"]
    assert MAKE.requests() == (NetnsRequest(NS1, create=True),)
    assert REMOVE.requests() == (NetnsRequest(NS1, create=False),)
    assert MAKE.inverse(MADE) == (REMOVE,)
    assert REMOVE.inverse(MADE) == (MAKE,)
    assert MAKE.inverse(KEPT) == ()
    assert str(MAKE) == "namespace ns1"
    assert str(REMOVE) == "no namespace ns1"


@pytest.mark.parametrize(
    ("op", "snapshot", "differences"),
    [
        (MAKE, seen(), []),
        (MAKE, gone(), ["namespace ns1: wanted to be there, found nothing"]),
        (MAKE, _file(remnant=True), ["namespace ns1: wanted to be there, found nothing"]),
        (MAKE, _file(remnant=False), ["namespace ns1: wanted to be there, found nothing"]),
        (REMOVE, gone(), []),
        (REMOVE, seen(), ["namespace ns1: wanted not to be there, found it"]),
        (REMOVE, _file(remnant=True), ["namespace ns1: wanted not to be there, found it"]),
    ],
)
def test_what_was_seen(op: NetnsOp, snapshot: Snapshot, differences: list[str]) -> None:
    assert words(op.satisfied_by(snapshot)) == differences


@pytest.mark.parametrize("op", [MAKE, REMOVE])
def test_a_file_that_is_no_namespace_is_somebody_elses(op: NetnsOp) -> None:
    there = "/run/netns/ns1 is there and is no network namespace"
    assert op.obstacle(_file(remnant=False)) == there
    nothing = seen_in(NetnsState(NS1, exists=False, is_namespace=False))
    for snapshot in (_file(remnant=True), seen(), gone(), nothing):
        assert op.obstacle(snapshot) == ""


def test_what_the_planner_knows() -> None:
    assert MAKE.key() == ("netns", "ns1")
    assert MAKE.provides() == (("netns", "ns1"),)
    assert MAKE.needs() == MAKE.after() == MAKE.within() == ()
    assert MAKE.reads() == MAKE.lookups() == (Facet(NS1, "netns"),)


@pytest.mark.parametrize(("netns", "label"), [(HOST, "host"), (PATH, "/proc/7/ns/net")])
def test_what_has_no_name_cannot_be_made(netns: Netns, label: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        NetnsOp(netns=netns)
    assert str(caught.value) == f"{label} cannot be made a namespace; accepted: a name"
