"""Detach: whatever became of the namespace and the cable, ours goes and nothing else does."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Iterator, Sequence
from itertools import permutations

import pytest
from attaching import (
    attached,
    attachment,
    detached,
    make_namespaces,
    pending,
    prepare_to_compare,
    standing,
    working,
)

from glassnet.engine.attach import attach, detach
from glassnet.engine.engine import Engine
from glassnet.errors import KernelRefused, NotFound, RollbackFailed
from glassnet.events import Done, Event, Planned, ignore
from glassnet.kernel.linux import LinuxKernel
from glassnet.kernel.port import Outcome
from glassnet.ops.request import Request
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look
from glassnet.values import IfName, Netns

pytestmark = pytest.mark.kernel

ONE = attachment(0)


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


def links(host: Host, netns: str = "") -> dict[str, bool]:
    """Whether each link is up, by name."""
    inside = ("-n", netns) if netns else ()
    return {
        link["ifname"]: "UP" in link["flags"] for link in host.json("ip", *inside, "-j", "link")
    }


def test_a_namespace_that_is_gone(host: Host) -> None:
    before = look(host)
    make_namespaces(host)
    attached(host, ONE)
    host.run("ip", "netns", "del", "c0")
    detached(host, ONE.name)
    assert not differences(before, look(host))
    assert standing(host) == []


def test_a_namespace_that_is_unpinned_and_lives_on(host: Host) -> None:
    """Somebody is in it: the kernel leaves the cable, and the host's end must go."""
    make_namespaces(host)
    attached(host, ONE)
    process = host.start("ip", "netns", "exec", "c0", "sh", "-c", "echo in; read -r _")
    assert process.stdout is not None
    assert process.stdout.readline() == "in\n"
    host.run("ip", "netns", "del", "c0")
    assert "gn0" in links(host)
    detached(host, ONE.name)
    assert links(host) == {"lo": True}
    process.communicate("")


def test_another_namespace_of_that_name_is_left_alone(host: Host) -> None:
    make_namespaces(host)
    attached(host, ONE)
    host.sh("ip netns del c0; ip netns add c0; ip -n c0 link set lo up")
    detached(host, ONE.name)
    assert links(host, "c0") == {"lo": True}
    assert links(host) == {"lo": True}


def test_the_same_where_the_old_one_lives_on(host: Host) -> None:
    make_namespaces(host)
    attached(host, ONE)
    host.sh("touch /run/netns/old; mount --bind /run/netns/c0 /run/netns/old")
    host.sh("ip netns del c0; ip netns add c0; ip -n c0 link set lo up")
    assert "gn0" in links(host)
    detached(host, ONE.name)
    assert links(host, "c0") == {"lo": True}
    assert links(host, "old") == {"lo": True}
    assert links(host) == {"lo": True}


@pytest.mark.parametrize("end", ["ip link del gn0", "ip -n c0 link del eth0"])
def test_a_cable_that_is_gone(host: Host, end: str) -> None:
    make_namespaces(host)
    attached(host, ONE)
    host.sh(end)
    detached(host, ONE.name)
    assert links(host) == {"lo": True}
    assert standing(host) == []


def test_a_far_end_that_was_moved(host: Host) -> None:
    make_namespaces(host, 2)
    attached(host, ONE)
    host.sh("ip -n c0 link set eth0 netns c1")
    detached(host, ONE.name)
    assert links(host) == {"lo": True}
    assert "eth0" not in links(host, "c1")


def test_somebody_elses_link_in_its_place_stays(host: Host) -> None:
    make_namespaces(host)
    attached(host, ONE)
    host.sh("ip link del gn0; ip link add gn0 type veth peer gn9")
    [plan] = detached(host, ONE.name)
    assert plan.steps[-1].action == "leave"
    assert "not made by glassnet" in plan.steps[-1].note
    assert {"gn0", "gn9"} <= set(links(host))
    assert standing(host) == []


def test_twice_and_never(host: Host) -> None:
    make_namespaces(host)
    attached(host, ONE)
    detached(host, ONE.name)
    for name in (ONE.name, "net/c9/eth0"):
        with pytest.raises(NotFound, match=f"there is no attachment {name}") as caught:
            detached(host, name)
        assert caught.value.exit_code == 2


def test_of_many_the_others_stay_as_they_are(host: Host) -> None:
    prepare_to_compare(host, "bridge", 3)
    kept = [attachment(0, "bridge"), attachment(2, "bridge")]
    attached(host, *kept)
    before = look(host)
    attached(host, attachment(1, "bridge"))
    detached(host, attachment(1).name)
    assert not differences(before, look(host))
    assert standing(host) == [one.name for one in kept]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_last_of_a_namespace_puts_loopback_back(host: Host, order: Sequence[int]) -> None:
    make_namespaces(host)
    several = [
        attachment(number, container="c0", netns=Netns("c0"), ifname=IfName(name), gateways=())
        for number, name in enumerate(("eth0", "eth1", "eth2"))
    ]
    attached(host, *several)
    for number in order[:-1]:
        detached(host, several[number].name)
        assert links(host, "c0")["lo"]
    detached(host, several[order[-1]].name)
    assert links(host, "c0") == {"lo": False}


class Busy(LinuxKernel):
    """A kernel that refuses all."""

    def perform(self, requests: Sequence[Request]) -> list[Outcome]:
        return [KernelRefused(errno.EBUSY, "not now") for _ in requests[:1]]


def test_a_refused_detach_says_what_is_left_and_can_be_repeated(host: Host) -> None:
    make_namespaces(host)
    before = look(host)
    attached(host, attachment(0, addresses=(), gateways=()))
    with pytest.raises(RollbackFailed) as caught:
        host.call(working, lambda engine: detach(engine, ONE.name), ignore, Busy)
    told = str(caught.value)
    assert "the detach of net/c0/eth0 is not complete" in told
    assert "left behind: no veth gn0 on the host to eth0 in c0: Device or resource busy" in told
    assert "the kernel says: not now" in told
    assert caught.value.exit_code == 4
    assert standing(host) == [ONE.name]
    detached(host, ONE.name)
    assert links(host) == {"lo": True}
    assert standing(host) == []
    assert pending(host) == 0
    assert before["host"]["links"] == look(host)["host"]["links"]


def test_events_tell_what_is_done(host: Host) -> None:
    make_namespaces(host)

    def work() -> list[Event]:
        told: list[Event] = []

        def both(engine: Engine) -> None:
            attach(engine, ONE)
            detach(engine, ONE.name)

        working(both, told.append)
        return told

    told = host.call(work)
    assert [event.total for event in told if isinstance(event, Planned)] == [14, 2]
    done = [event for event in told if isinstance(event, Done)]
    assert [event.step for event in done] == [*range(1, 15), 1, 2]
    assert done[-1].commands == ("ip link del gn0",)


def test_one_engine_and_a_namespace_that_is_made_anew_meanwhile(host: Host) -> None:
    """A container that is started again: the second attach is to the second namespace."""
    make_namespaces(host)

    def work(engine: Engine) -> None:
        attach(engine, ONE)
        detach(engine, ONE.name)
        subprocess.run("ip netns del c0; ip netns add c0", shell=True, check=True)
        attach(engine, ONE)

    host.call(working, work)
    assert links(host, "c0") == {"lo": True, "eth0": True}
