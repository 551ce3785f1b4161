"""A DHCP server for tests that leases one address for a few seconds, and does as it is told.

It prints a line for each message: its kind, whether it was sent to everybody, the client's address.
Its input's lines are how it behaves from then on:

    good        it answers
    deaf        it does not hear what is sent to it alone
    silent      it answers nothing
    refusing    it says no to whatever is asked for
    noisy       before each answer it sends others that are wrong
"""

from __future__ import annotations

import selectors
import socket
import struct
import sys
from typing import Final

from msgspec.structs import replace

from glassnet.dhcp import option, packet
from glassnet.dhcp.packet import Packet
from glassnet.values import IpAddress

EVERYBODY: Final = "255.255.255.255"
_IP_PKTINFO: Final = 8
_NAMES: Final = ("", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE")


def tell(*words: str) -> None:
    """A line."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def main(ifname: str, server: str, address: str, seconds: int) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, ifname.encode())
    sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    sock.bind(("", 67))
    selector = selectors.DefaultSelector()
    selector.register(sock, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    how = "good"
    tell("ready")
    while True:
        ready = [key.fileobj for key, _ in selector.select()]
        if sys.stdin in ready:
            how = sys.stdin.readline().strip()
            if not how:
                return
            tell(how)
        if sock in ready:
            data, extra, _, _ = sock.recvmsg(2000, 100)
            to = socket.inet_ntoa(struct.unpack("i4s4s", extra[0][2])[2])
            asked = packet.decode(data)
            where = "everybody" if to == EVERYBODY else "server"
            tell(_NAMES[asked.kind], where, asked.client)
            if how == "silent" or (how == "deaf" and where == "server"):
                continue
            for answer in answers(asked, IpAddress(server), IpAddress(address), seconds, how):
                target = str(asked.client) if asked.client.number else EVERYBODY
                sock.sendto(answer, (target, 68))


def answers(
    asked: Packet, server: IpAddress, address: IpAddress, seconds: int, how: str
) -> list[bytes]:
    """What is sent back, the right answer last."""
    kinds = {packet.DISCOVER: packet.OFFER, packet.ASK: packet.ACK}
    if asked.kind not in kinds:
        return []
    kind = kinds[asked.kind]
    if how == "refusing" and kind == packet.ACK:
        kind = packet.NAK
    options = {
        option.MESSAGE_TYPE: bytes((kind,)),
        option.SERVER_ID: server.packed,
        option.LEASE_TIME: seconds.to_bytes(4),
        option.SUBNET_MASK: b"\xff\xff\xff\0",
        option.ROUTERS: server.packed,
    }
    good = Packet(
        op=packet.REPLY, xid=asked.xid, hardware=asked.hardware, yours=address, options=options
    )
    if how != "noisy":
        return [packet.encode(good)]
    elsewhere = IpAddress("10.5.0.99")
    wrong = (
        replace(good, xid=good.xid ^ 1, yours=elsewhere),
        replace(good, hardware=b"\2\0\0\0\0\7", yours=elsewhere),
        replace(good, op=packet.REQUEST, yours=elsewhere),
        replace(good, yours=elsewhere, options={**options, option.MESSAGE_TYPE: b"\7"}),
        replace(good, yours=elsewhere, options={option.MESSAGE_TYPE: bytes((kind,))}),
    )
    spoilt = (b"", packet.encode(good)[:250], b"\0" * 300)
    return [*spoilt, *(packet.encode(one) for one in wrong), packet.encode(good)]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
