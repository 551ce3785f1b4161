"""CNI's versions: which there are, which come first, and what each has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from glassnet.cni.error import DECODING_FAILURE, INCOMPATIBLE_VERSION, CniError

ALL: Final = ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0")
NEWEST: Final = "1.1.0"
UNSAID: Final = "0.1.0"
"""What a configuration without a version is taken for."""

FIRST: Final = {"CHECK": "0.4.0", "GC": "1.1.0", "STATUS": "1.1.0"}
"""The version that brought a verb; the others have always been there."""

Version = tuple[int, int, int]

_DIGITS: Final = 9
"""So long may each number be: Python refuses to read those of thousands of digits."""


def parse(text: str) -> Version:
    """``0.4`` is 0.4.0. Raises `CniError` (6) for what is no version."""
    parts = text.split(".")
    numbers = all(p.isascii() and p.isdigit() and len(p) <= _DIGITS for p in parts)
    if len(parts) > 3 or not numbers:
        raise CniError(DECODING_FAILURE, f"invalid cniVersion {text!r}", "a version such as 1.1.0")
    major, minor, patch = (int(parts[n]) if n < len(parts) else 0 for n in range(3))
    return (major, minor, patch)


def at_least(version: str, other: str) -> bool:
    """Whether the first is the second or later."""
    return parse(version) >= parse(other)


def check(version: str, supported: Iterable[str] = ALL) -> str:
    """The version, if it is supported; raises `CniError` (1) with libcni's words."""
    known = tuple(supported)
    if version not in known:
        listed = " ".join(f'"{one}"' for one in known)
        raise CniError(
            INCOMPATIBLE_VERSION,
            "incompatible CNI versions",
            f'config is "{version}", plugin supports [{listed}]',
        )
    return version


def newest_of(versions: Iterable[str]) -> str:
    """The newest of those that are known here; ``""`` if none is."""
    known = [one for one in versions if one in ALL]
    return max(known, key=parse, default="")
