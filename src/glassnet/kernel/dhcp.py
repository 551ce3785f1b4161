"""The sockets of a DHCP client: whole packets past the IP stack, and one socket within it.

An interface without an address is not spoken to by the IP stack, so a packet socket hears and says
all that is broadcast. Whoever has an address asks its server from it, by the container's own
routes; the answer is heard by the packet socket, whatever the container's firewall makes of it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from typing import Final

from glassnet.dhcp import datagram
from glassnet.dhcp.datagram import CLIENT_PORT, EVERYBODY, SERVER_PORT, Datagram
from glassnet.dhcp.error import Malformed
from glassnet.frames import BROADCAST
from glassnet.kernel import netns as namespaces
from glassnet.values import IfName, IpAddress, Mac, Netns

_ETH_P_IP: Final = 0x0800
_SOL_PACKET: Final = 263
_PACKET_AUXDATA: Final = 8  # linux/if_packet.h
_AUXDATA: Final = struct.Struct("IIIHHHH")
_TP_STATUS_CSUMNOTREADY: Final = 1 << 3
_TP_STATUS_CSUM_VALID: Final = 1 << 7
_SO_ATTACH_FILTER: Final = 26

_SIZE_MAX: Final = 65535
_AT_A_TIME: Final = 64

# Classic BPF (linux/filter.h) on a packet that begins with its IP header: whole UDP to our port.
_FILTER: Final = (
    (0x30, 0, 0, 9),  # ldb [9]
    (0x15, 0, 6, 17),  # jeq #17: UDP
    (0x28, 0, 0, 6),  # ldh [6]
    (0x45, 4, 0, 0x3FFF),  # jset: a fragment
    (0xB1, 0, 0, 0),  # ldxb 4*([0]&0xf)
    (0x48, 0, 0, 2),  # ldh [x+2]
    (0x15, 0, 1, CLIENT_PORT),
    (0x06, 0, 0, _SIZE_MAX),  # ret: all of it
    (0x06, 0, 0, 0),  # ret: nothing
)


class Wire:
    """An interface's sockets, while answers are waited for: open, they keep its namespace alive.

    Raises `NotFound` or `Conflict` for a namespace that is none, else `OSError`.
    """

    def __init__(self, netns: Netns, ifname: IfName) -> None:
        self._ifname = ifname
        with contextlib.ExitStack() as opened:
            self._netns = namespaces.open_netns(netns)
            opened.callback(os.close, self._netns)
            with self._inside():
                kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
                self._packets = socket.socket(socket.AF_PACKET, kind, 0)
                opened.callback(self._packets.close)
                _attach_filter(self._packets)
                self._packets.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
                self._packets.bind((ifname, _ETH_P_IP))
            opened.pop_all()
        self._udp: socket.socket | None = None

    def fileno(self) -> int:
        """What is readable once there is something to `receive`."""
        return self._packets.fileno()

    @contextlib.contextmanager
    def _inside(self) -> Iterator[None]:
        back = namespaces.open_current()
        try:
            with namespaces.inside(self._netns, back):
                yield
        finally:
            os.close(back)

    def broadcast(self, source: IpAddress, payload: bytes) -> None:
        """To everybody on the link."""
        self._send(BROADCAST, Datagram(source, CLIENT_PORT, EVERYBODY, SERVER_PORT, payload))

    def by_hop(self, hop: Mac | None, source: IpAddress, target: IpAddress, payload: bytes) -> None:
        """To one address, by way of a neighbour: at once, for nobody need be asked who that is."""
        self._send(hop or BROADCAST, Datagram(source, CLIENT_PORT, target, SERVER_PORT, payload))

    def _send(self, to: Mac, one: Datagram) -> None:
        where = (self._ifname, _ETH_P_IP, 0, 0, to.packed)
        self._packets.sendto(datagram.encode(one), where)

    def unicast(self, source: IpAddress, target: IpAddress, payload: bytes) -> None:
        """To one address, as the container's routes have it."""
        if self._udp is None:
            self._udp = self._open(source)
        self._udp.sendto(payload, (target, SERVER_PORT))

    def _open(self, source: IpAddress) -> socket.socket:
        """Open as long as answers are waited for, for else the kernel would refuse them."""
        with self._inside(), contextlib.ExitStack() as opened:
            kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
            sock = opened.enter_context(socket.socket(socket.AF_INET, kind))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self._ifname.encode())
            sock.bind((source, CLIENT_PORT))
            opened.pop_all()
        return sock

    def receive(self) -> Iterator[tuple[bytes, Mac | None]]:
        """What has come for a DHCP client, and who sent it; what is no datagram is passed over."""
        for _ in range(_AT_A_TIME):
            try:
                data, extra, _, address = self._packets.recvmsg(
                    _SIZE_MAX, socket.CMSG_SPACE(_AUXDATA.size)
                )
            except BlockingIOError:
                return
            hardware: bytes = address[4]
            with contextlib.suppress(Malformed):
                found = datagram.decode(data, verified=_is_verified(extra))
                if found.target_port == CLIENT_PORT:
                    yield (found.payload, Mac.from_bytes(hardware) if len(hardware) == 6 else None)

    def close(self) -> None:
        """Let go of all."""
        self._packets.close()
        if self._udp is not None:
            self._udp.close()
        os.close(self._netns)


def _is_verified(extra: list[tuple[int, int, bytes]]) -> bool:
    """Whether the kernel answers for the checksum, or has not made one yet."""
    status = 0
    for level, kind, data in extra:
        if (level, kind) == (_SOL_PACKET, _PACKET_AUXDATA) and len(data) >= _AUXDATA.size:
            status = _AUXDATA.unpack_from(data)[0]
    return bool(status & (_TP_STATUS_CSUMNOTREADY | _TP_STATUS_CSUM_VALID))


def _attach_filter(sock: socket.socket) -> None:
    code = b"".join(struct.pack("HBBI", *one) for one in _FILTER)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HP", len(_FILTER), ctypes.addressof(buffer))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
