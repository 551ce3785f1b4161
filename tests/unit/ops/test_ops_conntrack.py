"""Flows that are to be forgotten: what is typed, what is asked, what is found."""

from __future__ import annotations

from typing import Any

import pytest
from scene import NS1, PATH, gone, link, typed, words
from traffic import flow, seen

from glassnet.errors import InvalidValue
from glassnet.ops.base import KEPT, MADE
from glassnet.ops.conntrack import ForgetOp, published
from glassnet.ops.publish import PublishOp
from glassnet.ops.request import ForgetRequest
from glassnet.state.flow import FlowState, Selection
from glassnet.state.snapshot import Facet
from glassnet.values import HOST, IpAddress

A4, B4, A6, B6 = map(IpAddress, ("10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"))
PORT = ForgetOp(netns=NS1, port=53)
ADDRESS = ForgetOp(netns=NS1, port=53, address=A4)
SEVERAL = ForgetOp(port=53, count=3, version=6)
ANSWERED = ForgetOp(netns=NS1, reply_source=B6)


@pytest.mark.parametrize(
    ("op", "command", "text"),
    [
        (
            PORT,
            "ip netns exec ns1 conntrack -D -p udp --orig-port-dst 53 || true",
            "forget udp flows to 53 in ns1",
        ),
        (
            ForgetOp(port=53, address=A4),
            "conntrack -D -p udp --orig-port-dst 53 --orig-dst 10.0.0.1 || true",
            "forget udp flows to 53 of 10.0.0.1 on the host",
        ),
        (
            ForgetOp(netns=PATH, port=53, version=4),
            "nsenter --net=/proc/7/ns/net conntrack -D -p udp -f ipv4 --orig-port-dst 53 || true",
            "forget udp flows to 53 in /proc/7/ns/net",
        ),
        (
            SEVERAL,
            "sh -c 'for port in $(seq 53 55); do conntrack -D -p udp -f ipv6 --orig-port-dst $port;"
            " done' || true",
            "forget udp flows to 53-55 on the host",
        ),
        (
            ForgetOp(port=53, count=2, address=A4),
            "sh -c 'for port in $(seq 53 54); do conntrack -D -p udp --orig-port-dst $port"
            " --orig-dst 10.0.0.1; done' || true",
            "forget udp flows to 53-54 of 10.0.0.1 on the host",
        ),
        (
            ANSWERED,
            "ip netns exec ns1 conntrack -D -p udp --reply-src fd00::2 || true",
            "forget udp flows answered from fd00::2 in ns1",
        ),
        (
            ForgetOp(protocol="tcp", port=80, reply_source=B4),
            "conntrack -D -p tcp --orig-port-dst 80 --reply-src 10.0.0.2 || true",
            "forget tcp flows to 80 answered from 10.0.0.2 on the host",
        ),
    ],
)
def test_in_words(op: ForgetOp, command: str, text: str) -> None:
    assert typed(op) == [command]
    assert str(op) == text
    assert all(one.may_fail for one in op.commands())


@pytest.mark.parametrize(
    ("op", "selection"),
    [
        (PORT, Selection("udp", 0, 53)),
        (ADDRESS, Selection("udp", 4, 53, 1, A4)),
        (SEVERAL, Selection("udp", 6, 53, 3)),
        (ANSWERED, Selection("udp", 6, 0, 1, None, B6)),
    ],
)
def test_what_is_asked_of_the_kernel(op: ForgetOp, selection: Selection) -> None:
    assert op.requests() == (ForgetRequest(op.netns, selection),)
    assert op.flows() == Facet(op.netns, "flows", selection.key())
    assert Selection.of_key(selection.key()) == selection


FLOWS = {
    "a": flow(53),
    "b": flow(53, "10.0.0.2"),
    "c": flow(54, answered="10.0.0.2"),
    "d": flow(53, protocol=6),
    "e": flow(53, "fd00::1"),
    "f": flow(55, "fd00::1", "fd00::2"),
    "g": flow(56, "fd00::1"),
}


