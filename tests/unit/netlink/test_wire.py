"""Each wire type: what it packs, what it refuses and how it says so."""

from __future__ import annotations

from typing import Any

import pytest

from glassnet.netlink import wire
from glassnet.netlink.placeholder import FdOf, IndexOf
from glassnet.netlink.wire import Codec, Misfit, String, attribute
from glassnet.values import IfName, IpAddress, Mac, Netns

PAIR = wire.Record("struct pair", "HI", ("first", "second"))
PORTS = wire.Record("struct ports", "H", ("low", "high"), order="!")

PACKED: list[tuple[Codec, Any, bytes]] = [
    (wire.U8, 0xFE, b"\5\0\7\0\xfe\0\0\0"),
    (wire.U16, 0x102, b"\6\0\7\0\2\1\0\0"),
    (wire.U32, 0x1020304, b"\x08\0\7\0\4\3\2\1"),
    (wire.U64, 1, b"\x0c\0\7\0\1\0\0\0\0\0\0\0"),
    (wire.S32, -2, b"\x08\0\7\0\xfe\xff\xff\xff"),
    (wire.BE16, 0x8100, b"\6\0\7\0\x81\0\0\0"),
    (wire.BE32, 1, b"\x08\0\7\0\0\0\0\1"),
    (String(15), IfName("eth0"), b"\x09\0\7\0eth0\0\0\0\0"),
    (String(15, terminated=False), "veth", b"\x08\0\7\0veth"),
    (String(15), "\udcff", b"\6\0\7\0\xff\0\0\0"),
    (wire.BYTES, b"abc", b"\7\0\7\0abc\0"),
    (wire.FLAG, True, b"\4\0\7\0"),
    (wire.IP, IpAddress("10.0.0.2"), b"\x08\0\7\0\x0a\0\0\2"),
    (wire.IP, IpAddress("fd00::2"), b"\x14\0\7\0\xfd" + bytes(14) + b"\2"),
    (wire.MAC, Mac("02:00:00:00:00:01"), b"\x0a\0\7\0\2\0\0\0\0\1\0\0"),
    (wire.MAC, b"\1\2\3\4", b"\x08\0\7\0\1\2\3\4"),
    (wire.U32S, [1, 2], b"\x0c\0\7\0\1\0\0\0\2\0\0\0"),
    (PAIR, {"first": 1, "second": 2}, b"\x0a\0\7\0\1\0\2\0\0\0\0\0"),
    (PAIR, {"first": 1}, b"\6\0\7\0\1\0\0\0"),
    (PAIR, {"first": 1, "second": 2, "#rest": b"x"}, b"\x0b\0\7\0\1\0\2\0\0\0x\0"),
    (PORTS, {"low": 1, "high": 0x203}, b"\x08\0\7\0\0\1\2\3"),
]


@pytest.mark.parametrize(("codec", "value", "data"), PACKED)
def test_packs_and_unpacks(codec: Codec, value: Any, data: bytes) -> None:
    assert codec.encode(7, value, None) == data
    assert codec.decode(data, 4, data[0]) == value


@pytest.mark.parametrize(
    ("codec", "value", "accepted"),
    [
        (wire.U8, 256, "an integer from 0 to 255"),
        (wire.U8, -1, "an integer from 0 to 255"),
        (wire.U32, "1", "an integer from 0 to 4294967295"),
        (wire.S32, 2**31, "an integer from -2147483648 to 2147483647"),
        (wire.S32, 1.5, "an integer from -2147483648 to 2147483647"),
        (wire.U32, None, "an integer from 0 to 4294967295"),
        (wire.BE16, 65536, "an integer from 0 to 65535"),
        (String(3), "four", "at most 3 bytes of text without a NUL"),
        (String(9), "a\0b", "at most 9 bytes of text without a NUL"),
        (String(9), 7, "text"),
        (String(9), "\ud800", "text"),
        (wire.BYTES, "text", "bytes"),
        (wire.BYTES, bytes(65532), "65531 bytes at most"),
        (wire.FLAG, 1, "True or False"),
        (wire.IP, "10.0.0.1", "an IP address"),
        (wire.IP, Mac("02:00:00:00:00:01"), "an IP address"),
        (wire.MAC, "02:00:00:00:00:01", "a MAC address, or up to 32 bytes"),
        (wire.MAC, IpAddress("10.0.0.1"), "a MAC address, or up to 32 bytes"),
        (wire.MAC, bytes(33), "a MAC address, or up to 32 bytes"),
        (wire.U32S, [1, -1], "a list of integers (array of u32)"),
        (wire.U32S, 7, "a list of integers (array of u32)"),
        (PAIR, [1, 2], "a mapping of first, second"),
        (PAIR, {"third": 1}, "first, second"),
        (PAIR, {"first": 65536}, "integers in range (HI)"),
    ],
)
def test_refuses_to_pack(codec: Codec, value: Any, accepted: str) -> None:
    with pytest.raises(Misfit) as caught:
        codec.encode(7, value, None)
    assert caught.value.accepted == accepted


