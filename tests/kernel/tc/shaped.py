"""A cable between a private host and a namespace in it, and what comes through, timed."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence

from glassnet.errors import GlassnetError
from glassnet.kernel import netns as namespaces
from glassnet.kernel.linux import LinuxKernel
from glassnet.ops.base import Op
from glassnet.testing.host import Host

CABLE = """
ip netns add ns1
ip link add h0 address 02:00:00:00:00:01 type veth \
    peer name eth0 address 02:00:00:00:00:02 netns ns1
ip addr add 10.0.0.1/24 dev h0
ip -n ns1 addr add 10.0.0.2/24 dev eth0
ip link set h0 up
ip -n ns1 link set eth0 up
ip link add ifb0 type ifb
ip link set ifb0 up
ip neigh add 10.0.0.2 dev h0 lladdr 02:00:00:00:00:02
ip -n ns1 neigh add 10.0.0.1 dev eth0 lladdr 02:00:00:00:00:01
"""
"""No asking for neighbours: what a queue holds is what a test has sent."""

ADDRESSES = {"host": "10.0.0.1", "ns1": "10.0.0.2"}
PATIENCE = 60.0


@contextlib.contextmanager
def cable() -> Iterator[Host]:
    """A fresh host with the cable and an ifb."""
    with Host() as host:
        host.sh(CABLE)
        yield host


def perform(host: Host, *ops: Op) -> list[str]:
    """Do what operations ask for; what was refused."""
    return host.call(_perform, ops)


def _perform(ops: Sequence[Op]) -> list[str]:
    with LinuxKernel() as kernel:
        outcomes: list[GlassnetError | None] = []
        for op in ops:
            outcomes += kernel.perform(op.requests())
    return [str(outcome) for outcome in outcomes if outcome is not None]


@contextlib.contextmanager
def _within(name: str) -> Iterator[None]:
    """Be in a namespace of the host for a while, or stay in the host itself."""
    if name == "host":
        yield
        return
    back = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        namespaces.setns(there)
        yield
    finally:
        namespaces.setns(back)
        os.close(there)
        os.close(back)


def seconds(host: Host, source: str, target: str, size: int) -> float:
    """How long so many bytes take by TCP from one end of the cable to the other."""
    return host.call(_timed, source, target, size)


def _timed(source: str, target: str, size: int) -> float:
    with _within(target):
        server = socket.create_server((ADDRESSES[target], 7000))
    with server, _within(source):
        client = socket.create_connection((ADDRESSES[target], 7000), PATIENCE)
        stream, _ = server.accept()
    stream.settimeout(PATIENCE)
    writer = threading.Thread(target=client.sendall, args=(bytes(size),))
    with client, stream:
        begin = time.monotonic()
        writer.start()
        left = size
        while left:
            left -= len(stream.recv(min(left, 1 << 20)))
        spent = time.monotonic() - begin
        writer.join()
    return spent


def through_at_once(host: Host, source: str, target: str, count: int, size: int) -> int:
    """Of so many datagrams, in frames of ``size`` bytes, how many are through when all are sent.

    A cable hands a frame over before sending it returns: what is not there yet waits in a queue.
    """
    return host.call(_at_once, source, target, count, size)


def _at_once(source: str, target: str, count: int, size: int) -> int:
    with _within(target):
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.bind((ADDRESSES[target], 7000))
    receiver.setblocking(False)
    with _within(source):
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sender, receiver:
        for _ in range(count):
            sender.sendto(bytes(size - 42), (ADDRESSES[target], 7000))  # Ethernet, IPv4 and UDP
        found = 0
        with contextlib.suppress(BlockingIOError):
            while receiver.recv(65536):
                found += 1
    return found
