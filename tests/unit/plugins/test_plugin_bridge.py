"""bridge: what is made of each key, and what is said of each that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from asking import NETNS, ask, data, desired, failure, given, host, lines, route, said
from msgspec.structs import replace

from glassnet.plugins.registry import plugin
from glassnet.state.addr import AddrState
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet
from glassnet.values import HOST, Cidr, Mac

IPAM = {"ipam": {"type": "host-local"}}
VETH = "vethc2780a674af"
CNI0 = LinkState(3, "cni0", 1, mac=Mac("02:00:00:00:00:33"), kind="bridge")
CABLE = (
    f"ip link add {VETH} up numtxqueues 1 numrxqueues 1 address 02:7f:85:30:59:4d master cni0 "
    "group 103 type veth peer name eth0 numtxqueues 1 numrxqueues 1 address 02:be:87:32:e6:73 "
    f"netns {NETNS}"
)


def test_ipv4() -> None:
    wanted = desired(ask("bridge", IPAM), given("10.1.0.2/24", routes=[route("0.0.0.0/0")]))
    assert lines(wanted.shared) == [
        "ip link add cni0 address 02:0e:83:7a:d2:c8 group 103 type bridge",
        "ip link set cni0 alias glassnet:cni/cni0",
        "net/ipv6/conf/cni0/accept_dad=0",
        "net/ipv6/conf/cni0/accept_ra=0",
        "ip link set cni0 up",
    ]
    assert lines(wanted.own) == [
        CABLE,
        f"ip link set {VETH} alias glassnet:net/c1/eth0",
        f"net/ipv6/conf/{VETH}/accept_ra=0",
        "a: ip link set eth0 up",
        "a: ip addr add 10.1.0.2/24 broadcast 10.1.0.255 dev eth0",
        "a: ip route prepend default dev eth0 proto 103",
        "a: arping -c 1 -U -I eth0 10.1.0.2",
    ]


def test_ipv6_is_switched_on_and_waits_for_nobody() -> None:
    wanted = desired(ask("bridge", IPAM), given("fd00::2/64 via fd00::1", routes=[route("::/0")]))
    assert lines(wanted.own)[3:] == [
        "a: net/ipv6/conf/lo/disable_ipv6=0",
        "a: net/ipv6/conf/eth0/disable_ipv6=0",
        "a: net/ipv6/conf/eth0/keep_addr_on_down=1",
        "a: net/ipv6/conf/eth0/accept_dad=0",
        "a: ip link set eth0 up",
        "a: ip addr add fd00::2/64 dev eth0 nodad",
        "a: ip -6 route prepend default via fd00::1 dev eth0 proto 103",
        "a: ndptool -t na -U -i eth0 -T fd00::2 send",
    ]


def test_duplicates_are_looked_for_where_it_is_asked_for() -> None:
    wanted = desired(ask("bridge", {**IPAM, "enableDAD": True}), given("10.1.0.2/24", "fd00::2/64"))
    assert lines(wanted.own)[5:] == [
        "a: net/ipv6/conf/eth0/keep_addr_on_down=1",
        "a: net/ipv6/conf/eth0/enhanced_dad=1",
        "a: net/ipv6/conf/eth0/accept_dad=1",
        "a: ip link set eth0 up",
        "a: ip addr add 10.1.0.2/24 broadcast 10.1.0.255 dev eth0",
        "a: ip addr add fd00::2/64 dev eth0",
        "a: arping -c 1 -U -I eth0 10.1.0.2",
    ]


def test_dual_as_a_gateway_that_masquerades() -> None:
    conf = {**IPAM, "isDefaultGateway": True, "ipMasq": True}
    wanted = desired(ask("bridge", conf), given("10.1.0.2/24", "fd00::2/64 via fd00::9"))
    assert lines(wanted.shared)[5:] == [
        "ip addr add 10.1.0.1/24 broadcast 10.1.0.255 dev cni0",
        "ip addr add fd00::9/64 dev cni0 nodad",
        "net/ipv4/ip_forward=1",
        "net/ipv6/conf/all/forwarding=1",
        "base ruleset",
        "nft add element inet glassnet local4 "
        "'{ 10.1.0.0/24 . 10.1.0.0/24 comment \"glassnet:net\" }'",
        "nft add element inet glassnet masquerade4 '{ 10.1.0.0/24 comment \"glassnet:net\" }'",
        "nft add element inet glassnet local6 '{ fd00::/64 . fd00::/64 comment \"glassnet:net\" }'",
        "nft add element inet glassnet masquerade6 '{ fd00::/64 comment \"glassnet:net\" }'",
    ]
    assert [line for line in lines(wanted.own) if "route" in line] == [
        "a: ip route prepend default via 10.1.0.1 dev eth0 proto 103",
        "a: ip -6 route prepend default via fd00::9 dev eth0 proto 103",
    ]
    assert data(wanted) == {
        "cniVersion": "1.1.0",
        "interfaces": [
            {"name": "cni0", "mac": "02:0e:83:7a:d2:c8"},
            {"name": VETH, "mac": "02:7f:85:30:59:4d"},
            {"name": "eth0", "mac": "02:be:87:32:e6:73", "sandbox": NETNS},
        ],
        "ips": [
            {"address": "10.1.0.2/24", "gateway": "10.1.0.1", "interface": 2},
            {"address": "fd00::2/64", "gateway": "fd00::9", "interface": 2},
        ],
        "routes": [{"dst": "0.0.0.0/0", "gw": "10.1.0.1"}, {"dst": "::/0", "gw": "fd00::9"}],
    }


def test_two_addresses_of_a_family_have_one_default_route() -> None:
    conf = {**IPAM, "isDefaultGateway": True}
    wanted = desired(ask("bridge", conf), given("10.1.0.2/24", "10.2.0.2/24"))
    assert data(wanted)["routes"] == [{"dst": "0.0.0.0/0", "gw": "10.1.0.1"}]


def test_a_default_route_of_ipams_stays_alone() -> None:
    conf = {**IPAM, "isDefaultGateway": True}
    addresses = given("10.1.0.2/24", routes=[route("0.0.0.0/0", "10.1.0.7")])
    assert data(desired(ask("bridge", conf), addresses))["routes"] == [
        {"dst": "0.0.0.0/0", "gw": "10.1.0.7"}
    ]


def test_a_gateways_address_that_is_there_is_taken_as_it_is() -> None:
    seen = host(CNI0, addrs=[AddrState(3, Cidr("10.1.0.1/24"))])
    conf = {**IPAM, "isGateway": True}
    wanted = desired(ask("bridge", conf), given("10.1.0.2/24"), seen)
    assert "ip addr add 10.1.0.1/24 dev cni0" in lines(wanted.shared)


@pytest.mark.parametrize(
    ("mac", "kept"),
    [("02:00:00:00:00:33", "02:00:00:00:00:33"), ("00:00:00:00:00:00", "02:0e:83:7a:d2:c8")],
)
def test_a_bridge_of_others_keeps_its_mac_when_our_ports_come(mac: str, kept: str) -> None:
    pin = f"ip link set cni0 address {kept}"
    alone = replace(CNI0, mac=Mac(mac))
    wanted = desired(ask("bridge"), seen=host(alone))
    assert lines(wanted.own).index(pin) == 2  # it never had a port, and so has no bridge id
    assert data(wanted)["interfaces"][0]["mac"] == kept
    busy = replace(alone, data={"bridge_id": b"\x80\0" + bytes(5) + b"\x33"})
    assert lines(desired(ask("bridge"), seen=host(busy)).own)[0] == pin


def test_our_own_bridge_has_a_mac_of_its_own() -> None:
    ours = replace(CNI0, alias="glassnet:cni/cni0")
    assert lines(desired(ask("bridge"), seen=host(ours)).own)[0].startswith("ip link add veth")


def test_a_single_address_has_no_first_of_its_network() -> None:
    wanted = desired(ask("bridge", {**IPAM, "isGateway": True}), given("10.1.0.2/32"))
    assert "gateway" not in data(wanted)["ips"][0]
    assert lines(wanted.shared)[5:] == ["net/ipv4/ip_forward=1"]


def test_layer_2_is_up_and_no_more() -> None:
    wanted = desired(ask("bridge", {"isGateway": True, "ipMasq": True}))
    assert lines(wanted.own)[2:] == [
        f"net/ipv6/conf/{VETH}/accept_ra=0",
        "a: ip link set eth0 up",
    ]
    assert len(lines(wanted.shared)) == 5
    assert "ips" not in data(wanted)


def test_a_disabled_interface_is_not_even_up() -> None:
    wanted = desired(ask("bridge", {"disableContainerInterface": True}))
    assert lines(wanted.own)[2:] == [f"net/ipv6/conf/{VETH}/accept_ra=0"]


@pytest.mark.parametrize(
    ("conf", "line"),
    [
        ({"hairpinMode": True}, f"ip link set {VETH} type bridge_slave hairpin on"),
        ({"portIsolation": True}, f"ip link set {VETH} type bridge_slave isolated on"),
        ({"HAIRPINMODE": True}, f"ip link set {VETH} type bridge_slave hairpin on"),
        (
            {"hairpinMode": True, "portIsolation": True},
            f"ip link set {VETH} type bridge_slave hairpin on isolated on",
        ),
    ],
)
def test_what_is_said_of_the_port(conf: dict[str, Any], line: str) -> None:
    assert line in lines(desired(ask("bridge", conf)).own)


def test_name_and_mtu() -> None:
    wanted = desired(ask("bridge", {"bridge": "br0", "MTU": 1400}))
    assert lines(wanted.shared)[0] == (
        "ip link add br0 mtu 1400 address 02:da:59:3a:c6:22 group 103 type bridge"
    )
    assert lines(wanted.own)[0].count("mtu 1400") == 2
    assert plugin("bridge").looks(ask("bridge", {"bridge": "br0"}))[:2] == (
        Facet(HOST, "link", "br0"),
        Facet(HOST, "addrs", "br0"),
    )


def test_a_bridge_that_is_there_stays_as_it_is() -> None:
    wanted = desired(ask("bridge", {"mtu": 1400}), seen=host(CNI0))
    assert lines(wanted.shared) == [
        "ip link add cni0 type bridge",
        "ip link set cni0 up",
    ]
    assert data(wanted)["interfaces"][0] == {"name": "cni0", "mac": "02:00:00:00:00:33"}


ALL_MACS: dict[str, Any] = {
    "args": {"cni": {"mac": "02:00:00:00:00:a2"}},
    "runtimeConfig": {"mac": "02:00:00:00:00:a3"},
}
CNI_ARGS = "MAC=02:00:00:00:00:a1"


@pytest.mark.parametrize(
    ("keys", "args", "mac"),
    [
        ([], "", "02:b0:fb:98:16:da"),
        ([], CNI_ARGS, "02:00:00:00:00:a1"),
        (["args"], CNI_ARGS, "02:00:00:00:00:a2"),
        (["args", "runtimeConfig"], CNI_ARGS, "02:00:00:00:00:a3"),
    ],
)
def test_the_runtime_has_the_last_word_on_the_mac(keys: list[str], args: str, mac: str) -> None:
    conf = {key: ALL_MACS[key] for key in keys}
    wanted = desired(ask("bridge", conf, args=args))
    assert data(wanted)["interfaces"][2]["mac"] == mac
    assert f"address {mac} netns" in lines(wanted.own)[0]


def test_the_same_address_has_the_same_mac_again() -> None:
    macs = {
        data(desired(ask("bridge", IPAM, container=name), given("10.1.0.2/24")))["interfaces"][2][
            "mac"
        ]
        for name in ("c1", "c2")
    }
    assert macs == {"02:be:87:32:e6:73"}


def test_its_dns_comes_in_place_of_ipams() -> None:
    conf = {**IPAM, "dns": {"nameservers": ["10.1.0.1"]}}
    assert data(desired(ask("bridge", conf), given("10.1.0.2/24")))["dns"] == {
        "nameservers": ["10.1.0.1"]
    }


def other(cidr: str) -> AddrState:
    return AddrState(CNI0.index, Cidr(cidr))


@pytest.mark.parametrize("there", ["10.1.0.1/24", "fe80::1/64", "fd01::1/64"])
def test_addresses_that_a_bridge_may_have_besides(there: str) -> None:
    conf = {**IPAM, "isGateway": True}
    wanted = desired(
        ask("bridge", conf), given("10.1.0.2/24", "fd00::2/64"), host(CNI0, addrs=[other(there)])
    )
    assert "ip addr add fd00::1/64 dev cni0 nodad" in lines(wanted.shared)


@pytest.mark.parametrize(
    ("there", "wanted"),
    [("10.2.0.1/24", "10.1.0.1/24"), ("10.1.0.9/24", "10.1.0.1/24"), ("fd00::7/64", "fd00::1/64")],
)
def test_an_address_that_is_in_the_way(there: str, wanted: str) -> None:
    conf = {**IPAM, "isGateway": True}
    seen = host(CNI0, addrs=[other(there)])
    addresses = given("10.1.0.2/24", "fd00::2/64")
    error = failure(ask("bridge", conf), addresses, seen)
    assert said(error) == (7, f'"cni0" already has an IP address different from {wanted}')
    assert there in error.details
    assert desired(ask("bridge", {**conf, "forceAddress": True}), addresses, seen)


def test_addresses_of_other_links_are_not_in_the_way() -> None:
    seen = host(CNI0, addrs=[AddrState(9, Cidr("10.2.0.1/24"))])
    assert desired(ask("bridge", {**IPAM, "isGateway": True}), given("10.1.0.2/24"), seen)
