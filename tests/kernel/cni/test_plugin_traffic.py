"""Through the container's interface: ports, flows that are forgotten, limits, single types."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from calling import BRIDGE, CHAIN, DUAL, PORTMAP, PTP, CniHost, cni_host, ipam

from glassnet.kernel import netns as namespaces

pytestmark = pytest.mark.kernel


@pytest.fixture
def host() -> Iterator[CniHost]:
    with cni_host() as it:
        yield it


def answered(protocol: str, netns: str, at: int, address: str, port: int) -> bool:
    """Whether what is sent from the host comes to a socket in a container, and its answer back."""
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    with Path(f"/run/netns/{netns}").open("rb") as file:
        namespaces.setns(file.fileno())
    server = socket.socket(family, kind)
    server.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", at))
    server.settimeout(0.9)
    namespaces.setns(here)
    os.close(here)
    with server, socket.socket(family, kind) as client:
        client.settimeout(0.9)
        try:
            if protocol == "tcp":
                server.listen()
                client.connect((address, port))
                server.accept()[0].close()
                return True
            client.connect((address, port))
            client.send(b"?")
            data, peer = server.recvfrom(9)
            server.sendto(data, peer)
            return client.recv(9) == b"?"
        except OSError:
            return False


def outside(host: CniHost) -> None:
    """An address of the host's that is no container's gateway."""
    host.host.sh(
        "ip link set lo up; ip link add up0 type veth peer name up1; ip addr add 192.0.2.1/24 dev "
        "up0; ip addr add 2001:db8::1/64 dev up0 nodad; ip link set up0 up; ip link set up1 up"
    )


@pytest.mark.parametrize("address", ["192.0.2.1", "127.0.0.1", "2001:db8::1"])
@pytest.mark.parametrize("first", [BRIDGE, PTP], ids=["bridge", "ptp"])
def test_ports_lead_to_the_container(host: CniHost, first: dict[str, Any], address: str) -> None:
    outside(host)
    host.chain([first, PORTMAP])
    assert host.host.call(answered, "tcp", "c0", 80, address, 8080)
    assert host.host.call(answered, "udp", "c0", 53, address, 5353)


def test_the_loopback_stays_open_for_the_others(host: CniHost) -> None:
    """What a bridge's containers share is not the first one's to take away."""
    outside(host)
    other = {**PORTMAP, "runtimeConfig": {"portMappings": [{"hostPort": 81, "containerPort": 80}]}}
    result = host.chain([BRIDGE, PORTMAP], "c0").out
    host.chain([BRIDGE, other], "c1")
    host.unchain([BRIDGE, PORTMAP], result, "c0")
    assert host.host.call(answered, "tcp", "c1", 80, "127.0.0.1", 81)


def flows(host: CniHost) -> list[str]:
    listed = host.host.run("conntrack", "-L", "-p", "udp", check=False).stdout
    return [line for line in listed.splitlines() if "dport=5353" in line]


def test_flows_of_udp_are_forgotten_when_it_comes_and_when_it_goes(host: CniHost) -> None:
    outside(host)
    result = host.chain([BRIDGE, PORTMAP], "c0").out
    assert host.host.call(answered, "udp", "c0", 53, "192.0.2.1", 5353)
    assert flows(host)
    host.unchain([BRIDGE, PORTMAP], result, "c0")
    assert flows(host) == []


def test_del_forgets_them_also_after_the_rules_were_flushed(host: CniHost) -> None:
    outside(host)
    result = host.chain([BRIDGE, PORTMAP], "c0").out
    assert host.host.call(answered, "udp", "c0", 53, "192.0.2.1", 5353)
    host.host.sh("nft flush ruleset")
    host.unchain([BRIDGE, PORTMAP], result, "c0")
    assert flows(host) == []
    assert host.left() == {}


def test_macvlans_of_one_master_reach_each_other(host: CniHost) -> None:
    host.host.sh(
        "ip link add m0 address 02:00:00:00:aa:01 type veth peer name m1;"
        "ip link set m0 up; ip link set m1 up"
    )
    host.needs("macvlan")
    conf = {"type": "macvlan", "master": "m0", **DUAL}
    ends = [host.add(conf, name) for name in ("c0", "c1")]
    for address in ends[1].addresses:
        assert host.reaches("c0", address)
    [link] = host.host.json("ip", "-n", "c0", "-j", "-d", "link", "show", "eth0")
    assert link["linkinfo"]["info_kind"] == "macvlan"
    assert link["ifalias"] == "glassnet:net/c0/eth0"
    host.host.sh("ip link del m0")
    for number, name in enumerate(("c0", "c1")):
        host.delete({**conf, "prevResult": ends[number].out}, name)
    assert host.left() == {}


def test_loopback_comes_up_and_goes_down(host: CniHost) -> None:
    conf = {"type": "loopback"}
    ended = host.add(conf, "c0", "lo", CNI_ARGS="none")
    assert host.reaches("c0", "127.0.0.1")
    assert host.reaches("c0", "::1")
    assert host.call("CHECK", {**conf, "prevResult": ended.out}, "c0", "lo") == ({}, 0)
    host.delete(conf, "c0", "lo")
    assert not host.reaches("c0", "127.0.0.1")
    host.host.sh("ip link set lo up")
    host.delete(conf, "c0", "lo", CNI_NETNS="")
    assert host.reaches("", "127.0.0.1")


def test_isolated_containers_see_the_host_alone(host: CniHost) -> None:
    wall = {"type": "firewall", "ingressPolicy": "isolated"}
    ends = [host.chain([BRIDGE, wall], name) for name in ("c0", "c1")]
    assert not host.reaches("c0", ends[1].addresses[0])
    assert host.reaches("c0", "10.1.0.1")
    for end, name in zip(ends, ("c0", "c1"), strict=True):
        asked = {**wall, "prevResult": end.out}
        assert host.call("CHECK", asked, name) == ({}, 0)
        host.unchain([BRIDGE, wall], end.out, name)
    assert host.left() == {}


def test_static_addresses(host: CniHost) -> None:
    section = {"type": "static", "addresses": [{"address": "10.1.0.9/24", "gateway": "10.1.0.1"}]}
    conf = {**BRIDGE, "ipam": section}
    ended = host.add(conf)
    assert ended.addresses == ["10.1.0.9"]
    assert host.reaches("", "10.1.0.9")
    assert host.call("CHECK", {**conf, "prevResult": ended.out}) == ({}, 0)
    other = {**conf, "ipam": {"type": "static", "addresses": [{"address": "10.1.0.8/24"}]}}
    assert host.call("CHECK", {**other, "prevResult": ended.out}).error == (
        999,
        "static: Failed to find address 10.1.0.8/24 in result",
    )
    host.delete(conf)


def test_what_tuning_set_is_put_back(host: CniHost) -> None:
    """The namespace outlives the attachment; a setting of the link goes with it."""
    conf = {"type": "tuning", "sysctl": {"net.ipv4.ip_forward": "1"}}
    result = host.chain([BRIDGE, conf]).out
    key = "cat /proc/sys/net/ipv4/ip_forward"
    assert host.host.sh(f"ip netns exec c0 {key}").strip() == "1"
    host.unchain([BRIDGE, conf], result)
    assert host.host.sh(f"ip netns exec c0 {key}").strip() == "0"


def execute(host: CniHost, verb: str, conf: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    whole = {"cniVersion": "1.1.0", "name": "net", **conf}
    return host.host.run(
        str(host.bin / conf["type"]),
        stdin=json.dumps(whole),
        check=False,
        env=host.environment(verb),
    )


def test_the_executables(host: CniHost) -> None:
    conf = {**BRIDGE, **ipam("10.1.0.0/24")}
    added = execute(host, "ADD", conf)
    assert added.returncode == 0, added.stdout
    result = json.loads(added.stdout)
    assert result["ips"][0]["address"] == "10.1.0.2/24"
    assert added.stdout == json.dumps(result, indent=4, sort_keys=True)
    again = execute(host, "ADD", conf)
    assert (again.returncode, again.stderr) == (1, "")
    assert json.loads(again.stdout)["code"] == 999
    for verb, more in (("CHECK", {"prevResult": result}), ("DEL", {}), ("DEL", {})):
        done = execute(host, verb, {**conf, **more})
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert host.left() == {}
    assert json.loads(execute(host, "VERSION", conf).stdout)["supportedVersions"][-1] == "1.1.0"
    asked = execute(host, "", conf)
    assert (asked.returncode, asked.stdout) == (0, "")
    assert asked.stderr.startswith("CNI bridge plugin of glassnet")


def test_the_whole_chain_by_executables(host: CniHost) -> None:
    result: dict[str, Any] = {}
    for conf in CHAIN:
        given = {"prevResult": result} if result else {}
        done = execute(host, "ADD", {**conf, **given})
        assert done.returncode == 0, done.stdout
        result = json.loads(done.stdout)
    for conf in reversed(CHAIN):
        assert execute(host, "DEL", {**conf, "prevResult": result}).returncode == 0
    assert host.left() == {}
