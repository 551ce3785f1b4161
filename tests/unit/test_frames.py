"""Frames that announce an address, byte for byte, and beside those of other programs."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.frames import (
    ALL_NODES,
    announcement,
    checksum,
    gratuitous_arp,
    unsolicited_advertisement,
)
from glassnet.values import IpAddress, Mac

MAC = Mac("02:00:00:00:00:01")
A4, A6 = IpAddress("10.0.0.1"), IpAddress("fd00::1")


def test_an_arp_request_as_arping_sends_it() -> None:
    """``arping -c 1 -U -I h0 10.0.0.1`` of iputils 20221126, as a neighbour received it."""
    assert gratuitous_arp(A4, MAC, answer=False).hex() == (
        "ffffffffffff020000000001080600010800060400010200000000010a000001ffffffffffff0a000001"
    )


def test_an_arp_reply_as_arping_sends_it() -> None:
    """``arping -c 1 -A -I h0 10.0.0.1``."""
    assert gratuitous_arp(A4, MAC, answer=True).hex() == (
        "ffffffffffff020000000001080600010800060400020200000000010a0000010200000000010a000001"
    )


def test_an_advertisement_as_ndptool_sends_it_but_for_its_source() -> None:
    """``ndptool -t na -U -i h0 -T fd00::1 send``, which sends it from the link-local address.

    Its flow label is chance; the checksum follows from the source.
    """
    theirs = bytes.fromhex(
        "33330000000102000000000186dd6007f8f100203afffe80000000000000000000fffe000001"
        "ff02000000000000000000000000000188005a1b20000000fd000000000000000000000000000001"
        "0201020000000001"
    )
    ours = unsolicited_advertisement(A6, MAC, router=False)
    assert len(ours) == len(theirs)
    for part in (slice(0, 15), slice(18, 22), slice(38, 56), slice(58, None)):
        assert ours[part] == theirs[part]
    assert ours[22:38] == A6.packed


def test_a_router_says_that_it_is_one() -> None:
    plain, router = (unsolicited_advertisement(A6, MAC, router=which) for which in (False, True))
    assert (plain[58], router[58]) == (0x20, 0xA0)


def test_each_family_has_its_announcement() -> None:
    assert announcement(A4, MAC, answer=True, router=True) == gratuitous_arp(A4, MAC, answer=True)
    assert announcement(A6, MAC, answer=True, router=True) == unsolicited_advertisement(
        A6, MAC, router=True
    )


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=6, max_size=6), st.booleans())
def test_the_checksum_of_an_advertisement_holds(packed: bytes, mac: bytes, router: bool) -> None:
    address = IpAddress.from_bytes(packed)
    frame = unsolicited_advertisement(address, Mac.from_bytes(mac), router=router)
    body = frame[54:]
    pseudo = packed + ALL_NODES.packed + struct.pack("!II", len(body), 58)
    assert checksum(pseudo + body) == 0
    assert struct.unpack_from("!H", frame, 18) == (len(body),)


@pytest.mark.parametrize(
    ("data", "total"),
    [(b"", 0xFFFF), (b"\0\1", 0xFFFE), (b"\xff\xff\xff\xff", 0), (b"\1", 0xFEFF)],
)
def test_the_internet_checksum(data: bytes, total: int) -> None:
    assert checksum(data) == total
