"""The short forms taken apart; what is wrong with them stands in the tables of wrong files."""

from __future__ import annotations

import string
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.errors import InvalidValue
from glassnet.lab import short
from glassnet.values import IfName, Netns

PLAIN = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=15)
NAMES = st.text(
    st.characters(min_codepoint=33, exclude_categories=["C", "Z"]), min_size=1, max_size=15
)
SPLITS: tuple[Callable[[str], object], ...] = (
    short.split_link,
    short.split_end,
    short.split_route,
    short.split_publish,
    short.split_target,
    short.port_range,
    short.destination,
    short.own_address,
)


def _is(kind: type[str], text: str) -> bool:
    try:
        kind(text)
    except InvalidValue:
        return False
    return "/" not in text


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("a:eth0 -- br0", ("a", "eth0", []), ("br0", "", [])),
        ("a:eth0  --  br0:p1 ", ("a", "eth0", []), ("br0", "p1", [])),
        (
            "a:x 10.0.0.2/24 fd00::2/64 -- b:y 10.0.0.3/24",
            ("a", "x", ["10.0.0.2/24", "fd00::2/64"]),
            ("b", "y", ["10.0.0.3/24"]),
        ),
        ("host:x 10.0.0.0/31 -- b:y 10.0.0.1/31", ("host", "x", ["10.0.0.0/31"]), None),
    ],
)
def test_links(
    text: str, near: tuple[str, str, list[str]], far: tuple[str, str, list[str]] | None
) -> None:
    first, second = short.split_link(text)
    assert (first.where, first.ifname, list(first.addresses)) == near
    assert far is None or (second.where, second.ifname, list(second.addresses)) == far


@pytest.mark.parametrize(
    "text",
    ["10.0.0.1/24", "10.0.0.1/8", "10.0.0.0/31", "10.0.0.255/32", "240.0.0.1/24", "fd00::/127"],
)
def test_addresses_of_interfaces(text: str) -> None:
    assert short.own_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.0/30",
        "10.0.0.3/30",
        "fd00::/126",
        "0.0.0.0/32",
        "::/128",
        "255.255.255.255/32",
        "239.0.0.1/32",
        "224.0.0.1/24",
        "ff00::1/128",
        "0.0.0.0/0",
        "::/0",
    ],
)
def test_addresses_of_none(text: str) -> None:
    with pytest.raises(InvalidValue):
        short.own_address(text)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("default via 10.0.0.1", {"to": "default", "via": "10.0.0.1"}),
        ("10.0.0.1", {"to": "10.0.0.1"}),
        (
            "10.0.0.0/8 via a dev b src c metric d table e mtu f advmss g scope h onlink",
            {"to": "10.0.0.0/8", "via": "a", "dev": "b", "src": "c", "metric": "d"}
            | {"table": "e", "mtu": "f", "advmss": "g", "scope": "h", "onlink": "true"},
        ),
        ("default dev via via dev", {"to": "default", "dev": "via", "via": "dev"}),
    ],
)
def test_routes(text: str, fields: dict[str, str]) -> None:
    assert short.split_route(text) == fields


@pytest.mark.parametrize(
    ("text", "prefix"),
    [("default", None), ("10.0.0.1", "10.0.0.1/32"), ("fd00::1", "fd00::1/128"), ("::/0", "::/0")],
)
def test_destinations(text: str, prefix: str | None) -> None:
    assert short.destination(text) == prefix


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("8080:80 -> web", (None, 8080, 1, 80, "tcp", "web")),
        ("53/udp->dns", (None, 53, 1, 53, "udp", "dns")),
        ("9000-9009 -> web", (None, 9000, 10, 9000, "tcp", "web")),
        ("9000-9009:80-89/sctp -> 10.0.0.2", (None, 9000, 10, 80, "sctp", "10.0.0.2")),
        ("127.0.0.1:8081:80 -> web", ("127.0.0.1", 8081, 1, 80, "tcp", "web")),
        ("127.0.0.1:53/udp -> fd00::2", ("127.0.0.1", 53, 1, 53, "udp", "fd00::2")),
        ("[fd00::1]:1-65535 -> a->b", ("fd00::1", 1, 65535, 1, "tcp", "a->b")),
        ("00080 -> web", (None, 80, 1, 80, "tcp", "web")),
    ],
)
def test_published_ports(text: str, said: tuple[object, ...]) -> None:
    assert tuple(short.split_publish(text)) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("web", ("web", "")),
        ("web:80", ("web", "80")),
        ("web:80-89", ("web", "80-89")),
        ("10.0.0.2:80", ("10.0.0.2", "80")),
        ("fd00::2", ("fd00::2", "")),
        ("[fd00::2]", ("fd00::2", "")),
        ("[fd00::2]:80", ("fd00::2", "80")),
    ],
)
def test_targets(text: str, said: tuple[str, str]) -> None:
    assert short.split_target(text) == said


@pytest.mark.parametrize(
    ("netns", "ifname", "port"),
    [
        ("ns1", "eth0", "ns1-eth0"),
        ("0123456789", "eth0", "0123456789-eth0"),
        ("01234567890", "eth0", "012345-065a3c40"),
        ("日本", "eth0", "日本-eth0"),
        ("a%b", "eth0", "abeth0-3d6ba8c3"),
        ("日本日本日本", "日", "port-284509aa"),
    ],
)
def test_ports_without_a_name(netns: str, ifname: str, port: str) -> None:
    assert short.host_ifname(netns, ifname) == port


@settings(deadline=None)
@given(NAMES.filter(lambda text: _is(Netns, text)), NAMES.filter(lambda text: _is(IfName, text)))
def test_any_port_has_a_name_that_the_kernel_takes(netns: str, ifname: str) -> None:
    name = short.host_ifname(netns, ifname)
    assert isinstance(name, IfName)
    assert not name.startswith("-")
    assert name == short.host_ifname(netns, ifname)


@settings(deadline=None)
@given(st.sets(st.tuples(PLAIN, PLAIN), min_size=2, max_size=50))
def test_ports_of_different_ends_have_different_names(ends: set[tuple[str, str]]) -> None:
    assert len({short.host_ifname(*end) for end in ends}) == len(ends)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_the_short_forms_are_read_or_refused(text: str) -> None:
    for split in SPLITS:
        with suppress(InvalidValue):
            split(text)
