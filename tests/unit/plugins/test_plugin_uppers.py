"""ipvlan, vlan and dummy: what differs from macvlan."""

from __future__ import annotations

from typing import Any

import pytest
from asking import NETNS, ask, cable, data, desired, failure, given, host, lines, said

from glassnet.plugins.registry import plugin
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet
from glassnet.values import HOST, Mac

ENS1 = LinkState(2, "ens1", 1, mtu=1500, mac=Mac("02:00:00:00:00:09"))
SEEN = host(ENS1)
IPAM = {"ipam": {"type": "host-local"}}
M1: dict[str, Any] = {"master": "ens1", **IPAM}


def test_ipvlan_has_its_masters_mac() -> None:
    wanted = desired(ask("ipvlan", M1), given("10.1.0.2/24"), SEEN)
    assert lines(wanted.own) == [
        f"ip link add link ens1 name eth0 mtu 1500 netns {NETNS} group 103 "
        "type ipvlan mode l2 bridge",
        "a: ip link set eth0 alias glassnet:net/c1/eth0",
        "a: ip link set eth0 up",
        "a: ip addr add 10.1.0.2/24 broadcast 10.1.0.255 dev eth0",
        "a: arping -c 1 -U -I eth0 10.1.0.2",
    ]
    assert data(wanted)["interfaces"] == [
        {"name": "eth0", "mac": "02:00:00:00:00:09", "sandbox": NETNS}
    ]


def test_ipvlan_over_ipv6() -> None:
    wanted = desired(ask("ipvlan", M1), given("fd00::2/64"), SEEN)
    assert lines(wanted.own)[2:] == [
        "a: net/ipv6/conf/lo/disable_ipv6=0",
        "a: net/ipv6/conf/eth0/disable_ipv6=0",
        "a: net/ipv6/conf/eth0/keep_addr_on_down=1",
        "a: net/ipv6/conf/eth0/accept_dad=0",
        "a: ip link set eth0 up",
        "a: ip addr add fd00::2/64 dev eth0 nodad",
        "a: ndptool -t na -U -i eth0 -T fd00::2 send",
    ]


@pytest.mark.parametrize("mode", ["l2", "l3", "l3s"])
def test_the_modes_of_ipvlan(mode: str) -> None:
    wanted = desired(ask("ipvlan", {**M1, "mode": mode}), given("10.1.0.2/24"), SEEN)
    assert f"type ipvlan mode {mode} " in lines(wanted.own)[0]


def chained(*interfaces: str) -> dict[str, Any]:
    prev = {
        "interfaces": [{"name": name} for name in interfaces],
        "ips": [{"address": "10.1.0.7/24", "gateway": "10.1.0.1"}],
    }
    return {"prevResult": prev}


def test_a_chained_ipvlan_stands_on_the_interface_before_it_and_takes_its_addresses() -> None:
    wanted = desired(ask("ipvlan", chained("ens1")), None, SEEN)
    assert "a: ip addr add 10.1.0.7/24 broadcast 10.1.0.255 dev eth0" in lines(wanted.own)
    assert data(wanted)["ips"] == [
        {"address": "10.1.0.7/24", "gateway": "10.1.0.1", "interface": 0}
    ]
    assert [one["name"] for one in data(wanted)["interfaces"]] == ["eth0"]


def test_a_chained_ipvlan_may_name_its_master() -> None:
    conf = {**chained("x", "y"), "master": "ens1"}
    assert desired(ask("ipvlan", conf), None, SEEN)


@pytest.mark.parametrize("interfaces", [(), ("a", "b"), ("",)])
def test_a_chain_without_one_interface(interfaces: tuple[str, ...]) -> None:
    assert said(failure(ask("ipvlan", chained(*interfaces)), None, SEEN)) == (
        7,
        "chained master failure. PrevResult lacks a single named interface",
    )


@pytest.mark.parametrize(
    ("conf", "problem"),
    [
        ({"mode": "x"}, '$.mode: unknown ipvlan mode: "x"'),
        ({"mtu": "x"}, "$.mtu: expected a whole number, found 'x'"),
        ({"mtu": 1501}, "invalid MTU 1501, must be [0, master MTU(1500)]"),
        ({"master": "no0"}, 'failed to lookup master "no0": Link not found'),
        ({"ipam": None}, "$.ipam: no plugin name provided: ipvlan needs addresses"),
    ],
)
def test_what_is_wrong_with_ipvlan(conf: dict[str, Any], problem: str) -> None:
    asked = ask("ipvlan", {**M1, **conf})
    assert said(failure(asked, given("10.1.0.2/24"), SEEN)) == (7, problem)


