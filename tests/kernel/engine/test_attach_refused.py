"""A refused attach: the host is exactly as before, and the error says what, why and what now."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from attaching import (
    BRIDGE,
    attached,
    attachment,
    pending,
    prepare_to_compare,
    standing,
    working,
)

from glassnet.engine.attach import attach
from glassnet.engine.engine import Engine
from glassnet.errors import Conflict, KernelRefused, NotFound, StepFailed
from glassnet.events import Event, Planned
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look
from glassnet.values import Cidr, IfName, IpAddress, Netns

pytestmark = pytest.mark.kernel


class Case(NamedTuple):
    """What stands in the way, what is asked for, and what must be said of it."""

    obstacle: str
    other: Mapping[str, Any]
    step: str
    cause: type[Exception]
    words: str
    remedy: str
    errno: int = 0


V4, OTHER = Cidr("10.0.0.2/32"), Cidr("10.0.0.9/32")
VETH = "(veth gn0 on the host to eth0 in c0)"
CASES = {
    "address twice": Case(
        "", {"addresses": (V4, OTHER, V4), "gateways": ()},
        "step 6 of 9 (address 10.0.0.2/32 on eth0 in c0)",
        KernelRefused, "the kernel says: ipv4: Address already assigned", "whose it is",
        errno.EEXIST,
    ),
    "unknown bridge": Case(
        "", {"bridge": IfName("nobr")}, f"step 1 of 7 {VETH}",
        KernelRefused, "nobr in host: No such device (ENODEV)", "interface is gone", errno.ENODEV,
    ),
    "no bridge": Case(
        "", {"bridge": IfName("lo")}, f"step 1 of 7 {VETH}",
        KernelRefused, "Operation not supported", "lacks the feature", errno.EOPNOTSUPP,
    ),
    "namespace gone": Case(
        "", {"netns": Netns("nowhere")}, "step 1 of 14",
        NotFound, "there is no namespace nowhere", "glassnet show",
    ),
    "no namespace": Case(
        "echo text > /run/netns/file", {"netns": Netns("file")}, "step 1 of 14",
        Conflict, "/run/netns/file is no network namespace", "remove the file",
    ),
    "route taken": Case(
        "ip route add 10.0.0.2 dev lo", {}, "step 12 of 14 (route to 10.0.0.2/32 dev gn0",
        KernelRefused, "File exists (EEXIST)", "whose it is", errno.EEXIST,
    ),
    "gateway beyond": Case(
        "",
        {"bridge": BRIDGE, "addresses": (V4,), "gateways": (IpAddress("192.0.2.1"),)},
        "step 5 of 5 (route to default via 192.0.2.1 dev eth0 in c0)",
        KernelRefused, "the kernel says: Nexthop has invalid gateway", "no network of an interface",
        errno.ENETUNREACH,
    ),
    "too small": Case(
        "", {"mtu": 1000}, "step 5 of 14 (address fd00:10::2/128 on eth0 in c0)",
        KernelRefused, "Invalid argument (EINVAL)", "contradictory", errno.EINVAL,
    ),
}  # fmt: skip


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


@pytest.mark.parametrize("name", CASES)
def test_it_is_told_and_taken_back(host: Host, name: str) -> None:
    case = CASES[name]
    prepare_to_compare(host, "bridge")
    host.sh(case.obstacle)
    before = look(host)
    with pytest.raises(StepFailed) as caught:
        attached(host, attachment(0, **case.other))
    told = str(caught.value)
    assert not differences(before, look(host))
    assert case.step in told
    assert case.words in told
    assert case.remedy in caught.value.advice()
    assert caught.value.exit_code == 3
    assert type(caught.value.cause) is case.cause
    if isinstance(caught.value.cause, KernelRefused):
        assert caught.value.cause.errno == case.errno
    assert standing(host) == []
    assert pending(host) == 0
    attached(host, attachment(0, addresses=(OTHER,), gateways=(), host_ifname=IfName("free0")))
    assert standing(host) == ["net/c0/eth0"]


TAKEN = {
    "on the host": (
        "ip link add gn0 type veth peer gn9",
        "a link gn0 is there already on the host",
    ),
    "in c0": ("ip link add gn9 type veth peer eth0 netns c0", "a link eth0 is there already in c0"),
}


@pytest.mark.parametrize("where", TAKEN)
def test_a_link_of_that_name_is_somebody_elses_and_stays_as_it_is(host: Host, where: str) -> None:
    prepare_to_compare(host, "routed")
    foreign, words = TAKEN[where]
    host.sh(foreign)
    before = look(host)
    with pytest.raises(Conflict, match=words) as caught:
        attached(host, attachment(0))
    assert "whose it is" in caught.value.advice()
    assert not differences(before, look(host))
    assert (standing(host), pending(host)) == ([], 0)


def test_a_link_that_comes_between_the_look_and_the_deed_is_not_touched(host: Host) -> None:
    prepare_to_compare(host, "routed")

    def listener(event: Event) -> None:
        if isinstance(event, Planned):
            subprocess.run("ip link add gn0 type veth peer gn9".split(), check=True)

    with pytest.raises(Conflict, match="a link gn0 is there already on the host") as caught:
        host.call(working, lambda engine: attach(engine, attachment(0)), listener)
    assert "whose it is" in caught.value.advice()
    names = {link["ifname"]: link.get("ifalias") for link in host.json("ip", "-j", "link")}
    assert names == {"lo": None, "gn0": None, "gn9": None}


@pytest.mark.parametrize("other", [{}, {"host_ifname": IfName("gn1"), "netns": Netns("c1")}])
def test_a_name_twice_is_a_conflict_and_nothing_is_changed(
    host: Host, other: Mapping[str, Any]
) -> None:
    """Also where nothing but the name is the same: the kernel would not object."""
    prepare_to_compare(host, "routed", 2)
    attached(host, attachment(0))
    before = look(host)
    with pytest.raises(Conflict, match="an attachment net/c0/eth0 already") as caught:
        attached(host, attachment(0, **other))
    assert caught.value.advice() == "detach it first"
    assert caught.value.exit_code == 2
    assert not differences(before, look(host))
    assert standing(host) == ["net/c0/eth0"]
    assert pending(host) == 0


def test_what_was_attached_before_stays_whole(host: Host) -> None:
    """The refused one shares its namespace: loopback stays up, and the link of the other."""
    prepare_to_compare(host, "routed")
    attached(host, attachment(0))
    before = look(host)
    with pytest.raises(StepFailed):  # the same address on the host again
        attached(host, attachment(0, ifname=IfName("eth1"), host_ifname=IfName("gn1")))
    assert not differences(before, look(host))


class InterruptAt:
    """^C once a step is done; step 0 is before all."""

    def __init__(self, step: int) -> None:
        self._step = step

    def __call__(self, event: Event) -> None:
        step = 0 if isinstance(event, Planned) else getattr(event, "step", None)
        if step == self._step:
            self._step = -1
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("mode", ["routed", "bridge"])
@pytest.mark.parametrize("step", [0, 1, 3, 6, 7])
def test_an_interrupted_one_is_taken_back(host: Host, mode: str, step: int) -> None:
    prepare_to_compare(host, mode)
    before = look(host)

    def work() -> None:
        listener = InterruptAt(step)
        working(lambda engine: attach(engine, attachment(0, mode)), listener, chunk=1)

    with pytest.raises(KeyboardInterrupt):
        host.call(work)
    assert not differences(before, look(host))
    assert (standing(host), pending(host)) == ([], 0)


def test_an_engine_goes_on_after_a_refusal(host: Host) -> None:
    prepare_to_compare(host, "bridge", 2)

    def work(engine: Engine) -> list[str]:
        with pytest.raises(StepFailed):
            attach(engine, attachment(0, "bridge", bridge=IfName("nobr")))
        attach(engine, attachment(0, "bridge"))
        attach(engine, attachment(1, "bridge"))
        return list(engine.attachments.all())

    assert host.call(working, work) == ["net/c0/eth0", "net/c1/eth0"]
