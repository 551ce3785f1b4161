"""A server, run as a program: ``answering.py NAME tcp/80 udp/53 tcp/80/10.0.0.1 …``.

It prints ``ready`` when it listens, and answers every question with JSON: its name, who asked, and
the address and port by which it was reached.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
IPV6_RECVPKTINFO = 49  # linux/in6.h
IPV6_PKTINFO = 50


def listen(text: str) -> socket.socket:
    """A socket for ``PROTOCOL/PORT[/ADDRESS]``; without an address, for both families."""
    protocol, port, address = f"{text}/".split("/")[:3]
    family = socket.AF_INET if "." in address else socket.AF_INET6
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    one = socket.socket(family, kind, PROTOCOLS[protocol])
    if family == socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(bool(address)))
        one.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind((address, int(port)))
    if kind == socket.SOCK_STREAM:
        one.listen(16)
    return one


def plain(address: str) -> str:
    """An IPv4 address as such, where a socket of both families writes it as IPv6."""
    return address.removeprefix("::ffff:")


def answer_stream(name: str, one: socket.socket) -> None:
    """Accept one client and tell it."""
    client, peer = one.accept()
    with client:
        client.settimeout(2)
        client.recv(4096)
        at = client.getsockname()
        client.sendall(json.dumps([name, plain(peer[0]), plain(at[0]), at[1]]).encode())


def answer_datagram(name: str, one: socket.socket) -> None:
    """Tell the sender of one datagram, from the address it was sent to."""
    _, ancillary, _, peer = one.recvmsg(4096, 1024)
    [at] = [data[:16] for _, kind, data in ancillary if kind == IPV6_PKTINFO] or [b""]
    mine = plain(socket.inet_ntop(socket.AF_INET6, at)) if at else one.getsockname()[0]
    told = json.dumps([name, plain(peer[0]), mine, one.getsockname()[1]]).encode()
    one.sendto(told, peer)


def main() -> None:
    """Serve until killed."""
    name, *wanted = sys.argv[1:]
    sockets = [listen(text) for text in wanted]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    selector = selectors.DefaultSelector()
    for each in sockets:
        selector.register(each, selectors.EVENT_READ, each)
    while True:
        for key, _ in selector.select():
            one: socket.socket = key.data
            if one.type == socket.SOCK_STREAM:
                answer_stream(name, one)
            else:
                answer_datagram(name, one)


if __name__ == "__main__":
    main()
