"""The list of intended differences, and the judge that goes by it."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from judge import Matrix, gone, unlisted
from seen import NOTHING, SOMETHING, Differing, compare

from glassnet.plugins.registry import TYPES
from glassnet.testing.differences import DIFFERENCES, At, Difference

ROUTES = DIFFERENCES[1]
MARKED = Differing("after ADD/c/routes/main default/protocol", "boot", "103")
BRIDGE = Matrix("bridge")


@pytest.mark.parametrize("entry", DIFFERENCES, ids=lambda one: f"{one.type}: {one.what}")
def test_every_entry_is_whole(entry: Difference) -> None:
    assert set(entry.types) <= set(TYPES)
    assert all(getattr(entry, one.name) for one in fields(entry))
    for words in (entry.what, entry.theirs, entry.ours, entry.why):
        assert words == words.strip(" .")


def test_no_entry_is_said_twice() -> None:
    said = [(type_, entry.what) for entry in DIFFERENCES for type_ in entry.types]
    assert len(said) == len(set(said))


def test_an_entry_matches_by_path_and_by_both_values() -> None:
    place = At("after ADD/*/mtu", "1500", "14*")
    assert place.matches("after ADD/c/links/eth0/mtu", 1500, 1400)
    assert not place.matches("after DEL/c/links/eth0/mtu", 1500, 1400)
    assert not place.matches("after ADD/c/links/eth0/mtu", 1500, 1300)
    assert not place.matches("after ADD/c/links/eth0/mtu", 9000, 1400)


def test_what_is_not_listed_is_told() -> None:
    other = Differing("after ADD/c/links/eth0/mtu", 1500, 1400)
    assert unlisted(BRIDGE, [MARKED, other]) == ["after ADD/c/links/eth0/mtu: 1500 != 1400"]
    assert unlisted(Matrix("loopback"), [MARKED]) == [str(MARKED)]
    assert unlisted(Matrix("portmap", also=("bridge",)), [MARKED]) == []


def test_what_is_listed_and_does_not_differ_is_told() -> None:
    lines = gone(BRIDGE, [MARKED])
    assert not any(ROUTES.what in line for line in lines)
    changed = replace(ROUTES, at=(*ROUTES.at, At("nowhere")))
    assert "no longer differs at nowhere" in gone_of(changed)
    assert any("transmit queue" in line for line in lines)


def gone_of(entry: Difference) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("judge.DIFFERENCES", (entry,))
        return "\n".join(gone(BRIDGE, [MARKED]))


def test_states_are_compared_by_path() -> None:
    theirs = {"host/links/a/mtu": 1, "host/links/b/mtu": 1, "host/links/b/up": True}
    ours = {"host/links/a/mtu": 2, "host/links/c": True}
    assert compare(theirs, theirs) == []
    assert compare(theirs, ours) == [
        Differing("host/links/a/mtu", 1, 2),
        Differing("host/links/b", SOMETHING, NOTHING),
        Differing("host/links/c", NOTHING, True),
    ]
