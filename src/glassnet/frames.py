"""Ethernet frames by which a host announces where an address is: made of values, without I/O.

Neighbours that have heard of the address, and of another hardware address, take the new one.
"""

from __future__ import annotations

import struct
from typing import Final

from glassnet.values import IpAddress, Mac

BROADCAST: Final = Mac("ff:ff:ff:ff:ff:ff")
ALL_NODES: Final = IpAddress("ff02::1")  # RFC 4291, 2.7.1
_ALL_NODES_MAC: Final = Mac("33:33:00:00:00:01")  # RFC 2464, 7

ETH_P_ARP: Final = 0x0806
ETH_P_IPV6: Final = 0x86DD
_ETH_P_IP: Final = 0x0800

_ETHERNET: Final = struct.Struct("!6s6sH")
_ARP: Final = struct.Struct("!HHBBH6s4s6s4s")  # RFC 826, for Ethernet and IPv4
_IPV6: Final = struct.Struct("!IHBB16s16s")  # RFC 8200, 3
_NA: Final = struct.Struct("!BBHI16sBB6s")  # RFC 4861, 4.4, with one option
_PSEUDO: Final = struct.Struct("!16s16sII")  # RFC 8200, 8.1

_ARPHRD_ETHER: Final = 1
_REQUEST, _REPLY = 1, 2
_ICMPV6: Final = 58
_NEIGHBOUR_ADVERTISEMENT: Final = 136
_HOPS: Final = 255  # RFC 4861, 7.1.2: no other is believed
_ROUTER, _OVERRIDE = 1 << 31, 1 << 29
_TARGET_ADDRESS: Final = 2  # RFC 4861, 4.6.1: an option of one unit of 8 bytes


def announcement(address: IpAddress, mac: Mac, *, answer: bool, router: bool) -> bytes:
    """The frame that says: ``address`` is at ``mac``.

    For IPv4 `gratuitous_arp`, in the form of a request or of an ``answer``; for IPv6
    `unsolicited_advertisement`, which tells whether it is a ``router`` that says so.
    """
    if address.version == 4:
        return gratuitous_arp(address, mac, answer=answer)
    return unsolicited_advertisement(address, mac, router=router)


def gratuitous_arp(address: IpAddress, mac: Mac, *, answer: bool) -> bytes:
    """An ARP announcement to everybody (RFC 5227, 3): asked by and for the same address.

    As ``arping -U`` makes it, or as an ``answer``, as ``arping -A`` does: some hosts heed the one
    alone, some the other.
    """
    target = mac if answer else BROADCAST
    body = _ARP.pack(
        _ARPHRD_ETHER,
        _ETH_P_IP,
        6,
        4,
        _REPLY if answer else _REQUEST,
        mac.packed,
        address.packed,
        target.packed,
        address.packed,
    )
    return _ETHERNET.pack(BROADCAST.packed, mac.packed, ETH_P_ARP) + body


def unsolicited_advertisement(address: IpAddress, mac: Mac, *, router: bool) -> bytes:
    """A neighbour advertisement to all nodes that nobody asked for (RFC 4861, 7.2.6).

    From the address itself, and to override what neighbours have cached.
    """
    flags = _OVERRIDE | (_ROUTER if router else 0)
    fields = (flags, address.packed, _TARGET_ADDRESS, 1, mac.packed)
    body = _NA.pack(_NEIGHBOUR_ADVERTISEMENT, 0, 0, *fields)
    pseudo = _PSEUDO.pack(address.packed, ALL_NODES.packed, len(body), _ICMPV6)
    body = _NA.pack(_NEIGHBOUR_ADVERTISEMENT, 0, checksum(pseudo + body), *fields)
    head = _IPV6.pack(6 << 28, len(body), _ICMPV6, _HOPS, address.packed, ALL_NODES.packed)
    return _ETHERNET.pack(_ALL_NODES_MAC.packed, mac.packed, ETH_P_IPV6) + head + body


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