def test_ipvlan_without_master_asks_for_the_default_one() -> None:
    assert Facet(HOST, "links") in plugin("ipvlan").looks(ask("ipvlan", IPAM))


def test_vlan() -> None:
    conf = {**M1, "vlanID": 5, "mtu": 1400}
    wanted = desired(ask("vlan", conf), given("10.1.0.2/24"), SEEN)
    assert lines(wanted.own)[:3] == [
        f"ip link add link ens1 name eth0 mtu 1400 netns {NETNS} group 103 type vlan id 5",
        "a: ip link set eth0 alias glassnet:net/c1/eth0",
        "a: ip link set eth0 up",
    ]
    assert data(wanted)["interfaces"] == [
        {"name": "eth0", "mac": "02:00:00:00:00:09", "sandbox": NETNS}
    ]


BETWEEN = "(must be between 0 and 4095 inclusive)"


@pytest.mark.parametrize(
    ("conf", "problem"),
    [
        (
            {"master": ""},
            '"master" field is required. It specifies the host interface name to create the VLAN '
            "for",
        ),
        ({"vlanId": 5000}, f"invalid VLAN ID 5000 {BETWEEN}"),
        ({"vlanId": 4095}, f"invalid VLAN ID 4095 {BETWEEN}"),
        ({"vlanId": -1}, f"invalid VLAN ID -1 {BETWEEN}"),
        ({"vlanId": "5"}, "$.vlanId: expected a whole number, found '5'"),
        ({"mtu": 9000}, "invalid MTU 9000, must be [0, master MTU(1500)]"),
        ({"ipam": {}}, "$.ipam: no plugin name provided: vlan needs addresses"),
    ],
)
def test_what_is_wrong_with_vlan(conf: dict[str, Any], problem: str) -> None:
    asked = ask("vlan", {**M1, **conf})
    assert said(failure(asked, given("10.1.0.2/24"), SEEN)) == (7, problem)


@pytest.mark.parametrize("number", [0, 1, 4094])
def test_the_ids_that_a_vlan_may_have(number: int) -> None:
    wanted = desired(ask("vlan", {**M1, "vlanId": number}), given("10.1.0.2/24"), SEEN)
    assert lines(wanted.own)[0].endswith(f"type vlan id {number}")


def test_dummy() -> None:
    wanted = desired(ask("dummy", IPAM), given("10.1.0.2/24", "fd00::2/64"))
    assert lines(wanted.own)[:2] == [
        "a: ip link add eth0 address 02:be:87:32:e6:73 group 103 type dummy",
        "a: ip link set eth0 alias glassnet:net/c1/eth0",
    ]
    assert "a: ip addr add fd00::2/64 dev eth0 nodad" in lines(wanted.own)
    assert plugin("dummy").looks(ask("dummy", IPAM)) == ()
    assert data(wanted)["interfaces"] == [
        {"name": "eth0", "mac": "02:be:87:32:e6:73", "sandbox": NETNS}
    ]


def test_a_dummy_without_addresses() -> None:
    assert said(failure(ask("dummy"), given("10.1.0.2/24"))) == (
        7,
        "$.ipam: dummy interface requires an IPAM configuration",
    )
    assert said(failure(ask("dummy", IPAM), given())) == (
        7,
        "IPAM plugin returned missing IP config",
    )


@pytest.mark.parametrize("type_", ["ipvlan", "vlan", "dummy"])
def test_the_rest_is_the_containers_interface(type_: str) -> None:
    assert lines(plugin(type_).rest(ask(type_))) == ["a: ip link del eth0"]
    assert plugin(type_).rest(ask(type_, netns="")) == ()


def test_loopback() -> None:
    one = plugin("loopback")
    asked = ask("loopback", ifname="lo", args="CNI_ARGS=none")
    wanted = desired(asked)
    assert lines(wanted.own) == ["a: ip link set lo up"]
    assert one.ipam(asked) is None
    assert one.looks(asked) == (Facet(NETNS, "link", "lo"),)
    assert data(wanted) == {
        "cniVersion": "1.1.0",
        "interfaces": [{"name": "lo", "mac": "00:00:00:00:00:00", "sandbox": NETNS}],
        "ips": [
            {"address": "127.0.0.1/8", "interface": 0},
            {"address": "::1/128", "interface": 0},
        ],
    }
    assert lines(one.rest(asked)) == ["a: ip link set lo down"]


def test_loopback_passes_on_what_came_before() -> None:
    assert data(desired(ask("loopback", {"prevResult": cable()}))) == cable()


def test_loopback_without_a_namespace_has_nothing_left() -> None:
    assert plugin("loopback").rest(ask("loopback", netns="")) == ()
