"""What the plugin and the daemon say to each other: a line of JSON each way, then the end."""

from __future__ import annotations

import _socket as socket  # as `glassnet.kernel.socket` has it
import contextlib
import os
from collections.abc import Mapping
from typing import Final

import msgspec

from glassnet.cni.error import IO_FAILURE, TRY_AGAIN_LATER, CniError
from glassnet.dhcp.error import Malformed
from glassnet.dhcp.lease import Lease, Stored
from glassnet.dhcp.record import Interface

SIZE_MAX: Final = 1 << 20
"""Bytes of a line."""


class Asked(msgspec.Struct, kw_only=True, omit_defaults=True):
    """``verb`` is allocate, release, check, collect or status; the rest is what it is about."""

    verb: str
    network: str = ""
    container: str = ""
    ifname: str = ""
    netns: str = ""
    client_id: bytes = b""
    provide: Mapping[int, bytes] = {}
    request: tuple[int, ...] = ()
    priority: int = 0
    valid: tuple[tuple[str, str], ...] = ()

    @property
    def interface(self) -> Interface:
        """Whose lease it is about."""
        return Interface(self.network, self.container, self.ifname)


class Answered(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A lease where there is one, or an error."""

    lease: Stored | None = None
    code: int = 0
    message: str = ""
    details: str = ""


class Unreachable(CniError):
    """Nobody listens where the daemon should."""


def ask(path: str, asked: Asked) -> Lease | None:
    """Ask the daemon, and wait for what it says.

    Raises `Unreachable`, or the `CniError` that it answers, or one of its going away meanwhile.
    """
    with contextlib.closing(_connect(path)) as sock:
        try:
            sock.sendall(msgspec.json.encode(asked) + b"\n")
            line = b"".join(iter(lambda: sock.recv(SIZE_MAX), b""))
        except OSError as error:
            raise _gone(asked, os.strerror(error.errno or 0)) from None
    if not line:
        raise _gone(asked, "unexpected EOF")
    return _read(path, line)


def reach(path: str) -> None:
    """Whether anybody listens there, whosever daemon it is. Raises `Unreachable`."""
    _connect(path).close()


def _connect(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        sock.connect(path)
    except OSError as error:
        sock.close()
        words = (error.strerror or str(error)).lower()
        raise Unreachable(
            TRY_AGAIN_LATER,
            f"error dialing DHCP daemon: dial unix {path}: connect: {words}",
            "start it: glassnet cni dhcp-daemon",
        ) from None
    return sock


def _gone(asked: Asked, words: str) -> CniError:
    return CniError(
        TRY_AGAIN_LATER,
        f"error calling DHCP.{asked.verb.capitalize()}: {words}",
        "the daemon has ended meanwhile",
    )


def _read(path: str, line: bytes) -> Lease | None:
    try:
        answered = msgspec.json.decode(line, type=Answered)
        lease = None if answered.lease is None else answered.lease.lease()
    except (msgspec.DecodeError, Malformed):
        raise CniError(
            IO_FAILURE,
            f"the DHCP daemon at {path} is not glassnet's: it answers {line[:40]!r}",
            "stop it, and start ours: glassnet cni dhcp-daemon",
        ) from None
    if answered.code:
        raise CniError(answered.code, answered.message, answered.details)
    return lease


def failure(error: CniError) -> bytes:
    """The line that says so."""
    said = Answered(code=error.code, message=error.message, details=error.details)
    return msgspec.json.encode(said) + b"\n"


def answer(lease: Lease | None) -> bytes:
    """The line that says what there is."""
    return msgspec.json.encode(Answered(lease=Stored.of(lease))) + b"\n"
