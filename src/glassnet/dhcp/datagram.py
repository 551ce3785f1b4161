"""UDP over IPv4 by hand: a client that has no address yet has no other way.

Without the link's own header, which the kernel makes (packet(7), SOCK_DGRAM).
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from glassnet.dhcp.error import Malformed
from glassnet.frames import checksum
from glassnet.values import IpAddress

SERVER_PORT: Final = 67
CLIENT_PORT: Final = 68
EVERYBODY: Final = IpAddress("255.255.255.255")

_IP: Final = struct.Struct("!BBHHHBBH4s4s")  # RFC 791, 3.1
_UDP: Final = struct.Struct("!HHHH")  # RFC 768
_PSEUDO: Final = struct.Struct("!4s4sBBH")
_VERSION_4: Final = 0x45
_LOW_DELAY: Final = 0x10
_HOPS: Final = 64
_UDP_NUMBER: Final = 17
_FRAGMENT: Final = 0x3FFF  # more to come, or not the first


class Datagram(msgspec.Struct, frozen=True):
    """From where to where, and what."""

    source: IpAddress
    source_port: int
    target: IpAddress
    target_port: int
    payload: bytes


def encode(datagram: Datagram) -> bytes:
    """The packet, with both checksums."""
    source, target = datagram.source.packed, datagram.target.packed
    size = _UDP.size + len(datagram.payload)
    ports = (datagram.source_port, datagram.target_port, size)
    udp = _UDP.pack(*ports, 0) + datagram.payload
    # Zero would say that there is none.
    total = checksum(_PSEUDO.pack(source, target, 0, _UDP_NUMBER, size) + udp) or 0xFFFF
    head = (_VERSION_4, _LOW_DELAY, _IP.size + size, 0, 0, _HOPS, _UDP_NUMBER)
    ip = _IP.pack(*head, checksum(_IP.pack(*head, 0, source, target)), source, target)
    return ip + _UDP.pack(*ports, total) + datagram.payload


def decode(data: bytes, *, verified: bool = False) -> Datagram:
    """The datagram of a packet; ``verified`` says that its checksum need not be looked at.

    A packet that never was on a wire has none yet: the kernel tells so. Raises `Malformed`.
    """
    if len(data) < _IP.size:
        raise Malformed(f"an IPv4 packet of {len(data)} bytes")
    first, _, total, _, fragment, _, protocol, _, source, target = _IP.unpack_from(data)
    head = (first & 0xF) * 4
    if first >> 4 != 4 or head < _IP.size or not head + _UDP.size <= total <= len(data):
        raise Malformed(f"no IPv4 packet, or one that is cut: it begins with {data[:4].hex()}")
    if protocol != _UDP_NUMBER or fragment & _FRAGMENT:
        raise Malformed("no whole UDP datagram")
    if not verified and checksum(data[:head]):
        raise Malformed("the IPv4 header's checksum is wrong")
    udp = data[head:total]
    source_port, target_port, size, said = _UDP.unpack_from(udp)
    if not _UDP.size <= size <= len(udp):
        raise Malformed(f"a UDP datagram of {size} bytes in a packet with room for {len(udp)}")
    pseudo = _PSEUDO.pack(source, target, 0, _UDP_NUMBER, size)
    if said and not verified and checksum(pseudo + udp[:size]):
        raise Malformed("the UDP checksum is wrong")
    return Datagram(
        IpAddress.from_bytes(source),
        source_port,
        IpAddress.from_bytes(target),
        target_port,
        udp[_UDP.size : size],
    )
