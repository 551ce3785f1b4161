"""Datagrams to groups and to the link keep their sender, whatever bridge filtering does to them.

Where br_netfilter is on, frames between two ports of a bridge pass the host's chains too: the
sender of a multicast would become the bridge.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

import pytest
from peers import EXAMPLES

from glassnet.kernel import netns as namespaces
from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

PORT = 5354
SOURCE4, SOURCE6 = "10.0.0.2", "fd00:10::2"


@pytest.fixture(scope="module")
def town() -> Iterator[Host]:
    with Host() as host:
        host.glassnet("up", str(EXAMPLES / "article.yaml"))
        yield host


def _enter(netns: str) -> None:
    fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
    namespaces.setns(fd)
    os.close(fd)


def _link_local(interface: str) -> str:
    """The link-local address of an interface of the calling namespace."""
    with open("/proc/thread-self/net/if_inet6") as file:
        rows = [line.split() for line in file]
    [text] = [row[0] for row in rows if row[5] == interface and row[0].startswith("fe80")]
    return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(text))


def _hear(to: str) -> str:
    """ns1 sends to ``to``, or to ns2's own link-local address: the sender that ns2 sees."""
    _enter("ns2")
    family = socket.AF_INET6 if ":" in to else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as ear:
        ear.settimeout(4)
        ear.bind(("", PORT))
        index = socket.if_nametoindex("veth2")
        if to.startswith("ff"):
            group = socket.inet_pton(family, to) + struct.pack("@I", index)
            ear.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        elif to.startswith("224"):
            group = socket.inet_aton(to) + socket.inet_aton("10.0.0.3")
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        if to == "fe80::":
            to = _link_local("veth2")
        _enter("ns1")
        _send(family, to)
        return str(ear.recvfrom(100)[1][0])


def _send(family: socket.AddressFamily, to: str) -> None:
    """A few times: the first may be lost while a neighbour is looked for."""
    with socket.socket(family, socket.SOCK_DGRAM) as mouth:
        index = socket.if_nametoindex("veth1")
        if family == socket.AF_INET6:
            mouth.bind((SOURCE6, 0))
            mouth.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            where: tuple[str, int] | tuple[str, int, int, int] = (to, PORT, 0, index)
        else:
            mouth.bind((SOURCE4, 0))
            mouth.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            mouth.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"veth1")
            where = (to, PORT)
        for _ in range(3):
            mouth.sendto(b"who hears me?", where)


@pytest.mark.parametrize(
    ("to", "source"),
    [
        ("224.0.0.251", SOURCE4),
        ("255.255.255.255", SOURCE4),
        ("10.0.0.255", SOURCE4),
        ("ff02::fb", SOURCE6),
        ("fe80::", SOURCE6),
        ("fd00:10::3", SOURCE6),
    ],
)
def test_the_sender_is_seen(town: Host, to: str, source: str) -> None:
    assert town.call(_hear, to) == source
