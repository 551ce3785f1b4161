"""GC, STATUS and CHECK: what is not valid goes and nothing else; what has drifted is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from calling import BANDWIDTH, BRIDGE, CHAIN, PORTMAP, PTP, TUNING, CniHost, cni_host, ipam

from glassnet.plugins import names

pytestmark = pytest.mark.kernel


@pytest.fixture
def host() -> Iterator[CniHost]:
    with cni_host(3) as it:
        yield it


def mapped(port: int) -> dict[str, Any]:
    return {
        "type": "portmap",
        "runtimeConfig": {"portMappings": [{"hostPort": port, "containerPort": 80}]},
    }


def chain(port: int) -> list[dict[str, Any]]:
    return [BRIDGE, mapped(port), BANDWIDTH]


def test_gc_takes_what_is_not_valid_and_nothing_else(host: CniHost) -> None:
    results = [host.chain(chain(8080 + number), f"c{number}") for number in range(3)]
    other = host.add(
        {**BRIDGE, "name": "other", "bridge": "br1", **ipam("10.7.0.0/24", routes=[])}, "c0", "o0"
    )
    host.host.sh("ip netns del c0")
    host.collect(chain(1), ("c1", "eth0"))
    assert host.links("c2") == []
    left = host.left()
    assert {row[2] for row in left["leases"]} == {"c1", "c0"}
    assert sorted(row[0] for row in left["rows"]) == [
        "cni:net/c1/eth0/bandwidth",
        "cni:net/c1/eth0/bridge",
        "cni:net/c1/eth0/portmap",
        "cni:other/c0/o0/bridge",
    ]
    assert set(left["elements"]) == {"glassnet:net/c1/eth0"}
    for conf in chain(8081):
        asked = {**conf, "prevResult": results[1].out}
        assert host.call("CHECK", asked, "c1") == ({}, 0), conf["type"]
    assert other.addresses == ["10.7.0.2"]


def test_gc_knows_interfaces_of_a_container_apart(host: CniHost) -> None:
    conf = BRIDGE  # both have default routes
    host.add(conf, "c0", "eth0")
    host.add(conf, "c0", "eth1")
    host.collect([conf], ("c0", "eth1"))
    assert host.links("c0") == ["eth1"]
    host.collect([conf])
    assert host.left() == {}


def test_gc_finds_what_the_store_has_lost(host: CniHost) -> None:
    for number in range(2):
        host.chain(chain(8080 + number), f"c{number}")
    host.host.sh("rm -rf /run/glassnet")
    host.host.sh("ip link add mine0 type veth peer name mine1; ip link set mine0 alias glassnet:x")
    host.collect(chain(1), ("c1", "eth0"))
    assert host.links("c0") == []
    assert host.links("c1") == ["eth0"]
    assert set(host.elements()) == {"glassnet:net/c1/eth0"}
    ours = {names.host_ifname("net", "c1", "eth0"), names.ifb_ifname("net", "c1", "eth0")}
    assert set(host.links()) == {*ours, "cni0", "mine0", "mine1"}


WITHIN: dict[str, dict[str, Any]] = {
    "dummy": {},
    "tap": {},
    "macvlan": {"master": "m0"},
    "ipvlan": {"master": "m0"},
    "vlan": {"master": "m0", "vlanId": 7},
}


@pytest.mark.parametrize("type_", WITHIN)
def test_gc_finds_what_the_store_has_lost_in_containers(host: CniHost, type_: str) -> None:
    host.host.sh("ip link add m0 type veth peer name m1; ip link set m0 up")
    if type_ != "tap":
        host.needs(type_)
    conf = {"type": type_, **WITHIN[type_], **ipam("10.1.0.0/24", routes=[])}
    for number in range(3):
        host.add(conf, f"c{number}")
    host.host.sh("ip -n c2 link set eth0 netns /proc/$$/ns/net name lost0 && true")
    host.host.sh("ip -n c1 link add mine0 type veth peer name mine1; rm -rf /run/glassnet")
    host.add({**conf, "name": "other"}, "c2")
    assert "lost0" in host.links()
    host.collect([conf], ("c1", "eth0"))
    assert host.links("c0") == []
    assert set(host.links("c1")) == {"eth0", "mine0", "mine1"}
    assert host.links("c2") == ["eth0"]
    assert host.links() == ["m0", "m1"]


def test_gc_needs_to_be_told_what_is_valid(host: CniHost) -> None:
    host.add(BRIDGE)
    assert host.call("GC", BRIDGE).error == (7, "GC without cni.dev/valid-attachments")
    assert host.links("c0") == ["eth0"]


def test_gc_goes_on_past_a_delegate_that_fails(host: CniHost) -> None:
    host.add(BRIDGE)
    broken = {**BRIDGE, "ipam": {"type": "none"}, "cni.dev/valid-attachments": []}
    assert "failed to find plugin" in host.call("GC", broken).error[1]
    assert host.links("c0") == []


def test_status(host: CniHost) -> None:
    for conf in (BRIDGE, PTP, PORTMAP, TUNING):
        assert host.call("STATUS", conf) == ({}, 0)
    small = {**BRIDGE, **ipam("10.1.0.0/30")}
    assert host.call("STATUS", small) == ({}, 0)
    host.add(small)
    assert host.call("STATUS", small).error == (
        50,
        "no IP addresses available in range set 0: 10.1.0.1-10.1.0.2",
    )
    host.host.sh("ip netns del c0")
    assert host.call("STATUS", small) == ({}, 0)
    host.delete(small)
    assert host.call("STATUS", {**BRIDGE, "mtu": "x"}).error[0] == 7
    assert host.call("STATUS", {**BRIDGE, "cniVersion": "1.0.0"}).error == (
        1,
        "config version does not allow STATUS",
    )


DRIFT = [
    ("bridge", "ip -n c0 link set eth0 down", "eth0"),
    ("bridge", "ip -n c0 addr flush dev eth0 scope global to 10.1.0.0/24", "address 10.1.0."),
    ("bridge", "ip -n c0 -6 addr flush dev eth0 scope global", "address fd00:1::"),
    ("bridge", "ip -n c0 route del default", "default"),
    ("bridge", "ip -n c0 -6 route del default", "default"),
    ("bridge", "ip link set $VETH nomaster", "master"),
    ("bridge", "ip -n c0 link set eth0 address 02:00:00:00:99:99", "02:00:00:00:99:99"),
    ("bridge", "ip -n c0 link del eth0", "eth0"),
    ("bridge", "ip addr del 10.1.0.1/24 dev cni0", "10.1.0.1/24"),
    ("bridge", "ip link set cni0 down", "cni0"),
    ("bridge", "echo 0 > /proc/sys/net/ipv4/ip_forward", "ip_forward"),
    ("bridge", "nft flush ruleset", "glassnet"),
    ("portmap", "nft flush ruleset", "8080"),
    ("portmap", "nft delete element inet glassnet ports4 '{ tcp . 8080 }'", "8080"),
    ("bandwidth", "tc qdisc del dev $VETH root", "tbf"),
    ("bandwidth", "tc qdisc del dev $VETH ingress", "ingress"),
    ("bandwidth", "ip link del $IFB", "ifb"),
    ("tuning", "ip -n c0 link set eth0 mtu 1300", "mtu 1300"),
    ("tuning", "ip -n c0 link set eth0 address 02:00:00:00:99:99", "02:00:00:00:99:99"),
    (
        "tuning",
        "ip netns exec c0 sh -c 'echo 0 > /proc/sys/net/ipv4/conf/eth0/arp_filter'",
        "arp_filter",
    ),
]


@pytest.fixture(scope="module")
def standing() -> Iterator[tuple[CniHost, dict[str, Any]]]:
    with cni_host(1) as it:
        yield it, {}
        assert it.left() == {}


@pytest.mark.parametrize(("type_", "script", "named"), DRIFT)
def test_check_names_what_has_drifted(
    standing: tuple[CniHost, dict[str, Any]], type_: str, script: str, named: str
) -> None:
    host = standing[0]
    number = next(n for n, one in enumerate(CHAIN) if one["type"] == type_)
    chain_ = [CHAIN[0], *CHAIN[number : number + 1]][: number + 1]
    result = host.chain(chain_).out
    conf = {**next(one for one in chain_ if one["type"] == type_), "prevResult": result}
    try:
        assert host.call("CHECK", conf) == ({}, 0)
        ends = f"VETH={names.host_ifname('net', 'c0', 'eth0')}"
        ends += f" IFB={names.ifb_ifname('net', 'c0', 'eth0')}"
        host.host.sh(f"{ends}; {script}".replace(" IFB", "; IFB"))
        ended = host.call("CHECK", conf)
        assert ended.error[0] == 999
        assert named in json.dumps(ended.out)
    finally:
        host.unchain(chain_, result)


def test_check_of_what_the_result_says_and_nobody_made(host: CniHost) -> None:
    result = host.add(BRIDGE).out
    ips = [*result["ips"], {"address": "10.1.0.77/24", "interface": 2}]
    code, message = host.call("CHECK", {**BRIDGE, "prevResult": {**result, "ips": ips}}).error
    assert (code, "10.1.0.77" in message) == (999, True)
    routes = [*result["routes"], {"dst": "10.77.0.0/16", "gw": "10.1.0.1"}]
    code, message = host.call("CHECK", {**BRIDGE, "prevResult": {**result, "routes": routes}}).error
    assert (code, "10.77.0.0/16" in message) == (999, True)


def test_check_before_add_and_without_a_result(host: CniHost) -> None:
    assert host.call("CHECK", BRIDGE).error == (7, "Required prevResult missing")
    result = host.add(BRIDGE).out
    host.delete(BRIDGE)
    code, message = host.call("CHECK", {**BRIDGE, "prevResult": result}).error
    assert code == 999
    assert "c0" in message


def test_check_allows_what_a_foreign_plugin_changed_if_the_result_says_so(host: CniHost) -> None:
    conf = {**BRIDGE, "mtu": 1400}
    result = host.add(conf).out
    host.host.sh("ip -n c0 link set eth0 address 02:00:00:00:99:99 mtu 1300")
    result["interfaces"][2]["mac"] = "02:00:00:00:99:99"
    assert host.call("CHECK", {**conf, "prevResult": result}) == ({}, 0)


@pytest.mark.parametrize("conf", [BRIDGE, PTP], ids=["bridge", "ptp"])
def test_rules_come_back_with_the_next_add(host: CniHost, conf: dict[str, Any]) -> None:
    host.add(conf, "c0")
    before = host.host.run("nft", "list", "ruleset").stdout
    host.host.sh("nft flush ruleset")
    host.add(conf, "c1")
    assert host.host.run("nft", "list", "ruleset").stdout == before
    for name in ("c0", "c1"):
        host.delete(conf, name)


def test_published_ports_come_back_with_their_plugins_next_add(host: CniHost) -> None:
    first = host.chain([BRIDGE, mapped(8080)], "c0")
    host.host.sh("nft flush ruleset")
    second = host.chain([BRIDGE, mapped(8081)], "c1")
    assert set(host.elements()) >= {"glassnet:net/c1/eth0"}
    host.unchain([BRIDGE, mapped(8081)], second.out, "c1")
    host.unchain([BRIDGE, mapped(8080)], first.out, "c0")
    assert host.left() == {}
