"""Names and MACs that follow from what they belong to, so that no two attachments share one.

They are the same each time, so that a result is known before anything is made, a retry meets its
own leftovers, and an address that returns to a container has the MAC that neighbours remember.
"""

from __future__ import annotations

from typing import Final

from glassnet.values import IfName, IpAddress, Mac

_OFFSET, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, 0xFFFFFFFFFFFFFFFF
_LOCAL: Final = 0x02
_DIGITS: Final = 11  # "veth" and 11 make the 15 bytes of a name


def digest(*parts: str) -> int:
    """64 bits of a text's FNV-1a hash, mixed once more: alike texts differ in all bits."""
    value = _OFFSET
    for byte in "\0".join(parts).encode(errors="surrogateescape"):
        value = (value ^ byte) * _PRIME & _MASK
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & _MASK
    return value ^ value >> 33


def host_ifname(network: str, container: str, ifname: str) -> IfName:
    """The host's end: ``veth`` and 44 bits of the whole."""
    return IfName(f"veth{digest('link', network, container, ifname) >> 20:0{_DIGITS}x}")


def host_mac(network: str, container: str, ifname: str) -> Mac:
    """The MAC of the host's end."""
    return _mac(digest("host", network, container, ifname))


def ifb_ifname(network: str, container: str, ifname: str) -> IfName:
    """The link that shapes what a container sends: ``ifb`` and 44 bits of the whole."""
    return IfName(f"ifb{digest('ifb', network, container, ifname) >> 20:0{_DIGITS}x}")


def ifb_mac(network: str, container: str, ifname: str) -> Mac:
    """Its MAC; no frame bears it."""
    return _mac(digest("ifb", network, container, ifname))


def container_mac(network: str, container: str, ifname: str, address: IpAddress | None) -> Mac:
    """The MAC of the container's end: that of its first address, if it has one."""
    if address is not None:
        return _mac(digest("address", network, str(address)))
    return _mac(digest("container", network, container, ifname))


def bridge_mac(bridge: str) -> Mac:
    """The MAC that a bridge is born with, so that it does not follow its ports' (docs/adr)."""
    return _mac(digest("bridge", bridge))


def _mac(number: int) -> Mac:
    return Mac.from_bytes(bytes([_LOCAL]) + (number & 0xFFFFFFFFFF).to_bytes(5))
