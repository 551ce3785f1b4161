"""Addresses given from prefixes: the first free ones, in the order of the file."""

from __future__ import annotations

import ipaddress

import pytest
from compiled import ops
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.errors import InvalidRequest
from glassnet.lab.allocate import allocate
from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.ops.addr import AddrOp
from glassnet.ops.route import RouteOp


def _addresses(text: str) -> dict[str, list[str]]:
    """What each interface has, as ``netns:ifname``."""
    given = allocate(read(text, "f.yaml"))
    return {
        f"{netns.label}:{name}": [str(one) for one in cidrs]
        for (netns, name), cidrs in given.items()
    }


def _bridge(prefixes: str, *links: str) -> str:
    lines = "".join(f"\n  - {link}" for link in links)
    return f"namespaces: [a, b, c]\nbridges: {{br0: {{prefixes: [{prefixes}]}}}}\nlinks:{lines}"


@pytest.mark.parametrize(
    ("prefixes", "bridge", "first", "second"),
    [
        ("10.0.0.0/24", ["10.0.0.1/24"], ["10.0.0.2/24"], ["10.0.0.3/24"]),
        ("'fd00::/64'", ["fd00::1/64"], ["fd00::2/64"], ["fd00::3/64"]),
        (
            "'fd00::/64', 10.0.0.0/24, 10.1.0.0/16",
            ["fd00::1/64", "10.0.0.1/24", "10.1.0.1/16"],
            ["fd00::2/64", "10.0.0.2/24", "10.1.0.2/16"],
            ["fd00::3/64", "10.0.0.3/24", "10.1.0.3/16"],
        ),
        ("10.0.0.248/29", ["10.0.0.249/29"], ["10.0.0.250/29"], ["10.0.0.251/29"]),
    ],
)
def test_the_bridge_is_first_and_ends_follow_in_their_order(
    prefixes: str, bridge: list[str], first: list[str], second: list[str]
) -> None:
    assert _addresses(_bridge(prefixes, "b:x -- br0", "br0 -- a:x")) == {
        "host:br0": bridge,
        "b:x": first,
        "a:x": second,
    }


def test_what_was_written_is_nobody_elses() -> None:
    text = _bridge(
        "10.0.0.0/29, 'fd00::/64'", "a:x -- br0", "b:x 10.0.0.2/29 fd00::3/64 -- br0", "c:x -- br0"
    )
    assert _addresses(text) == {
        "host:br0": ["10.0.0.1/29", "fd00::1/64"],
        "a:x": ["10.0.0.3/29", "fd00::2/64"],
        "b:x": ["10.0.0.2/29", "fd00::3/64"],
        "c:x": ["10.0.0.4/29", "fd00::4/64"],
    }


def test_the_bridge_gives_way_too() -> None:
    text = _bridge("10.0.0.0/24", "a:x 10.0.0.1/24 -- br0", "b:x -- br0")
    assert _addresses(text) == {
        "host:br0": ["10.0.0.2/24"],
        "a:x": ["10.0.0.1/24"],
        "b:x": ["10.0.0.3/24"],
    }


@pytest.mark.parametrize(
    ("prefixes", "first", "second"),
    [
        ("10.0.0.0/31", ["10.0.0.0/31"], ["10.0.0.1/31"]),
        ("'fd00::/127'", ["fd00::/127"], ["fd00::1/127"]),
        ("10.0.0.0/30", ["10.0.0.1/30"], ["10.0.0.2/30"]),
        (
            "10.0.0.0/24, 'fd00::/64'",
            ["10.0.0.1/24", "fd00::1/64"],
            ["10.0.0.2/24", "fd00::2/64"],
        ),
    ],
)
def test_both_ends_of_a_cable(prefixes: str, first: list[str], second: list[str]) -> None:
    text = f"namespaces: [a, b]\nlinks: [{{ends: [a:x, b:x], prefixes: [{prefixes}]}}]"
    assert _addresses(text) == {"a:x": first, "b:x": second}


def test_an_end_of_a_cable_that_has_its_own() -> None:
    text = "namespaces: [a, b]\nlinks: [{ends: [a:x, b:x 10.0.0.1/24], prefixes: [10.0.0.0/24]}]"
    assert _addresses(text) == {"a:x": ["10.0.0.2/24"], "b:x": ["10.0.0.1/24"]}


