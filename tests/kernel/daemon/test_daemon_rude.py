"""Askers that ask half a question, nonsense, too much, or take no answer: others do not notice."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator

import pytest
from serving import SOCKET, Served, needs_client, served

from glassnet.daemon.frames import ANSWER, HEAD, Question, encode_question

pytestmark = [pytest.mark.kernel, needs_client]


@pytest.fixture
def it() -> Iterator[Served]:
    with served(2) as it:
        yield it


def send(data: bytes, *, stay: bool = False) -> bytes:
    """Send it, and all that comes back; ``stay``: say no more, and take your time."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(SOCKET)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(data)
            if not stay:
                sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(65536), b""))
    return b""


WHOLE = encode_question(Question("bridge", {"CNI_COMMAND": "STATUS"}, b"{}"))
RUDE = {
    "nothing": b"",
    "half a head": WHOLE[:7],
    "half a question": WHOLE[:-1],
    "garbage": os.urandom(4096),
    "another magic": b"gnd2" + WHOLE[4:],
    "too much environment": HEAD.pack(b"gnd1", 1 << 20, 0),
    "too much input": HEAD.pack(b"gnd1", 0, 1 << 30),
    "an environment that is none": HEAD.pack(b"gnd1", 4, 0) + b"TYPE",
    "an unknown question": encode_question(Question("daemon", {"ASK": "what"}, b"")),
}


@pytest.mark.parametrize("what", RUDE)
def test_what_is_no_question_has_no_answer(it: Served, what: str) -> None:
    assert it.host.call(send, RUDE[what]) == b""
    assert it.call("STATUS").code == 0
    assert sum(it.status()["refused"].values()) >= 1


def test_who_hands_over_no_namespaces_is_told_to_do_it_himself(it: Served) -> None:
    assert ANSWER.unpack(it.host.call(send, WHOLE)) == (-1, 0)


def test_who_is_slow_is_left_and_keeps_nobody_waiting(it: Served) -> None:
    """A question must be complete within five seconds."""
    slow = it.host.start("python3", "-c", SLOW, SOCKET)
    assert slow.stdout is not None
    assert slow.stdout.readline() == "asked\n"
    assert it.call("ADD").code == 0
    assert it.call("DEL").code == 0
    out, _ = slow.communicate(timeout=30)
    assert out == "left\n"
    assert it.status()["refused"]["slow"] == 200


SLOW = """
import socket, sys
socks = []
for number in range(200):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(sys.argv[1])
    sock.sendall(b"gnd1")
    socks.append(sock)
print("asked", flush=True)
for sock in socks:
    assert sock.recv(100) == b""
print("left")
"""


def test_a_thousand_at_once_are_all_answered(it: Served) -> None:
    assert it.host.call(_thousand) == 1000
    assert it.call("STATUS").code == 0


def _thousand() -> int:
    asked = encode_question(Question("daemon", {"ASK": "status"}, b""))
    socks = []
    for _ in range(1000):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(SOCKET)
        socks.append(sock)
    for sock in socks:
        sock.sendall(asked)
    answered = 0
    for sock in socks:
        with sock, sock.makefile("rb") as answer:
            code, size = ANSWER.unpack(answer.read(ANSWER.size))
            answered += code == 0 and len(answer.read(size)) == size
    return answered


def test_who_goes_away_is_served_to_the_end(it: Served) -> None:
    """An ADD whose asker has gone stands, as one of a process whose parent has gone would."""
    data = it.host.call(_ask_and_leave, it.bin.as_posix())
    assert data == b""
    for _ in range(100):
        if it.counted().get(("STATUS", "done")):
            break
    assert it.counted() == {("STATUS", "done"): 1}


def _ask_and_leave(path: str) -> bytes:
    environment = {"CNI_COMMAND": "STATUS", "CNI_PATH": path}
    stdin = b'{"cniVersion":"1.1.0","name":"net","type":"bridge"}'
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(SOCKET)
        fds = [os.open(f"/proc/self/ns/{kind}", os.O_RDONLY) for kind in ("net", "mnt")]
        data = encode_question(Question("bridge", environment, stdin))
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("=2i", *fds))]
        sock.sendmsg([data], rights)
    return b""
