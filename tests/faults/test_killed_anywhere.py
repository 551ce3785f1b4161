"""Killed at the entry of system calls of every kind that changes something, the journal's too.

strace delivers the signal from outside, so nothing of glassnet knows of it: this cuts where the
counting kernel cannot, between the calls of one send, inside a commit, half-way through the making
of a namespace.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator

import pytest
from faulty import RECOVER, done, example
from outside import differences, state

from glassnet.testing.host import GLASSNET, Host

SOAK = bool(os.environ.get("GLASSNET_SOAK"))
pytestmark = pytest.mark.kernel

CALLS = {"mount": 1, "setns": 9, "unshare": 1, "pwrite64": 1 if SOAK else 7, "unlink": 1}
"""Calls, and how many of them to go on by after each death."""


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


def _struck(host: Host, call: str, number: int, *args: str) -> bool:
    """Run glassnet and kill it as it enters a call for the n-th time: False if it never did."""
    inject = f"inject={call}:signal=KILL:when={number}"
    traced = ("strace", "-qq", "-o", "/dev/null", "-e", inject, "-e", f"trace={call}")
    ended = host.run(*traced, *GLASSNET, *args, check=False)
    if ended.returncode not in {0, -signal.SIGKILL, 128 + signal.SIGKILL}:
        raise AssertionError(f"{args} ended with {ended.returncode}: {ended.stderr}")
    return ended.returncode != 0


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("verb", ["up", "down"])
@pytest.mark.parametrize("call", CALLS)
def test_all_or_nothing_wherever_it_dies(host: Host, call: str, verb: str) -> None:
    """As before or as planned: the last of its calls, tidying the journal, come after the end."""
    path = str(example("two-hosts"))
    done(host, RECOVER)
    without = state(host)
    host.glassnet("up", path)
    with_it = state(host)
    if verb == "up":
        host.glassnet("down", path)
    number = 1
    while _struck(host, call, number, verb, path):
        done(host, RECOVER)
        is_up = bool(differences(without, state(host)))
        if is_up:
            assert not differences(with_it, state(host)), f"after death at {call} {number}"
        if is_up != (verb == "down"):
            host.glassnet("down" if is_up else "up", path)
        number += CALLS[call]
        assert number < 300
