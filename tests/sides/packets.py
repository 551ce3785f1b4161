"""What becomes of packets: who answers, and whom it takes for the sender."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from glassnet.kernel import netns as namespaces
from glassnet.testing.host import Host

NEAR: Final = "host"
PATIENCE: Final = 0.3
OUTSIDE: Final = """
ip link add uplink type veth peer name eth0 netns outside
ip addr add 192.0.2.1/24 dev uplink
ip addr add 2001:db8::1/64 dev uplink nodad
ip link set uplink up
ip -n outside addr add 192.0.2.2/24 dev eth0
ip -n outside addr add 2001:db8::2/64 dev eth0 nodad
ip -n outside link set eth0 up
ip -n outside link set lo up
ip route add default via 192.0.2.2
ip route add default via 2001:db8::2
"""
"""A neighbour of the host's that knows of no container."""
KNOWING: Final = """
ip -n outside route add default via 192.0.2.1
ip -n outside route add default via 2001:db8::1
"""
"""And one that takes the host for its way to all the world."""


@dataclass(frozen=True)
class Probe:
    """A packet from one namespace to an address, and the port at which another listens."""

    name: str
    client: str
    to: str
    server: str
    port: int = 8000
    listen: int = 0
    udp: bool = False


def probe(host: Host, probes: Sequence[Probe]) -> dict[str, str]:
    """What becomes of each: ``from ADDRESS``, ``refused`` or ``no answer``."""
    return host.call(_all, probes)


def _all(probes: Sequence[Probe]) -> dict[str, str]:
    with contextlib.ExitStack() as opened:
        names = {name for one in probes for name in (one.client, one.server)}
        paths = {name: f"/run/netns/{name}" for name in names} | {NEAR: "/proc/thread-self/ns/net"}
        spaces = {name: opened.enter_context(Path(path).open("rb")) for name, path in paths.items()}
        return {one.name: _one(one, spaces) for one in probes}


def _in(space: BinaryIO, family: int, kind: int) -> socket.socket:
    """A socket in a namespace."""
    namespaces.setns(space.fileno())
    one = socket.socket(family, kind)
    one.settimeout(PATIENCE)
    return one


def _one(it: Probe, spaces: Mapping[str, BinaryIO]) -> str:
    family = socket.AF_INET6 if ":" in it.to else socket.AF_INET
    kind = socket.SOCK_DGRAM if it.udp else socket.SOCK_STREAM
    with _in(spaces[it.server], family, kind) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", it.listen or it.port))
        with _in(spaces[it.client], family, kind) as client:
            try:
                return _datagram(it, client, server) if it.udp else _stream(it, client, server)
            except ConnectionRefusedError:
                return "refused"
            except TimeoutError:
                return "no answer"
            except OSError as error:
                return f"{error.strerror}"


def _stream(it: Probe, client: socket.socket, server: socket.socket) -> str:
    server.listen()
    client.connect((it.to, it.port))
    taken, peer = server.accept()
    taken.close()
    return f"from {peer[0]}"


def _datagram(it: Probe, client: socket.socket, server: socket.socket) -> str:
    client.sendto(b"?", (it.to, it.port))
    _, peer = server.recvfrom(9)
    server.sendto(b"!", peer)
    client.recvfrom(9)
    return f"from {peer[0]}"
