"""bandwidth: a bucket at the host's end, one behind an ifb; limits that make no sense."""

from __future__ import annotations

from typing import Any

import pytest
from asking import NETNS, ask, cable, data, desired, failure, host, lines, said

from glassnet.plugins.registry import plugin
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet
from glassnet.values import HOST

PREV: dict[str, Any] = {"prevResult": cable()}
SEEN = host(LinkState(3, "veth0", 1, mtu=1400))
IN = {"ingressRate": 8_000_000, "ingressBurst": 80_000}
OUT = {"egressRate": 800_000, "egressBurst": 8_000}
IFB = "ifb1d38a5b838f"
BUCKET_IN = "tc qdisc add dev veth0 root tbf rate 8mbit burst 10000b latency 25ms"


def test_what_comes_in() -> None:
    wanted = desired(ask("bandwidth", {**PREV, **IN}), None, SEEN)
    assert lines(wanted.own) == [BUCKET_IN]
    assert data(wanted) == cable()


def test_what_goes_out_goes_by_an_ifb() -> None:
    wanted = desired(ask("bandwidth", {**PREV, **OUT}), None, SEEN)
    assert lines(wanted.own) == [
        f"ip link add {IFB} up mtu 1400 address 02:b8:38:fc:a0:f7 group 103 type ifb",
        f"ip link set {IFB} alias glassnet:net/c1/eth0",
        f"tc qdisc add dev {IFB} root tbf rate 800kbit burst 1000b latency 25ms",
        "tc qdisc add dev veth0 ingress",
        "tc filter add dev veth0 parent ffff: protocol all u32 match u32 0 0 action mirred egress "
        f"redirect dev {IFB}",
    ]
    assert data(wanted)["interfaces"] == [
        *cable()["interfaces"],
        {"name": IFB, "mac": "02:b8:38:fc:a0:f7"},
    ]


def test_both_ways() -> None:
    wanted = desired(ask("bandwidth", {**PREV, **IN, **OUT}), None, SEEN)
    assert lines(wanted.own)[0] == BUCKET_IN
    assert len(wanted.own) == 5


def test_the_runtime_may_say_it() -> None:
    runtime = {"runtimeConfig": {"bandwidth": IN}}
    assert lines(desired(ask("bandwidth", {**PREV, **runtime}), None, SEEN).own) == [BUCKET_IN]


def test_what_is_written_at_the_top_hides_the_runtimes() -> None:
    conf = {**PREV, **OUT, "runtimeConfig": {"bandwidth": IN}}
    assert BUCKET_IN not in lines(desired(ask("bandwidth", conf), None, SEEN).own)


def test_no_limits() -> None:
    asked = ask("bandwidth", {**PREV, "ingressRate": 0})
    wanted = desired(asked, None, SEEN)
    assert (wanted.own, data(wanted)) == ((), cable())
    assert plugin("bandwidth").looks(asked) == ()


def test_a_burst_of_less_than_a_byte_is_one() -> None:
    conf = {**PREV, "ingressRate": 8, "ingressBurst": 1}
    assert " burst 1b " in lines(desired(ask("bandwidth", conf), None, SEEN).own)[0]


@pytest.mark.parametrize(
    ("conf", "problem"),
    [
        ({"ingressRate": 1}, "$: if rate is set, burst must also be set"),
        ({"egressRate": 1}, "$: if rate is set, burst must also be set"),
        ({"ingressBurst": 1}, "$: if burst is set, rate must also be set"),
        ({"egressBurst": 1}, "$: if burst is set, rate must also be set"),
        (
            {"ingressRate": 1, "ingressBurst": 2**35},
            "$: burst cannot be more than 4GB",
        ),
        ({"ingressRate": "1"}, "$.ingressRate: expected a whole number, found '1'"),
        ({"egressBurst": -1}, "$.egressBurst: -1 is out of range"),
        (
            {"runtimeConfig": {"bandwidth": {"egressRate": 1}}},
            "$.runtimeConfig.bandwidth: if rate is set, burst must also be set",
        ),
        (
            {"runtimeConfig": {"bandwidth": 5}},
            "$.runtimeConfig.bandwidth: expected an object, found 5",
        ),
    ],
)
def test_limits_that_are_none(conf: dict[str, Any], problem: str) -> None:
    assert said(failure(ask("bandwidth", {**PREV, **conf}), None, SEEN)) == (7, problem)


def test_it_stands_in_a_chain() -> None:
    chained = "bandwidth must be called as chained plugin: missing prevResult from earlier plugin"
    for conf in ({}, IN):
        assert said(failure(ask("bandwidth", conf), None, SEEN)) == (7, chained)


NO_PEER = "no veth peer of container interface found in host ns"


@pytest.mark.parametrize(
    "interfaces",
    [
        [],
        [{"name": "eth0", "sandbox": NETNS}],
        [{"name": "veth0"}],
        [{"name": "veth0"}, {"name": "eth1", "sandbox": NETNS}],
        [{"name": "eth0", "sandbox": NETNS}, {"name": "veth0"}],
    ],
)
def test_a_chain_without_a_cable(interfaces: list[dict[str, str]]) -> None:
    prev = {"prevResult": {"interfaces": interfaces}}
    assert said(failure(ask("bandwidth", {**prev, **IN}), None, SEEN)) == (7, NO_PEER)


def test_the_hosts_end_must_be_there() -> None:
    assert said(failure(ask("bandwidth", {**PREV, **IN}))) == (
        7,
        "container interface eth0 has no veth peer: there is no interface veth0 on the host",
    )


def test_what_it_looks_at_and_leaves() -> None:
    one = plugin("bandwidth")
    assert one.looks(ask("bandwidth", {**PREV, **IN})) == (Facet(HOST, "link", "veth0"),)
    assert lines(one.rest(ask("bandwidth"))) == [f"ip link del {IFB}"]
    assert "0.2.0" not in one.versions
    assert not one.repeats
