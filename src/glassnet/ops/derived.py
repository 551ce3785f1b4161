"""Numbers and MACs that follow from what they belong to: the same each time, and no two alike.

So they are known before anything is made, and an address that returns has the MAC that neighbours
remember.
"""

from __future__ import annotations

from typing import Final

from glassnet.values import Mac

_OFFSET, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, 0xFFFFFFFFFFFFFFFF
_LOCAL: Final = 0x02


def digest(*parts: str) -> int:
    """64 bits of a text's FNV-1a hash, mixed once more: alike texts differ in all bits."""
    value = _OFFSET
    for byte in "\0".join(parts).encode(errors="surrogateescape"):
        value = (value ^ byte) * _PRIME & _MASK
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & _MASK
    return value ^ value >> 33


def mac(*parts: str) -> Mac:
    """A locally administered MAC: 40 bits of the digest."""
    return Mac.from_bytes(bytes([_LOCAL]) + (digest(*parts) & 0xFFFFFFFFFF).to_bytes(5))
