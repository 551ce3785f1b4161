"""The private host: its /run and its mounts are its own, and the machine's stay as they are."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from glassnet.errors import NotPermitted
from glassnet.kernel.lab import enter_lab
from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


def mounts(path: str = "self") -> list[str]:
    """What is mounted where, without the numbers, which are given anew in each namespace."""
    text = Path(f"/proc/{path}/mountinfo").read_text(encoding="utf-8")
    return sorted(" ".join(line.split()[3:6]) for line in text.splitlines())


def in_a_lab(host: Host, script: str) -> str:
    """What a script says in a lab that is entered within the host, as its machine."""

    def work() -> str:
        enter_lab()
        words = ("sh", "-e", "-c", script)
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    return host.call(work)


def test_nothing_of_it_is_seen_outside(host: Host) -> None:
    """Nor left: no mount, no folder that was used on the way."""
    before, folders, run = mounts(), os.listdir("/tmp"), os.listdir("/run")
    with Host() as other:
        other.sh("ip netns add seen; mount -t tmpfs none /mnt; touch /run/file")
        assert mounts() == before
        assert not Path("/run/file").exists()
    assert mounts() == before
    staging = [name for name in os.listdir("/tmp") if name.startswith("glassnet-lab-")]
    assert staging == [name for name in folders if name.startswith("glassnet-lab-")]
    assert os.listdir("/run") == run
    assert host.run("ip", "netns").stdout == ""


def test_run_has_the_machines_entries_but_for_namespaces_and_state(host: Host) -> None:
    host.sh(
        """
        mkdir /run/folder /run/netns /run/glassnet
        echo text > /run/folder/file
        echo text > /run/file
        ln -s folder/file /run/link
        ln -s nowhere /run/broken
        mkfifo /run/pipe
        touch /run/netns/ns /run/glassnet/state.db
        mount -t tmpfs none /run/folder
        echo mounted > /run/folder/file
        """
    )
    script = """
        cd /run
        ls
        cat file folder/file link
        readlink link broken
        [ -p pipe ] && [ ! -e netns ] && [ ! -e glassnet ]
        stat -f -c %T /run
        stat -c '%a %u:%g' /run
        touch /run/new
    """
    names, rest = in_a_lab(host, f"{script}").split("text\n", 1)
    assert set(names.split()) >= {"folder", "file", "link", "broken", "pipe"}
    assert rest.splitlines() == [
        "mounted",
        "mounted",
        "folder/file",
        "nowhere",
        "tmpfs",
        "755 0:0",
    ]
    assert "new" not in host.run("ls", "/run").stdout.split()


def test_what_is_written_to_the_machines_entries_is_written_there(host: Host) -> None:
    """They are the machine's, bound: a daemon's socket is its own within."""
    host.sh("mkdir /run/folder")
    in_a_lab(host, "echo hello > /run/folder/file")
    assert host.run("cat", "/run/folder/file").stdout == "hello\n"


def test_one_is_root_and_loopback_is_up(host: Host) -> None:
    said = in_a_lab(host, "id -u; id -g; ip -br link; ip -br addr; cat /proc/self/uid_map")
    uid, gid, link, addr, mapped = said.splitlines()
    assert (uid, gid) == ("0", "0")
    assert link.split()[:2] == ["lo", "UNKNOWN"]
    assert "127.0.0.1/8" in addr
    assert mapped.split()[2] == "1"  # one user, and no other


def test_namespaces_and_mounts_within_are_nobody_elses(host: Host) -> None:
    host.run("ip", "netns", "add", "outer")
    before = host.call(mounts)
    assert in_a_lab(host, "ip netns add inner; ip netns; mount -t tmpfs none /mnt") == "inner\n"
    assert host.call(mounts) == before
    assert host.run("ip", "netns").stdout.split() == ["outer"]


def test_without_a_run_to_begin_with_nothing_is_bound(host: Host) -> None:
    host.sh("umount -l /run; mount -t tmpfs none /run")
    assert in_a_lab(host, "ls -A /run") == ""


@pytest.mark.parametrize("kind", ["user", "mnt", "net"])
def test_where_it_cannot_be_made_it_is_said_so(host: Host, kind: str) -> None:
    def work() -> None:
        Path(f"/proc/sys/user/max_{kind}_namespaces").write_text("0", encoding="ascii")
        enter_lab()

    with pytest.raises(NotPermitted, match="a private host cannot be made") as caught:
        host.call(work)
    assert "max_user_namespaces" in caught.value.advice()
    assert "run it as root" in caught.value.advice()
    assert caught.value.exit_code == 2
