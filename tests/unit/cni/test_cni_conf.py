"""A place in a configuration: Go's way with keys and nulls, errors with their paths."""

from __future__ import annotations

from typing import Any

import pytest

from glassnet.cni.conf import Conf, decode, members, shown
from glassnet.cni.error import CniError
from glassnet.values import Cidr, IpAddress


def message(error: pytest.ExceptionInfo[CniError]) -> tuple[int, str]:
    return (error.value.code, error.value.message)


def test_keys_match_whatever_their_case() -> None:
    conf = Conf({"isGateway": True, "IPMASQ": True})
    assert conf.get("isgateway").flag()
    assert conf.get("ipMasq").path == "$.ipMasq"
    assert conf.get("ipMasq").flag()


def test_a_key_that_is_written_just_so_comes_first() -> None:
    assert Conf({"MTU": 1, "mtu": 2, "Mtu": 3}).get("mtu").value == 2
    assert Conf({"MTU": 1, "Mtu": 3}).get("mtu").value == 3  # Go takes the last


def test_exact_keys() -> None:
    conf = Conf({"Name": "a", "type": "b"}, "f: $")
    assert not conf.exact("name")
    assert conf.exact("type").value == "b"
    assert conf.exact("type").path == "f: $.type"
    assert Conf(None).exact("a").path == "$.a"
    with pytest.raises(CniError) as error:
        Conf([]).exact("a")
    assert message(error) == (7, "$: expected an object, found a list")


def test_nothing_and_null_are_false_and_give_defaults() -> None:
    conf = Conf({"none": None})
    for place in (conf.get("none"), conf.get("missing"), conf.get("a").get("b")):
        assert not place
        assert place.text("x") == "x"
        assert place.flag(True)
        assert place.loose_flag(True)
        assert place.integer(0, 9, 5) == 5
        assert place.items() == []
        assert list(place.keys()) == []
        assert place.optional(IpAddress) is None
        assert place.choice({"a": 1}, "a", "thing") == 1
    assert Conf(False)
    assert Conf(0)


def test_paths() -> None:
    conf = Conf({"ipam": {"ranges": [[{"subnet": 1}]]}})
    place = conf.get("ipam").get("ranges").items()[0].items()[0].get("subnet")
    assert place.path == "$.ipam.ranges[0][0].subnet"
    with pytest.raises(CniError) as error:
        place.text()
    assert message(error) == (7, "$.ipam.ranges[0][0].subnet: expected a string, found 1")
    assert [(k, c.path) for k, c in Conf({"a": 1, "b": 2}).keys()] == [  # noqa: SIM118
        ("a", "$.a"),
        ("b", "$.b"),
    ]


@pytest.mark.parametrize(
    ("value", "read", "words"),
    [
        ("x", lambda c: c.get("a"), "expected an object, found 'x'"),
        ([], lambda c: list(c.keys()), "expected an object, found a list"),
        ({}, lambda c: c.items(), "expected a list, found an object"),
        (True, lambda c: c.text(), "expected a string, found true"),
        ("true", lambda c: c.flag(), "expected true or false, found 'true'"),
        ("yes", lambda c: c.loose_flag(), "expected true or false, found 'yes'"),
        (1, lambda c: c.loose_flag(), "expected true or false, found 1"),
        (True, lambda c: c.integer(0, 9), "expected a whole number, found true"),
        (1.0, lambda c: c.integer(0, 9), "expected a whole number, found 1.0"),
        (10, lambda c: c.integer(0, 9), "10 is out of range"),
        (-1, lambda c: c.integer(0, 9), "-1 is out of range"),
        ("b", lambda c: c.choice({"a": 1}, "a", "thing"), 'unknown thing: "b"'),
    ],
)
def test_wrong_values(value: object, read: Any, words: str) -> None:
    with pytest.raises(CniError) as error:
        read(Conf(value, "$.x"))
    assert message(error) == (7, f"$.x: {words}")


def test_right_values() -> None:
    assert Conf("x").text() == "x"
    assert Conf(9).integer(0, 9) == 9
    assert Conf(0).integer(0, 9, 5) == 0
    assert [Conf(v).loose_flag() for v in ("true", "True", True, "false", False)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert Conf("").choice({"a": 1}, "a", "thing") == 1
    assert Conf("10.0.0.1/8").as_(Cidr) == "10.0.0.1/8"
    assert Conf("").optional(IpAddress) is None
    assert Conf("::1").optional(IpAddress) == "::1"


def test_a_checked_type_is_blamed_with_what_it_takes() -> None:
    with pytest.raises(CniError) as error:
        Conf("10.0.0.300", "$.ip").as_(IpAddress)
    assert error.value.message == "$.ip: '10.0.0.300' is no IP address"
    assert error.value.details == "accepted: an address such as 10.0.0.2 or fd00::2"


def test_what_is_shown_of_a_long_text() -> None:
    assert shown("a" * 100) == repr("a" * 40 + "…")
    assert shown("a" * 39) == repr("a" * 39)
    values: list[object] = [True, False, 1.5, {}, [], None]
    assert [shown(value) for value in values] == [
        "true",
        "false",
        "1.5",
        "an object",
        "a list",
        "None",
    ]


@pytest.mark.parametrize("text", [b"{", b"", b"{'a': 1}", b'{"a":"\xff"}', b"[" * 100_000])
def test_what_is_no_json(text: bytes) -> None:
    with pytest.raises(CniError) as error:
        decode(text)
    assert error.value.code == 6
    assert error.value.message.startswith("error unmarshall network config: ")


@pytest.mark.parametrize(("text", "found"), [("[]", "a list"), ("null", "None"), ("3", "3")])
def test_what_is_no_object(text: str, found: str) -> None:
    with pytest.raises(CniError) as error:
        decode(text)
    words = f"error unmarshall network config: expected an object, found {found}"
    assert message(error) == (6, words)


def test_members_are_as_they_are_written() -> None:
    found = members(b'{"a": {"b" : 1.0000000000000000001}, "c":[ ]}')
    assert {key: bytes(raw) for key, raw in found.items()} == {
        "a": b'{"b" : 1.0000000000000000001}',
        "c": b"[ ]",
    }
