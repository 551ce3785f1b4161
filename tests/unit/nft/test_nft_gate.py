"""Gates in chains of others: their text, and what is seen of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from glassnet.nft import gate
from glassnet.nft.base import BASE
from glassnet.nft.listing import Chain, Rule, Table

JUMP = [{"counter": {"packets": 0}}, {"jump": {"target": gate.CHAIN}}]
ADMIN = [{"counter": {}}, {"jump": {"target": "CNI-ADMIN"}}]
ACCEPT = [{"match": {}}, {"counter": {}}, {"accept": None}]


def table(*rules: tuple[str, Any], chains: tuple[str, ...] = (gate.CHAIN, "FORWARD")) -> Table:
    found = Table("ip", "filter")
    found.chains = [Chain(name) for name in chains]
    found.rules = [
        Rule(chain, json.dumps(said), "", handle) for handle, (chain, said) in enumerate(rules, 5)
    ]
    return found


WHOLE = (("FORWARD", JUMP), (gate.CHAIN, ADMIN), (gate.CHAIN, ACCEPT))


def test_iptables_is_asked_at_its_head_and_the_host_before_us() -> None:
    assert gate.opening("ip", "filter", "FORWARD", ("CNI-ADMIN",), 9) == (
        "add chain ip filter CNI-ADMIN",
        "add chain ip filter GLASSNET-FORWARD",
        "flush chain ip filter GLASSNET-FORWARD",
        "add rule ip filter GLASSNET-FORWARD counter jump CNI-ADMIN comment"
        ' "glassnet: the host has its say first"',
        "add rule ip filter GLASSNET-FORWARD meta mark & 0xff000000 == 0x67000000 counter accept"
        ' comment "glassnet: admitted by table inet glassnet"',
        "insert rule ip filter FORWARD counter jump GLASSNET-FORWARD comment"
        ' "glassnet: what networks let through"',
    )


@pytest.mark.parametrize(
    ("ahead_of", "place"),
    [(0, "add rule inet mine fwd"), (7, "insert rule inet mine fwd position 7")],
)
def test_elsewhere_it_comes_after_all_that_is_said(ahead_of: int, place: str) -> None:
    *_, last = gate.opening("inet", "mine", "fwd", (), ahead_of)
    assert last.startswith(f"{place} counter jump GLASSNET-FORWARD")


def test_iptables_is_known_by_family_table_and_chain() -> None:
    assert gate.is_iptables("ip6", "filter", "FORWARD")
    for other in (("inet", "filter", "FORWARD"), ("ip", "raw", "FORWARD"), ("ip", "filter", "fwd")):
        assert not gate.is_iptables(*other)


def test_the_mark_is_that_of_the_base_ruleset_and_is_taken_off_again() -> None:
    assert int(gate.MARK, 16) & ~int(gate.MASK, 16) == 0
    assert int(gate.MASK, 16) ^ int(gate.UNMARKED, 16) == 0xFFFFFFFF
    assert BASE.count(f"meta mark set meta mark | {gate.MARK}") == 6
    assert (
        f"meta mark & {gate.MASK} == {gate.MARK} meta mark set meta mark & {gate.UNMARKED}" in BASE
    )


def test_a_whole_gate_and_what_is_missing_of_it() -> None:
    assert gate.is_whole(table(*WHOLE), "FORWARD", ("CNI-ADMIN",))
    assert gate.uses(("CNI-ADMIN",)) == len(WHOLE)
    assert not gate.is_whole(table(*WHOLE), "FORWARD", ())
    assert not gate.is_whole(table(*WHOLE, ("FORWARD", JUMP)), "FORWARD", ("CNI-ADMIN",))
    assert not gate.is_whole(table(*WHOLE[::-1]), "FORWARD", ("CNI-ADMIN",))
    for lacking in range(3):
        rules = [rule for number, rule in enumerate(WHOLE) if number != lacking]
        assert not gate.is_whole(table(*rules), "FORWARD", ("CNI-ADMIN",))


def test_what_is_there_of_it_is_taken_away() -> None:
    assert gate.closing(table(*WHOLE, ("FORWARD", JUMP)), "FORWARD") == (
        "delete rule ip filter FORWARD handle 5",
        "delete rule ip filter FORWARD handle 8",
        "flush chain ip filter GLASSNET-FORWARD",
        "delete chain ip filter GLASSNET-FORWARD",
    )
    assert gate.closing(table(("FORWARD", ACCEPT), chains=("FORWARD",)), "FORWARD") == ()
