"""glassnet: the parts together want what a chain of them wants, in one step."""

from __future__ import annotations

from typing import Any

import pytest
from asking import NETNS, ask, data, desired, failure, given, host, lines, said

from glassnet.cni.ask import Ask
from glassnet.cni.call import Call
from glassnet.cni.conf import Conf
from glassnet.cni.result import Result, as_data
from glassnet.ops.registry import AnyOp
from glassnet.plugins.contract import Desired
from glassnet.plugins.registry import plugin
from glassnet.plugins.tuning import ALLOWLIST
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST

IP4, IP6 = "10.1.0.2/24 via 10.1.0.1", "fd00::2/64 via fd00::1"
IPAM = {"ipam": {"type": "static"}}
MAC = "02:00:00:00:00:07"
LIMITS = {
    "ingressRate": 8_000_000,
    "ingressBurst": 80_000,
    "egressRate": 4_000_000,
    "egressBurst": 40_000,
}
PORTS = {"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]}
TUNED = {"sysctl": {"net.core.somaxconn": "77"}, "promisc": True, "txQLen": 7}
WHOLE: dict[str, Any] = {
    **IPAM,
    **TUNED,
    "bridge": "br0",
    "mtu": 1400,
    "ipMasq": True,
    "ingressPolicy": "isolated",
    "bandwidth": LIMITS,
    "macspoofchk": True,
    "runtimeConfig": {**PORTS, "mac": MAC},
}


def made(conf: dict[str, Any], *ips: str, args: str = "") -> Desired:
    return desired(ask("glassnet", conf, args=args), given(*ips) if ips else None)


def chain(*steps: tuple[str, dict[str, Any]], ips: tuple[str, ...]) -> list[Desired]:
    """What a chain of plugins wants, each seeing what the ones before have made."""
    out: list[Desired] = []
    previous: Result | None = None
    for type_, conf in steps:
        whole = {"cniVersion": "1.1.0", "name": "net", "type": type_, **conf}
        if previous is not None:
            whole["prevResult"] = as_data(previous, "1.1.0")
        asked = Ask(type_, Call("ADD", "c1", NETNS, "eth0"), Conf(whole))
        near = out[0].result.interfaces if out else ()
        here, there = NetnsState(HOST), NetnsState(NETNS)
        for one in near:
            state = there if one.sandbox else here
            state.links[one.name] = LinkState(0, one.name, 0, mtu=1400)
        seen = Snapshot({HOST: here, NETNS: there})
        out.append(desired(asked, given(*ips) if not out else None, seen if out else None))
        previous = out[-1].result
    return out


def shared_of(steps: list[Desired]) -> list[str]:
    ops: dict[Any, AnyOp] = {}
    for step in steps:
        for op in step.shared:
            ops.setdefault(op.key(), op)
    return lines(ops.values())


def test_it_is_what_a_chain_is() -> None:
    bridge = {key: WHOLE[key] for key in ("ipam", "bridge", "mtu", "ipMasq", "macspoofchk")} | {
        "isDefaultGateway": True,
        "runtimeConfig": {"mac": MAC},
    }
    steps = chain(
        ("bridge", bridge),
        ("portmap", {"runtimeConfig": PORTS}),
        ("firewall", {"ingressPolicy": "isolated"}),
        ("bandwidth", LIMITS),
        ("tuning", TUNED),
        ips=(IP4, IP6),
    )
    whole = made(WHOLE, IP4, IP6)
    assert lines(whole.own) == [line for step in steps for line in lines(step.own)]
    assert lines(whole.shared) == shared_of(steps)
    assert data(whole) == data(steps[-1])
    assert len({type(op) for op in whole.own}) > 8


def test_it_is_what_a_routed_chain_is() -> None:
    conf = {key: WHOLE[key] for key in ("ipam", "mtu", "ipMasq", "bandwidth")}
    steps = chain(
        ("ptp", {key: WHOLE[key] for key in ("ipam", "mtu", "ipMasq")}),
        ("portmap", {"runtimeConfig": PORTS}),
        ("firewall", {}),
        ("bandwidth", LIMITS),
        ips=(IP4, IP6),
    )
    whole = made({**conf, "mode": "routed", "runtimeConfig": PORTS}, IP4, IP6)
    assert lines(whole.own) == [line for step in steps for line in lines(step.own)]
    assert lines(whole.shared) == shared_of(steps)
    assert data(whole) == data(steps[-1])


def test_nothing_but_a_bridge_where_nothing_else_is_said() -> None:
    whole = made({})
    alone = desired(ask("bridge"))
    assert (lines(whole.own), lines(whole.shared)) == (lines(alone.own), lines(alone.shared))
    assert data(whole) == data(alone)


@pytest.mark.parametrize("default", [True, False])
def test_the_bridge_is_the_way_out_unless_that_is_not_wanted(default: bool) -> None:
    conf = IPAM if default else {**IPAM, "isDefaultGateway": False}
    routes = [line for line in lines(made(conf, IP4).own) if "route prepend default" in line]
    assert len(routes) == int(default)


@pytest.mark.parametrize("mode", ["bridge", "routed"])
@pytest.mark.parametrize(
    ("conf", "args", "last"),
    [
        ({"mac": f"{MAC[:-1]}1"}, "", "1"),
        ({"mac": f"{MAC[:-1]}1"}, f"MAC={MAC[:-1]}2", "2"),
        ({"args": {"cni": {"mac": f"{MAC[:-1]}3"}}}, f"MAC={MAC[:-1]}2", "3"),
        (
            {"args": {"cni": {"mac": f"{MAC[:-1]}3"}}, "runtimeConfig": {"mac": f"{MAC[:-1]}4"}},
            "",
            "4",
        ),
    ],
)
def test_who_has_the_last_word_on_the_mac(
    mode: str, conf: dict[str, Any], args: str, last: str
) -> None:
    whole = made({**IPAM, **conf, "mode": mode}, IP4, args=args)
    mac = f"{MAC[:-1]}{last}"
    assert f"address {mac} netns {NETNS}" in lines(whole.own)[0]
    assert data(whole)["interfaces"][-1]["mac"] == mac


def test_args_come_before_the_configuration() -> None:
    args = {"cni": {"mtu": 1300, "promisc": False, "sysctl": {"net.core.somaxconn": "9"}}}
    own = lines(made({**WHOLE, "args": args}, IP4).own)
    assert "mtu 1300" in own[0]
    assert "a: net/core/somaxconn=9" in own
    assert "a: ip link set eth0 txqueuelen 7 promisc off" in own


def test_the_runtimes_bandwidth_where_the_configuration_has_none() -> None:
    whole = made({**IPAM, "runtimeConfig": {"bandwidth": LIMITS}}, IP4)
    again = made({**IPAM, "bandwidth": LIMITS}, IP4)
    assert lines(whole.own) == lines(again.own)
    assert [line for line in lines(whole.own) if "tbf" in line]


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ({"mode": "x"}, '$.mode: unknown mode: "x"'),
        ({"mode": "routed"}, "$.ipam: no plugin name provided: ptp needs addresses"),
        (
            {**IPAM, "mode": "routed", "ingressPolicy": "isolated"},
            "$.ingressPolicy: a routed network has no bridge to wall in",
        ),
        ({"ingressPolicy": "x"}, '$.ingressPolicy: unknown ingress policy: "x"'),
        (
            {"bandwidth": {"ingressRate": 1}},
            "$.bandwidth: if rate is set, burst must also be set",
        ),
        (
            {"runtimeConfig": {"portMappings": [{"hostPort": 0}]}},
            "$.runtimeConfig.portMappings[0].hostPort: failed to parse config: "
            "Invalid host port number: 0",
        ),
        ({"sysctl": {"kernel/x": "1"}}, '$.sysctl.kernel/x: invalid net sysctl key: "kernel/x"'),
        ({"hairpinMode": 1}, "$.hairpinMode: expected true or false, found 1"),
    ],
)
def test_what_is_refused(conf: dict[str, Any], words: str) -> None:
    assert said(failure(ask("glassnet", conf), None, host())) == (7, words)


def test_the_hosts_list_of_settings_counts() -> None:
    asked = ask("glassnet", {"sysctl": {"net.core.somaxconn": "1"}})
    assert plugin("glassnet").facts(asked) == (ALLOWLIST,)
    asked.facts = {ALLOWLIST: "nothing"}
    assert said(failure(asked, None, host()))[1].startswith("Sysctl net.core.somaxconn is not")


def test_old_versions_are_answered_in_their_words() -> None:
    whole = desired(ask("glassnet", WHOLE, version="0.2.0"), given(IP4))
    assert data(whole, "0.2.0")["ip4"]["ip"] == "10.1.0.2/24"


def test_what_it_looks_at_and_what_del_takes_away() -> None:
    one = plugin("glassnet")
    assert Facet(HOST, "link", "br0") in one.looks(ask("glassnet", {"bridge": "br0"}))
    looks = one.looks(ask("glassnet", {**IPAM, "mode": "routed"}))
    assert {facet.kind for facet in looks} == {"forward", "legacy", "zone"}
    gone = lines(one.rest(ask("glassnet")))
    assert gone[0] == "a: ip link del eth0"
    assert gone[1].startswith("ip link del ifb")
