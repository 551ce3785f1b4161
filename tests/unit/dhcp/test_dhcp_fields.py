"""What is in options: routes, names, masks; and a lease's times."""

from __future__ import annotations

import contextlib
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import ADDRESS, EXAMPLES, HOP, addresses, packets, reply

from glassnet.dhcp import fields, option, packet
from glassnet.dhcp import record as records
from glassnet.dhcp.error import Malformed
from glassnet.dhcp.lease import Lease, Stored
from glassnet.dhcp.packet import Packet
from glassnet.dhcp.record import Record
from glassnet.values import Cidr, IpAddress, Prefix


def prefixes() -> st.SearchStrategy[Prefix]:
    return st.builds(Cidr.of, addresses(), st.integers(0, 32)).map(lambda cidr: cidr.prefix)


def as_routes(routes: list[tuple[Prefix, IpAddress]]) -> bytes:
    """RFC 3442: the length, as many bytes as matter, the router."""
    out = b""
    for destination, router in routes:
        size = math.ceil(destination.prefixlen / 8)
        out += bytes((destination.prefixlen,)) + destination.address.packed[:size] + router.packed
    return out


@EXAMPLES
@given(st.lists(st.tuples(prefixes(), addresses()), max_size=9))
def test_classless_routes(routes: list[tuple[Prefix, IpAddress]]) -> None:
    assert fields.classless_routes(as_routes(routes)) == routes


def test_classless_routes_of_the_rfc() -> None:
    # RFC 3442's own examples of destinations.
    for text, raw in (
        ("0.0.0.0/0", "00"),
        ("10.0.0.0/8", "08 0a"),
        ("10.0.0.0/24", "18 0a 00 00"),
        ("10.17.0.0/16", "10 0a 11"),
        ("10.27.129.0/24", "18 0a 1b 81"),
        ("10.229.0.128/25", "19 0a e5 00 80"),
        ("10.198.122.47/32", "20 0a c6 7a 2f"),
    ):
        router = IpAddress("10.0.0.1")
        value = bytes.fromhex(raw) + router.packed
        assert fields.classless_routes(value) == [(Prefix(text), router)]


