"""A fresh network namespace for a test, entered by the test's own thread and left afterwards."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from glassnet.kernel.socket import NetlinkSocket
from glassnet.netlink.message import CREATE, EXCL, Message
from glassnet.netlink.route.link import GETLINK, IFF_UP, NEWLINK

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def current() -> int:
    """A descriptor of the namespace that this thread is in."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


@contextmanager
def fresh() -> Iterator[int]:
    """Be in a new namespace; gives a descriptor of it."""
    before = current()
    _check(LIBC.unshare(CLONE_NEWNET))
    inside = current()
    try:
        yield inside
    finally:
        _check(LIBC.setns(before, CLONE_NEWNET))
        os.close(inside)
        os.close(before)


@contextmanager
def other() -> Iterator[int]:
    """A descriptor of another new namespace, without staying in it."""
    here = current()
    _check(LIBC.unshare(CLONE_NEWNET))
    there = current()
    _check(LIBC.setns(here, CLONE_NEWNET))
    os.close(here)
    try:
        yield there
    finally:
        os.close(there)


@contextmanager
def within(netns: int) -> Iterator[None]:
    """Be in that namespace for a moment."""
    here = current()
    _check(LIBC.setns(netns, CLONE_NEWNET))
    try:
        yield
    finally:
        _check(LIBC.setns(here, CLONE_NEWNET))
        os.close(here)


def ip(*words: str) -> Any:
    """What ``ip -j -d`` says."""
    done = subprocess.run(["ip", "-j", "-d", *words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout or "[]")


def run(command: str) -> None:
    subprocess.run(command.split(), capture_output=True, text=True, check=True)


def make(kind: str, ifname: str, *, up: bool = True, **data: Any) -> Message:
    """The request for a link of a kind."""
    flags = IFF_UP if up else 0
    info = {"kind": kind, "data": data} if data else {"kind": kind}
    header = {"flags": flags, "change": flags}
    return Message(NEWLINK, CREATE | EXCL, header, {"ifname": ifname, "linkinfo": info})


def done(sock: NetlinkSocket, *messages: Message) -> None:
    """All of them, without a refusal."""
    for reply in sock.request(messages):
        if reply.error is not None:
            raise reply.error


def index(sock: NetlinkSocket, ifname: str) -> int:
    found = sock.get(Message(GETLINK, 0, {}, {"ifname": ifname}), frozenset()).header["index"]
    assert isinstance(found, int)
    return found
