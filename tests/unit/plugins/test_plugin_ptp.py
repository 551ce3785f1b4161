"""ptp: both ends of the cable, the gateway, and the routes in place of a network."""

from __future__ import annotations

from typing import Any

import pytest
from asking import NETNS, ask, data, desired, failure, given, lines, route, said

from glassnet.plugins.registry import plugin

IPAM = {"ipam": {"type": "host-local"}}
VETH = "vethc2780a674af"


def test_ipv4() -> None:
    addresses = given("10.1.0.2/24 via 10.1.0.1", routes=[route("0.0.0.0/0")])
    wanted = desired(ask("ptp", IPAM), addresses)
    assert lines(wanted.shared) == ["net/ipv4/ip_forward=1"]
    assert lines(wanted.own) == [
        f"ip link add {VETH} numtxqueues 1 numrxqueues 1 address 02:7f:85:30:59:4d group 103 "
        "type veth peer name eth0 numtxqueues 1 numrxqueues 1 address 02:be:87:32:e6:73 "
        f"netns {NETNS}",
        f"ip link set {VETH} alias glassnet:net/c1/eth0",
        f"net/ipv6/conf/{VETH}/accept_ra=0",
        f"ip link set {VETH} up",
        "a: ip link set eth0 up",
        "a: ip addr add 10.1.0.2/24 broadcast 10.1.0.255 dev eth0 noprefixroute",
        "a: ip route add 10.1.0.1/32 dev eth0 proto 103 scope link src 10.1.0.2",
        "a: ip route add 10.1.0.0/24 via 10.1.0.1 dev eth0 proto 103 src 10.1.0.2",
        "a: ip route prepend default via 10.1.0.1 dev eth0 proto 103",
        f"ip addr add 10.1.0.1/32 dev {VETH}",
        f"ip route add 10.1.0.2/32 dev {VETH} proto 103 scope host",
    ]


def test_ipv6_waits_for_nobody_at_either_end() -> None:
    addresses = given("fd00::2/64 via fd00::1", routes=[route("::/0")])
    wanted = desired(ask("ptp", IPAM), addresses)
    assert lines(wanted.shared) == ["net/ipv6/conf/all/forwarding=1"]
    assert lines(wanted.own)[2:] == [
        f"net/ipv6/conf/{VETH}/accept_ra=0",
        f"net/ipv6/conf/{VETH}/accept_dad=0",
        f"ip link set {VETH} up",
        "a: net/ipv6/conf/lo/disable_ipv6=0",
        "a: net/ipv6/conf/eth0/disable_ipv6=0",
        "a: net/ipv6/conf/eth0/keep_addr_on_down=1",
        "a: net/ipv6/conf/eth0/accept_dad=0",
        "a: ip link set eth0 up",
        "a: ip addr add fd00::2/64 dev eth0 nodad noprefixroute",
        "a: ip -6 route add fd00::1/128 dev eth0 proto 103 src fd00::2",
        "a: ip -6 route add fd00::/64 via fd00::1 dev eth0 proto 103 src fd00::2",
        "a: ip -6 route prepend default via fd00::1 dev eth0 proto 103",
        f"ip addr add fd00::1/128 dev {VETH} nodad",
        f"ip -6 route add fd00::2/128 dev {VETH} proto 103",
    ]


def test_dual_and_masqueraded() -> None:
    conf = {**IPAM, "IpMasq": True, "mtu": 1400}
    wanted = desired(ask("ptp", conf), given("10.1.0.2/24 via 10.1.0.1", "fd00::2/64 via fd00::1"))
    assert lines(wanted.shared) == [
        "net/ipv4/ip_forward=1",
        "net/ipv6/conf/all/forwarding=1",
        "base ruleset",
        "nft add element inet glassnet local4 "
        "'{ 10.1.0.0/24 . 10.1.0.0/24 comment \"glassnet:net\" }'",
        "nft add element inet glassnet masquerade4 '{ 10.1.0.0/24 comment \"glassnet:net\" }'",
        "nft add element inet glassnet local6 '{ fd00::/64 . fd00::/64 comment \"glassnet:net\" }'",
        "nft add element inet glassnet masquerade6 '{ fd00::/64 comment \"glassnet:net\" }'",
    ]
    assert lines(wanted.own)[0].count("mtu 1400") == 2
    assert data(wanted) == {
        "cniVersion": "1.1.0",
        "interfaces": [
            {"name": VETH, "mac": "02:7f:85:30:59:4d"},
            {"name": "eth0", "mac": "02:be:87:32:e6:73", "sandbox": NETNS},
        ],
        "ips": [
            {"address": "10.1.0.2/24", "gateway": "10.1.0.1", "interface": 1},
            {"address": "fd00::2/64", "gateway": "fd00::1", "interface": 1},
        ],
    }


def test_a_single_address_has_no_neighbours() -> None:
    wanted = desired(ask("ptp", IPAM), given("10.1.0.2/32 via 169.254.1.1"))
    assert [line for line in lines(wanted.own) if line.startswith("a: ip route")] == [
        "a: ip route add 169.254.1.1/32 dev eth0 proto 103 scope link src 10.1.0.2"
    ]


def test_dns_is_its_own_or_ipams() -> None:
    conf = {**IPAM, "dns": {"search": ["x.org"]}}
    wanted = desired(ask("ptp", conf), given("10.1.0.2/24 via 10.1.0.1"))
    assert data(wanted)["dns"] == {"search": ["x.org"]}


@pytest.mark.parametrize(
    ("conf", "problem"),
    [
        ({}, "$.ipam: no plugin name provided: ptp needs addresses"),
        ({"ipam": {}}, "$.ipam: no plugin name provided: ptp needs addresses"),
        ({**IPAM, "mtu": True}, "$.mtu: expected a whole number, found true"),
        ({**IPAM, "mtu": 70000}, "$.mtu: 70000 is out of range"),
        ({**IPAM, "ipMasq": 1}, "$.ipMasq: expected true or false, found 1"),
    ],
)
def test_what_is_wrong_is_named(conf: dict[str, Any], problem: str) -> None:
    assert said(failure(ask("ptp", conf), given("10.1.0.2/24 via 10.1.0.1"))) == (7, problem)


def test_ipam_that_gives_too_little() -> None:
    assert said(failure(ask("ptp", IPAM), given())) == (
        7,
        "IPAM plugin returned missing IP config",
    )
    assert said(failure(ask("ptp", IPAM), given("10.1.0.2/24"))) == (
        7,
        "IPAM gave 10.1.0.2/24 without a gateway, which a ptp network is made of",
    )


def test_the_rest_is_the_containers_interface() -> None:
    assert lines(plugin("ptp").rest(ask("ptp"))) == ["a: ip link del eth0"]
    assert plugin("ptp").looks(ask("ptp")) == ()
