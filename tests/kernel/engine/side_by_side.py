"""Several processes that work on one host at a time, each with an engine of its own."""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from glassnet.engine.store import STATE_DIR


def side_by_side(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all of it at once, each in a forked process that begins with the others.

    What each returns, or the `Exception` that it raised. Nobody does more than to come back.
    """
    gate, opened = os.pipe()
    children = [_begin(work, gate, opened) for work in works]
    os.close(gate)
    os.close(opened)  # whoever waits at the gate reads its end now
    return [_end(pid, answer) for pid, answer in children]


def _begin(work: Callable[[], Any], gate: int, opened: int) -> tuple[int, int]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    status = 1
    try:
        os.close(opened)
        os.read(gate, 1)
        try:
            answer: Any = work()
        except Exception as error:  # noqa: BLE001  it is what comes of it
            answer = error
        with os.fdopen(writer, "wb") as out:
            out.write(pickle.dumps(answer))
        status = 0
    except BaseException:  # noqa: BLE001  the child's end: the parent misses an answer
        traceback.print_exc()
    finally:
        os._exit(status)


def _end(pid: int, reader: int) -> Any:
    with os.fdopen(reader, "rb") as answers:
        data = answers.read()
    os.waitpid(pid, 0)
    return pickle.loads(data)


class Pause:
    """A place where a forked process stops until it is told to go on, and says that it is there."""

    def __init__(self) -> None:
        self._there = os.pipe()
        self._on = os.pipe()

    def stop(self) -> None:
        """Called by the one that stops."""
        os.write(self._there[1], b"!")
        os.read(self._on[0], 1)

    def wait(self) -> None:
        """Called by the other, once: until it has stopped."""
        os.close(self._there[1])
        if os.read(self._there[0], 1) != b"!":
            raise AssertionError("it ended before it came to its pause")

    def go_on(self) -> None:
        """Called by the other."""
        os.write(self._on[1], b"!")


def start(work: Callable[[], Any]) -> int:
    """A forked process that does it: its id. Ends with status 0 unless it raises."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    except BaseException:  # noqa: BLE001  the child's end: said here, judged by its status
        traceback.print_exc()
    finally:
        os._exit(status)


def ended(pid: int) -> int:
    """Wait for it: its exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def until_it_waits(pid: int) -> None:
    """Until a process waits for the state's lock: /proc/locks has an arrow before those who do."""
    status = os.stat(STATE_DIR / "lock")
    where = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino} "
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        with open("/proc/locks", encoding="ascii") as locks:
            if any("->" in line and where in line for line in locks):
                return
    raise AssertionError("it did not wait")
