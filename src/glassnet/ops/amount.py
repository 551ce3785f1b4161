"""Rates, sizes and times as ``tc`` reads and writes them, and their bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from glassnet.errors import InvalidValue

RATE_MIN: Final = 8  # bits a second: the kernel counts bytes
RATE_MAX: Final = 10**13
SIZE_MAX: Final = 0xFFFFFFFF  # bytes: 32 bits in every structure of tc's

_RATES: Final = ((10**9, "gbit"), (10**6, "mbit"), (10**3, "kbit"))
_SIZES: Final = ((1 << 20, "mb"), (1 << 10, "kb"))
_TIMES: Final = ((10**6, "s"), (10**3, "ms"))


def check_rate(what: str, rate: int) -> None:
    """Raise `InvalidValue` for a rate that no shaper can keep; in bits a second."""
    if not RATE_MIN <= rate <= RATE_MAX:
        raise InvalidValue(f"{what} {rate} bit/s is out of range", f"{RATE_MIN} to {RATE_MAX}")


def check_size(what: str, size: int) -> None:
    """Raise `InvalidValue` for a size in bytes that does not fit, or is none."""
    if not 1 <= size <= SIZE_MAX:
        raise InvalidValue(f"{what} {size} bytes is out of range", f"1 to {SIZE_MAX}")


def rate_text(bits: int) -> str:
    """``10mbit``: in the largest unit that says it without a fraction."""
    return _text(bits, _RATES, "bit")


def size_text(size: int) -> str:
    """``32kb``, of 1,024 bytes each; ``5000b``."""
    return _text(size, _SIZES, "b")


def time_text(microseconds: int) -> str:
    """``25ms``, ``400us``."""
    return _text(microseconds, _TIMES, "us")


def _text(number: int, units: Sequence[tuple[int, str]], smallest: str) -> str:
    for size, unit in units:
        if number and not number % size:
            return f"{number // size}{unit}"
    return f"{number}{smallest}"
