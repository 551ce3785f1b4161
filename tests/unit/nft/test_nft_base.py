"""The base ruleset: its text, and what a kernel made of it."""

from __future__ import annotations

import json
import re

import pytest
from recorded import ours

from glassnet.nft import names
from glassnet.nft.base import BASE, REMOVE

SETS = {name: (tuple(re.findall(r"[a-z0-9_]+", kind))) for name, kind in re.findall(
    r"(?:map|set) (\w+) \{\n\t\ttype (.*)", BASE
)}  # fmt: skip

OF_LINKS = {names.WALLED, names.WITHIN, names.APART}


def test_the_table_can_be_taken_away_whole() -> None:
    assert BASE.startswith("table inet glassnet {\n")
    assert REMOVE == "delete table inet glassnet"


def test_the_recording_is_of_this_text() -> None:
    comments = re.findall(r'comment "(.*)"', BASE)
    recorded = ours("base")
    assert sorted(rule.comment for rule in recorded.rules) == sorted(comments)
    assert {one.name: (*one.key, *one.value) for one in recorded.sets} == SETS


@pytest.mark.parametrize(
    ("name", "type_", "hook", "priority"),
    [
        ("guard", "filter", "prerouting", "-300"),
        ("passing", "filter", "forward", "0"),
        ("arriving", "nat", "prerouting", "-100"),
        ("sending", "nat", "output", "-100"),
        ("leaving", "nat", "postrouting", "100"),
        ("published", "", "", ""),
        ("admitting", "filter", "forward", "-1000"),
        ("admitted", "filter", "forward", "1000"),
    ],
)
def test_where_packets_meet_a_chain(name: str, type_: str, hook: str, priority: str) -> None:
    [chain] = [chain for chain in ours("base").chains if chain.name == name]
    assert (chain.type, chain.hook, chain.prio) == (type_, hook, priority)
    assert chain.policy == ("accept" if hook else "")


def test_there_are_no_other_chains() -> None:
    assert len(ours("base").chains) == 8


def test_every_rule_says_what_it_is_for() -> None:
    for rule in ours("base").rules:
        assert rule.comment.startswith("glassnet: "), rule
        assert len(rule.comment.encode()) < 128


def test_rules_and_maps_name_each_other() -> None:
    assert set(re.findall(r"@(\w+)", BASE)) == set(SETS)


def test_both_families_have_the_same_rules_and_sets() -> None:
    v4 = {name[:-1] for name in SETS if name.endswith("4")}
    v6 = {name[:-1] for name in SETS if name.endswith("6")}
    assert v4 == v6
    assert set(SETS) - {f"{name}{version}" for name in v4 for version in "46"} == OF_LINKS
    for name in v4:
        assert SETS[f"{name}6"] == tuple(p.replace("ipv4", "ipv6") for p in SETS[f"{name}4"])


@pytest.mark.parametrize("version", [4, 6])
def test_names_are_those_of_the_table(version: int) -> None:
    assert (names.FAMILY, names.TABLE) == ("inet", "glassnet")
    assert names.ports(version, host=False) == f"ports{version}"
    assert names.ports(version, host=True) == f"hostports{version}"
    assert names.ranges(version, host=False) == f"ranges{version}"
    assert names.ranges(version, host=True) == f"hostranges{version}"
    masquerade, local = {
        4: (names.MASQUERADE4, names.LOCAL4),
        6: (names.MASQUERADE6, names.LOCAL6),
    }[version]
    used = {names.ports(version, host=host) for host in (False, True)}
    used |= {names.ranges(version, host=host) for host in (False, True)}
    used |= {masquerade, local, names.direct(version), names.admitted(version)}
    assert used == {name for name in SETS if name.endswith(str(version))}


def test_what_is_bound_to_one_address_comes_before_what_is_bound_to_all() -> None:
    order = [
        re.findall(r'"@(\w+)"', rule.expressions)[-1]
        for rule in ours("base").rules
        if rule.chain == "published"
    ]
    for version in "46":
        ours_of_it = [name[:-1] for name in order if name.endswith(version)]
        assert ours_of_it == ["hostports", "hostranges", "ports", "ranges"]


def test_translation_is_only_of_packets_to_the_host_itself() -> None:
    for chain in ("arriving", "sending"):
        jumps = [
            json.loads(rule.expressions)
            for rule in ours("base").rules
            if rule.chain == chain and "jump" in rule.expressions
        ]
        [[match, jump]] = jumps
        assert match["match"]["left"] == {"fib": {"flags": ["daddr"], "result": "type"}}
        assert match["match"]["right"] == "local"
        assert jump == {"jump": {"target": "published"}}
