"""The base ruleset and elements of its sets and maps, against tables that were listed."""

from __future__ import annotations

import pytest
from scene import NS1, gone, seen, seen_in, state, typed, words

from glassnet.errors import InvalidValue
from glassnet.nft.base import BASE, REMOVE
from glassnet.nft.element import Element
from glassnet.nft.listing import Chain, Rule, Ruleset, SetDefinition, Table
from glassnet.ops.base import KEPT, MADE
from glassnet.ops.nft import ElementOp, ElementsOp, NftBaseOp, shown, table_of
from glassnet.ops.request import NftRequest
from glassnet.state.snapshot import Facet, Snapshot

MARK = "glassnet:net1"
MADE_BASE, NO_BASE = NftBaseOp(netns=NS1), NftBaseOp(netns=NS1, present=False)
PORT = ElementOp(netns=NS1, set="ports4", parts=("tcp", "080"), value=("10.0.0.2", "80"))
NET = ElementOp(netns=NS1, set="masquerade4", parts=("10.0.0.0/24",), comment=MARK)
FOUND = Element("ports4", ("tcp", "80"), ("10.0.0.2", "80"))
ELSEWHERE = Element("ports4", ("tcp", "80"), ("10.0.0.9", "80"), MARK)


def table(*elements: Element, rules: tuple[Rule, ...] = (Rule("leaving", "[]"),)) -> Table:
    out = Table("inet", "glassnet")
    out.chains = [Chain("leaving")]
    out.rules = list(rules)
    for name in ("ports4", "masquerade4"):
        out.sets.append(SetDefinition(name, ("ipv4_addr",)))
        out.elements[name] = tuple(one for one in elements if one.set == name)
    return out


def there(*elements: Element, found: Table | None = None) -> Snapshot:
    """The table is there, with these elements, beside somebody else's."""
    ruleset = Ruleset()
    ruleset.tables["inet", "glassnet"] = found or table(*elements)
    ruleset.tables["ip", "other"] = Table("ip", "other")
    return seen_in(state(NS1, ruleset), reference=table())


def texts(op: NftBaseOp | ElementsOp, snapshot: Snapshot) -> list[str]:
    """What its remedy says, each request one transaction in its namespace."""
    requests = op.remedy(snapshot)
    out = [one.text for one in requests if isinstance(one, NftRequest) and one.netns == NS1]
    assert len(out) == len(requests)
    return out


def test_the_faces_of_the_base() -> None:
    assert typed(MADE_BASE) == [f"ip netns exec ns1 nft -f - <<'EOF'\n{BASE}EOF"]
    assert typed(NO_BASE) == ["ip netns exec ns1 nft delete table inet glassnet"]
    assert MADE_BASE.requests() == (NftRequest(NS1, BASE),)
    assert NO_BASE.requests() == (NftRequest(NS1, REMOVE),)
    assert MADE_BASE.inverse(MADE) == (NO_BASE,)
    assert MADE_BASE.inverse(KEPT) == ()
    assert str(MADE_BASE) == "nft table inet glassnet in ns1"


@pytest.mark.parametrize(
    ("op", "snapshot", "differences"),
    [
        (MADE_BASE, there(FOUND), []),
        (MADE_BASE, seen(Ruleset()), ["to be there, found nothing"]),
        (MADE_BASE, seen(), ["to be there, found nothing"]),
        (MADE_BASE, gone(), ["to be there, found nothing"]),
        (MADE_BASE, there(found=table(rules=())), ["its own rules, sets and maps, found others"]),
        (NO_BASE, there(), ["not to be there, found it"]),
        (NO_BASE, seen(Ruleset()), []),
        (NO_BASE, gone(), []),
    ],
)
def test_the_base_as_seen(op: NftBaseOp, snapshot: Snapshot, differences: list[str]) -> None:
    label = "nft table inet glassnet in ns1: wanted "
    assert words(op.satisfied_by(snapshot)) == [f"{label}{one}" for one in differences]


def test_without_a_reference_a_table_of_that_name_is_taken_for_the_base() -> None:
    edited = there(found=table(FOUND, rules=()))
    unknown = seen_in(edited[NS1])
    assert MADE_BASE.satisfied_by(unknown) == ()
    assert texts(MADE_BASE, unknown) == [f"{REMOVE}\n{BASE}"]
    kept = "add element inet glassnet ports4 { tcp . 80 : 10.0.0.2 . 80 }"
    assert texts(MADE_BASE, edited) == [f"{REMOVE}\n{BASE}\n{kept}"]


@pytest.mark.parametrize("snapshot", [gone(), seen(), seen(Ruleset())])
def test_where_there_is_no_table_there_is_none(snapshot: Snapshot) -> None:
    assert table_of(NS1, snapshot) is None
    assert MADE_BASE.remedy(snapshot) == MADE_BASE.requests()
    assert PORT.remedy(snapshot) == PORT.requests()
    assert PORT.obstacle(snapshot) == ""


