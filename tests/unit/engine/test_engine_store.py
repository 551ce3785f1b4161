"""The state directory: whose it is, of which boot and version, and what is told when it is bad."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from pretend_kernel import PretendKernel, engine, settings

from glassnet.engine import store as store_module
from glassnet.engine.attachments import Attachments
from glassnet.engine.store import Store
from glassnet.errors import StateError
from glassnet.plan.model import Plan
from glassnet.values import Netns

A_ROW = "INSERT INTO records VALUES (NULL, 'x', 'lab', '[]')"


def opened(directory: Path) -> None:
    Store(directory).close()


def modes(directory: Path) -> dict[str, str]:
    """The permissions of a directory (``.``) and of what is in it."""
    found = [directory, *directory.iterdir()]
    return {
        one.name if one != directory else ".": oct(stat.S_IMODE(one.stat().st_mode))
        for one in found
    }


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_all_of_it_is_for_its_owner_alone(tmp_path: Path, umask: int) -> None:
    old = os.umask(umask)
    try:
        with engine(tmp_path / "state", PretendKernel()) as it:
            it.up("x", settings("a"))
            found = modes(tmp_path / "state")
    finally:
        os.umask(old)
    assert found.pop(".") == "0o700"
    assert set(found) == {"lock", "state.db", "state.db-wal", "state.db-shm"}
    assert set(found.values()) == {"0o600"}


def test_the_files_are_so_too_in_a_directory_that_was_there(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    opened(tmp_path)
    assert modes(tmp_path)["state.db"] == "0o600"
    assert modes(tmp_path)["."] == "0o755"


def test_what_was_written_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    kernel = PretendKernel()
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("ab"))
    with engine(tmp_path, kernel) as it:
        assert list(it.journal.kinds()) == ["x"]
        assert len(it.journal.runs()) == 1


def test_the_state_of_another_boot_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = PretendKernel()
    state = tmp_path / "state"
    with engine(state, kernel) as it:
        it.up("x", settings("ab"))
    boot = tmp_path / "boot_id"
    boot.write_text("another\n", encoding="ascii")
    monkeypatch.setattr(store_module, "_BOOT_ID", boot)
    with engine(state, kernel) as it:
        assert it.journal.kinds() == {}
        assert it.journal.runs() == []
        it.up("y", settings("c"))
    with engine(state, kernel) as it:
        assert it.journal.kinds() == {"y": "lab"}


def by_another_version(directory: Path, boot: str | None = None) -> None:
    """Make a state directory as another version would: with tables of its own."""
    opened(directory)
    database = sqlite3.connect(directory / "state.db")
    with database:
        database.execute("UPDATE meta SET value = '99' WHERE key = 'version'")
        database.execute("DROP TABLE runs")
        database.execute("CREATE TABLE other_things (id INTEGER PRIMARY KEY)")
        if boot:
            database.execute("UPDATE meta SET value = ? WHERE key = 'boot'", (boot,))
    database.close()


def test_another_version_of_this_boot_is_refused_with_advice(tmp_path: Path) -> None:
    by_another_version(tmp_path)
    before = (tmp_path / "state.db").read_bytes()
    with pytest.raises(StateError, match="was written by another version of glassnet") as caught:
        Store(tmp_path)
    assert caught.value.exit_code == 4
    assert "with that version" in caught.value.advice()
    assert f"remove {tmp_path}" in caught.value.advice()
    assert (tmp_path / "state.db").read_bytes() == before


def test_another_version_of_another_boot_is_begun_anew(tmp_path: Path) -> None:
    """What it described is gone, and its own version would say no more."""
    by_another_version(tmp_path, boot="another")
    with engine(tmp_path, PretendKernel()) as it:
        it.up("x", settings("a"))
        assert len(it.journal.runs()) == 1
        tables = it.store.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
        assert ("other_things",) not in tables


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "state.db")
    with database:
        database.execute("CREATE TABLE meta (of TEXT, another TEXT)")
        database.execute("INSERT INTO meta VALUES ('program', 'entirely')")
    database.close()
    before = (tmp_path / "state.db").read_bytes()
    with pytest.raises(StateError, match=r"state\.db is not glassnet's") as caught:
        Store(tmp_path)
    assert "$GLASSNET_STATE" in caught.value.advice()
    assert (tmp_path / "state.db").read_bytes() == before


def test_a_transaction_is_all_or_nothing_and_the_next_can_begin(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def broken_off(then: str) -> None:
        with store.transaction():
            store.execute(A_ROW)
            store.execute(then) if then else 1 / 0

    with pytest.raises(ZeroDivisionError):
        broken_off("")
    with pytest.raises(StateError, match="no such table: nowhere"):
        broken_off("DELETE FROM nowhere")
    assert store.rows("SELECT name FROM records") == []
    with store.transaction():
        store.execute(A_ROW)
    assert store.row("SELECT name FROM records") == ("x",)
    assert store.row("SELECT name FROM records WHERE name = 'y'") is None
    store.close()


def test_a_commit_that_fails_is_no_open_transaction(tmp_path: Path) -> None:
    """A constraint that is looked at only when it is committed."""
    store = Store(tmp_path)
    store.execute("CREATE TEMP TABLE parent (id INTEGER PRIMARY KEY)")
    store.execute(
        "CREATE TEMP TABLE child (of INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    store.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        store.execute("INSERT INTO child VALUES (7)")
    with store.transaction():
        store.execute(A_ROW)
    assert store.row("SELECT count(*) FROM child") == (0,)
    store.close()


@pytest.mark.parametrize("turn", range(5))
def test_many_open_a_new_directory_at_once_and_nobody_loses_a_row(
    tmp_path: Path, turn: int
) -> None:
    """Threads, each with a store of its own, as processes would: they begin with no file."""
    failed: list[Exception] = []
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        barrier.wait()
        try:
            store = Store(tmp_path)
            Attachments(store).begin(Plan(f"net/c{number}/eth0", "attach", ()), Netns("c0"))
            store.close()
        except Exception as error:  # noqa: BLE001  told below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    store = Store(tmp_path)
    assert store.row("SELECT count(*) FROM attachments") == (8,)
    store.close()
