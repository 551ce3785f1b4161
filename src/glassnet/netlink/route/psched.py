"""Rates, bursts and times as the kernel's shapers count them, computed as iproute2 does.

The kernel's packet scheduler counts time in ticks of 64 ns (include/net/pkt_sched.h, PSCHED_SHIFT)
and tells of it in /proc/net/psched. iproute2 computes in whole microseconds (tc/tc_core.c), and so
do we: what it shows for our shapers is what it shows for its own.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any, Final, NamedTuple

RATE_LIMIT: Final = 1 << 32
"""Bytes a second that need a 64-bit attribute beside the 32 bits of struct tc_ratespec."""

_MICROSECONDS: Final = 1_000_000
_CELLS: Final = 256
_LINKLAYER_ETHERNET: Final = 1  # linux/pkt_sched.h


class Psched(NamedTuple):
    """The kernel's units: nanoseconds of a tick, and ticks of its timers in a second."""

    tick: int = 64
    hz: int = 1_000_000_000


USUAL: Final = Psched()
"""Every kernel since 2.6.31, where its timers are of high resolution."""


def parse(text: str) -> Psched:
    """The units from /proc/net/psched. Raises `ValueError` for other text."""
    microsecond, tick, resolution, timer = (int(word, 16) for word in text.split())
    if resolution != _MICROSECONDS or microsecond != 1000:
        raise ValueError(f"{text!r}: a clock that is not in microseconds")
    return Psched(tick, timer)


def bytes_of(bits: int) -> int:
    """Bytes a second from bits a second."""
    return bits // 8


def ticks(rate: int, size: int, units: Psched = USUAL) -> int:
    """How long ``size`` bytes take at ``rate`` bytes a second, in ticks.

    Of a time that is too long 32 bits are kept, of its microseconds and again of its ticks.
    """
    microseconds = int(_MICROSECONDS * (size / rate)) & 0xFFFFFFFF
    return int(microseconds * (1000 / units.tick)) & 0xFFFFFFFF


def drift(found: int, rate: int, size: int, units: Psched = USUAL) -> int:
    """By how many ticks ``found`` is not what ``size`` bytes take at ``rate`` bytes a second.

    Nothing within the microsecond to which iproute2 and the precision (2^-24) to which the kernel
    computes. Both keep 32 bits of a long time, and so does this.
    """
    exact = size * 1_000_000_000 // (rate * units.tick)
    apart = (found - exact) & 0xFFFFFFFF
    apart = min(apart, (1 << 32) - apart)
    allowed = 1 + 1000 // units.tick + (exact >> 24)
    return 0 if apart <= allowed else apart


def size_of(found: int, rate: int, units: Psched = USUAL) -> int:
    """The bytes that ``rate`` bytes a second carry in so many ticks."""
    return round(found * units.tick * rate / 1_000_000_000)


def cell_log(mtu: int) -> int:
    """By how many bits a packet's size is cut to be found in a table of 256 cells."""
    log = 0
    while mtu >> log >= _CELLS:
        log += 1
    return log


@lru_cache(maxsize=64)
def rate_table(rate: int, mtu: int, units: Psched = USUAL) -> bytes:
    """How long packets of each size up to ``mtu`` take: the table of TCA_*_RTAB.

    Kernels since 3.8 look at it only to guess the link layer, where that is not said.
    """
    log = cell_log(mtu)
    cells = [ticks(rate, (cell + 1) << log, units) for cell in range(_CELLS)]
    return struct.pack(f"={_CELLS}I", *cells)


def narrow(rate: int) -> int:
    """A rate as 32 bits say it: the highest of them for one that is higher."""
    return min(rate, RATE_LIMIT - 1)


def ratespec(prefix: str, rate: int, mtu: int) -> dict[str, Any]:
    """The fields of a struct tc_ratespec with ``rate`` in bytes a second."""
    return {
        f"{prefix}_cell_log": cell_log(mtu),
        f"{prefix}_linklayer": _LINKLAYER_ETHERNET,
        f"{prefix}_cell_align": -1,
        prefix: narrow(rate),
    }
