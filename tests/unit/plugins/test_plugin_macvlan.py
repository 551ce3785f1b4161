"""macvlan, and what it has in common with ipvlan and vlan: the master, its mtu, the result."""

from __future__ import annotations

from typing import Any

import pytest
from asking import NETNS, ask, data, desired, failure, given, host, lines, route, said

from glassnet.plugins.registry import plugin
from glassnet.state.link import LinkState
from glassnet.state.route import RouteState
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, Mac, Prefix

ENS1 = LinkState(2, "ens1", 1, mtu=1500, mac=Mac("02:00:00:00:00:09"))
SEEN = host(ENS1)
IPAM = {"ipam": {"type": "host-local"}}
M1: dict[str, Any] = {"master": "ens1"}


def test_ipv4() -> None:
    addresses = given("10.1.0.2/24 via 10.1.0.1", routes=[route("0.0.0.0/0")])
    wanted = desired(ask("macvlan", {**M1, **IPAM}), addresses, SEEN)
    assert wanted.shared == ()
    assert lines(wanted.own) == [
        "ip link add link ens1 name eth0 mtu 1500 address 02:be:87:32:e6:73 "
        f"netns {NETNS} group 103 type macvlan mode bridge",
        "a: ip link set eth0 alias glassnet:net/c1/eth0",
        "a: ip link set eth0 up",
        "a: ip addr add 10.1.0.2/24 broadcast 10.1.0.255 dev eth0",
        "a: ip route prepend default via 10.1.0.1 dev eth0 proto 103",
        "a: arping -c 1 -U -I eth0 10.1.0.2",
    ]
    assert data(wanted) == {
        "cniVersion": "1.1.0",
        "interfaces": [{"name": "eth0", "mac": "02:be:87:32:e6:73", "sandbox": NETNS}],
        "ips": [{"address": "10.1.0.2/24", "gateway": "10.1.0.1", "interface": 0}],
        "routes": [{"dst": "0.0.0.0/0"}],
    }


def test_layer_2_is_up_and_no_more() -> None:
    wanted = desired(ask("macvlan", M1), None, SEEN)
    assert lines(wanted.own)[2:] == ["a: ip link set eth0 up"]
    assert data(wanted) == {
        "cniVersion": "1.1.0",
        "interfaces": [{"name": "eth0", "mac": "02:b0:fb:98:16:da", "sandbox": NETNS}],
    }


@pytest.mark.parametrize(
    ("conf", "part"),
    [
        ({"mode": "private"}, "type macvlan mode private"),
        ({"Mode": "vepa"}, "type macvlan mode vepa"),
        ({"bcqueuelen": 7}, "bcqueuelen 7"),
        ({"mtu": 1400}, " mtu 1400 "),
        ({"mtu": 1500}, " mtu 1500 "),
    ],
)
def test_what_is_said_of_the_link(conf: dict[str, Any], part: str) -> None:
    assert part in lines(desired(ask("macvlan", {**M1, **conf}), None, SEEN).own)[0]


def test_passthru_has_the_masters_mac() -> None:
    conf = {**M1, "mode": "passthru", "mac": "02:00:00:00:00:aa"}
    wanted = desired(ask("macvlan", conf), None, SEEN)
    assert "address" not in lines(wanted.own)[0]
    assert data(wanted)["interfaces"][0]["mac"] == "02:00:00:00:00:09"


@pytest.mark.parametrize(
    ("conf", "args", "mac"),
    [
        ({"mac": "02:00:00:00:00:a1"}, "", "02:00:00:00:00:a1"),
        ({"mac": "02:00:00:00:00:a1"}, "MAC=02:00:00:00:00:a2", "02:00:00:00:00:a2"),
        ({"runtimeConfig": {"mac": "02:00:00:00:00:a3"}}, "MAC=zz", "02:00:00:00:00:a3"),
    ],
)
def test_who_has_the_last_word_on_the_mac(conf: dict[str, Any], args: str, mac: str) -> None:
    wanted = desired(ask("macvlan", {**M1, **conf}, args=args), None, SEEN)
    assert data(wanted)["interfaces"][0]["mac"] == mac


