"""A state directory that cannot be used: damaged, not ours, not writable. It is said, and why."""

from __future__ import annotations

import ctypes
import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from pretend_kernel import PretendKernel, engine, settings

from glassnet.engine.store import Store
from glassnet.errors import NotPermitted, StateError


def opened(directory: Path) -> None:
    Store(directory).close()


def _garbage(directory: Path) -> None:
    (directory / "state.db").write_bytes(b"this is no database, and it is long enough. " * 200)


def _cut(directory: Path) -> None:
    with open(directory / "state.db", "r+b") as file:
        file.truncate(5000)


def _scratched(directory: Path) -> None:
    with open(directory / "state.db", "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        for page in range(4096, size, 4096):
            file.seek(page)
            file.write(b"\xee" * 512)


def _a_directory(directory: Path) -> None:
    (directory / "state.db").unlink()
    (directory / "state.db").mkdir()


def _a_strangers(directory: Path) -> None:
    (directory / "state.db").unlink()
    database = sqlite3.connect(directory / "state.db")
    database.execute("CREATE TABLE things (id INTEGER PRIMARY KEY)")
    database.close()


DAMAGES = {"garbage": _garbage, "cut short": _cut, "scratched": _scratched}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_told_with_advice(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    kernel = PretendKernel()
    with engine(tmp_path, kernel) as it:
        for name in "abcdefgh":
            it.up(name, settings(name))
    damage(tmp_path)
    with pytest.raises(StateError, match=rf"{tmp_path}/state\.db: ") as caught:
        _read_all(tmp_path, kernel)
    assert caught.value.exit_code == 4
    assert "it is damaged" in caught.value.advice()
    assert "'ip -d link'" in caught.value.advice()
    assert kernel.changed() == dict.fromkeys("abcdefgh", "1")


@pytest.mark.parametrize("damage", [_garbage, _a_directory, _a_strangers])
def test_what_cannot_be_opened_leaves_nothing_open(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    opened(tmp_path)
    damage(tmp_path)
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        with pytest.raises(StateError):
            Store(tmp_path)
    assert os.listdir("/proc/self/fd") == before


def _read_all(directory: Path, kernel: PretendKernel) -> None:
    with engine(directory, kernel) as it:
        it.journal.records()
        it.journal.runs()


def test_a_directory_in_the_files_place(tmp_path: Path) -> None:
    opened(tmp_path)
    _a_directory(tmp_path)
    with pytest.raises(StateError, match="unable to open") as caught:
        Store(tmp_path)
    assert caught.value.advice() == "is the directory writable?"


def test_a_file_in_the_directorys_place(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("", encoding="ascii")
    for directory in (tmp_path / "state", tmp_path / "state" / "below"):
        with pytest.raises(StateError) as caught:
            Store(directory)
        assert caught.value.exit_code == 4
        assert caught.value.advice()


def test_a_plan_that_cannot_be_read_is_a_state_error(tmp_path: Path) -> None:
    kernel = PretendKernel()
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("a"))
        for text in ('{"name"', '[{"op": {"op": "flying"}}]', '[{"op": {"op": "netns"}}]', "\xff"):
            it.store.execute("UPDATE records SET entries = ?", (text.encode("latin-1"),))
            with pytest.raises(StateError, match="in the journal cannot be read") as caught:
                it.journal.records()
            assert caught.value.exit_code == 4


def test_a_directory_that_we_may_not_write_to() -> None:
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        state = Path(place, "state")
        state.mkdir()
        state.chmod(0o555)
        for directory in (state, state / "below"):
            raised = _as_nobody(partial(Store, directory))
            assert isinstance(raised, NotPermitted)
            assert raised.exit_code == 2
            assert "as root" in raised.advice()
            assert str(directory) in str(raised)


def _as_nobody(work: Callable[[], object]) -> BaseException | None:
    """What it raises in a thread whose files are another user's (setfsuid(2)), if we are root."""
    raised: list[BaseException] = []

    def run() -> None:
        if os.geteuid() == 0:
            ctypes.CDLL(None).setfsuid(65534)
        try:
            work()
        except BaseException as error:  # noqa: BLE001  it is what is asked for
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised[0] if raised else None