@pytest.mark.parametrize(
    ("codec", "data"),
    [
        (wire.U8, b""),
        (wire.U32, b"abc"),
        (wire.U64, b"abcd"),
        (wire.BE16, b"abc"),
        (wire.IP, b"abc"),
        (wire.U64S, b"abcd"),
    ],
)
def test_refuses_to_unpack_another_size(codec: Codec, data: bytes) -> None:
    with pytest.raises(Misfit):
        codec.decode(data, 0, len(data))


def test_a_flag_that_is_false_is_left_out() -> None:
    assert wire.FLAG.encode(7, False, None) == b""
    assert wire.FLAG.decode(b"anything", 0, 8) is True


def test_hardware_addresses_of_six_bytes_are_macs() -> None:
    found = wire.MAC.decode(b"\2\0\0\0\0\1", 0, 6)
    assert type(found) is Mac
    assert found == Mac("02:00:00:00:00:01")
    assert found.packed == b"\2\0\0\0\0\1"


def test_short_way_to_an_ipv4_address_is_the_long_way() -> None:
    found = wire.read_ip(b"\x0a\0\0\xff")
    assert type(found) is IpAddress
    assert (found, found.packed, found.version) == ("10.0.0.255", b"\x0a\0\0\xff", 4)
    assert found == IpAddress.from_bytes(b"\x0a\0\0\xff")


def test_records_of_older_and_newer_kernels() -> None:
    assert PAIR.decode(b"\1\0", 0, 2) == {"first": 1}
    assert PAIR.decode(b"\1\0\2", 0, 3) == {"first": 1, "#rest": b"\2"}
    assert PAIR.decode(b"\1\0\2\0\0\0rest", 0, 10) == {
        "first": 1,
        "second": 2,
        "#rest": b"rest",
    }
    assert PAIR.encode(1, {"second": 5}, None) == attribute(1, b"\0\0\5\0\0\0")


def test_text_ends_at_the_first_nul() -> None:
    assert String(9).decode(b"ab\0cd\0", 0, 6) == "ab"
    assert String(9).decode(b"ab", 0, 2) == "ab"


@pytest.mark.parametrize("placeholder", [IndexOf("br0"), FdOf(Netns("ns1"))])
@pytest.mark.parametrize("codec", [wire.U32, wire.S32, wire.BE32])
def test_placeholders_stand_for_integers(codec: Codec, placeholder: IndexOf | FdOf) -> None:
    asked: list[object] = []

    def resolve(wanted: IndexOf | FdOf) -> int:
        asked.append(wanted)
        return 9

    assert codec.encode(7, placeholder, resolve) == codec.encode(7, 9, None)
    assert asked == [placeholder]


def test_placeholders_need_someone_to_find_the_number() -> None:
    with pytest.raises(Misfit, match="nothing to find its number"):
        wire.U32.encode(7, IndexOf("br0"), None)


def test_a_found_number_must_fit_too() -> None:
    with pytest.raises(Misfit, match="70000"):
        wire.U16.encode(7, IndexOf("br0"), lambda _: 70000)


def test_no_wire_type_but_a_nest_has_an_inside() -> None:
    assert wire.U32.inside(b"", 0, 0) is None
    assert wire.U32.table_of(7) is None


def test_a_codec_without_a_wire_type_packs_nothing() -> None:
    bare = Codec("bare")
    with pytest.raises(NotImplementedError):
        bare.encode(1, 1, None)
    with pytest.raises(NotImplementedError):
        bare.decode(b"", 0, 0)
