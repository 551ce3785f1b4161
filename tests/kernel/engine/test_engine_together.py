"""Two engines on one host: one after the other, also where the first one dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from attaching import working
from side_by_side import Pause, ended, side_by_side, start, until_it_waits

from glassnet.engine.engine import Engine
from glassnet.errors import GlassnetError
from glassnet.events import Done, Event, Listener, ignore
from glassnet.ops.addr import AddrOp
from glassnet.ops.bridge import BridgeOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.registry import AnyOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.plan.model import Wanted
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look
from glassnet.values import Cidr, IfName, Netns, SysctlKey

pytestmark = pytest.mark.kernel


NO_LINK_LOCAL = "echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode"
"""They come of MACs, which are random."""


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        it.sh(NO_LINK_LOCAL)
        yield it


def network(number: int) -> list[Wanted]:
    """A namespace, a bridge and a cable; and forwarding, which all of them need."""
    bridge, netns = IfName(f"br{number}"), Netns(f"ns{number}")
    ops: list[AnyOp] = [
        NetnsOp(netns=netns),
        SysctlOp(name=SysctlKey("net.ipv4.ip_forward"), value="1"),
        BridgeOp(ifname=bridge, up=True, alias=f"glassnet:n{number}/{bridge}"),
        AddrOp(ifname=bridge, cidr=Cidr(f"10.{number}.0.1/24")),
        VethOp(
            ifname=IfName(f"port{number}"),
            alias=f"glassnet:n{number}/port{number}",
            master=bridge,
            up=True,
            peer=IfName("eth0"),
            peer_netns=netns,
        ),
    ]
    return [Wanted(op) for op in ops]


def up(number: int, engine: Engine) -> None:
    engine.up(f"n{number}", network(number))


def down(number: int, engine: Engine) -> None:
    engine.down(f"n{number}")


class Meanwhile:
    """One is stopped after some step of what it does; others may try."""

    def __init__(self, work: Callable[[Engine], object], step: int) -> None:
        self._pause, self._step = Pause(), step
        self._pid = start(partial(working, work, self._listen, chunk=1))
        self._pause.wait()

    def _listen(self, event: Event) -> None:
        if isinstance(event, Done) and event.step == self._step:
            self._pause.stop()

    def go_on(self) -> None:
        self._pause.go_on()
        assert ended(self._pid) == 0

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        assert ended(self._pid) == -signal.SIGKILL


def test_eight_networks_at_once_come_and_go(host: Host) -> None:
    before = look(host)
    for verb in (up, down):
        jobs = [partial(working, partial(verb, number)) for number in range(8)]
        assert host.call(side_by_side, jobs) == [None] * 8
        if verb is up:
            kinds = host.call(working, lambda engine: engine.journal.kinds())
            assert list(kinds) == [f"n{number}" for number in range(8)]
            assert host.call(working, _drifted) == []
    assert not differences(before, look(host))


def _drifted(engine: Engine) -> list[str]:
    return [
        str(found.differences)
        for name in engine.journal.kinds()
        for found in engine.check(engine.recorded(name))
        if found.differences
    ]


def test_one_network_by_eight_at_once_is_made_once(host: Host) -> None:
    before = look(host)
    came = host.call(side_by_side, [partial(working, partial(up, 1))] * 8)
    assert came == [None] * 8
    runs = host.call(working, lambda engine: [len(r.plan.changes) for r in engine.journal.runs()])
    assert sorted(runs) == [0] * 7 + [5]
    came = host.call(side_by_side, [partial(working, partial(down, 1))] * 8)
    assert sum(error is None for error in came) == 1
    assert all(error is None or isinstance(error, GlassnetError) for error in came)
    assert not differences(before, look(host))


@pytest.mark.parametrize(
    ("second", "left"),
    [(partial(up, 2), ["n1", "n2"]), (partial(up, 1), ["n1"]), (partial(down, 1), [])],
    ids=["another", "the same", "down"],
)
def test_the_second_waits_for_the_first(
    host: Host, second: Callable[[Engine], object], left: list[str]
) -> None:
    def work() -> list[str]:
        order: list[str] = []
        meanwhile = Meanwhile(partial(up, 1), 3)
        done = Pause()

        def other() -> None:
            working(second)
            done.stop()

        pid = start(other)
        until_it_waits(pid)
        order.append("the second waits")
        meanwhile.go_on()
        order.append("the first is done")
        done.wait()
        done.go_on()
        assert ended(pid) == 0
        return order

    assert host.call(work) == ["the second waits", "the first is done"]
    assert host.call(working, _drifted) == []
    assert host.call(working, lambda engine: list(engine.journal.kinds())) == left


@pytest.mark.parametrize("step", [1, 3])
@pytest.mark.parametrize("second", ["the same", "another", "down"])
def test_who_waited_for_one_that_died_begins_with_what_that_one_left(
    host: Host, second: str, step: int
) -> None:
    """Its own recovery had found the other alive."""
    with Host() as other:
        other.sh(NO_LINK_LOCAL)
        if second != "down":
            number = 1 if second == "the same" else 2
            other.call(working, partial(up, number))
        wanted = look(other)

    def next_one(listener: Listener = ignore) -> None:
        work = {"the same": partial(up, 1), "another": partial(up, 2), "down": partial(down, 1)}
        working(work[second], listener)

    def work() -> int:
        first: Callable[[Engine], object] = partial(up, 1)
        if second == "down":
            working(first)
            first = partial(down, 1)
        meanwhile = Meanwhile(first, step)
        pid = start(next_one)
        until_it_waits(pid)
        meanwhile.kill()
        return ended(pid)

    assert host.call(work) == (1 if second == "down" else 0)  # it is down already
    assert not host.call(working, lambda engine: engine.recover())
    assert not differences(wanted, look(host))
    assert host.call(working, _drifted) == []
