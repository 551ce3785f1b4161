"""A place: how it is named, and how its value is read."""

from __future__ import annotations

import pytest

from glassnet.errors import ConfigError
from glassnet.lab.document import parse
from glassnet.lab.place import Place
from glassnet.values import IfName

FILE = "a: 1\nb:\n  - {c: x}\n  - [y]\n'd e':\n"


def _at(*steps: str | int, text: str = FILE) -> Place:
    place = parse(text, "f.yaml")
    for step in steps:
        place = list(place.items())[step] if isinstance(step, int) else place.entries()[step]
    return place


def _value(text: str) -> Place:
    return _at("v", text=f"v: {text}")


@pytest.mark.parametrize(
    ("steps", "origin", "value"),
    [
        ((), "f.yaml:1:1: $", "f.yaml:1:1: $"),
        (("a",), "f.yaml:1:1: $.a", "f.yaml:1:4: $.a"),
        (("b",), "f.yaml:2:1: $.b", "f.yaml:3:3: $.b"),
        (("b", 0), "f.yaml:3:5: $.b[0]", "f.yaml:3:5: $.b[0]"),
        (("b", 0, "c"), "f.yaml:3:6: $.b[0].c", "f.yaml:3:9: $.b[0].c"),
        (("b", 1, 0), "f.yaml:4:6: $.b[1][0]", "f.yaml:4:6: $.b[1][0]"),
        (("d e",), "f.yaml:5:1: $.'d e'", "f.yaml:5:7: $.'d e'"),
    ],
)
def test_where_it_is(steps: tuple[str | int, ...], origin: str, value: str) -> None:
    place = _at(*steps)
    assert place.origin == origin
    assert str(place.error("wrong", "right")) == f"{value}: wrong; accepted: right"
    assert str(place.key.error("wrong")) == f"{origin}: wrong"


@pytest.mark.parametrize(
    ("steps", "what", "shown"),
    [
        ((), "is_mapping", "keys"),
        (("b",), "is_sequence", "a list"),
        (("d e",), "is_null", "nothing"),
        (("a",), "", "'1'"),
    ],
)
def test_what_it_is(steps: tuple[str, ...], what: str, shown: str) -> None:
    place = _at(*steps)
    kinds = [name for name in ("is_mapping", "is_sequence", "is_null") if getattr(place, name)]
    assert kinds == [what] * bool(what)
    assert place.shown == shown


def test_children_are_keys_and_values_or_items() -> None:
    assert [place.origin for place in _at().children()] == [
        "f.yaml:1:1: $",
        "f.yaml:1:1: $.a",
        "f.yaml:2:1: $",
        "f.yaml:2:1: $.b",
        "f.yaml:5:1: $",
        "f.yaml:5:1: $.'d e'",
    ]
    assert [place.path for place in _at("b").children()] == ["$.b[0]", "$.b[1]"]
    assert list(_at("a").children()) == []


@pytest.mark.parametrize(
    "text",
    ["8080:53", "010", "1e3", "yes", "2001-01-01", "0x1f", ".inf", "1_000", "12:30:45", "<<", "="],
)
def test_text_is_what_was_written(text: str) -> None:
    assert _value(text).text() == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("7", 7),
        ("+7", 7),
        ("-7", -7),
        ("0x1F", 31),
        ("'7'", 7),
        ("4294967295", 2**32 - 1),
    ],
)
def test_whole_numbers(text: str, number: int) -> None:
    assert _value(text).integer(-7, 2**32 - 1) == number


@pytest.mark.parametrize(
    "text",
    [
        "010",
        "1.0",
        "1e3",
        "0b1",
        "0o7",
        "1_000",
        "٣",
        "²",
        "''",
        "seven",
        "0x",
        "--1",
        "7 7",
        "1:30",
    ],
)
def test_no_whole_numbers(text: str) -> None:
    with pytest.raises(
        ConfigError, match=r"f\.yaml:1:4: \$\.v: .* is no whole number; accepted: 1"
    ):
        _value(text).integer(1, 9)


@pytest.mark.parametrize("text", ["0", "10", "-1", "0xa", "9" * 5000, "-" + "9" * 5000])
def test_numbers_out_of_range(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _value(text).integer(1, 9)
    assert str(caught.value) == f"f.yaml:1:4: $.v: {text} is out of range; accepted: 1 to 9"


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "yes", "on", "'true'"])
def test_true(text: str) -> None:
    assert _value(text).boolean() is True


@pytest.mark.parametrize("text", ["false", "False", "no", "Off"])
def test_false(text: str) -> None:
    assert _value(text).boolean() is False


@pytest.mark.parametrize("text", ["1", "0", "y", "n", "''", "TruE?"])
def test_neither(text: str) -> None:
    with pytest.raises(ConfigError, match="is neither true nor false; accepted: true, false"):
        _value(text).boolean()


def test_a_value_is_blamed_where_it_stands() -> None:
    assert _value("eth0").value(IfName) == "eth0"
    assert _value("[eth0, eth1]").values(IfName) == ("eth0", "eth1")
    assert _value("eth0").values(IfName) == ("eth0",)
    with pytest.raises(ConfigError, match=r"f\.yaml:1:11: \$\.v\[1\]: interface name 'e/1'"):
        _value("[eth0, e/1]").values(IfName)


def test_a_word_of_a_text_is_blamed_as_the_key_it_stands_for() -> None:
    word = _value("default via x").word("via", "x")
    assert word.text() == "x"
    assert word.origin == "f.yaml:1:4: $.v.via"
