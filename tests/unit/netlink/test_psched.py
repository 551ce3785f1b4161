"""Rates, bursts and times, derived as tc derives them."""

from __future__ import annotations

import struct

import pytest

from glassnet.netlink.route import psched
from glassnet.netlink.route.psched import Psched
from glassnet.netlink.route.qdiscs import htb


def test_the_units_are_the_kernels() -> None:
    assert psched.parse("000003e8 00000040 000f4240 3b9aca00\n") == psched.USUAL == Psched()
    with pytest.raises(ValueError, match="not in microseconds"):
        psched.parse("000003e8 00000040 3b9aca00 3b9aca00")


@pytest.mark.parametrize(
    ("rate", "size", "ticks"),
    [(1_250_000, 32768, 409_593), (1_250_000, 8, 93), (1, 8000, 2_056_561_152)],
)
def test_ticks_are_of_whole_microseconds(rate: int, size: int, ticks: int) -> None:
    assert psched.ticks(rate, size) == ticks


def test_other_units_are_other_ticks() -> None:
    assert psched.ticks(1_250_000, 32768, Psched(tick=1000)) == 26_214
    assert htb.usual_burst(1_250_000, Psched(hz=100)) == 14_100
    assert htb.usual_burst(1_250_000) == 1600


@pytest.mark.parametrize(
    ("found", "apart"),
    [
        (409_600, 0),  # as the kernel computes it from the burst
        (409_593, 0),  # as tc computes it
        (409_616, 0),
        (409_617, 17),
        (409_620, 20),
        (409_500, 100),
        (0, 409_600),
    ],
)
def test_bursts_are_compared_to_the_microsecond(found: int, apart: int) -> None:
    assert psched.drift(found, 1_250_000, 32768) == apart


def test_a_long_burst_is_compared_though_its_ticks_do_not_fit() -> None:
    rate, size = 12_500, 268_435_455
    exact = size * 10**9 // (rate * 64)
    assert exact > 1 << 32
    assert psched.drift(exact & 0xFFFFFFFF, rate, size) == 0
    assert psched.drift((exact + (1 << 31)) & 0xFFFFFFFF, rate, size) > 0


def test_the_longer_the_burst_the_less_to_the_point() -> None:
    """The kernel computes a time from a size by a multiplication and a shift."""
    exact = 10**9 * 10**9 // (125_000_000 * 64)
    allowed = 1 + 15 + (exact >> 24)
    assert allowed > 20
    assert psched.drift(exact + allowed, 125_000_000, 10**9) == 0
    assert psched.drift(exact + allowed + 1, 125_000_000, 10**9) == allowed + 1


def test_bits_in_bytes() -> None:
    assert psched.bytes_of(10_000_000) == 1_250_000
    assert psched.bytes_of(1_234_567) == 154_320


def test_ticks_in_bytes() -> None:
    assert psched.size_of(409_600, 1_250_000) == 32768


def test_the_table_of_rates() -> None:
    table = struct.unpack("=256I", psched.rate_table(1_250_000, 2047))
    assert psched.cell_log(2047) == 3
    assert [*map(psched.cell_log, (255, 256, 511, 512))] == [0, 1, 1, 2]
    assert table[0] == psched.ticks(1_250_000, 8)
    assert table[255] == psched.ticks(1_250_000, 2048)
    assert len(set(table)) == 256
