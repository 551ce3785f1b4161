"""Names and MACs of attachments: stable, as long as they may be, and no two the same."""

from __future__ import annotations

import pytest
from asking import ask, desired, given, lines, route, said
from hypothesis import given as drawn
from hypothesis import strategies as st

from glassnet.cni.error import CniError
from glassnet.ops.derived import digest
from glassnet.plugins import names
from glassnet.plugins.contract import interface_gone, netns_of
from glassnet.plugins.registry import INTERFACES, IPAM, TYPES, plugin
from glassnet.values import IpAddress

TEXTS = st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1, max_size=64)


def test_they_stay_the_same() -> None:
    """A DEL by a later version must find what an earlier one has made."""
    assert names.host_ifname("net", "c1", "eth0") == "vethc2780a674af"
    assert names.ifb_ifname("net", "c1", "eth0") == "ifb1d38a5b838f"
    assert names.host_mac("net", "c1", "eth0") == "02:7f:85:30:59:4d"
    assert names.ifb_mac("net", "c1", "eth0") == "02:b8:38:fc:a0:f7"
    assert names.bridge_mac("cni0") == "02:0e:83:7a:d2:c8"


@drawn(TEXTS, TEXTS, TEXTS)
def test_they_fit_a_links_name(network: str, container: str, ifname: str) -> None:
    for one in (names.host_ifname, names.ifb_ifname):
        assert len(one(network, container, ifname)) <= 15


@drawn(TEXTS, TEXTS, TEXTS, TEXTS)
def test_two_interfaces_of_a_container_never_share_one(
    network: str, container: str, first: str, second: str
) -> None:
    if first == second:
        return
    for one in (names.host_ifname, names.ifb_ifname, names.host_mac, names.ifb_mac):
        assert one(network, container, first) != one(network, container, second)


def test_none_of_many_is_another_ones() -> None:
    parts = [
        ("net", f"c{number}", f"eth{interface}") for number in range(2000) for interface in (0, 1)
    ]
    for one in (names.host_ifname, names.ifb_ifname):
        assert len({one(*each) for each in parts}) == len(parts)
    assert len({names.host_mac(*each) for each in parts}) == len(parts)


def test_where_a_text_ends_counts() -> None:
    assert digest("a", "bc") != digest("ab", "c")
    assert names.host_ifname("net", "c", "1eth0") != names.host_ifname("net", "c1", "eth0")


def test_a_mac_follows_from_its_address_or_its_container() -> None:
    address = IpAddress("10.1.0.2")
    first = names.container_mac("net", "c1", "eth0", address)
    assert first == names.container_mac("net", "c2", "eth1", address)
    assert first != names.container_mac("other", "c1", "eth0", address)
    assert names.container_mac("net", "c1", "eth0", None) != names.container_mac(
        "net", "c2", "eth0", None
    )


def test_the_registry_knows_each_type_by_its_name() -> None:
    for type_ in INTERFACES:
        assert plugin(type_).type == type_
    assert set(TYPES) == {*INTERFACES, *IPAM}
    with pytest.raises(KeyError):
        plugin("host-local")


def test_a_namespace_that_is_no_path() -> None:
    with pytest.raises(CniError) as raised:
        netns_of(ask("bridge", netns="a\0b"))
    assert raised.value.message.startswith("CNI_NETNS: ")
    assert interface_gone(ask("bridge", netns="")) == ()


def test_routes_say_what_the_result_says() -> None:
    routes = [
        route("10.9.0.0/16", mtu=1400, advmss=1300, priority=7, table=99),
        route("10.8.0.0/16", "10.1.0.9"),
        route("10.7.0.0/16", scope=253),
        route("10.6.0.0/16", scope=0),
        route("10.5.0.0/16", scope=77),
        route("fd01::/64"),
        route("10.8.0.0/16", "10.1.0.9"),
    ]
    wanted = desired(
        ask("bridge", {"ipam": {"type": "x"}}), given("10.1.0.2/24 via 10.1.0.1", routes=routes)
    )
    assert [line for line in lines(wanted.own) if "route" in line] == [
        "a: ip route prepend 10.9.0.0/16 via 10.1.0.1 dev eth0 table 99 metric 7 proto 103 "
        "mtu 1400 advmss 1300",
        "a: ip route prepend 10.8.0.0/16 via 10.1.0.9 dev eth0 proto 103",
        "a: ip route prepend 10.7.0.0/16 dev eth0 proto 103 scope link",
        "a: ip route prepend 10.6.0.0/16 via 10.1.0.1 dev eth0 proto 103 scope global",
        "a: ip route prepend 10.5.0.0/16 via 10.1.0.1 dev eth0 proto 103",
        "a: ip -6 route prepend fd01::/64 dev eth0 proto 103",
    ]


def test_a_name_with_a_dot_is_one_part_of_a_key() -> None:
    wanted = desired(ask("bridge", {"ipam": {"type": "x"}}, ifname="eth0.5"), given("fd00::2/64"))
    assert "a: net/ipv6/conf/eth0.5/accept_dad=0" in lines(wanted.own)


def test_errors_of_a_version_that_is_older_than_the_type() -> None:
    assert plugin("firewall").versions[0] == "0.4.0"
    assert said(CniError(7, "x")) == (7, "x")
