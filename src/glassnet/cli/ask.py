"""``--confirm SECONDS``: a change takes itself back unless somebody says that it may stay.

It is for hosts that are reached over the network: who has locked himself out cannot answer. So
whatever is not a clear yes in time is a no: silence, the end of the input, a terminal that is gone.
"""

from __future__ import annotations

import os
import select
import sys
import termios
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from glassnet.cli.out import Seconds

F = TypeVar("F", bound=Callable[..., Any])

_YES: Final = frozenset({b"", b"y", b"yes"})


def confirm_option(function: F) -> F:
    """``--confirm SECONDS``."""
    return click.option(
        "--confirm",
        type=Seconds(),
        metavar="SECONDS",
        help="Take it back by itself unless Enter is pressed within this time.",
    )(function)


def ask_within(seconds: float | None) -> Callable[[], bool] | None:
    """The question of ``--confirm``: True if Enter comes in time. None without the option."""
    if seconds is None:
        return None

    def asked() -> bool:
        if sys.stdin is None:
            return False
        descriptor = sys.stdin.fileno()
        try:
            _forget_typed(descriptor)
            click.echo(f"Keep it? Press Enter within {seconds:g} s, or it is taken back.", err=True)
            return _line_within(descriptor, seconds) in _YES
        except OSError:  # the terminal is gone, and with it who could have answered
            return False

    return asked


def _forget_typed(descriptor: int) -> None:
    """An Enter from before the question is no answer to it."""
    if os.isatty(descriptor):
        termios.tcflush(descriptor, termios.TCIFLUSH)


def _line_within(descriptor: int, seconds: float) -> bytes | None:
    """A line without its blanks, or None if none was ended in time."""
    end = time.monotonic() + seconds
    text = b""
    while (left := end - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left)[0]:
            break
        data = os.read(descriptor, 1024)
        text += data
        line, ended, _ = text.partition(b"\n")
        if ended:
            return line.strip().lower()
        if not data:
            break
    return None
