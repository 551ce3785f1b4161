"""A failed ADD leaves nothing of its own, and nothing of anybody else's is touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from calling import BANDWIDTH, BRIDGE, CHAIN, DUAL, PORTMAP, PTP, CniHost, cni_host, ipam

from glassnet.plugins import names

pytestmark = pytest.mark.kernel

HOST_END = names.host_ifname("net", "c0", "eth0")


@pytest.fixture
def host() -> Iterator[CniHost]:
    with cni_host() as it:
        it.host.sh(
            "ip link add m0 address 02:00:00:00:aa:01 type veth peer name m1; ip link set m0 up"
        )
        yield it


M0: dict[str, Any] = {"master": "m0", **DUAL}
MAKERS = [
    BRIDGE,
    PTP,
    {"type": "macvlan", **M0},
    {"type": "ipvlan", **M0},
    {"type": "vlan", "vlanId": 5, **M0},
    {"type": "dummy", **DUAL},
]


@pytest.mark.parametrize("conf", MAKERS, ids=lambda conf: conf["type"])
def test_the_interfaces_name_is_taken(host: CniHost, conf: dict[str, Any]) -> None:
    host.needs(conf["type"])
    host.host.sh("ip -n c0 link add eth0 address 02:00:00:00:bb:01 type bridge")
    before = host.host.json("ip", "-n", "c0", "-j", "link", "show", "eth0")
    code, message = host.call("ADD", conf).error
    assert (code, "eth0" in message) == (999, True), message
    assert host.host.json("ip", "-n", "c0", "-j", "link", "show", "eth0") == before
    assert host.left() == {}


@pytest.mark.parametrize("conf", MAKERS, ids=lambda conf: conf["type"])
def test_a_second_add_fails_and_the_first_stays(host: CniHost, conf: dict[str, Any]) -> None:
    host.needs(conf["type"])
    first = host.add(conf)
    rows, leases = host.rows("SELECT * FROM attachments"), host.rows("SELECT * FROM leases")
    assert host.call("ADD", conf).code == 1
    assert host.rows("SELECT * FROM attachments") == rows
    assert host.rows("SELECT * FROM leases") == leases
    assert host.call("CHECK", {**conf, "prevResult": first.out}) == ({}, 0)
    host.delete(conf)
    assert host.left() == {}
    assert host.links("c0") == []


@pytest.mark.parametrize("conf", [BRIDGE, PTP], ids=["bridge", "ptp"])
def test_the_hosts_name_is_taken(host: CniHost, conf: dict[str, Any]) -> None:
    host.host.sh(f"ip link add {HOST_END} address 02:00:00:00:bb:01 type bridge")
    before = host.host.json("ip", "-j", "link", "show", HOST_END)
    code, message = host.call("ADD", conf).error
    assert (code, HOST_END in message) == (999, True), message
    assert host.host.json("ip", "-j", "link", "show", HOST_END) == before
    host.host.sh(f"ip link del {HOST_END}")
    assert host.left() == {}
    assert host.links("c0") == []


def test_something_else_is_called_like_the_bridge(host: CniHost) -> None:
    host.host.sh("ip link add cni0 type veth peer name other0")
    assert host.call("ADD", BRIDGE).error == (7, '"cni0" already exists but is not a bridge')
    assert host.left() == {}


def test_a_bridge_of_somebody_elses_is_used_as_it_is_and_stays(host: CniHost) -> None:
    host.host.sh("ip link add cni0 mtu 1400 address 02:00:00:00:bb:02 type bridge")
    ended = host.add({**BRIDGE, "mtu": 1300})
    assert ended.out["interfaces"][0] == {"name": "cni0", "mac": "02:00:00:00:bb:02"}
    [link] = host.host.json("ip", "-j", "link", "show", "cni0")
    assert (link["mtu"], link["address"]) == (1400, "02:00:00:00:bb:02") or link["mtu"] == 1300
    assert "ifalias" not in link
    host.delete(BRIDGE)
    assert "cni0" in host.links()


def test_an_address_of_the_bridges_is_in_the_way(host: CniHost) -> None:
    host.host.sh(
        "ip link add cni0 address 02:00:00:00:bb:02 type bridge; ip addr add 10.9.0.1/24 dev cni0"
    )
    assert host.call("ADD", BRIDGE).error == (
        7,
        '"cni0" already has an IP address different from 10.1.0.1/24',
    )
    assert host.left() == {}


def test_no_address_is_left(host: CniHost) -> None:
    conf = {**BRIDGE, **ipam("10.1.0.0/30")}
    host.add(conf, "c0")
    rows = host.rows("SELECT name FROM attachments")
    code, message = host.call("ADD", conf, "c1").error
    assert (code, message) == (
        999,
        "failed to allocate for range 0: no IP addresses available in range set: 10.1.0.1-10.1.0.2",
    )
    assert host.rows("SELECT name FROM attachments") == rows
    assert host.links("c1") == []


def test_of_two_pools_the_second_is_used_up(host: CniHost) -> None:
    """All or none: the first pool's address is not kept."""
    conf = {**BRIDGE, **ipam("10.1.0.0/24", "10.2.0.0/30")}
    host.add(conf, "c0")
    assert host.call("ADD", conf, "c1").code == 1
    assert [row[2] for row in host.rows("SELECT * FROM leases")] == ["c0", "c0"]


