"""sbr: a rule and a table for each address; what becomes of the main table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from asking import NETNS, ask, cable, data, desired, failure, lines, said

from glassnet.plugins.registry import plugin
from glassnet.state.link import LinkState
from glassnet.state.route import HopState, RouteState
from glassnet.state.rule import RuleState
from glassnet.state.snapshot import NetnsState, Snapshot
from glassnet.values import HOST, IpAddress, Prefix

PREV = {"prevResult": cable()}
INDEX, MAIN, LINK, KERNEL, OURS = 3, 254, 253, 2, 103
RULES = (RuleState(4, 0, 255), RuleState(4, 32766, 254), RuleState(6, 0, 255))


def route(dst: str, **more: Any) -> RouteState:
    values: dict[str, Any] = {"table": MAIN, "index": INDEX, "protocol": OURS, **more}
    for name in ("via", "source"):
        if name in values:
            values[name] = IpAddress(values[name])
    return RouteState(Prefix(dst), **values)


NET4 = route("10.1.0.0/24", scope=LINK, protocol=KERNEL, source="10.1.0.2")
NET6 = route("fd00::/64", metric=256, protocol=KERNEL)
DEFAULT4 = route("0.0.0.0/0", via="10.1.0.1")
FAR6 = route("fd09::/48", via="fd00::1", metric=1024, metrics={"mtu": 1400, "advmss": 7})
LOCAL6 = route("fe80::/64", metric=256, protocol=KERNEL)
OTHERS = (
    route("10.9.0.0/24", index=9, scope=LINK),
    route("10.1.0.2/32", table=255, type=2, scope=254),
    route("10.8.0.0/16", hops=(HopState(INDEX, IpAddress("10.1.0.1"), 1),)),
)


def seen(routes: Iterable[RouteState] = (), rules: Iterable[RuleState] = RULES) -> Snapshot:
    inside = NetnsState(NETNS)
    inside.links = {"eth0": LinkState(index=INDEX, ifname="eth0", flags=1)}
    inside.routes, inside.rules = list(routes), list(rules)
    return Snapshot({HOST: NetnsState(HOST), NETNS: inside})


def made(there: Snapshot, **conf: Any) -> list[str]:
    return lines(desired(ask("sbr", {**PREV, **conf}), None, there).own)


RULE4 = "a: ip rule add priority 32765 from 10.1.0.2/32 lookup 100 protocol 103"
RULE6 = "a: ip -6 rule add priority 32765 from fd00::2/128 lookup 101 protocol 103"
COPY4 = (
    "a: ip route add 10.1.0.0/24 dev eth0 table 100 proto 103 scope link src 10.1.0.2",
    "a: ip route add default via 10.1.0.1 dev eth0 table 100 proto 103 scope global",
)
COPY6 = (
    "a: ip -6 route add fd00::/64 dev eth0 table 101 metric 256 proto 103",
    "a: ip -6 route add fd09::/48 via fd00::1 dev eth0 table 101 metric 1024 proto 103"
    " mtu 1400 advmss 7",
)
GONE = (
    "a: ip route del default via 10.1.0.1 dev eth0 proto 103 scope global",
    "a: ip -6 route del fd09::/48 via fd00::1 dev eth0 metric 1024 proto 103 mtu 1400 advmss 7",
)
GONE4 = "a: ip route del 10.1.0.0/24 dev eth0 proto 2 scope link src 10.1.0.2"
GONE6 = "a: ip -6 route del fd00::/64 dev eth0 metric 256 proto 2"
ALL = (DEFAULT4, FAR6, NET4, NET6, LOCAL6, *OTHERS)


def test_each_address_has_its_table_and_the_main_one_is_emptied() -> None:
    assert made(seen(ALL)) == [*COPY4, RULE4, *COPY6, RULE6, *GONE, GONE4, GONE6]


def test_with_hints_the_networks_stay_by_their_addresses() -> None:
    hinted = "a: ip -6 route add fd00::/64 dev eth0 metric 255 proto 103 src fd00::2"
    found = made(seen(ALL), addSourceHints=True)
    assert found == [*COPY4, RULE4, *COPY6, RULE6, *GONE, GONE6, hinted]


def test_a_network_without_an_address_of_ours_goes_with_hints_too() -> None:
    found = made(seen([route("fd77::/64", metric=256)]), addSourceHints=True)
    assert found[-1] == "a: ip -6 route del fd77::/64 dev eth0 metric 256 proto 103"


def test_a_table_that_is_named_is_somebody_elses_work() -> None:
    rules = made(seen(ALL), table=7)
    assert rules == [one.replace("100", "7").replace("101", "7") for one in (RULE4, RULE6)]


def test_a_static_gateway_comes_before_the_results_and_the_default_route() -> None:
    found = made(seen([NET4, DEFAULT4]), gateways=["10.1.0.9", "fd00::9"])
    assert found[:5] == [
        COPY4[0],
        "a: ip route add default via 10.1.0.9 dev eth0 table 100 proto 103",
        RULE4,
        "a: ip -6 route add default via fd00::9 dev eth0 table 101 proto 103",
        RULE6,
    ]


def test_a_gateway_without_a_default_route_gets_one_in_the_table() -> None:
    found = made(seen([NET4]))
    assert found[1] == "a: ip route add default via 10.1.0.1 dev eth0 table 100 proto 103"


def test_tables_and_priorities_that_are_taken_are_passed_over() -> None:
    rules = (*RULES, RuleState(4, 1000, 100), RuleState(6, 500, 7))
    found = made(seen([route("10.0.0.0/8", table=101)], rules))
    assert [line for line in found if " rule " in line] == [
        "a: ip rule add priority 999 from 10.1.0.2/32 lookup 102 protocol 103",
        "a: ip -6 rule add priority 499 from fd00::2/128 lookup 103 protocol 103",
    ]


def test_routes_of_another_address_are_not_copied() -> None:
    found = made(seen([route("10.1.0.0/24", scope=LINK, source="10.1.0.3")]))
    assert not [line for line in found if "table 100" in line and "src" in line]


def test_routes_of_a_family_without_an_address_stay() -> None:
    prev = {**cable(), "ips": cable()["ips"][:1]}
    found = made(seen([NET4, NET6, FAR6]), prevResult=prev)
    assert not [line for line in found if "-6" in line]
    assert found[-1] == GONE4


def test_onlink_gateways_stay_so() -> None:
    found = made(seen([route("10.5.0.0/16", via="192.0.2.1", flags=4)]))
    assert found[0].endswith("table 100 proto 103 scope global onlink")


def test_the_result_stays_as_it_was() -> None:
    wanted = desired(ask("sbr", PREV), None, seen())
    assert data(wanted) == cable()


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ({}, "This plugin must be called as chained plugin"),
        (
            {"prevResult": {**cable(), "ips": []}},
            "No IP addresses supplied on interface: eth0",
        ),
        (
            {"prevResult": cable("eth1")},
            "No IP addresses supplied on interface: eth0",
        ),
        (
            {**PREV, "gateways": ["10.0.0.1", "10.0.0.2"]},
            "$.gateways[1]: gateways list cannot contain more than 2 entries (one IPv4, one IPv6)",
        ),
        ({**PREV, "gateways": ["x"]}, "$.gateways[0]: invalid static gateway IP address: x"),
    ],
)
def test_what_is_refused(conf: dict[str, Any], words: str) -> None:
    assert said(failure(ask("sbr", conf), None, seen())) == (7, words)


def test_an_interface_that_is_not_there() -> None:
    empty = Snapshot({HOST: NetnsState(HOST), NETNS: NetnsState(NETNS)})
    words = "Cannot find network interface eth0: Link not found"
    assert said(failure(ask("sbr", PREV), None, empty)) == (7, words)


def test_no_room_for_a_rule() -> None:
    error = failure(ask("sbr", PREV), None, seen([], [RuleState(4, 1, 7)]))
    assert said(error) == (7, "no room before the IPv4 rules of the container")


def test_del_of_what_nobody_knows_of_does_nothing() -> None:
    assert plugin("sbr").rest(ask("sbr", PREV)) == ()
