"""Our own ping: an ICMP echo (RFC 792, RFC 4443) sent and awaited in a namespace."""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from typing import Final, NamedTuple

from glassnet.errors import NotPermitted
from glassnet.values import IpAddress

_ECHO: Final = {4: 8, 6: 128}
_REPLY: Final = {4: 0, 6: 129}
_UNREACHABLE: Final = {4: 3, 6: 1}
_PAYLOAD: Final = b"glassnet asks: are you there?"
_WORDS: Final = {
    (4, 0): "network unreachable",
    (4, 1): "host unreachable",
    (4, 2): "protocol unreachable",
    (4, 3): "port unreachable",
    (4, 4): "fragmentation needed",
    (4, 9): "network administratively prohibited",
    (4, 10): "host administratively prohibited",
    (4, 13): "administratively prohibited",
    (6, 0): "no route to destination",
    (6, 1): "administratively prohibited",
    (6, 2): "beyond scope of source address",
    (6, 3): "address unreachable",
    (6, 4): "port unreachable",
}


class Reply(NamedTuple):
    """What came of one echo: milliseconds if it was answered, else why not in ``words``."""

    sequence: int
    milliseconds: float | None
    sender: str
    words: str


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo_request(version: int, identifier: int, sequence: int) -> bytes:
    """An ICMP echo request; ICMPv6's checksum is left to the kernel, as RFC 3542 has it."""
    kind = _ECHO[version]
    head = struct.pack("!BBHHH", kind, 0, 0, identifier, sequence)
    if version == 6:
        return head + _PAYLOAD
    head = struct.pack("!BBHHH", kind, 0, checksum(head + _PAYLOAD), identifier, sequence)
    return head + _PAYLOAD


def read_reply(version: int, packet: bytes, identifier: int, sequence: int) -> str | None:
    """Empty if the packet answers our request, words if it refuses it, None if it is another's."""
    body = packet[(packet[0] & 15) * 4 :] if version == 4 and packet else packet
    if len(body) < 8:
        return None
    kind, code, _, found, number = struct.unpack_from("!BBHHH", body)
    if kind == _REPLY[version]:
        return "" if (found, number) == (identifier, sequence) else None
    if kind != _UNREACHABLE[version]:
        return None
    inner = body[8:]
    size = (inner[0] & 15) * 4 if version == 4 and inner else 40
    if len(inner) < size + 8:
        return None
    _, _, _, found, number = struct.unpack_from("!BBHHH", inner, size)
    if (found, number) != (identifier, sequence):
        return None
    return _WORDS.get((version, code), f"unreachable, code {code}")


class Prober:
    """Sends echoes from the namespace in which it was made."""

    def __init__(self, target: IpAddress) -> None:
        self._target = target
        self._identifier = os.getpid() & 0xFFFF
        family = socket.AF_INET if target.version == 4 else socket.AF_INET6
        protocol = socket.IPPROTO_ICMP if target.version == 4 else socket.IPPROTO_ICMPV6
        try:
            self._socket = socket.socket(family, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        except PermissionError as error:
            raise NotPermitted(
                f"an ICMP socket: {error.strerror}", "needs CAP_NET_RAW: run it as root"
            ) from error

    def probe(self, sequence: int, seconds: float) -> Reply:
        """One echo, awaited for so long. ICMP has 16 bits for the number of it."""
        begin, number = time.monotonic(), sequence & 0xFFFF
        version, target = self._target.version, str(self._target)
        try:
            self._socket.sendto(echo_request(version, self._identifier, number), (target, 0))
        except OSError as error:
            return Reply(sequence, None, "", error.strerror or str(error))
        while (left := begin + seconds - time.monotonic()) > 0:
            if not select.select([self._socket], [], [], left)[0]:
                break
            packet, sender = self._socket.recvfrom(2048)
            words = read_reply(version, packet, self._identifier, number)
            if words is not None:
                spent = (time.monotonic() - begin) * 1e3
                return Reply(sequence, None if words else spent, str(sender[0]), words)
        return Reply(sequence, None, "", f"no answer within {seconds:g} s")

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
