"""A bridge with namespaces on it, one of which takes another's address over; and what is heard."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from glassnet.errors import GlassnetError
from glassnet.kernel import netns as namespaces
from glassnet.kernel.linux import LinuxKernel
from glassnet.ops.base import Op
from glassnet.testing.host import Host

T = TypeVar("T")

ETH_P_ALL = 3
WAIT = 0.5
"""Seconds in which something arrives, if it arrives at all."""

STREET = """
echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode
ip link add br0 type bridge mcast_snooping 0
ip link set br0 up
house() {  # name, number of its MAC, addresses
    ip netns add $1
    nsenter --net=/run/netns/$1 sh -c '
        echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
        echo 0 > /proc/sys/net/ipv4/conf/all/arp_notify
    '
    ip link add $1 type veth peer name eth0 address 02:00:00:00:00:$2 netns $1
    ip link set $1 master br0 up
    ip -n $1 link set eth0 up
    ip -n $1 addr add $3/24 dev eth0
    ip -n $1 addr add $4/64 dev eth0 nodad
}
house near 01 10.0.0.1 fd00::1
"""
OLD = "house old 0a 10.0.0.2 fd00::2\n"
NEW = "house new 0b 10.0.0.2 fd00::2\n"
FUNCTIONS = STREET[STREET.index("house()") : STREET.rindex("house near")]
ADDRESS = {4: "10.0.0.2", 6: "fd00::2"}


@contextlib.contextmanager
def street() -> Iterator[Host]:
    """A neighbour, and somebody whose address it has learnt and who then was replaced."""
    with Host() as host:
        host.sh(STREET + OLD)
        for version in (4, 6):
            assert arrives(host, "old", version)
        host.sh("ip link del old; ip netns del old\n" + FUNCTIONS + NEW)
        yield host


def inside(host: Host, netns: str, function: Callable[..., T], *args: Any) -> T:
    """Call a function in a namespace of the host."""
    answer: T = host.call(_in, netns, function, *args)
    return answer


def _in(netns: str, function: Callable[..., T], *args: Any) -> T:
    enter(netns)
    return function(*args)


def enter(netns: str) -> None:
    """Go to a namespace for good."""
    fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
    namespaces.setns(fd)
    os.close(fd)


def arrives(host: Host, at: str, version: int) -> bool:
    """Whether a datagram from the neighbour to the address comes to that namespace."""
    return host.call(_arrives, at, ADDRESS[version])


def _arrives(at: str, address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    enter(at)
    with socket.socket(family, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("", 7000))
        receiver.settimeout(WAIT)
        enter("near")
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"are you there?", (address, 7000))
        try:
            return bool(receiver.recv(100))
        except TimeoutError:
            return False


def believed(host: Host, version: int) -> str:
    """The MAC at which the neighbour takes the address to be."""
    found = host.json("ip", "-n", "near", "-j", "neigh", "show", ADDRESS[version], "dev", "eth0")
    return str(found[0]["lladdr"]) if found else ""


def perform(op: Op) -> list[str]:
    """Do what an operation asks for; what was refused. To be called in the host."""
    with LinuxKernel() as kernel:
        outcomes: list[GlassnetError | None] = kernel.perform(op.requests())
    return [str(outcome) for outcome in outcomes if outcome is not None]


def frames(host: Host, op: Op) -> list[bytes]:
    """What the neighbour's link hears of ARP and neighbour discovery while it is announced."""
    return host.call(heard_during, partial(_surely, op))


def _surely(op: Op) -> None:
    assert not perform(op)


def heard_during(work: Callable[[], object]) -> list[bytes]:
    """The same of any work. To be called in the host."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    enter("near")
    heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    heard.bind(("eth0", ETH_P_ALL))
    namespaces.setns(here)
    os.close(here)
    heard.setblocking(False)
    work()
    found: list[bytes] = []
    with heard, contextlib.suppress(BlockingIOError):  # a bridge of cables passes on at once
        while frame := heard.recv(2048):
            is_discovery = frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136
            if frame[12:14] == b"\x08\x06" or is_discovery:
                found.append(frame)
    return found
