"""Many processes attach at once, with one store: all succeed or say why not, nothing is lost."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from attaching import (
    attached,
    attachment,
    detached,
    make_bridge,
    make_namespaces,
    pending,
    prepare,
    standing,
    working,
)
from side_by_side import Pause, ended, side_by_side, start, until_it_waits

from glassnet.engine.attach import attach, detach
from glassnet.engine.engine import Engine
from glassnet.errors import Conflict, NotFound
from glassnet.events import Done, Event, Recovered
from glassnet.kernel.linux import LinuxKernel
from glassnet.ops.netns import NetnsOp
from glassnet.plan.attachment import Attachment
from glassnet.plan.model import Wanted
from glassnet.testing.host import Host
from glassnet.values import IfName, Netns

pytestmark = pytest.mark.kernel

PROCESSES, EACH = 8, 20


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


def attach_all(engine: Engine, *wanted: Attachment) -> None:
    for one in wanted:
        attach(engine, one)


def detach_all(engine: Engine, *wanted: Attachment) -> None:
    for one in wanted:
        detach(engine, one.name)


def make_many(count: int) -> None:
    """Namespaces ``c0`` and so on, faster than by ``ip netns``."""
    ops = [NetnsOp(netns=Netns(f"c{number}")) for number in range(count)]
    with LinuxKernel() as kernel:
        assert not any(kernel.perform([request for op in ops for request in op.requests()]))


def marks(host: Host) -> list[str]:
    """The marks of the host's links, sorted."""
    links = host.json("ip", "-j", "link")
    return sorted(link["ifalias"] for link in links if "ifalias" in link)


@pytest.mark.parametrize("mode", ["bridge", "routed"])
def test_eight_processes_attach_and_detach_twenty_each(host: Host, mode: str) -> None:
    """The store is new: they open it at once, too."""
    if mode == "bridge":
        make_bridge(host)
    before = host.json("ip", "-j", "link")
    host.call(make_many, PROCESSES * EACH)
    every = [attachment(number, mode) for number in range(PROCESSES * EACH)]
    shares = [every[number::PROCESSES] for number in range(PROCESSES)]
    for work in (attach_all, detach_all):
        jobs = [partial(working, partial(_with, work, share)) for share in shares]
        assert host.call(side_by_side, jobs) == [None] * PROCESSES
        assert pending(host) == 0
        if work is attach_all:
            assert standing(host) == sorted(one.name for one in every)
            assert marks(host) == sorted(f"glassnet:{one.name}" for one in every)
            assert host.call(working, _drifted) == []
    assert standing(host) == []
    assert [link["ifname"] for link in host.json("ip", "-j", "link")] == [
        link["ifname"] for link in before
    ]


def _with(work: Any, share: list[Attachment], engine: Engine) -> None:
    work(engine, *share)


def _drifted(engine: Engine) -> list[str]:
    """What of all attachments is not as it was made to be."""
    entries = [entry for part in engine.attachments.all().values() for entry in part]
    findings = engine.check([Wanted(entry.op) for entry in entries])
    assert len(findings) == 14 * PROCESSES * EACH or len(findings) == 7 * PROCESSES * EACH
    return [str(found.differences) for found in findings if found.differences]


def test_one_attachment_by_eight_at_once_is_made_once_and_taken_away_once(host: Host) -> None:
    prepare(host, "routed")
    one = attachment(0)
    for _ in range(5):
        came = host.call(side_by_side, [partial(working, partial(_attach, one))] * PROCESSES)
        assert Counter(map(type, came)) == {type(None): 1, Conflict: PROCESSES - 1}
        assert marks(host) == [f"glassnet:{one.name}"]
        assert host.call(working, lambda engine: engine.attachments.get(one.name)) is not None
        came = host.call(side_by_side, [partial(working, partial(_detach, one))] * PROCESSES)
        assert Counter(map(type, came)) == {type(None): 1, NotFound: PROCESSES - 1}
        assert marks(host) == []
    assert pending(host) == 0


def _attach(one: Attachment, engine: Engine) -> None:
    attach(engine, one)


def _detach(one: Attachment, engine: Engine) -> None:
    detach(engine, one.name)