@pytest.mark.parametrize(
    ("read", "value", "words"),
    [
        (fields.classless_routes, b"\x21\x0a\0\0\0\0\0\0\0\0", "classless route"),
        (fields.classless_routes, b"\x18\x0a\0", "classless route"),
        (fields.classless_routes, b"\0\0\0\0\x01\x08", "at byte 5"),
        (fields.static_routes, bytes(7), "static routes of 7 bytes"),
        (fields.addresses, bytes(5), "addresses of 5 bytes"),
        (fields.prefix_length, b"\xff\0\xff\0", "ff00ff00 is no subnet mask"),
        (fields.prefix_length, b"\xff\xff\xff", "ffffff is no subnet mask"),
        (fields.name, b"a b", "no domain name"),
        (fields.name, b"\xff\xfe", "no domain name"),
        (fields.search, b"\x03ab", "cut or too long at byte 0"),
        (fields.search, b"\x40" + bytes(64), "cut or too long"),
        (fields.search, b"\xc0\x00", "points at itself"),
        (fields.search, b"\x01a\xc0\x00", "cut or too long|points at itself"),
        (fields.search, b"\x01a", "cut or too long"),
        (fields.search, b"\x01a\xc0", "cut or too long"),
    ],
)
def test_what_makes_no_sense(read: object, value: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read(value)  # type: ignore[operator]


def test_static_routes_have_the_length_of_their_class() -> None:
    router = IpAddress("10.0.0.1")
    value = b"".join(
        IpAddress(one).packed + router.packed
        for one in ("10.0.0.0", "172.16.0.0", "192.168.7.0", "0.0.0.0", "224.0.0.0")
    )
    assert fields.static_routes(value) == [
        (Prefix("10.0.0.0/8"), router),
        (Prefix("172.16.0.0/16"), router),
        (Prefix("192.168.7.0/24"), router),
    ]


def test_domains_to_search() -> None:
    # RFC 3397's own example: the second name points into the first.
    value = b"\x03eng\x05apple\x03com\0\x09marketing\xc0\x04"
    assert fields.search(value) == ["eng.apple.com", "marketing.apple.com"]
    assert fields.search(b"") == []


@EXAMPLES
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(value: bytes) -> None:
    for read in (fields.search, fields.classless_routes, fields.static_routes, fields.name):
        with contextlib.suppress(Malformed):
            read(value)


@pytest.mark.parametrize(
    ("options", "times"),
    [
        ({51: 1000}, (500, 875, 1000)),
        ({51: 1000, 58: 100, 59: 300}, (100, 300, 1000)),
        ({51: 1000, 58: 900, 59: 300}, (300, 300, 1000)),
        ({51: 1000, 58: 100, 59: 5000}, (100, 875, 1000)),
        ({51: 1000, 58: 0, 59: 0}, (500, 875, 1000)),
        ({}, (1800, 3150, 3600)),
        ({51: 0xFFFFFFFF}, (math.inf, math.inf, math.inf)),
    ],
)
def test_a_leases_times(options: dict[int, int], times: tuple[float, float, float]) -> None:
    said = {code: value.to_bytes(4) for code, value in options.items()}
    ack = reply(packet.ACK, Packet(), seconds=None, options=said)
    one = Lease(ack, 7.0)
    assert (one.renewal - 7, one.rebinding - 7, one.end - 7) == times


def test_what_a_lease_says() -> None:
    router = IpAddress("10.0.0.2").packed
    said = {
        option.ROUTERS: router + IpAddress("10.0.0.3").packed,
        option.DNS_SERVERS: router,
        option.DOMAIN_NAME: b"a.org\0",
        option.DOMAIN_SEARCH: b"\x01b\0",
        option.STATIC_ROUTES: IpAddress("10.0.0.0").packed + router,
    }
    one = Lease(reply(packet.ACK, Packet(), options=said), 0, HOP)
    one.check()
    assert (one.cidr, one.gateway, one.server) == ("10.0.0.50/24", "10.0.0.2", "10.0.0.1")
    assert list(one.routes()) == [("10.0.0.0/8", "10.0.0.2"), ("0.0.0.0/0", "10.0.0.2")]
    assert (one.nameservers(), one.domain(), one.search()) == (["10.0.0.2"], "a.org", ["b"])
    classless = as_routes([(Prefix("10.9.0.0/16"), packet.NOWHERE)])
    said[option.CLASSLESS_ROUTES] = classless
    one = Lease(reply(packet.ACK, Packet(), options=said), 0)
    assert list(one.routes()) == [("10.9.0.0/16", None)]


def test_a_lease_without_a_mask() -> None:
    one = Lease(Packet(op=packet.REPLY, yours=ADDRESS), 0)
    with pytest.raises(Malformed, match="DHCP option Subnet Mask not found in DHCPACK"):
        one.check()


@EXAMPLES
@given(packets(), st.floats(0, 1e9), st.booleans())
def test_a_record_there_and_back(ack: Packet, since: float, hop: bool) -> None:
    one = Lease(ack, since, HOP if hop else None)
    kept = Record(
        netns="/run/netns/a",
        inode=7,
        socket="/run/s",
        client_id=b"\0\xff",
        provide={12: b"\xfe"},
        request=(1, 3),
        lease=one,
    )
    for record in (kept, msgspec.structs.replace(kept, lease=None)):
        assert records.decode(records.encode(record)) == record


@pytest.mark.parametrize("data", [b"", b"{}", b"[]"])
def test_what_is_no_record(data: bytes) -> None:
    with pytest.raises(Malformed):
        records.decode(data)


@pytest.mark.parametrize("stored", [Stored(b"", 0), Stored(packet.encode(Packet()), 0, "x")])
def test_what_is_no_lease(stored: Stored) -> None:
    with pytest.raises(Malformed):
        stored.lease()
