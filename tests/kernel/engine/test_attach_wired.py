"""What an attach makes: as a person would by hand, in every mode, and traffic passes."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from attaching import (
    BRIDGE,
    VERSIONS,
    attached,
    attachment,
    detached,
    make_namespaces,
    prepare,
    prepare_to_compare,
)
from pyroute2 import IPRoute

from glassnet.kernel import netns as namespaces
from glassnet.ops.derived import mac
from glassnet.plan.attachment import Attachment
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look
from glassnet.values import Netns

pytestmark = pytest.mark.kernel

PATIENCE = 8.0
"""Seconds for a first TCP connection: IPv6 may ask for its neighbour a second time."""

MODES = pytest.mark.parametrize("mode", ["bridge", "routed"])
FAMILIES = pytest.mark.parametrize("families", list(VERSIONS))
MTU = pytest.mark.parametrize("mtu", [None, 1400])


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        yield it


def by_hand(one: Attachment) -> Iterator[str]:
    """The commands that do the same; each is written here, none comes from glassnet."""
    inside = f"ip -n {one.netns}"
    mtu = f"mtu {one.mtu}" if one.mtu else ""
    master = f"master {one.bridge}" if one.bridge else ""
    near = far = ""
    if one.bridge is None:
        near = str(mac("host", "net", one.container, one.ifname))
        if any(cidr.version == 6 for cidr in one.addresses):
            far = str(mac("container", "net", one.container, one.ifname))
    macs = [f"address {one}" if one else "" for one in (near, far)]
    yield (
        f"ip link add {one.host_ifname} numtxqueues 1 numrxqueues 1 {mtu} {macs[0]} group 103 "
        f"type veth peer name {one.ifname} numtxqueues 1 numrxqueues 1 {mtu} {macs[1]} "
        f"netns {one.netns}"
    )
    yield f"ip link set {one.host_ifname} alias glassnet:net/{one.container}/{one.ifname}"
    yield f"ip link set {one.host_ifname} {master} up"
    yield f"{inside} link set lo up"
    yield f"{inside} link set {one.ifname} up"
    for cidr in one.addresses:
        nodad = "nodad" if cidr.version == 6 else ""
        yield f"{inside} addr add {cidr} dev {one.ifname} {nodad}"
    for gateway in one.gateways:
        if one.bridge is None:
            entry = f"{gateway} lladdr {near} dev {one.ifname} nud permanent protocol 103"
            yield f"{inside} neigh add {entry}"
            yield f"{inside} route add {gateway} dev {one.ifname} scope link proto 103"
        family = f"-{gateway.version}"
        yield f"{inside} {family} route add default via {gateway} dev {one.ifname} proto 103"
    for cidr in one.addresses if one.bridge is None else ():
        yield f"ip route add {cidr.address} dev {one.host_ifname} scope link proto 103"
        if cidr.version == 6:
            entry = f"{cidr.address} lladdr {far} dev {one.host_ifname} nud permanent protocol 103"
            yield f"ip neigh add {entry}"


@MODES
@FAMILIES
@MTU
def test_it_is_as_by_hand_and_detached_is_as_before(
    host: Host, mode: str, families: str, mtu: int | None
) -> None:
    one = attachment(0, mode, families, mtu=mtu)
    prepare_to_compare(host, mode)
    before = look(host)
    attached(host, one)
    ours = look(host)
    with Host() as other:
        prepare_to_compare(other, mode)
        other.sh("\n".join(by_hand(one)))
        assert not differences(look(other), ours)
    assert differences(before, ours)
    detached(host, one.name)
    assert not differences(before, look(host))


@MODES
def test_another_reader_of_the_kernel_sees_it(host: Host, mode: str) -> None:
    one = attachment(0, mode, mtu=1450)
    prepare(host, mode)
    attached(host, one)
    near, far = host.call(_seen, one.host_ifname), host.call(_seen, one.ifname, one.netns)
    assert near["alias"] == "glassnet:net/c0/eth0"
    assert near["kind"] == far["kind"] == "veth"
    assert (near["mtu"], far["mtu"]) == (1450, 1450)
    assert (near["up"], far["up"]) == (True, True)
    assert near["master"] == (BRIDGE if mode == "bridge" else None)
    assert far["master"] is None
    assert far["addresses"] >= set(map(str, one.addresses))
    assert near["peer"] == far["index"]
    assert far["peer"] == near["index"]


def _seen(ifname: str, netns: str = "") -> dict[str, Any]:
    """One link by pyroute2, in the namespace."""
    if netns:
        namespaces.setns(os.open(Netns(netns).path, os.O_RDONLY))
    with IPRoute() as ip:
        [link] = ip.link("get", ifname=ifname)
        master = link.get("master")
        return {
            "index": link["index"],
            "peer": link.get("link"),
            "alias": link.get("IFLA_IFALIAS"),
            "kind": link.get(("linkinfo", "kind")),
            "mtu": link.get("mtu"),
            "up": bool(link["flags"] & 1),
            "master": ip.link("get", index=master)[0].get("ifname") if master else None,
            "addresses": {
                f"{address.get('address')}/{address['prefixlen']}"
                for address in ip.get_addr(index=link["index"])
            },
        }


@MODES
@FAMILIES
def test_traffic_passes_between_two_and_with_the_host(host: Host, mode: str, families: str) -> None:
    both = attachment(0, mode, families), attachment(1, mode, families)
    prepare(host, mode, 2)
    host.sh("sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
    attached(host, *both)
    if mode == "routed":  # the gateways' addresses must be answered for
        host.sh("ip addr add 169.254.1.1/32 dev lo")
        for one in both:
            host.sh(f"ip addr add fe80::1/64 dev {one.host_ifname} nodad")
    for mine, other in zip(both[0].addresses, both[1].addresses, strict=True):
        assert host.call(_connect, "c0", "c1", other.address) == mine.address
        assert host.call(_connect, "", "c1", other.address)
        assert host.call(_connect, "c1", "c1", other.address) == other.address  # its loopback


@pytest.mark.parametrize("families", ["v4", "v6"])
def test_traffic_passes_by_gateways_that_are_nobodys(host: Host, families: str) -> None:
    """As `Attachment` says of the routed mode."""
    both = attachment(0, "routed", families), attachment(1, "routed", families)
    prepare(host, "routed", 2)
    host.sh("sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
    attached(host, *both)
    assert host.call(_connect, "c0", "c1", both[1].addresses[0].address, 1.5)


def _connect(here: str, there: str, address: str, seconds: float = PATIENCE) -> str:
    """Connect by TCP from one namespace to an address in another: who the other end saw."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    home = namespaces.open_current()
    doors = [namespaces.open_netns(Netns(name)) if name else None for name in (here, there)]
    with namespaces.inside(doors[1], home):
        server = socket.create_server((address, 80), family=family)
    with namespaces.inside(doors[0], home):
        client = socket.socket(family)
    with server, client:
        client.settimeout(seconds)
        client.connect((address, 80))
        connection, (seen, *_) = server.accept()
        connection.close()
    return str(seen)