@pytest.mark.parametrize(
    ("op", "taken"),
    [
        (PORT, "abe"),
        (ADDRESS, "a"),
        (ForgetOp(netns=NS1, port=53, version=4), "ab"),
        (ForgetOp(netns=NS1, port=53, count=2), "abce"),
        (ForgetOp(netns=NS1, port=54, count=2, version=6), "f"),
        (ForgetOp(netns=NS1, reply_source=B4), "bc"),
        (ForgetOp(netns=NS1, port=54, reply_source=B4), "c"),
        (ANSWERED, "f"),
        (ForgetOp(netns=NS1, protocol="tcp", port=53), "d"),
        (ForgetOp(netns=NS1, protocol="sctp", port=53), ""),
    ],
    ids=str,
)
def test_which_are_meant(op: ForgetOp, taken: str) -> None:
    assert "".join(name for name, one in FLOWS.items() if op.selection.takes(one)) == taken
    there = seen(link(), *FLOWS.values())
    said = [f"{op}: wanted none, found {len(taken)}"] if taken else []
    assert words(op.satisfied_by(there)) == said


def test_flows_that_were_not_looked_at_are_no_drift() -> None:
    """No plan and no check looks at them: what goes to a published port is as it should be."""
    assert PORT.reads() == (Facet(NS1, "netns"),)
    assert PORT.lookups() == ()
    assert not PORT.satisfied_by(seen(link()))
    assert not PORT.satisfied_by(gone())


def test_there_is_nothing_to_take_back() -> None:
    assert PORT.inverse(MADE) == PORT.inverse(KEPT) == ()


def test_what_the_planner_is_told() -> None:
    assert PORT.key() == ("forget", "ns1", "udp", "0", "53+1", "", "")
    assert ADDRESS.key() == ("forget", "ns1", "udp", "4", "53+1", "10.0.0.1", "")
    assert ANSWERED.key() == ("forget", "ns1", "udp", "6", "0+1", "", "fd00::2")
    assert PORT.needs() == PORT.within() == (("netns", "ns1"),)
    assert PORT.requires() == ("right:net_admin", "conntrack")


@pytest.mark.parametrize(
    ("published", "followed", "other"),
    [
        (
            PublishOp(protocol="udp", port=53, to=B4, to_port=53),
            ForgetOp(port=53, version=4),
            ForgetOp(port=53, version=6),
        ),
        (
            PublishOp(protocol="udp", port=53, to=B4, to_port=53, address=A4),
            ForgetOp(port=53, address=A4),
            ForgetOp(port=53, version=4),
        ),
        (
            PublishOp(protocol="udp", port=53, to=B6, to_port=5300, count=2),
            ForgetOp(port=53, count=2),
            ForgetOp(port=54),
        ),
        (
            PublishOp(protocol="tcp", port=53, to=B4, to_port=53),
            ForgetOp(protocol="tcp", port=53),
            ForgetOp(port=53),
        ),
        (
            PublishOp(netns=NS1, protocol="udp", port=53, to=B4, to_port=53),
            PORT,
            ForgetOp(netns=HOST, port=53),
        ),
    ],
)
def test_it_comes_after_the_publication_of_its_port(
    published: PublishOp, followed: ForgetOp, other: ForgetOp
) -> None:
    provided = set(published.provides())
    assert provided & set(followed.after())
    assert not provided & set(other.after())
    assert ANSWERED.after() == ()


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"protocol": "icmp", "port": 1}, "no protocol 'icmp' to forget"),
        ({}, "all that the host keeps track of; accepted: a port, or a reply_source"),
        ({"reply_source": B4, "address": A4}, "an address, or several ports, and no port"),
        ({"reply_source": B4, "count": 2}, "an address, or several ports, and no port"),
        ({"port": 65536}, "ports from 65536, 1 of them"),
        ({"port": -1}, "ports from -1, 1 of them"),
        ({"port": 65535, "count": 2}, "ports from 65535, 2 of them"),
        ({"port": 53, "count": 0}, "ports from 53, 0 of them"),
        ({"port": 53, "address": A4, "reply_source": B6}, "of IP version 0"),
        ({"port": 53, "address": A4, "version": 6}, "of IP version 6"),
        ({"port": 53, "version": 5}, "of IP version 5"),
    ],
)
def test_values_that_do_not_go_together(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        ForgetOp(**values)
    assert problem in str(caught.value)


def test_ports_at_the_ends() -> None:
    assert ForgetOp(port=1).selection.port == 1
    assert ForgetOp(port=65534, count=2).selection.span == 2


def test_what_a_publication_provides() -> None:
    assert published("ns1", "udp", 4, 53, A4) == ("published", "ns1", "udp", "4", "53", "10.0.0.1")
    assert published("", "tcp", 6, 80, None) == ("published", "", "tcp", "6", "80", "")


def test_a_flow_is_a_value() -> None:
    assert flow(53) == FlowState(17, IpAddress("192.0.2.9"), A4, 4000, 53, A4)
    assert flow(53) != flow(54)
