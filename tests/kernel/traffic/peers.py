"""Servers and clients: real sockets in the namespaces of a private host."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from answering import PROTOCOLS

from glassnet.kernel import netns as namespaces
from glassnet.testing.host import Host

T = TypeVar("T")

EXAMPLES = Path(__file__).parents[3] / "examples"
HOST = ""
PATIENCE = 8.0
"""Seconds for what must be answered. TCP's first packet may be lost: a router does not ask for a
neighbour while its own link-local address is still tentative (RFC 4862)."""


class Answer(NamedTuple):
    """What a server says of who asked it: its name, who it saw, and as what it was reached."""

    name: str
    seen: str
    at: str
    port: int


@contextlib.contextmanager
def serving(host: Host, netns: str, *sockets: str) -> Iterator[None]:
    """A server in a namespace, on ``tcp/80`` or ``udp/53/10.0.0.1``; it is ready when entered."""
    argv = (sys.executable, "-I", str(Path(__file__).with_name("answering.py")), netns or "host")
    inside = ("ip", "netns", "exec", netns) if netns else ()
    process = host.start(*inside, *argv, *sockets)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
        yield
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def ask(
    host: Host, netns: str, protocol: str, address: str, port: int, *, seconds: float = PATIENCE
) -> Answer:
    """What the server behind an address says. Raises `OSError` if none answers."""
    return inside(host, netns, _ask, protocol, address, port, seconds)


def refused(host: Host, netns: str, protocol: str, address: str, port: int) -> bool:
    """Whether the answer is at once that nobody listens."""
    try:
        ask(host, netns, protocol, address, port)
    except ConnectionRefusedError:
        return True
    return False


def silent(host: Host, netns: str, protocol: str, address: str, port: int) -> bool:
    """Whether there is no answer at all within half a second."""
    try:
        ask(host, netns, protocol, address, port, seconds=0.5)
    except TimeoutError:
        return True
    return False


def inside(host: Host, netns: str, function: Callable[..., T], *args: Any) -> T:
    """Call a function in a namespace of the host."""
    answer: T = host.call(_in, netns, function, *args)
    return answer


def _in(netns: str, function: Callable[..., T], *args: Any) -> T:
    if netns:
        fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
        namespaces.setns(fd)
        os.close(fd)
    return function(*args)


def _ask(protocol: str, address: str, port: int, seconds: float) -> Answer:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind, PROTOCOLS[protocol]) as one:
        one.settimeout(seconds)
        one.connect((address, port))
        return Answer(*json.loads(_exchange(one, seconds)))


def _exchange(one: socket.socket, seconds: float) -> bytes:
    """Send a question, a datagram again and again, and read the answer."""
    if one.type == socket.SOCK_STREAM:
        one.sendall(b"who am I?")
        return one.recv(4096)
    one.settimeout(min(0.25, seconds))
    for _ in range(max(1, round(seconds / 0.25))):
        one.send(b"who am I?")
        with contextlib.suppress(TimeoutError):
            return one.recv(4096)
    raise TimeoutError("no answer")
