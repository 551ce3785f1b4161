"""SCTP through a published port, packet by packet: the kernel need not have SCTP sockets."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from peers import Answer, ask, serving

from glassnet.kernel import netns as namespaces
from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

LAB = """
name: sctp
namespaces:
  web: {}
  outside: {routes: [default via 192.0.2.1]}
bridges: {sw0: {addresses: [10.1.0.1/24], gateway: true}}
links:
  - web:eth0 10.1.0.2/24 -- sw0
  - host:wan0 192.0.2.1/24 -- outside:eth0 192.0.2.9/24
host:
  forwarding: true
  publish: [2905:2900/sctp -> web, 3000-3009/sctp -> web, 2906:80 -> web]
"""
SCTP = 132
INIT, INIT_ACK = 1, 2  # RFC 9260, section 3.2
CLIENT_PORT = 40000
Seen = tuple[str, int, int, int, bool]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    file = tmp_path_factory.mktemp("lab") / "sctp.yaml"
    file.write_text(LAB)
    with Host() as host:
        host.glassnet("up", str(file))
        yield host


def crc32c(data: bytes) -> int:
    """The checksum of SCTP (RFC 9260, appendix A), which connection tracking verifies."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def packet(source: int, to: int, chunk: int, tag: int) -> bytes:
    """An SCTP packet with an INIT or INIT ACK chunk of the smallest form."""
    body = struct.pack("!BBHIIHHI", chunk, 0, 20, 0x1234 + chunk, 65536, 1, 1, 1)
    if chunk == INIT_ACK:  # it must carry a cookie
        cookie = struct.pack("!HH4s", 7, 8, b"bake")
        body = body[:2] + struct.pack("!H", 20 + len(cookie)) + body[4:] + cookie
    head = struct.pack("!HHI", source, to, tag)
    checksum = struct.pack("<I", crc32c(head + bytes(4) + body))
    return head + checksum + body


def _raw(seconds: float = 2.0) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_RAW, SCTP)
    one.settimeout(seconds)
    return one


def _read(one: socket.socket) -> Seen:
    """The sender, both ports, the kind of the first chunk, and whether the checksum is right."""
    data, (sender, _) = one.recvfrom(4096)
    body = data[(data[0] & 15) * 4 :]
    source, to = struct.unpack_from("!HH", body)
    [checksum] = struct.unpack_from("<I", body, 8)
    right = crc32c(body[:8] + bytes(4) + body[12:]) == checksum
    return (sender, source, to, body[12], right)


def _in(path: str) -> socket.socket:
    """A raw socket of a named namespace, in a process that goes on elsewhere."""
    with open("/proc/thread-self/ns/net") as here, open(path) as there:
        namespaces.setns(there.fileno())
        try:
            return _raw()
        finally:
            namespaces.setns(here.fileno())


def _shake_hands(port: int, to_port: int) -> tuple[Seen, Seen]:
    """INIT from outside and INIT ACK from web: what each of the two saw."""
    with _in("/run/netns/web") as web, _in("/run/netns/outside") as outside:
        outside.sendto(packet(CLIENT_PORT, port, INIT, 0), ("192.0.2.1", 0))
        asked = _read(web)
        web.sendto(packet(to_port, CLIENT_PORT, INIT_ACK, 0x1234 + INIT), (asked[0], 0))
        return asked, _read(outside)


@pytest.mark.parametrize(("port", "to_port"), [(2905, 2900), (3000, 3000), (3009, 3009)])
def test_an_association_is_led_there_and_back(town: Host, port: int, to_port: int) -> None:
    asked, answered = town.call(_shake_hands, port, to_port)
    assert asked == ("192.0.2.9", CLIENT_PORT, to_port, INIT, True)
    assert answered == ("192.0.2.1", port, CLIENT_PORT, INIT_ACK, True)


def _lost(port: int) -> bool:
    """Whether an INIT to that port comes not to web, while one that is published does."""
    with _in("/run/netns/web") as web, _in("/run/netns/outside") as outside:
        outside.sendto(packet(CLIENT_PORT + 1, port, INIT, 0), ("192.0.2.1", 0))
        outside.sendto(packet(CLIENT_PORT + 1, 3001, INIT, 0), ("192.0.2.1", 0))
        return _read(web)[2] == 3001


@pytest.mark.parametrize("port", [2900, 2904, 2906, 2999, 3010])
def test_a_port_that_is_not_published_for_sctp_leads_nowhere(town: Host, port: int) -> None:
    assert town.call(_lost, port)


def _missing() -> str:
    """Why the kernel gives no SCTP sockets; empty if it does."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, SCTP).close()
    except OSError as error:
        return f"the kernel has no SCTP sockets (CONFIG_IP_SCTP): {error.strerror}"
    return ""


def test_the_kernels_own_sctp_sockets_reach_each_other(town: Host) -> None:
    if missing := _missing():
        pytest.skip(missing)
    with serving(town, "web", "sctp/3005"):
        answer = ask(town, "outside", "sctp", "192.0.2.1", 3005)
    assert answer == Answer("web", "192.0.2.9", "10.1.0.2", 3005)
