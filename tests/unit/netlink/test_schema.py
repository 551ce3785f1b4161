"""Tables: order, nests, what they do not know, where they say a fault is."""

from __future__ import annotations

from typing import Any

import pytest

from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.schema import Embedded, Header, Nested, Row, Table
from glassnet.netlink.wire import NESTED, U8, U32, Misfit, String, attribute

INNER = Table("IN_", Row(1, "level", U8, "how loud"), Row(2, "name", String(7)))
HEADER = Header("Bxxxi", "family", "index")
TABLE = Table(
    "OUT_",
    Row(1, "mtu", U32, "largest packet"),
    Row(2, "inner", Nested(INNER), "what is inside"),
    Row(3, "label", String(7), "a word", many=True),
    Row(4, "peer", Embedded(HEADER, INNER), "another message"),
)


def test_nests_bear_the_flag_and_order_is_kept() -> None:
    inner = attribute(2, b"ab\0") + attribute(1, b"\5")
    expected = attribute(2 | NESTED, inner) + attribute(1, b"\7\0\0\0")
    attrs = {"inner": {"name": "ab", "level": 5}, "mtu": 7}
    assert TABLE.encode(attrs) == expected
    assert TABLE.decode(expected, 0, len(expected)) == attrs


def test_nests_without_the_flag_are_read_as_well() -> None:
    data = attribute(2, attribute(1, b"\5"))
    assert TABLE.decode(data, 0, len(data)) == {"inner": {"level": 5}}


def test_what_is_repeated_is_a_list() -> None:
    data = attribute(3, b"a\0") + attribute(3, b"b\0")
    assert TABLE.encode({"label": ["a", "b"]}) == data
    assert TABLE.decode(data, 0, len(data)) == {"label": ["a", "b"]}
    assert TABLE.decode(data, 0, len(data), frozenset({"label"})) == {"label": ["a", "b"]}


def test_what_no_row_describes_is_kept() -> None:
    data = attribute(77, b"abc") + attribute(1, b"\7\0\0\0")
    attrs = TABLE.decode(data, 0, len(data))
    assert attrs == {"#77": b"abc", "mtu": 7}
    assert TABLE.encode(attrs) == data


def test_only_what_is_wanted_is_read_and_no_further_than_needed() -> None:
    broken = b"\1\0\1\0"  # a length of one
    data = attribute(77, b"abc") + attribute(1, b"\7\0\0\0") + broken
    assert TABLE.decode(data, 0, len(data), frozenset({"mtu"})) == {"mtu": 7}
    with pytest.raises(Misfit):
        TABLE.decode(data, 0, len(data), frozenset({"mtu", "inner"}))
    with pytest.raises(Misfit):
        TABLE.decode(data, 0, len(data))


def test_sets_of_wanted_names_do_not_pile_up() -> None:
    data = attribute(1, b"\7\0\0\0")
    for n in range(200):
        wanted = frozenset({"mtu", str(n)})
        assert TABLE.decode(data, 0, len(data), wanted) == {"mtu": 7}
    assert len(TABLE._subsets) <= 64


@pytest.mark.parametrize(
    ("attrs", "path", "problem"),
    [
        ({"mtu": -1}, ["mtu"], "-1"),
        ({"inner": {"level": 300}}, ["inner", "level"], "300"),
        ({"inner": 5}, ["inner"], "5"),
        ({"label": "a"}, ["label"], "'a'"),
        ({"label": ["a", "much too long"]}, ["label"], "'much too long'"),
        ({"colour": 5}, ["colour"], "no attribute 'colour' in OUT_*"),
        ({"#x": b""}, ["#x"], "no attribute '#x' in OUT_*"),
        ({"#": b""}, ["#"], "no attribute '#' in OUT_*"),
        ({"#16384": b""}, ["#16384"], "no attribute '#16384' in OUT_*"),
        ({"#7": "text"}, ["#7"], "'text'"),
        ({7: 5}, ["7"], "no attribute 7 in OUT_*"),
        ({"peer": {"header": {"index": 1.5}}}, ["peer", "index"], "1.5"),
        ({"peer": {"header": {"colour": 1}}}, ["peer"], "no header field 'colour'"),
        ({"peer": {"attrs": {"level": 300}}}, ["peer", "level"], "300"),
        ({"peer": {"body": {}}}, ["peer"], "{'body': {}}"),
        ({"peer": 5}, ["peer"], "5"),
        (5, [], "5"),
    ],
)
def test_says_where_a_value_is_wrong(attrs: Any, path: list[str], problem: str) -> None:
    with pytest.raises(Misfit) as caught:
        TABLE.check(attrs)
    assert (caught.value.path, caught.value.problem) == (path, problem)


