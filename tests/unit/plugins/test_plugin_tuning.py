"""tuning: settings, MAC and mtu; whose word counts; keys that lead out of net."""

from __future__ import annotations

from typing import Any

import pytest
from asking import NETNS, ask, cable, data, desired, failure, host, lines, said

from glassnet.plugins.registry import plugin
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST

INSIDE = NetnsState(NETNS)
INSIDE.links = {"eth0": LinkState(5, "eth0", 1)}
SEEN = Snapshot({HOST: NetnsState(HOST), NETNS: INSIDE})
PREV: dict[str, Any] = {"prevResult": cable()}


def made(conf: dict[str, Any], args: str = "") -> list[str]:
    return lines(desired(ask("tuning", {**PREV, **conf}, args=args), None, SEEN).own)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("net.core.somaxconn", "net/core/somaxconn"),
        ("net/core/somaxconn", "net/core/somaxconn"),
        ("net.ipv4.conf.IFNAME.arp_filter", "net/ipv4/conf/eth0/arp_filter"),
        ("net/ipv4/conf/eth0.5/arp_filter", "net/ipv4/conf/eth0.5/arp_filter"),
        ("net/ipv4/../core/somaxconn", "net/core/somaxconn"),
    ],
)
def test_a_setting(name: str, path: str) -> None:
    assert made({"sysctl": {name: "500"}}) == [f"a: {path}=500"]


def test_nothing_is_asked_for() -> None:
    wanted = desired(ask("tuning", PREV), None, SEEN)
    assert (wanted.own, wanted.shared, data(wanted)) == ((), (), cable())


def test_args_have_the_last_word_on_a_setting() -> None:
    conf = {
        "sysctl": {"net.core.somaxconn": "500", "net.ipv4.ip_forward": "1"},
        "args": {"cni": {"sysctl": {"net.core.somaxconn": "600", "net.core.dev_weight": "1"}}},
    }
    assert sorted(made(conf)) == [
        "a: net/core/dev_weight=1",
        "a: net/core/somaxconn=600",
        "a: net/ipv4/ip_forward=1",
    ]
    assert made({"args": conf["args"]})


def test_the_same_setting_twice() -> None:
    conf = {"sysctl": {"net.core.somaxconn": "1", "net/core/somaxconn": "2"}}
    assert said(failure(ask("tuning", {**PREV, **conf}), None, SEEN)) == (
        7,
        "$.sysctl.net/core/somaxconn: duplicated sysctl keys are not allowed",
    )


@pytest.mark.parametrize("name", ["kernel/foo", "kernel.foo", "net/../kernel/foo", "/etc/x", "net"])
def test_a_setting_outside_of_net(name: str) -> None:
    error = failure(ask("tuning", {**PREV, "sysctl": {name: "1"}}), None, SEEN)
    assert said(error) == (7, f'$.sysctl.{name}: invalid net sysctl key: "{name}"')


def test_a_key_that_no_file_can_have() -> None:
    error = failure(ask("tuning", {**PREV, "sysctl": {"net/a b": "1"}}), None, SEEN)
    assert said(error) == (7, '$.sysctl.net/a b: invalid net sysctl key: "net/a b"')


def test_the_mtu() -> None:
    assert made({"mtu": 1400}) == ["a: ip link set eth0 mtu 1400"]
    assert made({"mtu": 1400, "args": {"cni": {"MTU": 1300}}}) == ["a: ip link set eth0 mtu 1300"]
    assert made({"mtu": 0}) == []


@pytest.mark.parametrize(
    ("keys", "args", "last"),
    [
        (("mac",), "", "1"),
        (("mac",), "MAC=02:00:00:00:00:a2", "2"),
        (("mac", "runtimeConfig"), "MAC=02:00:00:00:00:a2", "3"),
        (("mac", "runtimeConfig", "args"), "MAC=02:00:00:00:00:a2", "4"),
    ],
)
def test_who_has_the_last_word_on_the_mac(keys: tuple[str, ...], args: str, last: str) -> None:
    conf: dict[str, Any] = {
        "mac": "02:00:00:00:00:a1",
        "runtimeConfig": {"mac": "02:00:00:00:00:a3"},
        "args": {"cni": {"mac": "02:00:00:00:00:a4"}},
    }
    asked = ask("tuning", {**PREV, **{key: conf[key] for key in keys}}, args=args)
    wanted = desired(asked, None, SEEN)
    mac = f"02:00:00:00:00:a{last}"
    assert lines(wanted.own) == [
        f"a: ip link set eth0 address {mac}",
        "a: arping -c 1 -U -I eth0 10.1.0.2",
        "a: ndptool -t na -U -i eth0 -T fd00::2 send",
    ]
    assert [one.get("mac") for one in data(wanted)["interfaces"]] == [
        "02:00:00:00:00:01",
        "02:00:00:00:00:02",
        mac,
    ]


@pytest.mark.parametrize(
    ("conf", "problem"),
    [
        ({"sysctl": []}, "$.sysctl: expected an object, found a list"),
        (
            {"sysctl": {"net.core.somaxconn": 1}},
            "$.sysctl.net.core.somaxconn: expected a string, found 1",
        ),
        ({"mtu": "9"}, "$.mtu: expected a whole number, found '9'"),
        ({"mtu": -1}, "$.mtu: -1 is out of range"),
        ({"mac": 5}, "$.mac: expected a string, found 5"),
        ({"args": {"cni": {"sysctl": "x"}}}, "$.args.cni.sysctl: expected an object, found 'x'"),
    ],
)
def test_what_is_wrong_is_named(conf: dict[str, Any], problem: str) -> None:
    assert said(failure(ask("tuning", {**PREV, **conf}), None, SEEN)) == (7, problem)


def test_it_stands_behind_what_makes_the_interface() -> None:
    assert said(failure(ask("tuning"), None, SEEN)) == (
        7,
        "Required prevResult missing",
    )
    assert said(failure(ask("tuning", PREV), None, host())) == (
        7,
        'failed to get "eth0": Link not found',
    )


def test_what_it_looks_at_and_leaves() -> None:
    one = plugin("tuning")
    assert Facet(NETNS, "link", "eth0") in one.looks(ask("tuning", PREV))
    assert one.rest(ask("tuning")) == ()
    assert one.repeats
