"""`inside` leads home again, whatever happens in there; and a thread moves nobody but itself."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator

import pytest

from glassnet.errors import KernelRefused
from glassnet.kernel import netns as namespaces
from glassnet.testing.host import Host
from glassnet.values import Netns

pytestmark = pytest.mark.kernel


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        it.sh("ip netns add a; ip netns add b")
        yield it


def here() -> int:
    """The number of the namespace that the thread is in."""
    fd = namespaces.open_current()
    try:
        return namespaces.inode(fd)
    finally:
        os.close(fd)


def number(name: str) -> int:
    return namespaces.inode(namespaces.open_netns(Netns(name)))


def _nothing() -> None:
    pass


def _error() -> None:
    raise ValueError


def _exit() -> None:
    raise SystemExit(3)


def _interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize(
    ("what", "raised"),
    [(_nothing, None), (_error, ValueError), (_exit, SystemExit), (_interrupt, KeyboardInterrupt)],
)
def test_home_again(
    host: Host, what: Callable[[], None], raised: type[BaseException] | None
) -> None:
    def work() -> list[int]:
        home, fd = namespaces.open_current(), namespaces.open_netns(Netns("a"))
        seen = [here()]

        def go() -> None:
            with namespaces.inside(fd, home):
                seen.append(here())
                what()

        with pytest.raises(raised) if raised else contextlib.nullcontext():
            go()
        return [*seen, here(), number("a")]

    before, within, after, wanted = host.call(work)
    assert before == after != within == wanted


def test_one_in_another_and_back_step_by_step(host: Host) -> None:
    def work() -> list[int]:
        home = namespaces.open_current()
        a, b = (namespaces.open_netns(Netns(name)) for name in "ab")
        seen = [here()]
        with namespaces.inside(a, home):
            seen.append(here())
            with namespaces.inside(b, a):
                seen.append(here())
            seen.append(here())
        seen.append(here())
        return [*seen, number("a"), number("b")]

    seen = host.call(work)
    home, a, b = seen[0], *seen[5:]
    assert seen[:5] == [home, a, b, a, home]


def test_a_generator_that_is_left_alone_comes_home(host: Host) -> None:
    def work() -> bool:
        home, fd = namespaces.open_current(), namespaces.open_netns(Netns("a"))

        def numbers() -> Generator[int, None, None]:
            with namespaces.inside(fd, home):
                yield here()
                yield here()

        before, walk = here(), numbers()
        assert next(walk) == number("a")
        walk.close()
        return here() == before

    assert host.call(work)


def test_none_means_that_one_is_there_already(host: Host) -> None:
    def work() -> bool:
        before = here()
        with namespaces.inside(None, -1):
            return here() == before

    assert host.call(work)


@pytest.mark.parametrize("path", ["/dev/null", "/proc/self/ns/mnt", ""])
def test_what_cannot_be_entered_is_refused_at_home(host: Host, path: str) -> None:
    def work() -> bool:
        home = namespaces.open_current()
        fd = os.open(path, os.O_RDONLY) if path else 999
        before = here()
        with pytest.raises(KernelRefused, match="entering the namespace: "):
            _enter(fd, home)
        return here() == before

    assert host.call(work)


def _enter(fd: int, home: int) -> None:
    with namespaces.inside(fd, home):
        raise AssertionError("it is inside")


def test_an_interrupt_on_the_way_in_leads_home(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Just after the system call, before anybody could know of it."""
    setns = namespaces.setns

    def work() -> bool:
        home, fd = namespaces.open_current(), namespaces.open_netns(Netns("a"))
        before = here()

        def interrupted(to: int, kind: int = namespaces.CLONE_NEWNET) -> None:
            setns(to, kind)
            if to == fd:
                raise KeyboardInterrupt

        monkeypatch.setattr(namespaces, "setns", interrupted)
        with pytest.raises(KeyboardInterrupt):
            _enter(fd, home)
        return here() == before

    assert host.call(work)


def test_a_thread_moves_nobody_but_itself(host: Host) -> None:
    def work() -> list[bool]:
        home, fd = namespaces.open_current(), namespaces.open_netns(Netns("a"))
        entered, leave, seen = threading.Event(), threading.Event(), list[int]()

        def other() -> None:
            with namespaces.inside(fd, home):
                seen.append(here())
                entered.set()
                leave.wait()
            seen.append(here())

        before = here()
        thread = threading.Thread(target=other)
        thread.start()
        entered.wait()
        mine = here()
        leave.set()
        thread.join()
        return [mine == before, seen == [number("a"), before], here() == before]

    assert host.call(work) == [True, True, True]


def test_links_settings_and_sockets_are_those_of_the_namespace(host: Host) -> None:
    host.sh("ip -n a link add only-in-a type veth peer far")

    def work() -> tuple[list[str], list[str]]:
        home, fd = namespaces.open_current(), namespaces.open_netns(Netns("a"))

        def devices() -> list[str]:
            with open("/proc/thread-self/net/dev", encoding="ascii") as file:
                return sorted(line.split(":")[0].strip() for line in file if ":" in line)

        with namespaces.inside(fd, home):
            inside = devices()
        return inside, devices()

    assert host.call(work) == (["far", "lo", "only-in-a"], ["lo"])
