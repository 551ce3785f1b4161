"""A client that goes on asking from one and the same socket, and servers that it may be led to."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from glassnet.errors import GlassnetError
from glassnet.kernel import netns as namespaces
from glassnet.kernel.linux import LinuxKernel
from glassnet.nft.base import BASE
from glassnet.ops.base import Op
from glassnet.testing.host import Host

T = TypeVar("T")

SOURCE_PORT = 40_000
WAIT = 0.5
"""Seconds in which an answer comes, if one comes at all."""

TOWN = f"""
for which in all default; do echo 0 > /proc/sys/net/ipv6/conf/$which/accept_dad; done
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
place() {{  # name of the namespace and its link, the network's number
    ip netns add $1
    nsenter --net=/run/netns/$1 sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'
    ip link add $1 type veth peer name eth0 netns $1
    ip link set $1 up
    ip -n $1 link set eth0 up
    ip addr add 10.$2.0.1/24 dev $1
    ip addr add fd00:$2::1/64 dev $1 nodad
    ip -n $1 addr add 10.$2.0.2/24 dev eth0
    ip -n $1 addr add fd00:$2::2/64 dev eth0 nodad
    ip -n $1 route add default via 10.$2.0.1
    ip -n $1 route add default via fd00:$2::1
}}
place one 1
place two 2
place client 9
nft -f - <<'EOF'
{BASE}EOF
"""
HOST_ADDRESS = {4: "10.9.0.1", 6: "fd00:9::1"}
ONE = {4: "10.1.0.2", 6: "fd00:1::2"}
TWO = {4: "10.2.0.2", 6: "fd00:2::2"}

_SERVER = """
import socket, sys
one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
one.bind(("::", int(sys.argv[2])))
print("ready", flush=True)
while True:
    _, peer = one.recvfrom(100)
    one.sendto(sys.argv[1].encode(), peer)
"""


@contextlib.contextmanager
def town() -> Iterator[Host]:
    """A host, a client outside, and containers ``one`` and ``two`` that tell their names."""
    with Host() as host:
        host.sh(TOWN)
        with _serving(host, "one"), _serving(host, "two"):
            yield host


@contextlib.contextmanager
def _serving(host: Host, name: str) -> Iterator[None]:
    process = host.start(
        "ip", "netns", "exec", name, sys.executable, "-I", "-c", _SERVER, name, "53"
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
    finally:
        process.kill()
        process.communicate()


def asked(host: Host, version: int, port: int = 53) -> str:
    """Who answers a datagram from the client's one port to the host; empty if nobody does."""
    return host.call(_ask, HOST_ADDRESS[version], port)


def _ask(address: str, port: int) -> str:
    fd = os.open("/run/netns/client", os.O_RDONLY)
    namespaces.setns(fd)
    os.close(fd)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        one.bind(("", SOURCE_PORT))
        one.connect((address, port))
        one.settimeout(WAIT)
        one.send(b"who is there?")
        try:
            return one.recv(100).decode()
        except (TimeoutError, ConnectionRefusedError):  # the kernel does not refuse every one
            return ""


def perform(host: Host, *ops: Op) -> list[str]:
    """Do what operations ask for; what was refused."""
    return host.call(_perform, ops)


def _perform(ops: Sequence[Op]) -> list[str]:
    with LinuxKernel() as kernel:
        outcomes: list[GlassnetError | None] = []
        for op in ops:
            outcomes += kernel.perform(op.requests())
    return [str(outcome) for outcome in outcomes if outcome is not None]


def within(host: Host, function: Callable[..., T], *args: Any) -> T:
    """Call a function in the host."""
    answer: T = host.call(function, *args)
    return answer


def flows(host: Host) -> list[str]:
    """The tracked flows of UDP, as conntrack shows them, less their seconds."""
    text = host.sh("conntrack -L -p udp 2>/dev/null")
    return sorted(json.dumps(line.split()[3:]) for line in text.splitlines())
