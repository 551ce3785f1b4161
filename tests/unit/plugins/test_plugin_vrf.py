"""vrf: the table, the member and its routes; made by the first and gone with the last."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from asking import NETNS, ask, cable, data, desired, failure, lines, said

from glassnet.ops.base import Receipt
from glassnet.ops.registry import AnyOp
from glassnet.plan.model import Entry, Plan
from glassnet.plan.wiring import attach_lookups, build_attach, build_detach, detach_lookups
from glassnet.plugins.registry import plugin
from glassnet.state.link import LinkState
from glassnet.state.route import HopState, RouteState
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, IpAddress, Prefix, SysctlKey

PREV: dict[str, Any] = {"prevResult": cable()}
BLUE = {**PREV, "vrfname": "blue"}
ETH0 = LinkState(index=3, ifname="eth0", flags=1)
ETH1 = LinkState(index=4, ifname="eth1", flags=1)
MARK = "glassnet:cni/blue"


def vrf(name: str, table: int, index: int = 9) -> LinkState:
    return LinkState(
        index=index, ifname=name, flags=1, kind="vrf", data={"table": table}, alias=MARK
    )


def into(link: LinkState, index: int = 9) -> LinkState:
    return msgspec.structs.replace(link, master=index)


def inside(*links: LinkState, routes: tuple[RouteState, ...] = ()) -> Snapshot:
    there = NetnsState(NETNS)
    there.links = {one.ifname: one for one in links}
    there.routes = list(routes)
    there.sysctls = {SysctlKey("net.ipv6.conf.eth0.keep_addr_on_down"): "0"}
    return Snapshot({HOST: NetnsState(HOST), NETNS: there})


def ops(conf: dict[str, Any], seen: Snapshot) -> tuple[AnyOp, ...]:
    return desired(ask("vrf", conf), None, seen).own


KEEP = "a: net/ipv6/conf/eth0/keep_addr_on_down=1"
JOIN = "a: ip link set eth0 master blue"


def add(table: int) -> list[str]:
    return [
        f"a: ip link add blue up group 103 type vrf table {table}",
        f"a: ip link set blue alias {MARK}",
    ]


@pytest.mark.parametrize(
    ("conf", "there", "table"),
    [
        ({}, [], 1),
        ({"table": 7}, [], 7),
        ({}, [vrf("red", 1), vrf("green", 2, 10)], 3),
        ({}, [vrf("blue", 5)], 5),
        ({"table": 5}, [vrf("blue", 5)], 5),
    ],
)
def test_the_table(conf: dict[str, Any], there: list[LinkState], table: int) -> None:
    made = lines(ops({**BLUE, **conf}, inside(ETH0, *there)))
    assert made == [KEEP, *add(table), JOIN]


def test_without_ipv6_nothing_is_said_of_its_addresses() -> None:
    prev = {**cable(), "ips": cable()["ips"][:1]}
    assert lines(ops({**BLUE, "prevResult": prev}, inside(ETH0))) == [*add(1), JOIN]


def route(dst: str, **more: Any) -> RouteState:
    return RouteState(Prefix(dst), **{"table": 254, "index": 3, "protocol": 103, **more})


def test_routes_that_somebody_made_follow_into_the_table() -> None:
    gateway = IpAddress("10.1.0.1")
    seen = inside(
        ETH0,
        routes=(
            route("0.0.0.0/0", via=gateway, metric=5),
            route("10.7.0.0/16", scope=253, source=IpAddress("10.1.0.2")),
            route("10.1.0.0/24", scope=253, protocol=2),
            route("10.9.0.0/16", index=4),
            route("10.8.0.0/16", hops=(HopState(3, gateway, 1),)),
        ),
    )
    assert lines(ops(BLUE, seen))[-2:] == [
        "a: ip route add 10.7.0.0/16 dev eth0 table 1 proto 103 src 10.1.0.2",
        "a: ip route add default via 10.1.0.1 dev eth0 table 1 metric 5 proto 103",
    ]


def test_the_result_stays_as_it_was() -> None:
    assert data(desired(ask("vrf", BLUE), None, inside(ETH0))) == cable()
    assert plugin("vrf").rest(ask("vrf", BLUE)) == ()
    assert Facet(NETNS, "links") in plugin("vrf").looks(ask("vrf", BLUE))


@pytest.mark.parametrize(
    ("conf", "there", "words"),
    [
        (PREV, [ETH0], "configuration is expected to have a valid vrf name"),
        (
            {"vrfname": "blue"},
            [ETH0],
            "vrf must be called as chained plugin: missing prevResult from earlier plugin",
        ),
        (BLUE, [], "cmdAdd failed: interface eth0: Link not found"),
        (
            BLUE,
            [into(ETH0), vrf("red", 1)],
            "cmdAdd failed: interface eth0 has already a master set: red",
        ),
        (BLUE, [into(ETH0)], "cmdAdd failed: interface eth0 has already a master set: 9"),
        (
            {**BLUE, "table": 7},
            [ETH0, vrf("blue", 5)],
            "cmdAdd failed: VRF blue already exist with different routing table 5",
        ),
        (
            BLUE,
            [ETH0, LinkState(index=9, ifname="blue", flags=0, kind="bridge")],
            "cmdAdd failed: blue is there and is no VRF",
        ),
    ],
)
def test_what_is_refused(conf: dict[str, Any], there: list[LinkState], words: str) -> None:
    assert said(failure(ask("vrf", conf), None, inside(*there))) == (7, words)


# What the plans make of it.


def attached(seen: Snapshot) -> Plan:
    wanted = ops(BLUE, seen)
    assert Facet(NETNS, "link", "blue") in attach_lookups(wanted)
    return build_attach("net/c1/eth0", wanted, seen)


def told(plan: Plan) -> list[str]:
    return [f"{step.action} {type(step.op).__name__}" for step in plan.steps]


def detached(plan: Plan, seen: Snapshot) -> list[str]:
    entries = [Entry(step.op, step.receipt()) for step in plan.steps]
    assert Facet(NETNS, "links") in detach_lookups(entries)
    back = build_detach("net/c1/eth0", entries, seen)
    return [line for line in told(back) if "Sysctl" not in line]


def test_the_first_makes_it_and_the_next_has_a_part_in_it() -> None:
    assert told(attached(inside(ETH0))) == ["make SysctlOp", "make VrfOp", "make PortOp"]
    next_one = attached(inside(ETH0, vrf("blue", 1), into(ETH1)))
    assert told(next_one) == ["make SysctlOp", "implied VrfOp", "make PortOp"]
    assert [step.receipt() for step in next_one.steps[1:]] == [
        Receipt(changed=True),
        Receipt(changed=True, before={"master": "none"}),
    ]


@pytest.mark.parametrize("is_first", [True, False])
def test_the_last_takes_it_away_whoever_made_it(is_first: bool) -> None:
    others = [] if is_first else [vrf("blue", 1), into(ETH1)]
    plan = attached(inside(ETH0, *others))
    alone = inside(into(ETH0), vrf("blue", 1))
    assert detached(plan, alone) == ["restore PortOp", "remove VrfOp"]
    together = inside(into(ETH0), into(ETH1), vrf("blue", 1))
    assert detached(plan, together) == ["restore PortOp", "leave VrfOp"]


def test_what_is_gone_already_is_in_nobodys_way() -> None:
    plan = attached(inside(ETH0))
    assert detached(plan, inside(vrf("blue", 1))) == ["keep PortOp", "remove VrfOp"]
    assert detached(plan, inside(into(ETH1), vrf("blue", 1))) == ["keep PortOp", "leave VrfOp"]
    assert detached(plan, inside(ETH0)) == ["restore PortOp", "keep VrfOp"]
    gone = Snapshot({HOST: NetnsState(HOST), NETNS: NetnsState(NETNS, exists=False)})
    assert detached(plan, gone) == ["keep PortOp", "keep VrfOp"]
