"""Sockets that daemons listen on: the one that systemd has opened, or one for its owner alone."""

from __future__ import annotations

import os
import socket
from typing import Final

from glassnet.errors import InvalidRequest

_FIRST_FD: Final = 3
"""Where systemd puts sockets (sd_listen_fds(3))."""


def given() -> socket.socket | None:
    """The socket by which systemd has started us, or None. Raises `InvalidRequest` for several."""
    number = os.environ.get("LISTEN_FDS", "0")
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or number == "0":
        return None
    if number != "1":
        raise InvalidRequest(
            f"Too many ({number}) FDs passed through socket activation", "one ListenStream="
        )
    return socket.socket(fileno=_FIRST_FD)


def bind(sock: socket.socket, path: str) -> None:
    """Give a Unix socket its place, from the first for its owner alone. Raises `OSError`."""
    before = os.umask(0o177)
    try:
        sock.bind(path)
    finally:
        os.umask(before)
