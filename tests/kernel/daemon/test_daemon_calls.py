"""Calls through client and daemon: what a process of their own would do, and when it does."""

from __future__ import annotations

import os
import random
import select
import signal
import stat
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from serving import BY_HAND, CONF, Served, needs_client, served

from glassnet.testing.host import GLASSNET
from glassnet.testing.oracle import differences, look

pytestmark = [pytest.mark.kernel, needs_client]

SOON = {"GLASSNET_DAEMON_IDLE": "2"}
SOAK = bool(os.environ.get("GLASSNET_SOAK"))


@pytest.fixture
def it() -> Iterator[Served]:
    with served(3) as it:
        yield it


def test_a_life(it: Served) -> None:
    added = it.call("ADD")
    assert added.address == "10.7.0.2/22"
    assert it.call("CHECK", conf={**CONF, "prevResult": added.out}).code == 0
    assert it.call("STATUS").code == 0
    assert it.call("DEL") == ({}, 0)
    assert it.counted() == {(verb, "done"): 1 for verb in ("ADD", "CHECK", "STATUS", "DEL")}
    assert it.left() == {}


def shape(result: Mapping[str, Any]) -> dict[str, Any]:
    """A result without what is another each time: the address, and the MAC that is made of it."""
    interfaces = [{**one, "mac": ""} for one in result["interfaces"]]
    return {**result, "interfaces": interfaces, "ips": len(result["ips"])}


def test_the_same_stands_whoever_served(it: Served) -> None:
    """And either takes away what the other has made."""
    it.call("ADD", 2)  # so that the bridge is there and stays as it is
    without = look(it.host)
    one = it.call("ADD")
    by_daemon = look(it.host)
    assert it.call("DEL", env=BY_HAND).code == 0
    assert not differences(without, look(it.host))
    other = it.call("ADD", env=BY_HAND)
    by_hand = look(it.host)
    assert it.call("DEL").code == 0
    assert not differences(without, look(it.host))
    assert [shape(one.out), shape(other.out)] == [shape(one.out)] * 2
    assert len(by_daemon["host"]["links"]) == len(by_hand["host"]["links"])
    assert it.counted() == {("ADD", "done"): 2, ("DEL", "done"): 1}


def test_errors_are_told_like_any_answer(it: Served) -> None:
    ended = it.call("ADD", conf={**CONF, "bridge": "much-too-long-a-name"})
    assert (ended.code, ended.out["code"]) == (1, 7)
    assert "$.bridge" in ended.out["msg"] + ended.out.get("details", "")
    assert it.call("ADD", env={"CNI_NETNS": "/run/netns/none"}).out["code"] == 4
    assert it.counted() == {("ADD", "failed"): 2}
    assert it.left() == {}


@pytest.mark.parametrize("env", [BY_HAND, {"CNI_NETNS": "/proc/self/ns/net"}])
def test_what_the_daemon_is_not_asked(it: Served, env: dict[str, str]) -> None:
    it.call("ADD", env=env)
    assert it.counted() == {}


@pytest.mark.parametrize("env", [{"CNI_PATH": "bin:/opt/cni/bin"}, {"CNI_NETNS": "netns/c0"}])
def test_a_caller_whose_paths_go_on_from_where_he_stands_is_so_too(
    it: Served, env: dict[str, str]
) -> None:
    it.call("STATUS", env=env)
    assert it.status()["refused"]["elsewhere"] == 1
    assert it.counted() == {}


