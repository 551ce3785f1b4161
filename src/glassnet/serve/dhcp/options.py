"""How the daemon is started: by our command's options, or by the reference's flags."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from glassnet.dhcp.client import Timing
from glassnet.errors import InvalidRequest
from glassnet.plugins.dhcp import SOCKET

_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")


class Options(msgspec.Struct, frozen=True):
    """``prefix`` is where the host's root is seen; ``socket`` is a path below it."""

    socket: str = SOCKET
    pidfile: str = ""
    prefix: str = ""
    broadcast: bool = False
    timing: Timing = Timing()


def seconds(text: str) -> float:
    """A duration as Go writes it: ``10s``, ``1m30s``, ``500ms``. Raises `InvalidRequest`."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise InvalidRequest(f"{text!r} is no duration", "one such as 10s, 1m30s or 500ms")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def read(words: Sequence[str]) -> Options:
    """The reference's flags, with one dash or two. Ends the process (2) if they are none."""
    parser = argparse.ArgumentParser("dhcp daemon", allow_abbrev=False)
    defaults = Timing()

    def add(name: str, default: object, text: str, kind: type | None = None) -> None:
        of = _duration if kind is float else str
        parser.add_argument(f"-{name}", f"--{name}", type=of, default=default, help=text)

    add("pidfile", "", "path to write the process's id to")
    add("hostprefix", "", "where the host's root is seen")
    add("socketpath", SOCKET, f"path of the socket ({SOCKET})")
    add("timeout", defaults.exchange, "one exchange with a server (10s)", float)
    add("resendmax", defaults.resend_max, "between two tries at most (62s)", float)
    add("resendtimeout", defaults.give_up, "all tries together (208s)", float)
    parser.add_argument(
        "-broadcast",
        "--broadcast",
        nargs="?",
        const=True,
        default=False,
        type=_flag,
        help="have servers answer to everybody",
    )
    found = parser.parse_args(words)
    return Options(
        socket=found.socketpath or SOCKET,
        pidfile=found.pidfile,
        prefix=found.hostprefix,
        broadcast=found.broadcast,
        timing=Timing(found.timeout, found.resendmax, found.resendtimeout),
    )


def _duration(text: str) -> float:
    try:
        return seconds(text)
    except InvalidRequest as error:
        raise argparse.ArgumentTypeError(f"{error}: {error.advice()}") from None


def _flag(text: str) -> bool:
    low = text.lower()
    if low not in {"1", "t", "true", "0", "f", "false"}:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return low in {"1", "t", "true"}