def test_check_takes_placeholders_as_found() -> None:
    TABLE.check({"mtu": IndexOf("br0"), "peer": {"header": {"index": IndexOf("br0")}}})


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b"\0\0\1\0", ["mtu"]),
        (b"\3\0\1\0", ["mtu"]),
        (b"\x08\0\1\0", ["mtu"]),
        (attribute(1, b"\7"), ["mtu"]),
        (attribute(2, attribute(1, b"")), ["inner", "level"]),
        (attribute(2, b"\x09\0\1\0\0"), ["inner", "level"]),
        (attribute(4, b"abcd"), ["peer"]),
        (attribute(4, bytes(8) + b"\1\0\2\0"), ["peer", "name"]),
        (attribute(99, b"") + b"\0\0\x63\0", ["#99"]),
        (attribute(1, b"\7\0\0\0") + b"\0\0", []),
    ],
)
def test_says_where_bytes_are_wrong(data: bytes, path: list[str]) -> None:
    with pytest.raises(Misfit) as caught:
        TABLE.decode(data, 0, len(data))
    assert caught.value.path == path


def test_a_nest_cannot_lead_outside_of_itself() -> None:
    data = attribute(2, b"\x0c\0\1\0") + attribute(1, b"\7\0\0\0")
    with pytest.raises(Misfit, match="12 bytes with 4 left"):
        TABLE.decode(data, 0, len(data))


def test_the_last_attribute_needs_no_padding() -> None:
    assert INNER.decode(b"\5\0\1\0\7", 0, 5) == {"level": 7}


def test_locates_the_attribute_at_an_offset() -> None:
    data = TABLE.encode({"mtu": 7, "inner": {"level": 5, "name": "x"}, "#9": b"abcd"})
    assert TABLE.locate(data, 0, len(data), 0) == (["mtu"], None)
    assert TABLE.locate(data, 0, len(data), 8) == (["inner"], INNER)
    assert TABLE.locate(data, 0, len(data), 12) == (["inner", "level"], None)
    assert TABLE.locate(data, 0, len(data), 20) == (["inner", "name"], None)
    assert TABLE.locate(data, 0, len(data), 28) == (["#9"], None)
    assert TABLE.locate(data, 0, len(data), 36) == ([], None)
    assert TABLE.locate(b"\1\0\1\0", 0, 4, 0) == ([], None)


def test_locates_behind_the_header_of_a_message_within() -> None:
    data = TABLE.encode({"peer": {"header": {}, "attrs": {"level": 5}}})
    assert TABLE.locate(data, 0, len(data), 6) == (["peer"], INNER)
    assert TABLE.locate(data, 0, len(data), 12) == (["peer", "level"], None)


def test_explains_each_attribute() -> None:
    attrs = {"mtu": 7, "inner": {"level": 5}, "#9": b"x"}
    assert [tuple(line) for line in TABLE.explain(attrs)] == [
        ("mtu", "OUT_MTU", "u32", 7, "largest packet"),
        ("inner", "OUT_INNER", "nest", {"level": 5}, "what is inside"),
        ("inner.level", "IN_LEVEL", "u8", 5, "how loud"),
        ("#9", "#9", "bytes", b"x", "not described by glassnet"),
    ]


def test_a_table_with_other_rows() -> None:
    other = TABLE.replacing(Row(1, "speed", U8))
    assert set(other.by_name) == {"speed", "inner", "label", "peer"}
    assert set(TABLE.by_name) == {"mtu", "inner", "label", "peer"}


def test_headers_have_defaults_bounds_and_placeholders() -> None:
    assert HEADER.encode({"index": 7}, None) == b"\0\0\0\0\7\0\0\0"
    assert HEADER.encode({"index": IndexOf("x")}, lambda _: 7) == b"\0\0\0\0\7\0\0\0"
    assert HEADER.decode(b"\1\0\0\0\7\0\0\0") == {"family": 1, "index": 7}
    with pytest.raises(Misfit, match="256"):
        HEADER.encode({"family": 256}, None)
    with pytest.raises(Misfit, match="7 bytes"):
        HEADER.decode(bytes(7))