def test_a_caller_elsewhere_is_served_by_its_own_process(it: Served) -> None:
    """What it calls its host is another namespace than the daemon's."""
    done = it.host.run(
        "ip", "netns", "exec", "c1", str(it.bin / "glassnet"),
        stdin="{}", env={"CNI_COMMAND": "STATUS", "GLASSNET_DAEMON": ""}, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert it.status()["refused"]["elsewhere"] == 1
    assert it.counted() == {}


def test_many_at_once_have_addresses_of_their_own_and_leave_nothing() -> None:
    with served(96) as it:
        added = it.several("ADD", range(96), 64)
        assert len({one.address for one in added}) == 96
        assert [one.code for one in it.several("DEL", range(96), 64)] == [0] * 96
        assert it.counted() == {("ADD", "done"): 96, ("DEL", "done"): 96}
        assert it.left() == {}


def test_calls_of_one_container_wait_for_each_other(it: Served) -> None:
    """Whichever of them comes first: one ADD is done, the others are told that it is."""
    with ThreadPoolExecutor(8) as threads:
        ended = [one.result() for one in [threads.submit(it.call, "ADD") for _ in range(8)]]
    assert sorted(one.code for one in ended) == [0] + [1] * 7
    assert {one.out["msg"] for one in ended if one.code} == {
        "glassnet: c0 has an interface eth0 already"
    }
    assert it.call("DEL") == ({}, 0)
    assert it.left() == {}


def test_the_first_call_starts_a_daemon_that_leaves_when_there_is_nothing_to_do() -> None:
    with served(2, start=False) as it:
        env = {"GLASSNET_DAEMON_IDLE": "1.5"}
        assert it.call("ADD", 0, env=env).code == 0  # by hand, while it starts
        it.wait()
        assert it.call("ADD", 1, env=env).code == 0
        assert it.counted() == {("ADD", "done"): 1}
        pid = it.status()["pid"]
        assert it.host.run(*GLASSNET, "daemon", "run", check=False).returncode == 2
        pidfd = os.pidfd_open(pid)
        os.set_blocking(pidfd, True)
        assert select.select([pidfd], [], [], 30)[0]  # it has ended
        os.close(pidfd)
        assert not it.host.sh("ls /run/glassnet/daemon.sock 2>/dev/null || :")
        assert [it.call("DEL", number, env=BY_HAND).code for number in (0, 1)] == [0, 0]
        assert it.left() == {}


def test_a_namespace_that_is_deleted_is_gone_at_once(it: Served) -> None:
    """The daemon keeps nothing open of it: so the kernel takes its links apart."""
    assert it.call("ADD").code == 0
    assert [one for one in it.left()["links"] if one.startswith("veth")]
    it.host.sh("ip netns del c0")
    deadline = time.monotonic() + 10
    while any(one.startswith("veth") for one in it.left().get("links", ())):
        assert time.monotonic() < deadline, "somebody keeps it alive"
    assert it.call("DEL").code == 0
    assert it.left() == {}


def test_told_to_stop_it_serves_who_has_come(it: Served) -> None:
    assert it.call("ADD").code == 0
    it.host.run(*GLASSNET, "daemon", "stop")
    assert it.daemon is not None
    assert it.daemon.wait(30) == 0
    gone = it.host.run(*GLASSNET, "daemon", "status", check=False)
    assert (gone.returncode, "no daemon runs" in gone.stderr) == (2, True)
    assert it.call("DEL", env=BY_HAND).code == 0
    assert it.left() == {}


def test_it_ends_in_peace_at_a_signal(it: Served) -> None:
    assert it.call("ADD").code == 0
    assert it.kill(signal.SIGTERM) == 0
    assert not it.host.sh("ls /run/glassnet/daemon.sock 2>/dev/null || :")


def test_a_dead_one_is_no_hindrance(it: Served) -> None:
    """Its socket is there, and nobody behind it: the next call is served, and starts another."""
    assert it.call("ADD").code == 0
    it.kill()
    assert it.host.sh("ls /run/glassnet/daemon.sock").strip()
    assert it.call("DEL", env={"GLASSNET_DAEMON_IDLE": "1"}).code == 0
    assert it.left() == {}
    it.wait()
    assert it.call("ADD", 1).code == 0
    assert it.counted() == {("ADD", "done"): 1}
    it.host.run(*GLASSNET, "daemon", "stop")


def test_killed_at_any_moment_no_call_is_lost_and_no_address_given_twice() -> None:
    """Whoever asks it then is served by its own process, or told to try again."""
    rounds = 1000 if SOAK else 6
    dice = random.Random(5)
    with served(16) as it:
        for _ in range(rounds):
            with ThreadPoolExecutor(16) as threads:
                calls = [threads.submit(it.call, "ADD", number, env=SOON) for number in range(16)]
                struck = dice.randrange(16)
                calls[struck].result()
                it.kill()
                added = [call.result() for call in calls]
            fine = [one.address for one in added if one.code == 0]
            assert len(set(fine)) == len(fine)
            assert len(fine) >= 1
            it.host.run(*GLASSNET, "daemon", "stop", check=False)
            assert [it.call("DEL", number, env=BY_HAND).code for number in range(16)] == [0] * 16
            assert it.left() == {}
            it.start()


def test_a_socket_that_others_could_have_made_is_not_trusted(it: Served) -> None:
    """In a directory that others may write to nobody knows who listens."""
    it.host.run("chmod", "0777", "/run/glassnet")
    assert it.call("ADD").code == 0
    it.host.run("chmod", "0700", "/run/glassnet")
    assert it.counted() == {}
    assert it.call("DEL").code == 0
    assert it.counted() == {("DEL", "done"): 1}


def test_the_socket_is_for_its_owner_alone(it: Served) -> None:
    mode = it.host.call(_mode, "/run/glassnet/daemon.sock")
    assert stat.S_IMODE(mode) == 0o600


def _mode(path: str) -> int:
    return Path(path).stat().st_mode


def test_a_store_that_was_deleted_is_begun_anew(it: Served) -> None:
    assert it.call("ADD").code == 0
    it.host.sh("rm /run/glassnet/state.db*")
    assert it.call("ADD", 1).code == 0
    assert it.call("DEL", 1).code == 0
    assert it.call("DEL", 0).code == 0
    assert it.left() == {}
