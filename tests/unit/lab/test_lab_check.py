"""What only looks wrong between the parts of a lab; what is wrong stands in the tables."""

from __future__ import annotations

import pytest

from glassnet.errors import InvalidRequest
from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read

NAMES = "namespaces: [a, b, c]\n"


@pytest.mark.parametrize(
    "text",
    [
        # One name in several namespaces, and of a namespace and its interface.
        NAMES + "links: [a:x -- b:x, b:a -- c:x]",
        # One address in several networks.
        NAMES + "links: [a:x 10.0.0.1/24 -- b:x 10.0.0.2/24, b:y 10.0.0.2/24 -- c:x 10.0.0.1/24]",
        NAMES + "bridges: {p: {addresses: [10.0.0.1/24]}, q: {in: a, addresses: [10.0.0.1/24]}}",
        # Bridges joined in a ring, by two cables or by one of its own.
        NAMES + "bridges: {p: , q: {in: a}}\nlinks: [p:x -- q:x, p:y -- q:y, p:z -- p:w]",
        # An address of a family that the bridge has no network of.
        NAMES + "bridges: {p: {addresses: [10.0.0.1/24]}}\nlinks: [a:x fd00::1/64 -- p]",
        # The same network with another length.
        NAMES + "bridges: {p: {addresses: [10.0.0.1/24]}}\nlinks: [a:x 10.0.0.2/16 -- p]",
        # Small, and IPv4 alone; as small as IPv6 takes.
        NAMES + "mtu: 68\nbridges: {p: {prefixes: [10.0.0.0/24]}}\nlinks: [a:x -- p]",
        NAMES + "mtu: 1280\nbridges: {p: {prefixes: ['fd00::/64']}}\nlinks: [a:x -- p]",
        # One port of several protocols, addresses, families, namespaces.
        "host: {publish: [80 -> 10.0.0.2, 80/udp -> 10.0.0.2, 127.0.0.1:80 -> 10.0.0.2]}",
        "host: {publish: [80 -> 10.0.0.2, {port: 80, to: 'fd00::2'}, 81-89 -> 10.0.0.2]}",
        "namespaces: {a: {publish: [80 -> 10.0.0.2]}, b: {publish: [80 -> 10.0.0.2]}}",
    ],
)
def test_only_looks_wrong(text: str) -> None:
    assert compile_lab(read(text, "f.yaml"))


@pytest.mark.parametrize(
    ("first", "second", "port"),
    [
        ("80 -> 10.0.0.2", "80:81 -> 10.0.0.3", 80),
        ("80-89 -> 10.0.0.2", "89 -> 10.0.0.2", 89),
        ("89 -> 10.0.0.2", "80-89 -> 10.0.0.2", 89),
        ("80-89 -> 10.0.0.2", "85-95:5-15 -> 10.0.0.2", 85),
        ("85-95 -> 10.0.0.2", "80-89 -> 10.0.0.2", 85),
        ("127.0.0.1:80 -> 10.0.0.2", "127.0.0.1:80 -> 10.0.0.3", 80),
        ("{port: 80, to: 'fd00::2'}", "{port: 80, to: 'fd00::3'}", 80),
        ("80 -> web", "{port: 80, to: 'fd00::3'}", 80),
        ("80 -> 10.0.0.2", "80 -> web", 80),
    ],
)
def test_a_port_that_two_would_have(first: str, second: str, port: int) -> None:
    text = f"namespaces: [web]\nhost:\n  publish:\n    - {first}\n    - {second}"
    with pytest.raises(InvalidRequest) as caught:
        compile_lab(read(text, "f.yaml"))
    assert str(caught.value) == (
        f"f.yaml:5:7: $.host.publish[1]: port {port} of tcp is published twice: also by "
        "f.yaml:4:7: $.host.publish[0]; accepted: a port of its own"
    )


def test_a_ring_of_bridges_is_one_segment() -> None:
    text = (
        "namespaces: [a, b, c]\n"
        "bridges: {p: {in: a, addresses: [10.0.0.1/24]}, q: {in: b}, r: {in: c}}\n"
        "links:\n  - p:x -- q:x\n  - q:y -- r:y\n  - r:z -- p:z\n  - c:w 10.0.0.1/24 -- r\n"
    )
    with pytest.raises(InvalidRequest) as caught:
        compile_lab(read(text, "f.yaml"))
    assert str(caught.value) == (
        "f.yaml:7:5: $.links[3]: the address 10.0.0.1 is given twice: also to p of a, at "
        "f.yaml:2:11: $.bridges.p; accepted: an address of its own"
    )
