"""Settings: written, compared, put back, and left alone where somebody has set them since."""

from __future__ import annotations

import pytest
from scene import NS1, gone, seen_in, state, typed, words

from glassnet.ops.base import KEPT, MADE, Receipt
from glassnet.ops.request import SysctlRequest
from glassnet.ops.sysctl import SysctlOp
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, SysctlKey

FORWARD = SysctlKey("net.ipv4.ip_forward")
PORTS = SysctlKey("net.ipv4.ip_local_port_range")
OP = SysctlOp(netns=NS1, name=FORWARD, value="1")
WIDE = SysctlOp(netns=NS1, name=PORTS, value="1024 2048")


def _set(value: str | None, key: SysctlKey = FORWARD) -> Snapshot:
    found = state(NS1)
    found.sysctls[key] = value
    return seen_in(found)


def test_its_commands_and_requests() -> None:
    there = "ip netns exec ns1 sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'"
    assert typed(OP) == [there]
    assert typed(SysctlOp(name=FORWARD, value="0", was="1")) == [
        "sh -c 'echo 0 > /proc/sys/net/ipv4/ip_forward'"
    ]
    assert OP.requests() == (SysctlRequest(NS1, FORWARD, "1"),)
    assert OP.remedy(_set("0")) == OP.requests()
    assert str(OP) == "setting net.ipv4.ip_forward = 1 in ns1"


@pytest.mark.parametrize(
    ("op", "snapshot", "differences"),
    [
        (OP, _set("1"), []),
        (OP, _set(" 1\n"), []),
        (OP, _set("0"), ["setting net.ipv4.ip_forward in ns1: wanted 1, found 0"]),
        (OP, _set("11"), ["setting net.ipv4.ip_forward in ns1: wanted 1, found 11"]),
        (OP, _set(None), ["setting net.ipv4.ip_forward in ns1: wanted 1, found nothing"]),
        (OP, gone(), ["setting net.ipv4.ip_forward in ns1: wanted 1, found nothing"]),
        (WIDE, _set("1024\t2048", PORTS), []),
        (
            WIDE,
            _set("10242048", PORTS),
            ["setting net.ipv4.ip_local_port_range in ns1: wanted 1024 2048, found 10242048"],
        ),
    ],
)
def test_what_was_seen(op: SysctlOp, snapshot: Snapshot, differences: list[str]) -> None:
    assert words(op.satisfied_by(snapshot)) == differences


def test_what_nobody_looked_at_is_an_error() -> None:
    with pytest.raises(LookupError):
        SysctlOp(name=FORWARD, value="1").satisfied_by(_set("1"))


def test_the_way_back_is_the_value_from_before() -> None:
    before = OP.before(_set("0"))
    assert before == {"value": "0"}
    assert OP.before(_set(None)) == OP.before(gone()) == {}
    receipt = Receipt(changed=True, before=before)
    [back] = OP.inverse(receipt)
    assert back == SysctlOp(netns=NS1, name=FORWARD, value="0", was="1")
    assert OP.inverse(KEPT) == OP.inverse(MADE) == ()
    assert OP.inverse(Receipt(changed=False, before=before)) == ()
    again = back.inverse(Receipt(changed=True, before={"value": "1"}))
    assert again == (SysctlOp(netns=NS1, name=FORWARD, value="1", was="0"),)


@pytest.mark.parametrize(
    ("was", "found", "reason"),
    [
        (None, "7", ""),
        ("1", "1", ""),
        ("1 2", "1\t2", ""),
        ("1", None, ""),
        ("1", "7", "net.ipv4.ip_forward is 7 now, not the 1 that glassnet set"),
    ],
)
def test_on_the_way_back_what_somebody_set_since_stays(
    was: str | None, found: str | None, reason: str
) -> None:
    back = SysctlOp(netns=NS1, name=FORWARD, value="0", was=was)
    assert back.obstacle(_set(found)) == reason


@pytest.mark.parametrize(
    ("key", "links"),
    [
        ("net.ipv4.ip_forward", []),
        ("net.ipv4.conf.all.forwarding", []),
        ("net.ipv4.conf.default.forwarding", []),
        ("net.ipv4.conf.br0.forwarding", ["br0"]),
        ("net.ipv6.neigh.eth0/1.gc_stale_time", ["eth0.1"]),
        ("net.ipv4.route.eth0.x", []),
        ("net.ipv4.conf.br0", []),
    ],
)
def test_what_the_planner_knows(key: str, links: list[str]) -> None:
    op = SysctlOp(netns=NS1, name=SysctlKey(key), value="1")
    assert op.key() == ("sysctl", "ns1", key)
    assert op.provides() == (op.key(),)
    assert op.needs() == (("netns", "ns1"),)
    assert op.after() == tuple(("link", "ns1", name) for name in links)
    assert op.within() == (("netns", "ns1"), *op.after())
    assert op.reads() == op.lookups() == (Facet(NS1, "sysctl", key),)
    assert SysctlOp(name=SysctlKey(key), value="1").netns == HOST
