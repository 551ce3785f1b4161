"""Guards of a bridge's ports: their faces, as seen, and mended."""

from __future__ import annotations

from typing import Any

import pytest
from scene import ETH0, MAC1, MAC2, NS1, gone, seen, typed, words

from glassnet.errors import InvalidValue
from glassnet.nft import guard
from glassnet.nft.element import Element
from glassnet.nft.listing import Rule, Ruleset, SetDefinition, Table
from glassnet.ops.base import MADE
from glassnet.ops.guard import GuardBaseOp, GuardOp
from glassnet.ops.request import NftRequest
from glassnet.state.snapshot import Facet
from glassnet.values import IfName, Mac

MARK = "glassnet:net1/c1/eth0"
BASE = GuardBaseOp(netns=NS1)
GUARD = GuardOp(netns=NS1, ifname=ETH0, mac=MAC1, comment=MARK)
ALLOWED = f'add element bridge glassnet allowed {{ "eth0" . {MAC1} comment "{MARK}" }}'
GUARDED = f'add element bridge glassnet guarded {{ "eth0" comment "{MARK}" }}'
NOT_GUARDED = 'delete element bridge glassnet guarded { "eth0" }'
NOT_ALLOWED = f'delete element bridge glassnet allowed {{ "eth0" . {MAC1} }}'


def listed(*elements: Element, rules: int = 2, sets: int = 2) -> Ruleset:
    table = Table("bridge", "glassnet")
    names, comments = guard.STATIC
    table.sets = [SetDefinition(name, key) for name, key in names[:sets]]
    table.rules = [Rule(chain, "", comment) for chain, comment in comments[:rules]]
    for one in elements:
        table.elements[one.set] = (*table.elements.get(one.set, ()), one)
    ruleset = Ruleset()
    ruleset.tables["bridge", "glassnet"] = table
    return ruleset


PAIR = Element("allowed", ("eth0", str(MAC1)), (), MARK)
PORT = Element("guarded", ("eth0",), (), MARK)
OTHER = Element("allowed", ("eth0", str(MAC2)), (), MARK)
LONE = Element("allowed", ("odd",))


def text(requests: Any) -> str:
    [request] = requests
    assert isinstance(request, NftRequest)
    assert request.netns == NS1
    return request.text


def test_the_faces_of_the_table() -> None:
    assert text(BASE.requests()) == guard.BASE
    assert text(BASE.flipped().requests()) == guard.REMOVE
    assert typed(BASE.flipped()) == ["ip netns exec ns1 nft delete table bridge glassnet"]
    [command] = BASE.commands()
    assert command.stdin == guard.BASE


def test_the_faces_of_a_guard() -> None:
    assert text(GUARD.requests()) == f"{ALLOWED}\n{GUARDED}"
    assert text(GUARD.flipped().requests()) == f"{NOT_GUARDED}\n{NOT_ALLOWED}"
    assert len(GUARD.commands()) == 2
    plain = GuardOp(netns=NS1, ifname=ETH0, mac=MAC1)
    assert "comment" not in text(plain.requests())


LABEL = "nft table bridge glassnet in ns1: wanted "


@pytest.mark.parametrize(
    ("ruleset", "there", "absent"),
    [
        (listed(), [], ["not to be there, found it"]),
        (listed(PAIR, PORT), [], ["not to be there, found it"]),
        (
            listed(rules=1),
            ["its own rules and sets, found others"],
            ["not to be there, found it"],
        ),
        (
            listed(sets=1),
            ["its own rules and sets, found others"],
            ["not to be there, found it"],
        ),
        (Ruleset(), ["to be there, found nothing"], []),
    ],
)
def test_the_table_as_seen(ruleset: Ruleset, there: list[str], absent: list[str]) -> None:
    snapshot = seen(ruleset)
    assert words(BASE.satisfied_by(snapshot)) == [LABEL + one for one in there]
    assert words(BASE.flipped().satisfied_by(snapshot)) == [LABEL + one for one in absent]


def test_without_a_namespace_or_a_look_there_is_no_table() -> None:
    assert BASE.satisfied_by(gone())
    assert GUARD.satisfied_by(seen())
    assert not GUARD.flipped().satisfied_by(gone())


def test_a_table_that_is_mended_keeps_who_is_guarded() -> None:
    lines = text(BASE.remedy(seen(listed(PAIR, PORT, LONE, rules=0))))
    assert lines == "\n".join([guard.REMOVE, guard.BASE, ALLOWED, GUARDED])
    assert BASE.remedy(seen(Ruleset())) == BASE.requests()
    assert BASE.flipped().remedy(seen(listed())) == BASE.flipped().requests()


GUARD_LABEL = f"guard of eth0, for {MAC1}, in ns1: wanted "


@pytest.mark.parametrize(
    ("ruleset", "there", "absent"),
    [
        (listed(PAIR, PORT), [], ["not to be there, found it"]),
        (
            listed(PORT, OTHER),
            [f"element eth0 . {MAC1} of allowed, found nothing"],
            ["not to be there, found it"],
        ),
        (
            listed(PAIR),
            ["element eth0 of guarded, found nothing"],
            ["not to be there, found it"],
        ),
        (Ruleset(), ["to be there, found nothing"], []),
    ],
)
def test_a_guard_as_seen(ruleset: Ruleset, there: list[str], absent: list[str]) -> None:
    snapshot = seen(ruleset)
    assert words(GUARD.satisfied_by(snapshot)) == [GUARD_LABEL + one for one in there]
    assert words(GUARD.flipped().satisfied_by(snapshot)) == [GUARD_LABEL + one for one in absent]


def test_only_what_is_missing_is_mended() -> None:
    assert text(GUARD.remedy(seen(listed(PORT)))) == ALLOWED
    assert text(GUARD.remedy(seen(listed(PAIR)))) == GUARDED
    assert GUARD.remedy(seen(listed(PAIR, PORT))) == ()
    assert GUARD.remedy(seen(Ruleset())) == GUARD.requests()
    assert text(GUARD.flipped().remedy(seen(listed(PAIR)))) == NOT_ALLOWED
    assert text(GUARD.flipped().remedy(seen(listed(PORT)))) == NOT_GUARDED


def test_what_the_planner_knows_of_them() -> None:
    table = ("guard", "ns1")
    assert BASE.key() == table
    assert GUARD.key() == ("guard", "ns1", "eth0", str(MAC1))
    assert GUARD.needs() == GUARD.within() == (("netns", "ns1"), table)
    assert BASE.reads() == GUARD.reads() == (Facet(NS1, "nft"),)
    assert GUARD.inverse(MADE) == (GUARD.flipped(),)
    assert str(BASE) == "nft table bridge glassnet in ns1"


@pytest.mark.parametrize(
    "build",
    [
        lambda: GuardOp(ifname=IfName('a"b'), mac=MAC1),
        lambda: GuardOp(ifname=ETH0, mac=MAC1, comment='"'),
        lambda: GuardOp(ifname=ETH0, mac=Mac("01:00:00:00:00:01")),
    ],
)
def test_what_nft_could_misread_or_no_port_sends_from(build: Any) -> None:
    with pytest.raises(InvalidValue):
        build()