def test_loopback_that_is_up_stays_up_and_one_that_was_not_is_put_down_again(host: Host) -> None:
    make_namespaces(host, 2)
    host.run("ip", "-n", "c1", "link", "set", "lo", "up")
    attached(host, attachment(0), attachment(1))
    assert [_lo_is_up(host, name) for name in ("c0", "c1")] == [True, True]
    detached(host, attachment(0).name, attachment(1).name)
    assert [_lo_is_up(host, name) for name in ("c0", "c1")] == [False, True]


def _lo_is_up(host: Host, netns: str) -> bool:
    return "UP" in host.json("ip", "-n", netns, "-j", "link", "show", "lo")[0]["flags"]


def test_several_interfaces_in_one_namespace(host: Host) -> None:
    """The second finds loopback up, and its detach leaves the first one whole."""
    make_namespaces(host)
    first = attachment(0)
    second = attachment(1, container="c0", netns=Netns("c0"), ifname="eth1", gateways=())
    attached(host, first)
    alone = look(host)
    attached(host, second)
    assert {one["ifname"] for one in host.json("ip", "-n", "c0", "-j", "link")} == {
        "lo",
        "eth0",
        "eth1",
    }
    detached(host, second.name)
    assert not differences(alone, look(host))


def test_a_namespace_by_its_path(host: Host) -> None:
    """That of a process, as a container runtime gives it."""
    process = host.start("unshare", "--net", "sh", "-c", "echo ready; read -r _")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    inside = f"/proc/{process.pid}/ns/net"
    one = attachment(0, netns=Netns(inside))
    attached(host, one)
    found = host.json("nsenter", f"--net={inside}", "ip", "-j", "addr", "show", "eth0")
    assert {info["local"] for info in found[0]["addr_info"]} >= {"10.0.0.2", "fd00:10::2"}
    detached(host, one.name)
    assert host.run("nsenter", f"--net={inside}", "ip", "link", "show", "eth0", check=False).stderr
    process.communicate("")
