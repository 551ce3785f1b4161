"""Locks on networks and containers: between threads, between processes, shared and alone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from glassnet.cni.steps import Hold
from glassnet.runtime.lock import Held, Waiting, is_free

ALONE = Hold("container", "c1")
SHARED = Hold("network", "net", alone=False)
WHOLE = Hold("network", "net")


def take(directory: Path, wanted: Hold) -> Held | None:
    with Waiting(directory, wanted) as waiting:
        return waiting.at_once()


@pytest.mark.parametrize(
    ("held", "wanted", "free"),
    [
        (ALONE, ALONE, False),
        (ALONE, Hold("container", "c2"), True),
        (ALONE, Hold("network", "c1"), True),
        (SHARED, SHARED, True),
        (SHARED, WHOLE, False),
        (WHOLE, SHARED, False),
        (WHOLE, Hold("network", "other", alone=False), True),
    ],
)
def test_who_waits_for_whom(tmp_path: Path, held: Hold, wanted: Hold, free: bool) -> None:
    first = take(tmp_path, held)
    assert first is not None
    with first:
        second = take(tmp_path, wanted)
        assert (second is not None) is free
        if second is not None:
            second.close()
    third = take(tmp_path, wanted)
    assert third is not None
    third.close()
    third.close()


def test_a_thread_waits_until_it_is_let_go(tmp_path: Path) -> None:
    first = take(tmp_path, ALONE)
    assert first is not None
    begun, got = threading.Event(), threading.Event()

    def want() -> None:
        with Waiting(tmp_path, ALONE) as waiting:
            begun.set()
            with waiting.wait():
                got.set()

    thread = threading.Thread(target=want)
    thread.start()
    assert begun.wait(10)
    assert not got.is_set()
    first.close()
    thread.join(10)
    assert got.is_set()


HOLDER = """
import sys
from pathlib import Path
from glassnet.cni.steps import Hold
from glassnet.runtime.lock import Waiting
with Waiting(Path(sys.argv[1]), Hold("container", "c1")) as waiting, waiting.wait():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("end", ["leaves", "is killed"])
def test_another_process_is_waited_for(tmp_path: Path, end: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "held\n"
        assert take(tmp_path, ALONE) is None
        if end == "leaves":
            other.stdin.close()
        else:
            other.kill()
        with Waiting(tmp_path, ALONE) as waiting, waiting.wait():
            other.wait()


def test_who_is_at_work_can_be_asked(tmp_path: Path) -> None:
    assert is_free(tmp_path, ALONE)
    assert os.listdir(tmp_path) == []
    held = take(tmp_path, ALONE)
    assert held is not None
    assert not is_free(tmp_path, ALONE)
    assert is_free(tmp_path, WHOLE)
    held.close()
    assert is_free(tmp_path, ALONE)


def test_the_file_is_for_us_alone_and_nothing_is_left_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    held = take(tmp_path, ALONE)
    assert held is not None
    assert take(tmp_path, ALONE) is None
    held.close()
    with Waiting(tmp_path, ALONE):
        pass
    assert len(os.listdir("/proc/self/fd")) == before
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
