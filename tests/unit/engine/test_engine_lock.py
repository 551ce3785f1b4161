"""The lock file: who is alive, across open files, threads and processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.engine.lock import Lock, byte_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


@pytest.fixture
def mine(path: Path) -> Iterator[Lock]:
    lock = Lock(path)
    yield lock
    lock.close()


@pytest.fixture
def other(path: Path) -> Iterator[Lock]:
    lock = Lock(path)
    yield lock
    lock.close()


def test_what_is_claimed_is_not_free_for_another_open_file(mine: Lock, other: Lock) -> None:
    assert other.is_free(1)
    mine.claim(1)
    assert not other.is_free(1)
    assert mine.is_free(1)  # "nobody other than this open file"
    assert other.is_free(2)
    mine.release(1)
    assert other.is_free(1)


def test_bytes_far_apart_do_not_touch(mine: Lock, other: Lock) -> None:
    bytes_ = [0, 1, 2, (1 << 32) - 1, byte_of("c0"), byte_of("c1"), 1 << 33]
    for at, byte in enumerate(bytes_):
        mine.claim(byte)
        assert [other.is_free(one) for one in bytes_] == [one > at for one in range(len(bytes_))]


@given(st.text(alphabet="abc019/.-"))
def test_the_bytes_of_namespaces_are_above_all_runs_and_below_the_one_for_opening(
    name: str,
) -> None:
    assert 1 << 32 <= byte_of(name) < 1 << 33
    assert byte_of(name) == byte_of(name)


def test_closing_lets_go_of_everything(path: Path, other: Lock) -> None:
    lock = Lock(path)
    for byte in (0, 5, byte_of("c0")):
        lock.claim(byte)
    lock.close()
    assert all(other.is_free(byte) for byte in (0, 5, byte_of("c0")))


CLAIMS = """
import sys
from pathlib import Path
from glassnet.engine.lock import Lock
lock = Lock(Path(sys.argv[1]))
lock.claim(7)
print("claimed", flush=True)
sys.stdin.read()
"""


def test_a_death_lets_go_of_everything(path: Path, other: Lock) -> None:
    words = (sys.executable, "-c", CLAIMS, str(path))
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"claimed\n"
        assert not other.is_free(7)
        process.kill()
        process.wait()
        assert other.is_free(7)


def test_being_held_ends_with_an_exception(mine: Lock, other: Lock) -> None:
    with pytest.raises(ZeroDivisionError), mine.held(3):
        1 / (0 if not other.is_free(3) else 1)
    assert other.is_free(3)


@pytest.mark.parametrize("what", ["alone", "opening"])
def test_one_after_the_other_among_threads_with_a_lock_each(path: Path, what: str) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        lock = Lock(path)
        for _ in range(50):
            with getattr(lock, what)():
                inside.append(1)
                most.append(len(inside))
                inside.pop()
        lock.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 200
    assert set(most) == {1}


def test_what_is_done_alone_does_not_keep_others_from_opening_or_wiring(
    mine: Lock, other: Lock
) -> None:
    with mine.alone(), other.opening(), other.held(byte_of("c0")):
        assert not other.is_free(0)


def test_a_claim_waits_until_the_one_before_lets_go(path: Path, mine: Lock) -> None:
    mine.claim(1)
    order: list[str] = []

    def work() -> None:
        lock = Lock(path)
        lock.claim(1)
        order.append("second")
        lock.close()

    thread = threading.Thread(target=work)
    thread.start()
    while not _someone_waits(path):
        pass
    order.append("first")
    mine.release(1)
    thread.join()
    assert order == ["first", "second"]


def _someone_waits(path: Path) -> bool:
    """/proc/locks has an arrow before those who wait."""
    inode = f":{path.stat().st_ino} "
    with open("/proc/locks", encoding="ascii") as locks:
        return any("->" in line and inode in line for line in locks)


def test_the_descriptor_is_not_inherited_by_programs(path: Path, mine: Lock) -> None:
    mine.claim(1)
    fds = [int(name) for name in os.listdir("/proc/self/fd")]
    [fd] = [fd for fd in fds if os.path.exists(f"/proc/self/fd/{fd}")
            and os.path.samestat(os.fstat(fd), path.stat())]  # fmt: skip
    assert not os.get_inheritable(fd)
