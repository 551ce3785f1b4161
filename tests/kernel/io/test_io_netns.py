"""Namespaces on disk: made, pinned, looked at, unpinned; and what is in their place instead."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from glassnet.errors import Conflict, GlassnetError, KernelRefused, NotFound, NotPermitted
from glassnet.kernel import netns as namespaces
from glassnet.testing.host import Host
from glassnet.values import Netns

pytestmark = pytest.mark.kernel

NS = Netns("ns")


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


def create(netns: Netns = NS) -> tuple[int, int]:
    """Make one: the numbers of the namespace that the caller was in before and is in after."""
    home = namespaces.open_current()
    before = namespaces.inode(home)
    namespaces.create(netns, home)
    after = namespaces.inode(namespaces.open_current())
    return before, after


def test_what_is_made_is_what_ip_netns_makes(host: Host) -> None:
    before, after = host.call(create)
    assert before == after
    host.run("ip", "netns", "add", "theirs")
    assert host.run("ip", "netns").stdout.split() == ["theirs", "ns"]
    assert host.call(namespaces.names) == ["ns", "theirs"]
    for name in ("ns", "theirs"):
        [lo] = host.json("ip", "-n", name, "-j", "link")
        assert (lo["ifname"], "UP" in lo["flags"]) == ("lo", False)
    modes = [host.run("stat", "-c", "%a %F", f"/run/netns/{name}") for name in ("ns", "theirs")]
    assert modes[0].stdout == modes[1].stdout
    numbers = {host.run("readlink", "-f", f"/run/netns/{name}").stdout for name in ("ns", "theirs")}
    assert len(numbers) == 2


def test_each_takes_away_what_the_other_made(host: Host) -> None:
    host.call(create)
    host.run("ip", "netns", "add", "theirs")
    host.run("ip", "netns", "del", "ns")
    host.call(namespaces.delete, Netns("theirs"))
    assert host.run("ls", "/run/netns").stdout == ""
    assert host.call(namespaces.names) == []


def test_the_directory_is_shared_as_ip_netns_has_it(host: Host) -> None:
    """So that what is unpinned in one mount namespace is unpinned in others."""
    assert host.call(namespaces.names) == []  # there is no directory
    host.call(create)
    host.call(create, Netns("second"))
    mounts = host.run("cat", "/proc/self/mountinfo").stdout.splitlines()
    [ours] = [line for line in mounts if line.split()[4] == "/run/netns"]
    assert "shared:" in ours


def test_a_name_that_is_taken_is_a_conflict_and_the_caller_is_home(host: Host) -> None:
    host.call(create)

    def work() -> tuple[int, int]:
        home = namespaces.open_current()
        with pytest.raises(Conflict, match="/run/netns/ns is there already") as caught:
            namespaces.create(NS, home)
        assert "another name" in caught.value.advice()
        return namespaces.inode(home), namespaces.inode(namespaces.open_current())

    before, after = host.call(work)
    assert before == after


def test_one_that_is_not_there_cannot_be_deleted_or_opened(host: Host) -> None:
    for verb in (namespaces.delete, namespaces.open_netns):
        with pytest.raises(NotFound, match="there is no namespace ns"):
            host.call(verb, NS)


PLACES: dict[str, tuple[str, tuple[bool, bool]]] = {
    "nothing": ("true", (False, False)),
    "a namespace": ("ip netns add ns", (True, True)),
    "a link to one": ("ip netns add other; ln -s other /run/netns/ns", (True, True)),
    "an empty file": ("touch /run/netns/ns", (True, False)),
    "a file": ("echo text > /run/netns/ns", (True, False)),
    "a directory": ("mkdir /run/netns/ns", (True, False)),
    "a pipe": ("mkfifo /run/netns/ns", (True, False)),
    "a namespace of mounts": (
        "touch /run/netns/ns; unshare -m --propagation slave true;"
        " ln -sf /proc/self/ns/mnt /run/netns/ns",
        (True, False),
    ),
    "a link to nothing": ("ln -s nowhere /run/netns/ns", (False, False)),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_may_be_in_its_place(host: Host, place: str) -> None:
    script, seen = PLACES[place]
    host.sh(f"mkdir -p /run/netns; {script}")
    assert host.call(namespaces.look, NS) == seen
    if seen == (True, True):
        return
    with pytest.raises(NotFound if seen == (False, False) else Conflict):
        host.call(namespaces.open_netns, NS)


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/proc/1/ns/net", (True, True)),
        ("/proc/1/ns/uts", (True, False)),
        ("/proc/4194305/ns/net", (False, False)),
        ("/dev/null", (True, False)),
        ("/dev/null/below", (False, False)),
        ("/nowhere/at/all", (False, False)),
        ("/" + "x" * 300, GlassnetError),
    ],
)
def test_paths(path: str, seen: tuple[bool, bool] | type[Exception]) -> None:
    netns = Netns(path.replace("/proc/1/", f"/proc/{os.getpid()}/"))
    if isinstance(seen, tuple):
        assert namespaces.look(netns) == seen
    else:
        with pytest.raises(seen, match="File name too long"):
            namespaces.look(netns)


@pytest.mark.parametrize(
    ("script", "is_one"),
    [
        ("true", False),
        ("touch /run/netns/ns; chmod 0 /run/netns/ns", True),
        ("touch /run/netns/ns", False),
        ("echo text > /run/netns/ns; chmod 0 /run/netns/ns", False),
        ("mkdir -m 0 /run/netns/ns", False),
        ("ip netns add ns", False),
    ],
)
def test_a_remnant_is_an_empty_file_without_permissions(
    host: Host, script: str, is_one: bool
) -> None:
    host.sh(f"mkdir -p /run/netns; {script}")
    assert host.call(namespaces.is_remnant, NS) is is_one
    if is_one:
        host.call(namespaces.delete, NS)
        assert host.run("ls", "/run/netns").stdout == ""


def test_a_death_between_the_file_and_the_mount_leaves_a_remnant(host: Host) -> None:
    def work() -> None:
        namespaces.mount = _die_but_for_the_directory(namespaces.mount)
        create()

    assert host.kill_in(work) == -signal.SIGKILL
    assert host.call(namespaces.look, NS) == (True, False)
    assert host.call(namespaces.is_remnant, NS)


def _die_but_for_the_directory(mount: Callable[..., None]) -> Callable[..., None]:
    def dying(source: str, target: str, *args: object, **flags: object) -> None:
        if target == NS.path:
            os.kill(os.getpid(), signal.SIGKILL)
        mount(source, target, *args, **flags)

    return dying


def test_somebodys_file_is_not_deleted(host: Host) -> None:
    host.sh("mkdir -p /run/netns; echo text > /run/netns/ns")
    with pytest.raises(Conflict, match="no namespace but a file with content"):
        host.call(namespaces.delete, NS)
    assert host.run("cat", "/run/netns/ns").stdout == "text\n"


def test_one_that_is_pinned_twice_is_refused_in_words(host: Host) -> None:
    """What is below is still there, and the next deletion gets it."""
    host.call(create)
    host.sh("mount --bind /run/netns/ns /run/netns/ns")
    with pytest.raises(KernelRefused, match=r"removing /run/netns/ns: .*EBUSY"):
        host.call(namespaces.delete, NS)
    host.call(namespaces.delete, NS)
    assert host.run("ls", "/run/netns").stdout == ""


def test_making_one_that_cannot_be_pinned_leaves_no_file(host: Host) -> None:
    def work() -> tuple[int, int]:
        home = namespaces.open_current()
        Path("/proc/sys/user/max_net_namespaces").write_text("0", encoding="ascii")
        with pytest.raises(KernelRefused, match="making the namespace ns: No space left"):
            namespaces.create(NS, home)
        return namespaces.inode(home), namespaces.inode(namespaces.open_current())

    before, after = host.call(work)
    assert before == after
    assert host.run("ls", "/run/netns").stdout == ""


def test_without_the_right_to_it_is_said_so(host: Host) -> None:
    host.run("ip", "netns", "add", "there")

    def work() -> None:
        home, there = namespaces.open_current(), namespaces.open_netns(Netns("there"))
        drop_rights()
        with pytest.raises(NotPermitted) as caught:
            namespaces.create(NS, home)
        assert "as root" in caught.value.advice()
        with pytest.raises(NotPermitted, match="unpinning the namespace there"):
            namespaces.delete(Netns("there"))
        with pytest.raises(NotPermitted, match="entering"), namespaces.inside(there, home):
            raise AssertionError("it is inside")

    host.call(work)
    assert host.call(namespaces.names) == ["there"]


def drop_rights() -> None:
    """Give up all capabilities (capset(2), version 3)."""
    import ctypes

    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    assert namespaces.libc().capset(header, nothing) == 0
