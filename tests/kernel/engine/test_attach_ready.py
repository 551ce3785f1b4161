"""An attach that nobody watches goes out in bytes: it does, refuses and takes back the same."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from attaching import (
    attached,
    attachment,
    detached,
    pending,
    prepare,
    prepare_to_compare,
    standing,
    working,
)

from glassnet.engine.attach import attach
from glassnet.engine.engine import Engine
from glassnet.errors import KernelRefused, NotFound, StepFailed
from glassnet.events import Done, Event
from glassnet.kernel.linux import LinuxKernel
from glassnet.kernel.port import Outcome
from glassnet.ops.request import ReadyRequest, Request
from glassnet.plan.attachment import Attachment
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look
from glassnet.values import HOST, Cidr, IfName

pytestmark = pytest.mark.kernel

FAMILIES = ("v4", "v6", "both")


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


def _rows(host: Host) -> list[bytes]:
    """The plans that are written down."""
    rows: list[bytes] = host.call(
        working,
        lambda engine: [row[0] for row in engine.store.rows("SELECT plan FROM attachments")],
    )
    return rows


@pytest.mark.parametrize("families", FAMILIES)
@pytest.mark.parametrize("mode", ["bridge", "routed"])
def test_what_stands_and_what_is_written_are_the_same_watched_or_not(
    host: Host, mode: str, families: str
) -> None:
    prepare_to_compare(host, mode)
    bare = look(host)
    one = attachment(0, mode, families, mtu=1400)
    told: list[Event] = []

    def watched() -> int:
        working(partial(_attach, one), told.append, chunk=1)
        return sum(isinstance(event, Done) for event in told)

    assert host.call(watched) >= 4
    by_steps, rows = look(host), _rows(host)
    detached(host, one.name)
    assert not differences(bare, look(host))
    attached(host, one)
    assert not differences(by_steps, look(host))
    assert _rows(host) == rows


def _attach(one: Attachment, engine: Engine) -> None:
    attach(engine, one)


class Meddling(LinuxKernel):
    """A kernel before which something happens to the requests that are ready."""

    def __init__(self, meddle: Callable[[ReadyRequest], list[Outcome] | None]) -> None:
        super().__init__()
        self._meddle = meddle

    def perform(self, requests: Sequence[Request]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for request in requests:
            said = self._meddle(request) if isinstance(request, ReadyRequest) else None
            outcomes += super().perform([request]) if said is None else said
            if any(outcomes):
                break
        return outcomes


class RefuseAt:
    """The message with that number is refused; the kernel goes on with the others of its send."""

    def __init__(self, number: int) -> None:
        self._left = number

    def __call__(self, request: ReadyRequest) -> list[Outcome] | None:
        count = len(request.starts)
        at, self._left = self._left, self._left - count
        if not 0 <= at < count:
            return None
        outcomes: list[Outcome] = []
        with LinuxKernel() as kernel:
            outcomes += kernel.perform([request.part(0, at)]) if at else []
            outcomes.append(KernelRefused(5, "the test says no"))
            outcomes += kernel.perform([request.part(at + 1, count)]) if at + 1 < count else []
        return outcomes


@pytest.mark.parametrize(("mode", "messages"), [("bridge", 8), ("routed", 15)])
def test_a_refusal_at_any_message_takes_all_back(host: Host, mode: str, messages: int) -> None:
    prepare_to_compare(host, mode)
    before = look(host)

    def at(number: int) -> str:
        kernel = partial(Meddling, RefuseAt(number))
        try:
            working(partial(_attach, attachment(0, mode)), kernel=kernel)
        except StepFailed as error:
            return error.operation if isinstance(error.cause, KernelRefused) else ""
        return "none"

    named = []
    for number in range(messages):
        named.append(host.call(at, number))
        assert not differences(before, look(host))
        assert (standing(host), pending(host)) == ([], 0)
    assert all(named)
    assert len(set(named)) == messages - 1  # the cable's two messages: to make it and to mark it
    assert host.call(at, messages) == "none"


def test_an_end_that_vanishes_between_two_sends_is_told_of(host: Host) -> None:
    prepare_to_compare(host, "routed")
    before = look(host)

    def meddle(request: ReadyRequest) -> list[Outcome] | None:
        if request.netns:
            subprocess.run("ip link del gn0".split(), check=True)
        return None

    def work() -> None:
        working(partial(_attach, attachment(0)), kernel=lambda: Meddling(meddle))

    with pytest.raises(StepFailed, match=r"\(link eth0 up in c0\).* No such device") as caught:
        host.call(work)
    assert isinstance(caught.value.cause, KernelRefused)
    assert not differences(before, look(host))
    assert (standing(host), pending(host)) == ([], 0)


def test_a_namespace_that_vanishes_between_two_sends_is_told_of(host: Host) -> None:
    prepare(host, "routed")

    def meddle(request: ReadyRequest) -> list[Outcome] | None:
        if request.netns:
            subprocess.run("ip netns del c0".split(), check=True)
        return None

    def work() -> None:
        working(partial(_attach, attachment(0)), kernel=lambda: Meddling(meddle))

    with pytest.raises(StepFailed, match="there is no namespace c0") as caught:
        host.call(work)
    assert isinstance(caught.value.cause, NotFound)
    assert (standing(host), pending(host)) == ([], 0)


MANY: dict[str, Any] = {
    "addresses": tuple(Cidr(f"10.1.{number}.1/32") for number in range(120)),
    "gateways": (),
}


def test_more_addresses_than_fit_one_send(host: Host) -> None:
    prepare_to_compare(host, "routed")
    before = look(host)
    attached(host, attachment(0, **MANY))
    inside = host.json("ip", "-n", "c0", "-j", "addr", "show", "dev", "eth0")[0]["addr_info"]
    assert len([one for one in inside if one["family"] == "inet"]) == 120
    assert len(host.json("ip", "-j", "route", "show", "dev", "gn0")) == 120
    detached(host, attachment(0).name)
    assert not differences(before, look(host))


def test_the_host_itself_can_be_attached_to_its_bridge(host: Host) -> None:
    prepare(host, "bridge")
    attached(host, attachment(0, "bridge", "v4", netns=HOST, ifname=IfName("up0"), gateways=()))
    [link] = host.json("ip", "-j", "link", "show", "up0")
    assert link["link"] == "gn0"
    detached(host, "net/c0/up0")
    assert host.run("ip", "-j", "link", "show", "up0", check=False).returncode


def test_shapes_are_not_remembered_without_end(host: Host) -> None:
    prepare(host, "routed", 70)

    def work(engine: Engine) -> int:
        for number in range(70):
            attach(engine, attachment(number, families="v4", mtu=1000 + number))
        return len(engine.stencils)

    assert host.call(working, work) <= 64
