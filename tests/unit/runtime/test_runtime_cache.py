"""The cache on disk: libcni's names, written whole or not at all, damage and other boots told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest

from glassnet.cni.cached import Entry, Key, encode, file_name, spare_name
from glassnet.cni.error import CniError
from glassnet.errors import NotPermitted
from glassnet.runtime.cache import Cache, boot_time, refusal

KEY = Key("net", "c1", "eth0")
ENTRY = Entry(KEY, "/run/netns/a", config=b"{}", result=b'{"ips":[]}')
ONE, OTHER = Key("a-b", "c", "eth0"), Key("a", "b-c", "eth0")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cni", "this-boot")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_an_entry_is_where_libcni_looks_for_it(cache: Cache) -> None:
    cache.save(ENTRY)
    file = cache.directory / "results" / "net-c1-eth0"
    assert json.loads(file.read_text())["kind"] == "cniCacheV1"
    assert (mode(file), mode(file.parent), mode(cache.directory)) == (0o600, 0o700, 0o700)
    assert os.listdir(file.parent) == ["net-c1-eth0"]


def test_what_is_saved_is_loaded_with_this_boot(cache: Cache) -> None:
    for durable in (False, True):
        cache.save(ENTRY, durable)
        found = cache.load(KEY)
        assert found.entry == msgspec.structs.replace(ENTRY, boot="this-boot")
        assert (found.problem, found.stale) == ("", "")
        assert found.file == str(cache.results / "net-c1-eth0")


def test_nothing_is_nothing(cache: Cache) -> None:
    found = cache.load(KEY)
    assert (found.entry, found.problem) == (None, "")
    assert cache.all() == []
    cache.forget(KEY)


def test_what_is_forgotten_is_gone(cache: Cache) -> None:
    cache.save(ENTRY)
    cache.forget(KEY)
    assert cache.load(KEY).entry is None
    assert os.listdir(cache.results) == []


def test_a_write_that_fails_leaves_what_was_there(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.save(ENTRY)
    before = (cache.results / "net-c1-eth0").read_bytes()

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CniError, match="No space left on device") as error:
        cache.save(msgspec.structs.replace(ENTRY, netns="/other"))
    assert error.value.code == 5
    assert (cache.results / "net-c1-eth0").read_bytes() == before
    assert sorted(os.listdir(cache.directory)) == ["results"], "and no scrap of it"


def test_a_write_is_synced_before_it_has_its_name(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    rename = Path.rename

    def renamed(self: Path, target: Path) -> Path:
        done.append("rename")
        return rename(self, target)

    def synced(fd: int) -> None:
        is_directory = os.path.isdir(f"/proc/self/fd/{fd}")
        assert is_directory or os.fstat(fd).st_size > 0
        done.append("directory" if is_directory else "file")

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    cache.save(ENTRY)
    assert done == ["file", "rename", "directory"]
    done.clear()
    cache.save(ENTRY, durable=False)
    assert done == ["rename"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty (whoever wrote it was cut short, by a crash or a full disk)"),
        (b"{", "$: Input data was truncated (it is damaged)"),
        (b"[]", "$: expected an object, found a list"),
    ],
)
def test_what_cannot_be_read_is_told_and_can_be_replaced(
    cache: Cache, data: bytes, words: str
) -> None:
    cache.prepare()
    file = cache.results / file_name(KEY)
    file.write_bytes(data)
    found = cache.load(KEY)
    assert found.entry is None
    assert found.problem == f"{file}{' ' if words[0] == 'i' else ': '}{words}"
    assert cache.all()[0].problem == found.problem
    cache.save(ENTRY)
    assert cache.load(KEY).entry is not None
    file.write_bytes(data)
    cache.forget(KEY)
    assert not file.exists()


def test_a_file_that_is_none(cache: Cache) -> None:
    (cache.results / file_name(KEY)).mkdir(parents=True)
    assert cache.load(KEY).problem.endswith("net-c1-eth0 cannot be read: Is a directory")


# Names that two attachments share.


def test_two_with_one_name_have_two_files(cache: Cache) -> None:
    assert file_name(ONE) == file_name(OTHER)
    cache.save(Entry(ONE, netns="/one"))
    cache.save(Entry(OTHER, netns="/other"))
    assert sorted(os.listdir(cache.results)) == ["a-b-c-eth0", spare_name(OTHER)]
    for key, netns in ((ONE, "/one"), (OTHER, "/other")):
        entry = cache.load(key).entry
        assert entry is not None
        assert (entry.key, entry.netns) == (key, netns)
    assert {one.entry.key for one in cache.all() if one.entry is not None} == {ONE, OTHER}


def test_each_is_forgotten_alone(cache: Cache) -> None:
    for first, second in ((ONE, OTHER), (OTHER, ONE)):
        cache.save(Entry(ONE))
        cache.save(Entry(OTHER))
        cache.forget(first)
        assert cache.load(first).entry is None
        assert cache.load(second).entry is not None
        cache.forget(second)
        assert os.listdir(cache.results) == []


def test_a_spare_file_that_cannot_be_read(cache: Cache) -> None:
    cache.save(Entry(ONE))
    (cache.results / spare_name(OTHER)).write_text("")
    assert cache.load(OTHER).problem.startswith(f"{cache.results / spare_name(OTHER)} is empty")


def test_one_that_may_have_the_common_name_again_takes_it(cache: Cache) -> None:
    cache.save(Entry(ONE))
    cache.save(Entry(OTHER))
    cache.forget(ONE)
    cache.save(Entry(OTHER, netns="/new"))
    assert os.listdir(cache.results) == ["a-b-c-eth0"]
    assert cache.load(OTHER).entry is not None


def test_anothers_file_is_not_ours(cache: Cache) -> None:
    cache.save(Entry(ONE))
    assert cache.load(OTHER).entry is None
    assert cache.load(OTHER).problem == ""
    cache.forget(OTHER)
    assert cache.load(ONE).entry is not None


# Other boots, and other writers.


def test_one_of_another_boot_says_so(cache: Cache) -> None:
    Cache(cache.directory, "boot-0").save(ENTRY)
    found = cache.load(KEY)
    assert found.stale == "it was made in boot boot-0"
    assert found.entry is not None


def test_one_whose_path_another_namespace_has_says_so(cache: Cache, tmp_path: Path) -> None:
    netns = tmp_path / "netns"
    netns.write_text("")
    cache.save(msgspec.structs.replace(ENTRY, netns=str(netns)))
    assert cache.load(KEY).stale == ""
    (tmp_path / "later").write_text("")
    (tmp_path / "later").rename(netns)
    assert cache.load(KEY).stale == f"its namespace is gone, and another has the path {netns}"
    netns.unlink()
    assert cache.load(KEY).stale == "", "the path says it, and plugins are told the path"


def test_one_that_does_not_say_its_namespace_may_be_there(cache: Cache, tmp_path: Path) -> None:
    cache.prepare()
    entry = msgspec.structs.replace(ENTRY, netns=str(tmp_path), boot="this-boot")
    (cache.results / file_name(KEY)).write_bytes(encode(entry))
    assert cache.load(KEY).stale == ""


def test_a_name_that_is_too_long(cache: Cache) -> None:
    with pytest.raises(CniError, match="File name too long") as error:
        cache.save(Entry(Key("net", "c" * 300, "eth0")))
    assert error.value.advice() == "a shorter container id"


def libcni(cache: Cache, *, seconds: float) -> None:
    """An entry without a boot, written so many seconds after this one began."""
    cache.prepare()
    file = cache.results / file_name(KEY)
    file.write_bytes(encode(ENTRY))
    os.utime(file, (boot_time() + seconds,) * 2)


def test_one_that_does_not_say_its_boot_has_the_files_time(cache: Cache) -> None:
    libcni(cache, seconds=10)
    assert cache.load(KEY).stale == ""
    libcni(cache, seconds=-3600)
    assert cache.load(KEY).stale.startswith("it was made before this boot, at 2")


def test_a_bare_result_is_that_of_its_name(cache: Cache) -> None:
    cache.prepare()
    (cache.results / file_name(KEY)).write_bytes(b'{"cniVersion":"0.4.0"}')
    found = cache.load(KEY)
    assert found.entry == Entry(KEY, result=b'{"cniVersion":"0.4.0"}')
    (listed,) = cache.all()
    assert listed.entry is not None
    assert not any(listed.entry.key)
    cache.forget(KEY)
    assert cache.all() == []


def test_what_is_being_written_is_not_listed(cache: Cache) -> None:
    cache.save(ENTRY)
    (cache.results / ".tmp").write_bytes(b"")
    assert len(cache.all()) == 1


def test_the_boots_own_id_is_used() -> None:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert Cache(Path("/nowhere"))._boot == boot
    assert boot_time() > 1_000_000_000


def test_refusals_say_what_to_do() -> None:
    denied = refusal(Path("/x"), PermissionError(13, "Permission denied"))
    assert isinstance(denied, NotPermitted)
    assert str(denied) == "/x: Permission denied"
    full = refusal(Path("/x"), OSError(28, "No space left on device"))
    assert isinstance(full, CniError)
    assert full.advice() == "is the file system full or read-only?"


def test_a_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "cni").write_text("")
    cache = Cache(tmp_path / "cni", "b")
    with pytest.raises(CniError, match="cni"):
        cache.save(ENTRY)
    with pytest.raises(CniError, match="Not a directory"):
        cache.all()