def test_eight_interfaces_of_one_namespace_at_once_and_loopback_goes_back_last(host: Host) -> None:
    prepare(host, "routed")
    several = [
        attachment(number, container="c0", netns=Netns("c0"), ifname=f"eth{number}", gateways=())
        for number in range(PROCESSES)
    ]
    came = host.call(side_by_side, [partial(working, partial(_attach, one)) for one in several])
    assert came == [None] * PROCESSES
    came = host.call(side_by_side, [partial(working, partial(_detach, one)) for one in several])
    assert came == [None] * PROCESSES
    [lo] = host.json("ip", "-n", "c0", "-j", "link")
    assert "UP" not in lo["flags"]


class Meanwhile:
    """One attaches and is stopped with all done, but for saying so; others do their work."""

    def __init__(self) -> None:
        self._pause = Pause()
        self._pid = start(partial(working, partial(_attach, attachment(0)), self._listen))
        self._pause.wait()

    def _listen(self, event: Event) -> None:
        if isinstance(event, Done) and event.step == event.total:
            self._pause.stop()

    def go_on(self) -> None:
        self._pause.go_on()
        assert ended(self._pid) == 0

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        assert ended(self._pid) == -signal.SIGKILL


def test_what_a_living_process_makes_is_not_taken_back_by_others(host: Host) -> None:
    make_namespaces(host, 2)

    def work() -> tuple[list[str], int]:
        meanwhile = Meanwhile()
        told: list[Event] = []
        with_others = partial(working, listener=told.append)
        assert with_others(lambda engine: engine.recover()) == 0
        with_others(lambda engine: attach(engine, attachment(1)))
        with_others(lambda engine: detach(engine, attachment(1).name))
        assert not [event for event in told if isinstance(event, Recovered)]
        meanwhile.go_on()
        return working(lambda engine: (list(engine.attachments.all()), engine.recover()))

    assert host.call(work) == (["net/c0/eth0"], 0)
    assert marks(host) == ["glassnet:net/c0/eth0"]
    detached(host, "net/c0/eth0")


@pytest.mark.parametrize("then", ["recover", "attach another", "attach it", "detach another"])
def test_what_a_dead_one_left_is_settled_by_the_next_call_whatever_it_is(
    host: Host, then: str
) -> None:
    make_namespaces(host, 2)

    def call(engine: Engine) -> None:
        match then:
            case "recover":
                engine.recover()
            case "attach another":
                attach(engine, attachment(1))
            case "attach it":
                attach(engine, attachment(0))
            case _:
                detach(engine, attachment(1).name)

    def work() -> list[Event]:
        if then == "detach another":
            working(lambda engine: attach(engine, attachment(1)))
        Meanwhile().kill()
        told: list[Event] = []
        working(call, told.append)
        return told

    told = host.call(work)
    assert Recovered("net/c0/eth0", "attach", "undone") in told
    assert pending(host) == 0
    assert marks(host) == {
        "attach another": ["glassnet:net/c1/eth0"],
        "attach it": ["glassnet:net/c0/eth0"],
    }.get(then, [])


def test_who_comes_to_the_same_namespace_waits_and_then_finds_it_wired(host: Host) -> None:
    make_namespaces(host)

    def second() -> None:
        with pytest.raises(Conflict):
            working(partial(_attach, attachment(0)))

    def work() -> int:
        meanwhile = Meanwhile()
        pid = start(second)
        until_it_waits(pid)
        meanwhile.go_on()
        return ended(pid)

    assert host.call(work) == 0
    assert standing(host) == ["net/c0/eth0"]


@pytest.mark.parametrize("verb", ["attach it", "attach another", "detach another"])
def test_who_waited_for_one_that_died_takes_back_what_that_one_left(host: Host, verb: str) -> None:
    """Its own recovery had found the other alive."""
    make_namespaces(host)
    other = attachment(1, netns=Netns("c0"), ifname=IfName("eth1"), gateways=())
    if verb == "detach another":
        attached(host, other)

    def second() -> None:
        match verb:
            case "attach it":
                working(partial(_attach, attachment(0)))
            case "attach another":
                working(partial(_attach, other))
            case _:
                working(partial(_detach, other))

    def work() -> int:
        meanwhile = Meanwhile()
        pid = start(second)
        until_it_waits(pid)
        meanwhile.kill()
        return ended(pid)

    assert host.call(work) == 0
    assert pending(host) == 0
    wanted = {"attach it": "net/c0/eth0", "attach another": "net/c1/eth1"}.get(verb)
    assert standing(host) == [wanted] * (wanted is not None)
    [lo, *_] = host.json("ip", "-n", "c0", "-j", "link")
    assert ("UP" in lo["flags"]) == (wanted is not None)
