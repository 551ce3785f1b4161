"""firewall: open, walled, isolated; and that a policy needs a bridge."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask, cable, data, desired, failure, host, lines, said

from glassnet.plugins.registry import plugin
from glassnet.state.forward import ForwardState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST

ADMITTED = [
    f"nft add element inet glassnet {name} '{{ {address} comment \"glassnet:net/c1/eth0\" }}'"
    for name, address in (("admitted4", "10.1.0.2"), ("admitted6", "fd00::2"))
]
PREV: dict[str, Any] = {"prevResult": cable()}


@pytest.mark.parametrize("conf", [{}, {"ingressPolicy": "open"}, {"ingressPolicy": ""}])
def test_open_admits_the_addresses_and_walls_nothing_in(conf: dict[str, Any]) -> None:
    wanted = desired(ask("firewall", {**PREV, **conf}))
    assert lines(wanted.shared) == ["base ruleset"]
    assert lines(wanted.own) == ADMITTED
    assert (wanted.gates, data(wanted)) == ((), cable())


def test_open_is_nothing_where_there_is_no_address() -> None:
    wanted = desired(ask("firewall", {"prevResult": {"interfaces": cable()["interfaces"]}}))
    assert (wanted.shared, wanted.own, wanted.gates) == ((), (), ())


def forwarding(*chains: ForwardState) -> Snapshot:
    seen = host()
    seen[HOST].forward = list(chains)
    return seen


def test_gates_are_for_iptables_and_for_what_is_closed_and_never_for_firewalld() -> None:
    seen = forwarding(
        ForwardState("ip", "filter", "FORWARD"),
        ForwardState("ip6", "filter", "FORWARD", drops=True),
        ForwardState("inet", "mine", "forward", drops=True),
        ForwardState("inet", "mine", "second", drops=True),
        ForwardState("inet", "closed", "fwd", closing=7),
        ForwardState("inet", "counting", "fwd"),
        ForwardState("inet", "firewalld", "filter_FORWARD", closing=9),
        ForwardState("inet", "od.d", "fwd", drops=True),
    )
    conf = {**PREV, "iptablesAdminChainName": "MINE"}
    wanted = desired(ask("firewall", conf), seen=seen)
    first, second, third, fourth = map(str, wanted.gates)
    assert first == "gate in chain ip filter FORWARD on the host"
    assert second == "gate in chain ip6 filter FORWARD on the host"
    assert third == "gate in chain inet mine forward on the host"
    assert fourth == "gate in chain inet closed fwd on the host"
    typed = lines(wanted.gates)
    assert "nft add chain ip filter MINE" in typed
    assert "nft add chain inet mine MINE" not in typed
    places = [line.split(" counter jump")[0] for line in typed if " jump GLASSNET" in line]
    assert places == [
        "nft insert rule ip filter FORWARD",
        "nft insert rule ip6 filter FORWARD",
        "nft add rule inet mine forward",
        "nft insert rule inet closed fwd position 7",
    ]


def test_from_the_same_bridge_alone() -> None:
    wanted = desired(ask("firewall", {**PREV, "IngressPolicy": "same-bridge"}))
    assert lines(wanted.shared)[0] == "base ruleset"
    assert 'nft add element inet glassnet walled \'{ "cni0" comment "glassnet:net" }\'' in lines(
        wanted.shared
    )
    assert lines(wanted.own) == ADMITTED


def test_isolated_even_from_each_other() -> None:
    wanted = desired(ask("firewall", {**PREV, "ingressPolicy": "isolated"}))
    assert (
        'nft add element inet glassnet apart \'{ "cni0" . "cni0" comment "glassnet:net" }\''
        in lines(wanted.shared)
    )
    assert lines(wanted.own)[-1] == "ip link set veth0 type bridge_slave isolated on"
    assert data(wanted) == cable()


def test_an_isolated_bridge_without_a_port_that_is_known() -> None:
    prev = {"prevResult": {"interfaces": cable()["interfaces"][:1]}}
    wanted = desired(ask("firewall", {**prev, "ingressPolicy": "isolated"}))
    assert wanted.own == ()  # nor has it an address
    assert wanted.shared


@pytest.mark.parametrize("policy", ["same-bridge", "isolated"])
@pytest.mark.parametrize(
    "interfaces",
    [[], [{"name": "eth0", "sandbox": "/run/netns/a"}], [{"name": ""}]],
)
def test_a_policy_needs_a_bridge(policy: str, interfaces: list[dict[str, str]]) -> None:
    conf = {"prevResult": {"interfaces": interfaces}, "ingressPolicy": policy}
    assert said(failure(ask("firewall", conf))) == (
        7,
        f'interface needs to be set for ingress policy "{policy}", make sure to chain "firewall" '
        'plugin with "bridge"',
    )


@pytest.mark.parametrize(
    ("conf", "problem"),
    [
        ({"ingressPolicy": "x"}, '$.ingressPolicy: unknown ingress policy: "x"'),
        ({"ingressPolicy": 1}, "$.ingressPolicy: expected a string, found 1"),
        ({"backend": 1}, "$.backend: expected a string, found 1"),
        (
            {"iptablesAdminChainName": []},
            "$.iptablesAdminChainName: expected a string, found a list",
        ),
        (
            {"iptablesAdminChainName": "a b"},
            "$.iptablesAdminChainName: 'a b' is no name of a chain",
        ),
        ({"firewalldZone": "a b"}, "$.firewalldZone: 'a b' is no zone"),
        ({"firewalldZone": True}, "$.firewalldZone: expected a string, found true"),
    ],
)
def test_what_is_wrong_is_named(conf: dict[str, Any], problem: str) -> None:
    assert said(failure(ask("firewall", {**PREV, **conf}))) == (7, problem)


def test_it_stands_in_a_chain() -> None:
    assert said(failure(ask("firewall"))) == (
        7,
        "firewall must be called as chained plugin: missing prevResult from earlier plugin",
    )


def test_what_it_looks_at_leaves_and_speaks() -> None:
    one = plugin("firewall")
    forward = (Facet(HOST, "forward"), Facet(HOST, "legacy"))
    assert one.looks(ask("firewall")) == (*forward, Facet(HOST, "zone"))
    assert one.looks(ask("firewall", {"backend": "iptables"})) == forward
    assert one.rest(ask("firewall")) == ()
    assert one.versions == ("0.4.0", "1.0.0", "1.1.0")


def test_firewalld_where_it_runs_and_only_if_it_does() -> None:
    seen = host()
    seen[HOST].zones = {}
    typed = lines(desired(ask("firewall", {**PREV, "firewalldZone": "work"}), seen=seen).own)
    assert typed[2:] == [
        "firewall-cmd --quiet --zone=work --add-source=10.1.0.2/32",
        "firewall-cmd --quiet --zone=work --add-source=fd00::2/128",
    ]
    assert "--zone=trusted" in lines(desired(ask("firewall", PREV), seen=seen).own)[2]
    assert said(failure(ask("firewall", {**PREV, "backend": "firewalld"}))) == (
        11,
        "firewalld does not run",
    )


def test_tables_of_old_have_gates_too() -> None:
    seen = host()
    seen[HOST].legacy = {4: None, 6: None}
    wanted = desired(ask("firewall", PREV), seen=seen)
    assert [str(one) for one in wanted.gates] == [
        "gate in iptables-legacy's chain FORWARD on the host",
        "gate in ip6tables-legacy's chain FORWARD on the host",
    ]
