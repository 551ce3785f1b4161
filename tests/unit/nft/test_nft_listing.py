"""Listings: recorded ones read whole, strange ones survived, none-listings refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from recorded import DATA, ours, ruleset, text

from glassnet.errors import KernelNonsense
from glassnet.nft.element import Element, canonical
from glassnet.nft.listing import Chain, Rule, SetDefinition, parse


def _with(**body: Any) -> str:
    """A listing of the table ``ip t`` with one more object."""
    [(kind, rest)] = body.items()
    table = {"table": {"family": "ip", "name": "t"}}
    return json.dumps({"nftables": [table, {kind: {"family": "ip", "table": "t", **rest}}]})


def _elements(*members: Any) -> tuple[Element, ...]:
    listing = parse(_with(set={"name": "s", "type": "x", "elem": members}))
    table = listing.table("ip", "t")
    assert table is not None
    return table.elements["s"]


def test_every_element_that_was_added_is_listed_and_canonical() -> None:
    table = ours("elements")
    listed = {one for members in table.elements.values() for one in members}
    web = "glassnet:web"
    assert listed == {
        Element("ports4", ("tcp", "8080"), ("10.0.0.2", "80"), web),
        Element("ports4", ("udp", "53"), ("10.0.0.3", "53")),
        Element("ports4", ("sctp", "2905"), ("10.0.0.2", "2905")),
        Element("hostports4", ("192.0.2.2", "tcp", "443"), ("10.0.0.2", "8443"), web),
        Element("ranges4", ("tcp", "9000-9009"), ("10.0.0.2",), web),
        Element("ranges4", ("udp", "8192-16383"), ("10.0.0.2",)),
        Element("hostranges4", ("127.0.0.1", "tcp", "1-65535"), ("10.0.0.2",), "glassnet:é"),
        Element("hostranges4", ("10.9.0.0/24", "udp", "80"), ("10.0.0.2",)),
        Element("masquerade4", ("10.0.0.0/24",), (), web),
        Element("masquerade4", ("10.2.0.1",)),
        Element("masquerade4", ("10.3.0.3-10.3.0.9",)),
        Element("masquerade4", ("10.4.0.0/24",)),
        Element("local4", ("10.0.0.0/24", "10.0.0.0/24"), (), web),
        Element("ports6", ("tcp", "8080"), ("fd00::2", "80")),
        Element("hostports6", ("2001:db8::2", "tcp", "443"), ("fd00:0:0:1::2", "8443")),
        Element("ranges6", ("tcp", "9000-9009"), ("fd00::2",)),
        Element("hostranges6", ("fd00::1", "tcp", "9000-9009"), ("fd00::2",)),
        Element("masquerade6", ("fd00::/64",)),
        Element("masquerade6", (canonical("::ffff:1.2.3.4"),)),
        Element("masquerade6", ("fd02::3-fd02::9",)),
        Element("local6", ("fd00::/64", "fd00::/64")),
    }
    assert len(listed) == (DATA / "elements.nft").read_text().count("add element")


def test_elements_are_no_part_of_what_is_static() -> None:
    assert ours("base").static() == ours("elements").static()


def test_what_is_static_has_no_handles_and_no_order_of_sets() -> None:
    chains, sets, rules = ours("base").static()
    assert list(chains) == sorted(chains)
    assert list(sets) == sorted(sets)
    assert all(isinstance(part, str) for rule in rules for part in rule)


def test_foreign_tables_are_kept() -> None:
    found = ruleset("foreign")
    assert set(found.tables) == {("ip", "foreign"), ("ip6", "wall"), ("netdev", "cards")}
    assert found.table("inet", "glassnet") is None
    table = found.table("ip", "foreign")
    assert table is not None
    assert Chain("forwarding", "filter", "forward", "5", "drop") in table.chains
    assert Chain("called") in table.chains
    assert {rule.chain for rule in table.rules} == {"called", "forwarding"}
    assert [rule.comment for rule in table.rules].count("inline") == 1
    assert all(rule.handle > 0 for rule in table.rules)


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("macs", [(("00:11:22:33:44:55",), ()), (("aa:bb:cc:dd:ee:ff",), ())]),
        ("mac_ranges", [(('{"range": ["00:11:22:33:44:55", "00:11:22:33:44:60"]}',), ())]),
        ("interfaces", [(("a-a",), ()), (("eth0",), ()), (("veth-veth",), ())]),
        ("counted", [(("1.2.3.4",), ())]),
        ("typed", [(("1.2.3.4", "80"), ())]),
        ("vlans", [(("5",), ())]),
        ("merged", [(("1.0.0.0/8",), ()), (("2.0.0.1-2.0.0.5",), ())]),
        (
            "verdicts",
            [
                (("1.2.3.4",), ('{"drop": null}',)),
                (("1.2.3.5",), ('{"jump": {"target": "called"}}',)),
                (("1.2.3.6",), ('{"accept": null}',)),
            ],
        ),
        ("counters", [(("1.2.3.4",), ("named",))]),
    ],
)
def test_foreign_elements_are_kept(
    name: str, members: list[tuple[tuple[str, ...], tuple[str, ...]]]
) -> None:
    table = ruleset("foreign").table("ip", "foreign")
    assert table is not None
    assert [(one.key, one.value) for one in table.elements[name]] == members


def test_an_element_with_a_timeout_keeps_its_comment() -> None:
    table = ruleset("foreign").table("ip", "foreign")
    assert table is not None
    assert table.elements["timed"] == (Element("timed", ("1.2.3.4",), (), "hi"),)


@pytest.mark.parametrize(
    ("member", "key"),
    [
        ({"concat": [6, 80]}, ("tcp", "80")),
        ({"concat": ["17", "80"]}, ("udp", "80")),
        ({"concat": [132, 80]}, ("sctp", "80")),
        ({"concat": [200, 80]}, ("200", "80")),
        ({"concat": ["10.0.0.1", 6, 80]}, ("10.0.0.1", "tcp", "80")),
        ({"concat": ["10.0.0.1", 80]}, ("10.0.0.1", "80")),
        (6, ("6",)),
        ("fd00:0::1", ("fd00::1",)),
        ({"prefix": {"addr": "fd00::", "len": 64}}, ("fd00::/64",)),
        ({"prefix": {"addr": "10.0.0.1", "len": 32}}, ("10.0.0.1",)),
        ({"prefix": {"addr": "aa:bb:cc:00:00:00", "len": 24}}, None),
        ({"range": [70000, 80000]}, None),
        ({"range": ["10.0.0.0", "10.0.0.255"]}, ("10.0.0.0/24",)),
        ({"range": [1]}, None),
        ({"something": ["new"]}, None),
        ("fe80::1%eth0-x", ("fe80::1%eth0-x",)),
        ("eth0.100", ("eth0.100",)),
    ],
)
def test_versions_differ_and_all_come_out_the_same(
    member: object, key: tuple[str, ...] | None
) -> None:
    [one] = _elements(member)
    assert one.key == ((json.dumps(member, sort_keys=True),) if key is None else key)


def test_a_flag_may_stand_alone_and_a_type_may_be_an_expression() -> None:
    type_ = {"typeof": {"payload": {"protocol": "ip", "field": "saddr"}}}
    body = {"name": "m", "type": type_, "map": ["a", "b"], "flags": "interval"}
    table = parse(_with(map=body)).table("ip", "t")
    assert table is not None
    written = json.dumps(type_, sort_keys=True)
    assert table.sets == [SetDefinition("m", (written,), ("a", "b"), ("interval",))]


def test_a_map_to_an_expression_is_kept() -> None:
    type_ = {"typeof": {"meta": {"key": "mark"}}}
    table = parse(_with(map={"name": "m", "type": ["a", "b"], "map": type_})).table("ip", "t")
    assert table is not None
    assert table.sets == [SetDefinition("m", ("a", "b"), (json.dumps(type_, sort_keys=True),))]


def test_a_rule_is_compared_by_its_expressions_whatever_their_order_of_keys() -> None:
    one = _with(rule={"chain": "c", "expr": [{"a": 1, "b": 2}], "handle": 7})
    other = _with(rule={"chain": "c", "expr": [{"b": 2, "a": 1}], "handle": 9, "comment": ""})
    first, second = parse(one).table("ip", "t"), parse(other).table("ip", "t")
    assert first is not None
    assert second is not None
    assert first.rules == [Rule("c", '[{"a": 1, "b": 2}]', "", 7)]
    assert first.static() == second.static()


@pytest.mark.parametrize("kind", ["flowtable", "ct helper", "secmark", "synproxy", "limit", "new"])
def test_objects_that_are_none_of_ours_are_passed_over(kind: str) -> None:
    table = parse(_with(**{kind: {"name": "x", "hook": "ingress", "dev": ["lo"]}})).table("ip", "t")
    assert table is not None
    assert table.static() == ((), (), ())


def test_an_empty_ruleset() -> None:
    assert parse(b'{"nftables": [{"metainfo": {"json_schema_version": 1}}]}').tables == {}


@pytest.mark.parametrize(
    "listing",
    [
        "",
        "no json",
        b"\xff\xfe",
        "[]",
        "null",
        "{}",
        '{"nftables": 5}',
        '{"nftables": [5]}',
        '{"nftables": [{"table": {}}]}',
        '{"nftables": [{"table": 5}]}',
        '{"nftables": [{"chain": {"family": "ip", "table": "gone", "name": "c"}}]}',
        _with(set={"name": "s"}),
        _with(set={"name": "s", "type": "x", "elem": 5}),
        _with(set={"name": "s", "type": "x", "elem": [[1, 2, 3]]}),
        _with(set={"name": "s", "type": "x", "elem": [{"elem": 5}]}),
        _with(set={"name": "s", "type": "x", "elem": [{"prefix": 5}]}),
        _with(rule={"chain": "c"}),
        _with(chain={}),
        text("base")[:-200],
        "[" * 100_000,
    ],
)
def test_what_is_no_listing_is_said_to_be_none(listing: str | bytes) -> None:
    with pytest.raises(KernelNonsense, match="no listing of nft"):
        parse(listing)
