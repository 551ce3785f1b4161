"""What all operations have in common, on one that is nothing but a name."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import pytest
from scene import NS1, PATH, gone, link, seen

from glassnet.netlink.message import Message
from glassnet.netlink.route.link import DELLINK, NEWLINK
from glassnet.ops.base import KEPT, MADE, Difference, Key, ObjectOp, Op, Receipt, compare, place
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, Netns


class Thing(ObjectOp, frozen=True, kw_only=True, tag="thing"):
    """A link of that name, whatever else it may be."""

    noun: ClassVar[str] = "thing"

    name: str

    def label(self) -> str:
        return f"thing {self.name} {place(self.netns)}"

    def key(self) -> Key:
        return ("thing", self.netns, self.name)

    def requests(self) -> tuple[Request, ...]:
        kind = NEWLINK if self.present else DELLINK
        return (NetlinkRequest(self.netns, Message(kind, 0, {}, {"ifname": self.name})),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        found = snapshot.link(self.netns, self.name)
        if found is None:
            return self.missing() if self.present else ()
        return () if self.present and found.up else self.unwanted()


THING = Thing(netns=NS1, name="t")
NO_THING = Thing(netns=NS1, name="t", present=False)


def test_a_difference_in_words() -> None:
    assert str(Difference("link a", "mtu 1400", "mtu 1500")) == (
        "link a: wanted mtu 1400, found mtu 1500"
    )
    assert str(Difference("link a", "to be there")) == "link a: wanted to be there, found nothing"


def test_a_receipt_says_whether_and_what_was_before() -> None:
    assert (KEPT.changed, KEPT.before) == (False, {})
    assert (MADE.changed, MADE.before) == (True, {})
    assert msgspec.json.encode(MADE) == b'{"changed":true}'
    before = Receipt(changed=True, before={"value": "0"})
    assert msgspec.json.encode(before) == b'{"changed":true,"before":{"value":"0"}}'


def test_the_inverse_of_an_object_turns_it_round_if_it_was_made() -> None:
    assert THING.inverse(KEPT) == ()
    assert THING.inverse(MADE) == (NO_THING,)
    assert NO_THING.inverse(MADE) == (THING,)
    assert THING.flipped() == NO_THING
    assert THING.flipped().flipped() == THING


def test_an_object_in_words() -> None:
    assert str(THING) == "thing t in ns1"
    assert str(NO_THING) == "no thing t in ns1"
    assert THING.missing() == (Difference("thing t in ns1", "to be there"),)
    assert THING.unwanted() == (Difference("thing t in ns1", "not to be there", "it"),)


@pytest.mark.parametrize(
    ("op", "snapshot", "deeds"),
    [
        (THING, seen(), [NEWLINK]),
        (THING, seen(link("t")), [DELLINK, NEWLINK]),
        (NO_THING, seen(link("t")), [DELLINK]),
        (NO_THING, seen(), [DELLINK]),
    ],
)
def test_what_differs_is_taken_away_first(op: Thing, snapshot: Snapshot, deeds: object) -> None:
    requests = op.remedy(snapshot)
    assert [one.message.type for one in requests if isinstance(one, NetlinkRequest)] == deeds


def test_a_remedy_that_is_none_of_an_object_is_the_request_itself() -> None:
    assert Op.remedy(THING, seen(link("t"))) == THING.requests()


def test_what_the_planner_is_told_if_nothing_else_is_said() -> None:
    assert THING.provides() == (("thing", "ns1", "t"),)
    assert THING.needs() == (("netns", "ns1"),)
    assert THING.within() == (("netns", "ns1"),)
    assert THING.after() == ()
    assert THING.requires() == ("right:net_admin",)
    assert THING.lookups() == ()
    assert THING.obstacle(gone()) == ""
    assert THING.before(gone()) == {}


def test_the_host_is_the_namespace_of_an_operation_that_names_none() -> None:
    assert Thing(name="t").netns == HOST


@pytest.mark.parametrize(
    ("netns", "words"), [(HOST, "on the host"), (NS1, "in ns1"), (PATH, "in /proc/7/ns/net")]
)
def test_where_in_words(netns: Netns, words: str) -> None:
    assert place(netns) == words


def test_compare_names_what_differs_and_only_that() -> None:
    wanted = {"mtu": 1400, "state": "up", "address": None}
    assert compare("link a", wanted, {"mtu": 1500, "state": "up", "address": None}) == (
        Difference("link a", "mtu 1400", "mtu 1500"),
    )
    assert compare("link a", wanted, {"mtu": 1400, "state": "up", "more": 1}) == ()
    assert compare("link a", {"mtu": 1}, {}) == (Difference("link a", "mtu 1", "mtu unset"),)
    assert compare("link a", {}, {"mtu": 1}) == ()


def test_a_facet_has_no_key_unless_its_kind_has_one() -> None:
    assert Facet(NS1, "links") == (NS1, "links", "")
