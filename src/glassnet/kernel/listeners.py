"""What is listened on in the calling thread's namespace (/proc/net/{tcp,udp}*, proc(5))."""

from __future__ import annotations

import sys
from pathlib import Path

from glassnet.state.snapshot import Listener
from glassnet.values import IpAddress

_LISTEN = "0A"  # TCP_LISTEN, net/tcp_states.h
_UDP_BOUND = "07"  # TCP_CLOSE: what an unconnected UDP socket is in


def listeners(protocol: str) -> list[Listener]:
    """The sockets of ``tcp`` or ``udp`` that hold a port; SCTP's own table where there is one."""
    if protocol == "sctp":
        return _sctp()
    wanted = _LISTEN if protocol == "tcp" else _UDP_BOUND
    out: list[Listener] = []
    for name in (protocol, f"{protocol}6"):
        for line in _lines(name):
            local, state = line[1], line[3]
            if state == wanted:
                host, _, port = local.partition(":")
                out.append(Listener(protocol, _address(host), int(port, 16)))
    return out


def _lines(name: str) -> list[list[str]]:
    try:
        text = Path(f"/proc/thread-self/net/{name}").read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    return [line.split() for line in text.splitlines()[1:]]


def _address(text: str) -> str:
    """Words of 32 bits in the machine's byte order; empty for any address."""
    words = [int(text[i : i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(text), 8)]
    packed = b"".join(words)
    if len(packed) == 16 and packed[:12] == bytes(10) + b"\xff\xff":
        packed = packed[12:]
    return IpAddress.from_bytes(packed) if any(packed) else ""


def _sctp() -> list[Listener]:
    return [Listener("sctp", "", int(line[5])) for line in _lines("sctp/eps")]
