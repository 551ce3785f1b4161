"""Messages and datagrams: there and back, by hand, and bytes that are neither."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import EXAMPLES, MAC, addresses, packets

from glassnet.dhcp import datagram, option, packet
from glassnet.dhcp.datagram import Datagram
from glassnet.dhcp.error import Malformed
from glassnet.dhcp.packet import Packet
from glassnet.values import IpAddress

FIXED = 240


@EXAMPLES
@given(packets())
def test_a_message_there_and_back(message: Packet) -> None:
    data = packet.encode(message)
    assert len(data) >= 300
    assert packet.decode(data) == message


def test_a_message_by_hand() -> None:
    # RFC 2131, figure 1, and RFC 2132: a DHCPDISCOVER as it is on the wire.
    data = bytes.fromhex(
        "01 01 06 00 12345678 0007 8000 00000000 00000000 00000000 00000000 020000000001"
    ) + bytes(10 + 64 + 128)
    data += bytes.fromhex("63825363 35 01 01 32 04 0a000032 37 02 01 03 ff")
    message = Packet(
        xid=0x12345678,
        seconds=7,
        flags=packet.BROADCAST_FLAG,
        hardware=MAC.packed,
        options={53: b"\x01", 50: bytes((10, 0, 0, 50)), 55: b"\x01\x03"},
    )
    assert packet.encode(message) == data.ljust(300, b"\0")
    assert packet.decode(data) == message
    assert message.kind == packet.DISCOVER
    assert message.address(option.REQUESTED_ADDRESS) == "10.0.0.50"
    assert not message.is_for(MAC)


def overloaded(first: bytes, file: bytes, name: bytes, how: int) -> bytes:
    """A message with options in three places."""
    plain = bytearray(packet.encode(Packet(op=packet.REPLY))[:FIXED])
    plain[44:108] = name.ljust(64, b"\0")
    plain[108:236] = file.ljust(128, b"\0")
    return bytes(plain) + bytes((option.OVERLOAD, 1, how)) + first


def test_options_in_three_places_are_one_text() -> None:
    # RFC 3396: the options field, then the file, then the name.
    first = b"\x79\x02ab\x06\x04\x0a\0\0\x01\xff"
    data = overloaded(first, b"\x79\x02cd\xff\x79\x01x", b"\x79\x01e\x0f\x01z\xff", 3)
    found = packet.decode(data)
    assert found.options == {0x79: b"abcde", 6: b"\x0a\0\0\x01", 15: b"z"}
    assert (found.server_name, found.boot_file) == (b"", b"")


@pytest.mark.parametrize(("how", "options"), [(1, {15: b"file"}), (2, {15: b"name"}), (0, {})])
def test_what_is_not_overloaded_is_what_it_is(how: int, options: dict[int, bytes]) -> None:
    found = packet.decode(overloaded(b"\xff", b"\x0f\x04file\xff", b"\x0f\x04name\xff", how))
    assert found.options == options
    assert bool(found.boot_file) == (not how & 1)
    assert bool(found.server_name) == (not how & 2)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "a DHCP message of 0 bytes: it has 240 at least"),
        (bytes(239), "of 239 bytes"),
        (bytes(300), "its cookie is 00000000"),
        (b"\x03" + packet.encode(Packet())[1:], "its op is 3"),
        (b"\x01\x01\x11" + packet.encode(Packet())[3:], "hardware address of 17 bytes"),
        (packet.encode(Packet())[:FIXED] + b"\x35", "option 53 is cut short at byte 0"),
        (packet.encode(Packet())[:FIXED] + b"\0\x35\x02\x01", "cut short at byte 1 of the opt"),
        (overloaded(b"", b"\x0f\xff", b"", 1), "option 15 is cut short at byte 0 of the boot file"),
        (overloaded(b"", b"", b"", 4), "(overload) is 04"),
        (overloaded(b"\x34\x01\x01", b"", b"", 1), "(overload) is 0101"),
    ],
)
def test_what_is_no_message(data: bytes, words: str) -> None:
    with pytest.raises(Malformed) as raised:
        packet.decode(data)
    assert words in str(raised.value)


def test_a_missing_end_is_forgiven() -> None:
    assert packet.decode(packet.encode(Packet())[:FIXED] + b"\x0f\x01a").options == {15: b"a"}


@EXAMPLES
@given(packets(), st.data())
def test_spoilt_messages_are_read_or_refused(message: Packet, data: st.DataObject) -> None:
    raw = bytearray(packet.encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    with contextlib.suppress(Malformed):
        packet.decode(cut)


@EXAMPLES
@given(
    st.builds(
        Datagram,
        addresses(),
        st.integers(0, 0xFFFF),
        addresses(),
        st.integers(0, 0xFFFF),
        st.binary(max_size=900),
    ),
    st.data(),
)
def test_a_datagram_there_and_back(one: Datagram, data: st.DataObject) -> None:
    raw = datagram.encode(one)
    assert datagram.decode(raw) == one
    assert datagram.decode(raw + b"\0" * 6) == one  # a frame's padding
    # One bit turned over is seen, wherever it is; a checksum that became 0 would say: none.
    place = data.draw(st.integers(0, len(raw) - 1).filter(lambda n: n not in (26, 27)))
    spoilt = bytearray(raw)
    spoilt[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Malformed):
        datagram.decode(bytes(spoilt))


def test_a_datagram_without_a_checksum_yet() -> None:
    raw = bytearray(datagram.encode(Datagram(IpAddress("10.0.0.1"), 67, MAC_IP, 68, b"abc")))
    raw[26:28] = b"\x12\x34"  # as a host leaves it to its card
    with pytest.raises(Malformed, match="UDP checksum"):
        datagram.decode(bytes(raw))
    assert datagram.decode(bytes(raw), verified=True).payload == b"abc"
    raw[26:28] = b"\0\0"
    assert datagram.decode(bytes(raw)).payload == b"abc"


MAC_IP = IpAddress("10.0.0.50")


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (0, 0x65, "no IPv4 packet"),
        (0, 0x44, "no IPv4 packet"),
        (3, 0xFF, "no IPv4 packet"),
        (6, 0x20, "no whole UDP datagram"),
        (9, 6, "no whole UDP datagram"),
        (10, 0, "the IPv4 header's checksum"),
        (24, 0xFF, "in a packet with room for"),
    ],
)
def test_what_is_no_datagram(place: int, value: int, words: str) -> None:
    raw = bytearray(datagram.encode(Datagram(IpAddress("10.0.0.1"), 67, MAC_IP, 68, b"abc")))
    raw[place] = value
    with pytest.raises(Malformed) as raised:
        datagram.decode(bytes(raw))
    assert words in str(raised.value)
    with pytest.raises(Malformed):
        datagram.decode(bytes(raw[:19]))


@EXAMPLES
@given(st.binary(max_size=80))
def test_any_bytes_are_a_datagram_or_refused(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        datagram.decode(data, verified=True)