def test_a_port_is_published_twice(host: CniHost) -> None:
    first = host.chain([BRIDGE, PORTMAP], "c0")
    before = host.elements()
    second = host.add(BRIDGE, "c1")
    ended = host.call("ADD", {**PORTMAP, "prevResult": second.out}, "c1")
    assert ended.code == 1
    assert "8080" in ended.out["msg"], ended.out
    assert host.elements() == before
    host.unchain([BRIDGE, PORTMAP], second.out, "c1")
    assert host.elements() == before
    assert host.call("CHECK", {**PORTMAP, "prevResult": first.out}, "c0") == ({}, 0)
    host.unchain([BRIDGE, PORTMAP], first.out, "c0")
    assert host.left() == {}


NONSENSE = [
    ('echo "{"', 6),
    ("echo '{\"ips\": []}'", 7),
    ('echo \'{"ips": [{"address": "10.1.0.2"}]}\'', 7),
    ('echo \'{"cniVersion": "9", "ips": []}\'', 1),
    ('echo \'{"code": 77, "msg": "no luck"}\'; exit 1', 77),
    ("exit 3", 999),
]


@pytest.mark.parametrize(("script", "code"), NONSENSE)
def test_ipam_answers_nonsense(host: CniHost, script: str, code: int) -> None:
    plugin = host.bin / "odd"
    log = host.bin / "log"
    plugin.write_text(
        f'#!/bin/sh\necho "$CNI_COMMAND" >> {log}\n[ $CNI_COMMAND = DEL ] && exit 0\n{script}\n'
    )
    plugin.chmod(0o755)
    ended = host.call("ADD", {**BRIDGE, "ipam": {"type": "odd"}})
    assert ended.code == 1
    assert ended.out["code"] == code, ended.out
    assert host.left() == {}
    assert host.links("c0") == []
    assert log.read_text().split() == ["ADD", "DEL"]


@pytest.mark.parametrize(
    ("type_", "problem"),
    [
        ("missing", 'failed to find plugin "missing" in path [{path}]'),
        ("a/b", "invalid plugin name: a/b"),
    ],
)
def test_ipam_that_is_not_there(host: CniHost, type_: str, problem: str) -> None:
    ended = host.call("ADD", {**BRIDGE, "ipam": {"type": type_}})
    assert ended.error == (7, problem.format(path=host.bin))
    assert host.left() == {}


@pytest.mark.parametrize("type_", ["macvlan", "ipvlan", "vlan"])
def test_no_master(host: CniHost, type_: str) -> None:
    ended = host.call("ADD", {"type": type_, "vlanId": 1, **DUAL, "master": "no0"})
    assert ended.error == (7, 'failed to lookup master "no0": Link not found')
    assert host.left() == {}


def test_a_step_in_the_middle_is_refused(host: CniHost) -> None:
    """A route that leads nowhere is the last of it: the cable is there by then."""
    conf = {**BRIDGE, **ipam("10.1.0.0/24", routes=[{"dst": "10.9.0.0/16", "gw": "192.0.2.1"}])}
    ended = host.call("ADD", conf)
    assert ended.code == 1
    assert "10.9.0.0/16" in ended.out["msg"]
    assert host.left() == {}
    assert host.links("c0") == []


@pytest.mark.parametrize("path", ["/run/netns/none", "/run", "/dev/null", "relative"])
def test_a_namespace_that_is_none(host: CniHost, path: str) -> None:
    code, message = host.call("ADD", BRIDGE, CNI_NETNS=path).error
    assert code == 4
    assert message.startswith(f'failed to open netns "{path}": ') or path == "relative", message
    assert host.left() == {}


def test_its_own_namespace(host: CniHost) -> None:
    own = "/proc/self/ns/net"
    assert host.call("ADD", BRIDGE, CNI_NETNS=own).error == (
        8,
        "plugin's netns and netns from CNI_NETNS should not be the same",
    )
    assert host.left() == {}


def test_bandwidth_where_there_is_a_qdisc_already(host: CniHost) -> None:
    result = host.chain([BRIDGE]).out
    host.host.sh(f"tc qdisc add dev {HOST_END} root tbf rate 1mbit burst 10k latency 10ms")
    ended = host.call("ADD", {**BANDWIDTH, "prevResult": result})
    assert ended.code == 1
    assert not [name for name in host.links() if name.startswith("ifb")]
    host.unchain([BRIDGE, BANDWIDTH], result)
    assert host.left() == {}


def test_a_chain_that_breaks_off_is_taken_away_by_the_runtimes_del(host: CniHost) -> None:
    result = host.chain(CHAIN[:2]).out
    broken = {**CHAIN[2], "ingressRate": 5, "ingressBurst": 0}
    assert host.call("ADD", {**broken, "prevResult": result}).code == 1
    host.unchain((*CHAIN[:2], broken), None)
    assert host.left() == {}
