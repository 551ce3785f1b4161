"""Killed at every send and every SQL statement of attach, of detach and of their recovery."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faulty import KILLED, NONE, Fault, FaultyKernel, FaultyStore
from outside import State, differences, state

from glassnet.engine.attach import attach, detach
from glassnet.engine.engine import Engine
from glassnet.engine.executor import NO_LIMIT
from glassnet.plan.attachment import Attachment
from glassnet.testing.host import Host
from glassnet.values import Cidr, IfName, IpAddress, Netns

pytestmark = pytest.mark.kernel

MANY = 100
"""More than any of it takes."""

ADDRESSES = {"routed": ("10.0.0.2/32", "fd00::2/128"), "bridge": ("10.0.0.2/24", "fd00::2/64")}
GATEWAYS = {"routed": ("169.254.1.1", "fe80::1"), "bridge": ("10.0.0.1", "fd00::1")}
CHUNKS = pytest.mark.parametrize("chunk", [1, NO_LIMIT], ids=["one by one", "in batches"])
PLACES = pytest.mark.parametrize(
    ("of", "chunk"),
    [("send", 1), ("send", NO_LIMIT), ("statement", NO_LIMIT)],
    ids=["at each step", "at each send", "at each statement"],
)
MODES = pytest.mark.parametrize("mode", ["routed", "bridge"])


def attachment(mode: str) -> Attachment:
    return Attachment(
        network="net",
        container="c0",
        netns=Netns("c0"),
        ifname=IfName("eth0"),
        host_ifname=IfName("gn0"),
        addresses=tuple(map(Cidr, ADDRESSES[mode])),
        gateways=tuple(map(IpAddress, GATEWAYS[mode])),
        bridge=IfName("br0") if mode == "bridge" else None,
    )


@pytest.fixture
def host(mode: str) -> Iterator[Host]:
    """Loopback had been up, since the kernel leaves it the address that it gets by that."""
    with Host() as it:
        it.sh("ip netns add c0; ip -n c0 link set lo up; ip -n c0 link set lo down")
        if mode == "bridge":
            it.sh(
                """
                ip link add br0 address 02:00:00:00:31:01 type bridge
                ip link add other0 address 02:00:00:00:31:02 type veth peer other1
                ip link set other1 up
                ip link set other0 master br0 up
                ip link set br0 up
                ip addr add 10.0.0.1/24 dev br0
                ip addr add fd00::1/64 dev br0 nodad
                """
            )
        yield it


def perform(verb: str, mode: str, fault: Fault = NONE, chunk: int = NO_LIMIT) -> None:
    """Do it in this process, which is in a host."""
    with Engine(FaultyKernel(fault), FaultyStore(fault), chunk=chunk) as engine:
        match verb:
            case "attach":
                attach(engine, attachment(mode))
            case "detach":
                detach(engine, attachment(mode).name)
            case _:
                engine.recover()


def done(host: Host, verb: str, mode: str) -> None:
    host.call(perform, verb, mode)


def killed(host: Host, verb: str, mode: str, fault: Fault, chunk: int = NO_LIMIT) -> bool:
    """Whether it was killed, or came to its end."""
    code = host.kill_in(perform, verb, mode, fault, chunk)
    assert code in {0, KILLED}
    return code == KILLED


def rows(host: Host) -> tuple[int, int]:
    """How many attachments stand, and how many are pending."""

    def counted() -> tuple[int, int]:
        with Engine(FaultyKernel(), FaultyStore()) as engine:
            asked = "SELECT count(*) - total(pending), total(pending) FROM attachments"
            standing, pending = engine.store.row(asked)
            return int(standing), int(pending)

    return host.call(counted)


def both_ends(host: Host, mode: str) -> tuple[State, State]:
    """The host without and with the attachment; it is without."""
    without = state(host)
    done(host, "attach", mode)
    attached = state(host)
    done(host, "detach", mode)
    assert not differences(without, state(host))
    return without, attached


@MODES
@PLACES
def test_an_attach_leaves_all_or_nothing(host: Host, mode: str, of: str, chunk: int) -> None:
    without, attached = both_ends(host, mode)
    at = 0
    while killed(host, "attach", mode, Fault(at, of=of), chunk):
        done(host, "recover", mode)
        now = state(host)
        is_there = bool(differences(without, now))
        if is_there:
            assert not differences(attached, now), f"after death at {of} {at}"
        assert rows(host) == (int(is_there), 0), f"after death at {of} {at}"
        if not is_there:
            done(host, "attach", mode)
            assert not differences(attached, state(host)), f"after death at {of} {at}"
        done(host, "detach", mode)
        at += 1
        assert at < MANY
    assert at >= {"send": 2, "statement": 2}[of]


@MODES
@PLACES
def test_a_detach_is_completed_by_the_next(host: Host, mode: str, of: str, chunk: int) -> None:
    without, attached = both_ends(host, mode)
    at = 0
    done(host, "attach", mode)
    while killed(host, "detach", mode, Fault(at, of=of), chunk):
        done(host, "recover", mode)
        assert rows(host) == (1, 0), f"after death at {of} {at}"
        done(host, "detach", mode)
        assert not differences(without, state(host)), f"after death at {of} {at}"
        assert rows(host) == (0, 0), f"after death at {of} {at}"
        done(host, "attach", mode)
        assert not differences(attached, state(host)), f"after death at {of} {at}"
        at += 1
        assert at < MANY
    assert rows(host) == (0, 0)
    assert at >= {"send": 2, "statement": 3}[of]


@MODES
@CHUNKS
def test_a_recovery_that_dies_itself_is_begun_anew(host: Host, mode: str, chunk: int) -> None:
    """After each of its sends and statements; the attach before it was cut at its last ones."""
    without, _ = both_ends(host, mode)
    last = 0
    while killed(host, "attach", mode, Fault(last), chunk):
        done(host, "recover", mode)
        last += 1
    done(host, "detach", mode)
    deaths = 0
    for of, begin in (("send", 0), ("send", 1), ("statement", 1), ("statement", 2)):
        assert killed(host, "attach", mode, Fault(last - 1), chunk)
        first = begin
        while killed(host, "recover", mode, Fault(first, of=of), 1):
            deaths += 1
            first += 1
            assert deaths < MANY
        assert not differences(without, state(host))
        assert rows(host) == (0, 0)
    assert deaths >= 5