def test_prefixes_are_of_one_cable_or_bridge() -> None:
    text = (
        "namespaces: [a, b, c]\nbridges: {one: {prefixes: [10.0.0.0/24]}, two: }\n"
        "links:\n  - a:x -- two\n  - b:x -- one\n  - one:p -- two:p\n  - a:y -- c:y\n"
        "  - {ends: [b:y, c:z], prefixes: [10.1.0.0/31]}"
    )
    assert _addresses(text) == {
        "host:one": ["10.0.0.1/24"],
        "b:x": ["10.0.0.2/24"],
        "host:two": [],
        "a:x": [],
        "a:y": [],
        "c:y": [],
        "b:y": ["10.1.0.0/31"],
        "c:z": ["10.1.0.1/31"],
    }


@pytest.mark.parametrize(
    ("prefixes", "number"),
    [
        ("10.0.0.0/30", 1),
        ("10.0.0.0/31", 1),
        ("10.0.0.0/29", 5),
        ("'fd00::/126'", 2),
        ("'::9/128'", 0),
    ],
)
def test_a_network_that_is_full(prefixes: str, number: int) -> None:
    links = [f"a:x{n} -- br0" for n in range(number + 1)]
    assert len(_addresses(_bridge(prefixes, *links[:number]))) == number + 1
    with pytest.raises(InvalidRequest) as caught:
        _addresses(_bridge(prefixes, *links))
    assert str(caught.value) == (
        f"f.yaml:{4 + number}:5: $.links[{number}]: {prefixes.strip(chr(39))} has no address left; "
        "accepted: a larger network"
    )


def test_gateways_are_the_bridges_addresses() -> None:
    text = (
        "namespaces: [a, b, c]\nbridges:\n"
        "  br0: {prefixes: [10.0.0.0/24, 'fd00::/64'], gateway: true}\n"
        "  br1: {addresses: [10.1.0.1/24]}\n"
        "links:\n  - a:x -- br0\n  - b:x 10.0.0.9/24 -- br0\n  - c:x -- br1\n  - c:y -- a:y\n"
    )
    assert ops(text, RouteOp) == [
        "route to default via 10.0.0.1 in a",
        "route to default via fd00::1 in a",
        "route to default via 10.0.0.1 in b",
    ]


def test_an_end_without_an_address_has_no_gateway() -> None:
    text = (
        "namespaces: [a]\nbridges: {br0: {addresses: [10.0.0.1/24], gateway: true}}\n"
        "links: [a:x -- br0]"
    )
    assert ops(text, RouteOp) == []
    assert ops(text, AddrOp) == ["address 10.0.0.1/24 on br0 on the host"]


NETWORKS = st.sampled_from(["10.0.0.0/26", "192.168.255.192/27", "fd00::/64", "fd00::100/122"])


@settings(deadline=None)
@given(
    prefixes=st.lists(NETWORKS, min_size=1, max_size=3, unique_by=lambda text: text[:4]),
    ends=st.lists(st.booleans(), max_size=25),
)
def test_each_has_one_of_its_own_in_every_network(prefixes: list[str], ends: list[bool]) -> None:
    written = [str(ipaddress.ip_network(prefix)[5]) for prefix in prefixes]
    lengths = [prefix.partition("/")[2] for prefix in prefixes]
    own = " ".join(f"{one}/{length}" for one, length in zip(written, lengths, strict=True))
    links = [f"a:x{n} -- br0" if swap else f"br0 -- a:x{n}" for n, swap in enumerate(ends)]
    links.insert(len(ends) // 2, f"b:x {own} -- br0")
    text = _bridge(", ".join(f"'{prefix}'" for prefix in prefixes), *links)
    given = _addresses(text)
    assert given == _addresses(text)
    assert len(given) == len(ends) + 2
    for position, prefix in enumerate(prefixes):
        of_it = [ipaddress.ip_interface(cidrs[position]) for cidrs in given.values()]
        network = ipaddress.ip_network(prefix)
        assert {one.network for one in of_it} == {network}
        assert len({one.ip for one in of_it}) == len(of_it)
        assert network.network_address not in {one.ip for one in of_it}
    assert compile_lab(read(text, "f.yaml"))
