"""A snapshot: what was looked at and found, what was looked for in vain, what nobody looked at."""

from __future__ import annotations

import pytest

from glassnet.nft.listing import Table
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Listener, NetnsState, Snapshot
from glassnet.values import HOST, Netns

NS1, NS2, FILE, OTHER = map(Netns, ("ns1", "ns2", "file", "other"))
ETH0 = LinkState(7, "eth0", 0)


def _snapshot() -> Snapshot:
    found = NetnsState(NS1)
    found.links["eth0"] = ETH0
    return Snapshot(
        {
            NS1: found,
            NS2: NetnsState(NS2, exists=False),
            FILE: NetnsState(FILE, is_namespace=False),
        }
    )


def test_a_namespace_exists_if_it_was_seen_and_is_one() -> None:
    snapshot = _snapshot()
    assert [one for one in (NS1, NS2, FILE, OTHER) if snapshot.exists(one)] == [NS1]
    assert [one for one in (NS1, NS2, FILE, OTHER) if one in snapshot] == [NS1, NS2, FILE]
    assert [one.netns for one in snapshot.states()] == [NS1, NS2, FILE]


def test_what_nobody_looked_at_is_not_taken_for_missing() -> None:
    snapshot = _snapshot()
    assert snapshot.link(NS1, "eth0") is ETH0
    assert snapshot.link(NS1, "eth1") is None
    assert snapshot.link(NS2, "eth0") is None
    assert snapshot[NS1].links == {"eth0": ETH0}
    with pytest.raises(LookupError):
        snapshot[OTHER]
    with pytest.raises(LookupError):
        snapshot.link(OTHER, "eth0")


def test_a_link_by_its_index() -> None:
    state = _snapshot()[NS1]
    assert state.link_by_index(7) is ETH0
    assert state.link_by_index(8) is None


def test_a_fresh_state_holds_nothing() -> None:
    state = NetnsState(HOST)
    assert (state.netns, state.exists, state.is_namespace, state.is_remnant) == (
        HOST,
        True,
        True,
        False,
    )
    assert not any((state.links, state.flags, state.sysctls, state.nft, state.lacks))
    assert not any((state.addrs, state.routes, state.rules, state.neighbours, state.listeners))


def test_a_snapshot_keeps_its_own_list_of_namespaces() -> None:
    states = {NS1: NetnsState(NS1)}
    snapshot = Snapshot(states)
    states[NS2] = NetnsState(NS2)
    assert NS2 not in snapshot


def test_a_reference_is_what_our_table_looks_like_when_untouched() -> None:
    table = Table("inet", "glassnet")
    assert Snapshot({}, table).reference is table
    assert Snapshot({}).reference is None


def test_a_facet_and_a_listener_are_plain_tuples() -> None:
    assert Facet(NS1, "links") == ("ns1", "links", "")
    assert Listener("tcp", "", 80) == ("tcp", "", 80)