def test_the_faces_of_an_element() -> None:
    added = "add element inet glassnet ports4 { tcp . 80 : 10.0.0.2 . 80 }"
    deleted = "delete element inet glassnet ports4 { tcp . 80 }"
    at = "ip netns exec ns1 nft"
    assert typed(PORT) == [
        f"{at} add element inet glassnet ports4 '{{ tcp . 80 : 10.0.0.2 . 80 }}'"
    ]
    assert typed(PORT.flipped()) == [f"{at} delete element inet glassnet ports4 '{{ tcp . 80 }}'"]
    assert typed(NET) == [
        f"{at} add element inet glassnet masquerade4 '{{ 10.0.0.0/24 comment \"{MARK}\" }}'"
    ]
    assert PORT.requests() == (NftRequest(NS1, added),)
    assert PORT.flipped().requests() == (NftRequest(NS1, deleted),)
    assert PORT.inverse(MADE) == (PORT.flipped(),)
    assert str(PORT) == "element tcp . 80 : 10.0.0.2 . 80 of ports4 in ns1"
    assert str(NET.flipped()) == "no element 10.0.0.0/24 of masquerade4 in ns1"


@pytest.mark.parametrize(
    ("op", "snapshot", "differences", "remedy"),
    [
        (PORT, there(FOUND), [], []),
        (PORT, there(FOUND._replace(key=("udp", "80"), value=("10.0.0.9", "1")), FOUND), [], []),
        (PORT, there(FOUND._replace(comment=MARK)), [], []),
        (
            PORT,
            there(),
            ["wanted element tcp . 80 : 10.0.0.2 . 80, found nothing"],
            ["add element inet glassnet ports4 { tcp . 80 : 10.0.0.2 . 80 }"],
        ),
        (
            PORT,
            there(ELSEWHERE),
            ["wanted tcp . 80 : 10.0.0.2 . 80, found tcp . 80 : 10.0.0.9 . 80"],
            [
                "delete element inet glassnet ports4 { tcp . 80 }\n"
                "add element inet glassnet ports4 { tcp . 80 : 10.0.0.2 . 80 }"
            ],
        ),
        (
            PORT.flipped(),
            there(FOUND),
            ["wanted not to be there, found tcp . 80 : 10.0.0.2 . 80"],
            ["delete element inet glassnet ports4 { tcp . 80 }"],
        ),
        (PORT.flipped(), there(), [], []),
    ],
)
def test_an_element_as_seen(
    op: ElementOp, snapshot: Snapshot, differences: list[str], remedy: list[str]
) -> None:
    label = "element tcp . 80 : 10.0.0.2 . 80 of ports4 in ns1"
    assert words(op.satisfied_by(snapshot)) == [f"{label}: {one}" for one in differences]
    assert texts(op, snapshot) == remedy


def test_an_element_of_no_table() -> None:
    missing = f"{PORT.label()}: wanted to be there, found nothing"
    for snapshot in (gone(), seen(), seen(Ruleset())):
        assert words(PORT.satisfied_by(snapshot)) == [missing]
        assert PORT.flipped().satisfied_by(snapshot) == ()


@pytest.mark.parametrize(
    ("op", "snapshot", "reason"),
    [
        (PORT, there(FOUND), ""),
        (PORT, there(FOUND._replace(comment=MARK)), ""),
        (PORT, there(ELSEWHERE._replace(comment="")), ""),
        (
            PORT,
            there(ELSEWHERE),
            f"set ports4 has tcp . 80 : 10.0.0.9 . 80 already, with {MARK}",
        ),
        (
            PORT.flipped(),
            there(FOUND._replace(comment=MARK)),
            f"set ports4 has tcp . 80 : 10.0.0.2 . 80 already, with {MARK}",
        ),
        (
            NET.flipped(),
            there(Element("masquerade4", ("10.0.0.0/24",))),
            "set masquerade4 has 10.0.0.0/24 already, with nobody's mark",
        ),
    ],
)
def test_an_element_that_is_somebody_elses(op: ElementOp, snapshot: Snapshot, reason: str) -> None:
    assert op.obstacle(snapshot) == reason


def test_what_the_planner_knows() -> None:
    here, base = ("netns", "ns1"), ("nft", "ns1")
    assert MADE_BASE.key() == base
    assert MADE_BASE.provides() == (base,)
    assert MADE_BASE.needs() == MADE_BASE.within() == (here,)
    assert MADE_BASE.obstacle(there()) == ""
    assert PORT.key() == ("element", "ns1", "ports4", "tcp", "80")
    assert PORT.needs() == PORT.within() == (here, base)
    assert PORT.after() == ()
    assert PORT.reads() == MADE_BASE.reads() == (Facet(NS1, "nft"),)


def test_an_element_in_words() -> None:
    assert shown(FOUND) == "tcp . 80 : 10.0.0.2 . 80"
    assert shown(Element("s", ("10.0.0.0/24",))) == "10.0.0.0/24"


def test_text_that_nft_could_misread_is_no_element() -> None:
    op = ElementOp(netns=NS1, set="ports4", parts=("80 }; flush ruleset",))
    with pytest.raises(InvalidValue, match="no part of an element"):
        op.requests()
