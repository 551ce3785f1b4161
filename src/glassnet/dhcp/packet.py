"""A DHCP message: BOOTP's fixed fields, the magic cookie, and options (RFC 2131, 2).

Options that found no room in their place may stand where the server's name and the boot file
have theirs (RFC 2132, 9.3).
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from glassnet.dhcp import option
from glassnet.dhcp.error import Malformed
from glassnet.dhcp.option import Options
from glassnet.values import IpAddress, Mac

REQUEST, REPLY = 1, 2
"""BOOTP's two kinds."""
DISCOVER, OFFER, ASK, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
"""What a message is for (RFC 2132, 9.6); ``ASK`` is DHCPREQUEST."""

ETHERNET: Final = 1
BROADCAST_FLAG: Final = 1 << 15
NOWHERE: Final = IpAddress("0.0.0.0")

_FIXED: Final = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
_COOKIE: Final = b"\x63\x82\x53\x63"
_SIZE_MIN: Final = 300
"""RFC 1542, 2.1: relays of old drop what is shorter."""
_IN_FILE, _IN_NAME = 1, 2


class Packet(msgspec.Struct, frozen=True, kw_only=True):
    """One message. Addresses are IPv4; ``hardware`` is the client's, 0 to 16 bytes.

    ``server_name`` and ``boot_file`` are bytes without the zeros behind them, empty where options
    stood there.
    """

    op: int = REQUEST
    hardware_type: int = ETHERNET
    hops: int = 0
    xid: int = 0
    seconds: int = 0
    flags: int = 0
    client: IpAddress = NOWHERE
    yours: IpAddress = NOWHERE
    next_server: IpAddress = NOWHERE
    relay: IpAddress = NOWHERE
    hardware: bytes = b""
    server_name: bytes = b""
    boot_file: bytes = b""
    options: Options = {}

    @property
    def kind(self) -> int:
        """What it is for, or 0 where it does not say so in one byte."""
        value = self.options.get(option.MESSAGE_TYPE, b"")
        return value[0] if len(value) == 1 else 0

    def is_for(self, mac: Mac) -> bool:
        """Whether it is the answer to somebody with this hardware address."""
        return self.op == REPLY and self.hardware == mac.packed

    def address(self, code: int) -> IpAddress | None:
        """The first address of an option, or None where there is none."""
        value = self.options.get(code, b"")
        return IpAddress.from_bytes(value[:4]) if len(value) >= 4 else None

    def seconds_of(self, code: int) -> int | None:
        """A time, or None where there is none of four bytes."""
        value = self.options.get(code, b"")
        return int.from_bytes(value) if len(value) == 4 else None


def encode(packet: Packet) -> bytes:
    """The message's bytes, 300 at least."""
    fixed = _FIXED.pack(
        packet.op,
        packet.hardware_type,
        len(packet.hardware),
        packet.hops,
        packet.xid,
        packet.seconds,
        packet.flags,
        packet.client.packed,
        packet.yours.packed,
        packet.next_server.packed,
        packet.relay.packed,
        packet.hardware,
        packet.server_name,
        packet.boot_file,
        _COOKIE,
    )
    return (fixed + option.encode(packet.options)).ljust(_SIZE_MIN, b"\0")


def decode(data: bytes) -> Packet:
    """The message. Raises `Malformed`, whatever the bytes are."""
    if len(data) < _FIXED.size:
        raise Malformed(f"a DHCP message of {len(data)} bytes: it has {_FIXED.size} at least")
    op, hardware_type, length, hops, xid, seconds, flags, *rest = _FIXED.unpack_from(data)
    client, yours, next_server, relay, hardware, name, file, cookie = rest
    if cookie != _COOKIE:
        raise Malformed(f"no DHCP message: its cookie is {cookie.hex()}")
    if op not in (REQUEST, REPLY):
        raise Malformed(f"a DHCP message that is neither request nor reply: its op is {op}")
    if length > len(hardware):
        raise Malformed(f"a DHCP message with a hardware address of {length} bytes")
    options, name, file = _options(data[_FIXED.size :], name, file)
    return Packet(
        op=op,
        hardware_type=hardware_type,
        hops=hops,
        xid=xid,
        seconds=seconds,
        flags=flags,
        client=IpAddress.from_bytes(client),
        yours=IpAddress.from_bytes(yours),
        next_server=IpAddress.from_bytes(next_server),
        relay=IpAddress.from_bytes(relay),
        hardware=hardware[:length],
        server_name=name.rstrip(b"\0"),
        boot_file=file.rstrip(b"\0"),
        options=options,
    )


def _options(data: bytes, name: bytes, file: bytes) -> tuple[dict[int, bytes], bytes, bytes]:
    """The options, from wherever they are; and the two fields, empty where options are in them."""
    fields = [("the options", data)]
    overload = option.decode(fields).get(option.OVERLOAD, b"\0")
    if len(overload) != 1 or overload[0] > _IN_FILE | _IN_NAME:
        raise Malformed(f"DHCP option {option.OVERLOAD} (overload) is {overload.hex()}: 01 to 03")
    if overload[0] & _IN_FILE:
        fields.append(("the boot file", file))
        file = b""
    if overload[0] & _IN_NAME:
        fields.append(("the server's name", name))
        name = b""
    options = option.decode(fields)
    options.pop(option.OVERLOAD, None)  # it says how the others are written, and is no news itself
    return (options, name, file)
