"""firewall: open, walled, isolated; and that a policy needs a bridge."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask, cable, data, desired, failure, lines, said

from glassnet.plugins.registry import plugin

PREV: dict[str, Any] = {"prevResult": cable()}


@pytest.mark.parametrize("conf", [{}, {"ingressPolicy": "open"}, {"ingressPolicy": ""}])
def test_open_is_nothing(conf: dict[str, Any]) -> None:
    wanted = desired(ask("firewall", {**PREV, **conf}))
    assert (wanted.shared, wanted.own, data(wanted)) == ((), (), cable())


def test_from_the_same_bridge_alone() -> None:
    wanted = desired(ask("firewall", {**PREV, "IngressPolicy": "same-bridge"}))
    assert lines(wanted.shared)[0] == "base ruleset"
    assert 'nft add element inet glassnet walled \'{ "cni0" comment "glassnet:net" }\'' in lines(
        wanted.shared
    )
    assert wanted.own == ()


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
    assert wanted.own == ()
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
    assert (one.looks(ask("firewall")), one.rest(ask("firewall"))) == ((), ())
    assert one.versions == ("0.4.0", "1.0.0", "1.1.0")
