"""What is in options: addresses, routes, names; bytes that make no sense are `Malformed`."""

from __future__ import annotations

from typing import Final

from glassnet.dhcp.error import Malformed
from glassnet.values import Cidr, IpAddress, Prefix

_POINTER: Final = 0xC0
_LABEL_MAX: Final = 63
_NAME_MAX: Final = 255
_JUMPS_MAX: Final = 32


def addresses(value: bytes) -> list[IpAddress]:
    """Addresses one after another."""
    if len(value) % 4:
        raise Malformed(f"a list of addresses of {len(value)} bytes")
    return [IpAddress.from_bytes(value[n : n + 4]) for n in range(0, len(value), 4)]


def prefix_length(mask: bytes) -> int:
    """How long the prefix of a subnet mask is."""
    number = int.from_bytes(mask)
    length = number.bit_count()
    if len(mask) != 4 or number != (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF:
        raise Malformed(f"{mask.hex()} is no subnet mask")
    return length


def classless_routes(value: bytes) -> list[tuple[Prefix, IpAddress]]:
    """Destination and router of each; 0.0.0.0 stands for the link itself (RFC 3442)."""
    found: list[tuple[Prefix, IpAddress]] = []
    at = 0
    while at < len(value):
        length = value[at]
        size = (length + 7) // 8
        piece = value[at + 1 : at + 1 + size + 4]
        if length > 32 or len(piece) < size + 4:
            raise Malformed(f"a classless route that is cut or too long at byte {at}")
        destination = Cidr.of(IpAddress.from_bytes(piece[:size].ljust(4, b"\0")), length).prefix
        found.append((destination, IpAddress.from_bytes(piece[size:])))
        at += 1 + size + 4
    return found


def static_routes(value: bytes) -> list[tuple[Prefix, IpAddress]]:
    """The same of old, whose destination's length is that of its class (RFC 2132, 5.8).

    What is no network's address, the default route among them, is passed over.
    """
    if len(value) % 8:
        raise Malformed(f"a list of static routes of {len(value)} bytes")
    found: list[tuple[Prefix, IpAddress]] = []
    for at in range(0, len(value), 8):
        destination = IpAddress.from_bytes(value[at : at + 4])
        length = _class_length(value[at])
        if length and destination.number:
            router = IpAddress.from_bytes(value[at + 4 : at + 8])
            found.append((Cidr.of(destination, length).prefix, router))
    return found


def _class_length(first: int) -> int:
    if first < 128:
        return 8
    if first < 192:
        return 16
    return 24 if first < 224 else 0


def name(value: bytes) -> str:
    """A domain's name as text, without zeros or blanks around it."""
    text = value.strip(b"\0 ").decode("ascii", errors="replace")
    if not text.isprintable() or "�" in text or any(c.isspace() for c in text):
        raise Malformed(f"{value!r} is no domain name")
    return text


def search(value: bytes) -> list[str]:
    """Domains to search, in DNS's own form, with pointers into the option (RFC 3397)."""
    found: list[str] = []
    at = 0
    while at < len(value):
        labels, at = _labels(value, at)
        found.append(name(".".join(labels).encode()))
    return [one for one in found if one]


def _labels(value: bytes, at: int) -> tuple[list[str], int]:
    """The labels from a place on, and where the next name begins."""
    labels: list[str] = []
    after = -1
    jumps = size = 0
    while True:
        length = value[at] if at < len(value) else -1
        if length == 0:
            return (labels, at + 1 if after < 0 else after)
        if length & _POINTER == _POINTER and at + 1 < len(value):
            after = at + 2 if after < 0 else after
            at = (length & ~_POINTER) << 8 | value[at + 1]
            jumps += 1
        else:
            label = value[at + 1 : at + 1 + length]
            size += length + 1
            if not 0 < length <= _LABEL_MAX or len(label) < length or size > _NAME_MAX:
                raise Malformed(f"a domain to search that is cut or too long at byte {at}")
            labels.append(label.decode("ascii", errors="replace"))
            at += 1 + length
        if jumps > _JUMPS_MAX:
            raise Malformed("a domain to search that points at itself")


def is_usable(address: IpAddress) -> bool:
    """Whether a host may have it as its own."""
    first = address.packed[0]
    return first not in (0, 127) and first < 224