def test_the_default_master_is_the_default_routes() -> None:
    asked = ask("macvlan")
    assert plugin("macvlan").looks(asked) == (Facet(HOST, "routes", "254"), Facet(HOST, "links"))
    routes = [
        RouteState(Prefix(dst), 254, index=at) for dst, at in (("10.0.0.0/8", 9), ("::/0", 2))
    ]
    wanted = desired(asked, None, host(ENS1, routes=routes))
    assert lines(wanted.own)[0].startswith("ip link add link ens1 name eth0")


def test_no_master() -> None:
    assert said(failure(ask("macvlan"), None, SEEN)) == (7, "no default route interface found")
    assert said(failure(ask("macvlan", {"master": "no0"}), None, SEEN)) == (
        7,
        'failed to lookup master "no0": Link not found',
    )


def test_a_master_in_the_container() -> None:
    conf = {**M1, "linkInContainer": True}
    asked = ask("macvlan", conf)
    assert plugin("macvlan").looks(asked)[0] == Facet(NETNS, "link", "ens1")
    inside = NetnsState(NETNS)
    inside.links = {"ens1": ENS1, "eth0": LinkState(5, "eth0", 1)}
    seen = Snapshot({HOST: NetnsState(HOST), NETNS: inside})
    assert lines(desired(asked, None, seen).own)[0].startswith("a: ip link add link ens1 name eth0")


def test_a_name_that_the_host_has_too_needs_an_index_of_its_own() -> None:
    seen = host(ENS1, LinkState(5, "eth0", 1))
    first = lines(desired(ask("macvlan", M1), None, seen).own)[0]
    other = lines(desired(ask("macvlan", M1, container="c2"), None, seen).own)[0]
    assert " index " in first
    assert first.partition(" index ")[2].split()[0] != other.partition(" index ")[2].split()[0]


@pytest.mark.parametrize(
    ("conf", "problem"),
    [
        ({"mode": "x"}, '$.mode: unknown macvlan mode: "x"'),
        ({"mode": 1}, "$.mode: expected a string, found 1"),
        ({"bcqueuelen": -1}, "$.bcqueuelen: -1 is out of range"),
        ({"bcqueuelen": "5"}, "$.bcqueuelen: expected a whole number, found '5'"),
        ({"mtu": 9000}, "invalid MTU 9000, must be [0, master MTU(1500)]"),
        ({"mtu": -1}, "$.mtu: -1 is out of range"),
        ({"master": []}, "$.master: expected a string, found a list"),
        ({"linkInContainer": 1}, "$.linkInContainer: expected true or false, found 1"),
        ({"dns": []}, "$.dns: expected an object, found a list"),
    ],
)
def test_what_is_wrong_is_named(conf: dict[str, Any], problem: str) -> None:
    assert said(failure(ask("macvlan", {**M1, **conf}), None, SEEN)) == (7, problem)


def test_a_mac_that_none_can_be() -> None:
    error = failure(ask("macvlan", {**M1, "mac": "zz"}), None, SEEN)
    assert error.message.startswith("$.mac: ")
    error = failure(ask("macvlan", M1, args="MAC=01:00:5e:00:00:01"), None, SEEN)
    assert error.message.startswith("CNI_ARGS MAC: ")


def test_ipam_without_addresses() -> None:
    assert said(failure(ask("macvlan", {**M1, **IPAM}), given(), SEEN)) == (
        7,
        "IPAM plugin returned missing IP config",
    )


def test_the_configurations_dns_counts_alone() -> None:
    from_ipam = given("10.1.0.2/24").replace(
        dns=desired(ask("bridge", {"dns": {"domain": "a.org"}})).result.dns
    )
    assert "dns" not in data(desired(ask("macvlan", {**M1, **IPAM}), from_ipam, SEEN))
    conf = {**M1, **IPAM, "dns": {"domain": "b.org"}}
    assert data(desired(ask("macvlan", conf), from_ipam, SEEN))["dns"] == {"domain": "b.org"}


def test_the_rest_does_not_need_the_master() -> None:
    assert lines(plugin("macvlan").rest(ask("macvlan"))) == ["a: ip link del eth0"]
