"""The state's file system is full or read-only: it is said, and nothing stays half-done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from attaching import attachment, prepare_to_compare, working

from glassnet.engine.attach import attach, detach
from glassnet.engine.engine import Engine
from glassnet.errors import StateError
from glassnet.events import Done, Event, Listener, Planned, ignore
from glassnet.ops.registry import AnyOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.plan.model import Wanted
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look
from glassnet.values import SysctlKey

pytestmark = pytest.mark.kernel

SMALL = Path("/run/small")
STATE = SMALL / "state"
FILL = SMALL / "fill"
ONE = attachment(0)
FULL = "is the file system full or read-only?"


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        it.sh(f"mkdir {SMALL}; mount -t tmpfs -o size=512k small {SMALL}")
        prepare_to_compare(it, "routed")
        yield it


def fill() -> None:
    """Not a byte is left."""
    with open(FILL, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


class FillAt:
    """Full with the first event of a kind."""

    def __init__(self, kind: type[Event]) -> None:
        self._kind = kind
        self._filled = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, self._kind) and not self._filled:
            self._filled = True
            fill()


def _settings() -> list[Wanted]:
    ops: list[AnyOp] = [
        SysctlOp(name=SysctlKey(name), value="1")
        for name in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding")
    ]
    return [Wanted(op) for op in ops]


def up(engine: Engine) -> object:
    return engine.up("forward", _settings())


def down(engine: Engine) -> object:
    return engine.down("forward")


def nothing(engine: Engine) -> None:
    del engine


def inside(host: Host, work: object, listener: Listener = ignore) -> object:
    """Some work with an engine whose state is in the small file system."""

    def do() -> object:
        assert callable(work)
        return working(work, listener, directory=STATE)

    return host.call(do)


def refused(host: Host, work: object, listener: Listener = ignore) -> StateError:
    with pytest.raises(StateError) as caught:
        inside(host, work, listener)
    assert caught.value.exit_code == 4
    assert caught.value.advice() == FULL
    return caught.value


WORKS = {"attach": partial(attach, attachment=ONE), "up": up}


def test_full_before_there_is_a_state(host: Host) -> None:
    host.call(fill)
    error = refused(host, nothing)
    assert str(STATE) in str(error)
    host.run("rm", str(FILL))
    inside(host, nothing)


@pytest.mark.parametrize("verb", WORKS)
def test_full_before_the_deed(host: Host, verb: str) -> None:
    inside(host, nothing)
    before = look(host)
    host.call(fill)
    for _ in range(2):
        assert f"{STATE}/state.db: disk I/O error" in str(refused(host, WORKS[verb]))
        assert not differences(before, look(host))
    host.run("rm", str(FILL))
    inside(host, WORKS[verb])
    assert differences(before, look(host))


@pytest.mark.parametrize("when", [Planned, Done])
def test_full_during_an_attach_it_is_taken_back(host: Host, when: type[Event]) -> None:
    """Its row was written, and cannot be marked done."""
    inside(host, nothing)
    before = look(host)
    refused(host, WORKS["attach"], FillAt(when))
    assert not differences(before, look(host))
    host.run("rm", str(FILL))
    assert inside(host, lambda engine: engine.recover()) == 1
    assert not differences(before, look(host))
    inside(host, WORKS["attach"])
    assert inside(host, lambda engine: list(engine.attachments.all())) == [ONE.name]


def test_the_same_engine_goes_on_once_there_is_room(host: Host) -> None:
    inside(host, nothing)

    def work(engine: Engine) -> int:
        with pytest.raises(StateError):
            attach(engine, ONE)
        os.unlink(FILL)
        attach(engine, ONE)
        return len(engine.attachments.all())

    assert inside(host, work, FillAt(Planned)) == 1


@pytest.mark.parametrize("when", [Planned, Done])
def test_full_during_an_up_the_next_call_takes_it_back(host: Host, when: type[Event]) -> None:
    inside(host, nothing)
    before = look(host)
    refused(host, up, FillAt(when))
    host.run("rm", str(FILL))
    assert inside(host, lambda engine: engine.recover()) == 1
    assert not differences(before, look(host))
    inside(host, up)


def test_full_during_a_down_the_next_call_completes_it(host: Host) -> None:
    inside(host, nothing)
    before = look(host)
    inside(host, up)
    refused(host, down, FillAt(Planned))
    host.run("rm", str(FILL))
    assert inside(host, lambda engine: engine.recover()) == 1
    assert not differences(before, look(host))
    assert inside(host, lambda engine: engine.journal.kinds()) == {}


def test_full_during_a_detach_it_is_done_again(host: Host) -> None:
    inside(host, nothing)
    before = look(host)
    inside(host, WORKS["attach"])
    again = partial(detach, name=ONE.name)
    refused(host, again, FillAt(Planned))
    host.run("rm", str(FILL))
    inside(host, again)
    assert not differences(before, look(host))
    assert inside(host, lambda engine: engine.attachments.all()) == {}


def test_read_only_from_some_moment_on(host: Host) -> None:
    inside(host, up)
    before = look(host)
    host.run("mount", "-o", "remount,ro", str(SMALL))
    for work in (nothing, WORKS["attach"], down):
        with pytest.raises(StateError, match="Read-only file system") as caught:
            inside(host, work)
        assert caught.value.advice() == "is the directory writable?"
    assert not differences(before, look(host))


def test_the_command_line_says_so_and_ends_with_4(host: Host) -> None:
    host.sh(f"echo '{{name: lab, namespaces: [a]}}' > {SMALL}/lab.yaml")
    host.call(fill)
    ended = host.glassnet(
        "up", f"{SMALL}/lab.yaml", check=False, env={"GLASSNET_STATE": str(STATE)}
    )
    assert ended.returncode == 4
    assert str(STATE) in ended.stderr
    assert FULL in ended.stderr
    assert host.run("ip", "netns").stdout.split() == ["c0"]
