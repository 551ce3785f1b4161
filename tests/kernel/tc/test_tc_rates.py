"""Shapers really shape: what gets through in which time, each way of a cable."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from shaped import cable, perform, seconds, through_at_once

from glassnet.ops.ingress import IngressOp, RedirectOp
from glassnet.ops.qdisc import HtbOp, TbfOp
from glassnet.ops.tclass import ClassOp
from glassnet.testing.host import Host
from glassnet.values import IfName

pytestmark = pytest.mark.kernel

H0, IFB0 = IfName("h0"), IfName("ifb0")
RATE = 40_000_000
"""Bits a second, so that `SIZE` takes a second."""
SIZE, BURST = 5_000_000, 32768
FAST = 0.5
"""Seconds in which `SIZE` gets through where nothing shapes it, on a machine that is busy."""


@pytest.fixture
def host() -> Iterator[Host]:
    with cable() as it:
        yield it


def holds(rate: int, spent: float) -> bool:
    """No faster than the rate but for one burst; and no slower than half of it."""
    least = (SIZE - BURST) * 8 / rate
    return least <= spent < 2 * SIZE * 8 / rate


def test_nothing_is_shaped_at_first(host: Host) -> None:
    """Else the tests below would show nothing."""
    assert seconds(host, "host", "ns1", SIZE) < FAST
    assert seconds(host, "ns1", "host", SIZE) < FAST


def test_a_token_bucket_holds_its_rate_one_way(host: Host) -> None:
    op = TbfOp(ifname=H0, rate=RATE, burst=BURST, latency=50_000)
    assert not perform(host, op)
    assert holds(RATE, seconds(host, "host", "ns1", SIZE))
    assert seconds(host, "ns1", "host", SIZE) < FAST
    assert not perform(host, op.flipped())
    assert seconds(host, "host", "ns1", SIZE) < FAST


def test_what_comes_in_is_shaped_by_way_of_an_ifb(host: Host) -> None:
    assert not perform(
        host,
        TbfOp(ifname=IFB0, rate=RATE, burst=BURST, latency=50_000),
        IngressOp(ifname=H0),
        RedirectOp(ifname=H0, target=IFB0),
    )
    assert holds(RATE, seconds(host, "ns1", "host", SIZE))
    assert seconds(host, "host", "ns1", SIZE) < FAST
    assert not perform(host, RedirectOp(ifname=H0, target=IFB0, present=False))
    assert seconds(host, "ns1", "host", SIZE) < FAST


def test_each_way_has_its_own_rate(host: Host) -> None:
    assert not perform(
        host,
        TbfOp(ifname=H0, rate=2 * RATE, burst=BURST, latency=50_000),
        TbfOp(ifname=IFB0, rate=RATE, burst=BURST, latency=50_000),
        IngressOp(ifname=H0),
        RedirectOp(ifname=H0, target=IFB0),
    )
    assert holds(2 * RATE, seconds(host, "host", "ns1", SIZE))
    assert holds(RATE, seconds(host, "ns1", "host", SIZE))


def test_the_default_class_holds_its_rate(host: Host) -> None:
    only = ClassOp(ifname=H0, minor=0x10, rate=RATE, burst=BURST)
    assert not perform(host, HtbOp(ifname=H0, default=0x10), only)
    assert holds(RATE, seconds(host, "host", "ns1", SIZE))
    assert not perform(host, only.flipped())
    assert seconds(host, "host", "ns1", SIZE) < FAST, "without a class nothing is held back"


def test_a_class_borrows_of_its_parent_up_to_its_ceil(host: Host) -> None:
    assert not perform(
        host,
        HtbOp(ifname=H0, default=0x10),
        ClassOp(ifname=H0, minor=1, rate=10 * RATE, burst=BURST),
        ClassOp(
            ifname=H0, minor=0x10, parent=1, rate=RATE // 8, ceil=RATE, burst=BURST, cburst=BURST
        ),
    )
    assert holds(RATE, seconds(host, "host", "ns1", SIZE))


def test_a_burst_leaves_at_once_and_the_rest_waits_or_is_dropped(host: Host) -> None:
    """At 1,000 bytes a second hardly anything is added while it is looked.

    What neighbour discovery sends takes its part of the burst: there is to be none.
    """
    host.sh("echo 1 > /proc/sys/net/ipv6/conf/h0/disable_ipv6")
    assert not perform(host, TbfOp(ifname=H0, rate=8000, burst=10_000, limit=20_000))
    through = through_at_once(host, "host", "ns1", 40, 1000)
    assert through in {10, 11}
    [queue] = host.json("tc", "-j", "-s", "qdisc", "show", "dev", "h0")
    assert queue["backlog"] <= 20_000
    others = queue["packets"] + queue["qlen"] + queue["drops"] - 40  # neighbour discovery's own
    assert 0 <= others < 10
    assert 9 <= queue["drops"] <= 10 + others


def test_what_is_larger_than_the_burst_never_leaves(host: Host) -> None:
    assert not perform(host, TbfOp(ifname=H0, rate=RATE, burst=900, limit=20_000))
    assert through_at_once(host, "host", "ns1", 1, 1000) == 0
    [dropped] = host.json("tc", "-j", "-s", "qdisc", "show", "dev", "h0")
    assert dropped["drops"] == 1
    assert through_at_once(host, "host", "ns1", 1, 900) == 1
