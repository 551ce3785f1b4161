"""bridge on a kernel: a spoofed frame is dropped, an address replaced, all frames heard."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from adding import call, fine, netns, ours

from glassnet.kernel import netns as namespaces
from glassnet.testing.cases.case import QUIET
from glassnet.testing.cases.case import netns as quiet_netns
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look
from glassnet.values import Netns

pytestmark = pytest.mark.kernel

MAC = {"a": "02:00:00:00:00:0a", "b": "02:00:00:00:00:0b"}
SPOOFED = "02:00:00:00:00:66"
ETHERTYPE = 0x88B5  # IEEE 802: for local experiments


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as one:
        one.sh(f"{QUIET}{quiet_netns('a')}{quiet_netns('b')}")
        ours(one, "static")
        yield one


def conf(name: str, **more: Any) -> dict[str, Any]:
    return {"runtimeConfig": {"mac": MAC[name]}, **more}


def wire(host: Host, name: str, **more: Any) -> dict[str, Any]:
    return fine(host, "ADD", "bridge", conf(name, **more), at=netns(name), container=name)


def unwire(host: Host, name: str, **more: Any) -> None:
    fine(host, "DEL", "bridge", conf(name, **more), at=netns(name), container=name)


def _packet(name: str) -> socket.socket:
    """A socket of the container's interface, for frames of our type."""
    here = namespaces.open_current()
    with namespaces.inside(namespaces.open_netns(Netns(netns(name))), here):
        found = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
    found.bind(("eth0", ETHERTYPE))
    found.settimeout(20)
    return found


def _exchange(sources: list[str]) -> list[str]:
    """Frames from ``a`` to ``b`` with these source MACs, and then one that is ours: the arrived."""
    sender, receiver = _packet("a"), _packet("b")
    arrived: list[str] = []
    for source in [*sources, MAC["a"]]:
        raw = bytes.fromhex((MAC["b"] + source).replace(":", ""))
        sender.send(raw + ETHERTYPE.to_bytes(2) + source.encode().ljust(46, b"."))
    while not arrived or arrived[-1] != MAC["a"]:
        arrived.append(receiver.recv(2048)[14:31].decode())
    return arrived


def test_a_spoofed_frame_is_dropped_and_the_right_one_passes(host: Host) -> None:
    for name in MAC:
        wire(host, name, macspoofchk=True)
    assert host.call(_exchange, [SPOOFED, MAC["b"]]) == [MAC["a"]]
    before = host.json("nft", "-j", "list", "table", "bridge", "glassnet")["nftables"]
    assert len([one for one in before if "rule" in one]) == 2


def test_without_the_check_it_passes(host: Host) -> None:
    for name in MAC:
        wire(host, name)
    assert host.call(_exchange, [SPOOFED]) == [SPOOFED, MAC["a"]]


def test_the_guard_goes_with_the_container_and_is_checked(host: Host) -> None:
    wire(host, "b", macspoofchk=True)
    before = look(host)
    result = wire(host, "a", macspoofchk=True)
    checked = conf("a", macspoofchk=True, prevResult=result)
    fine(host, "CHECK", "bridge", checked, container="a")
    host.sh("ip netns del a")
    unwire(host, "a", macspoofchk=True)
    assert not [line for line in differences(before, look(host)) if "/host/" in line]


def test_a_guard_that_was_taken_away_is_missed(host: Host) -> None:
    result = wire(host, "a", macspoofchk=True)
    host.sh("nft flush set bridge glassnet guarded")
    checked = conf("a", macspoofchk=True, prevResult=result)
    printed, code = call(host, "CHECK", "bridge", checked, container="a")
    assert code
    assert "guard of veth" in printed["msg"]


def test_a_table_that_was_flushed_is_made_again(host: Host) -> None:
    wire(host, "a", macspoofchk=True)
    host.sh("nft delete table bridge glassnet")
    wire(host, "b", macspoofchk=True)
    assert host.call(_exchange, [SPOOFED]) == [MAC["a"]]  # and what was in it of others
    unwire(host, "a", macspoofchk=True)
    unwire(host, "b", macspoofchk=True)


def test_an_address_that_differs_is_replaced_by_force(host: Host) -> None:
    address = [{"address": "10.1.0.2/24"}]
    more = {"isGateway": True, "ipam": {"type": "static", "addresses": address}}
    host.sh("ip link add cni0 type bridge; ip addr add 10.1.0.9/24 dev cni0; ip link set cni0 up")
    printed, code = call(host, "ADD", "bridge", conf("a", **more), container="a")
    assert code
    assert printed["msg"] == '"cni0" already has an IP address different from 10.1.0.1/24'
    wire(host, "a", **more, forceAddress=True)
    [link] = host.json("ip", "-j", "-4", "addr", "show", "cni0")
    assert [one["local"] for one in link["addr_info"]] == ["10.1.0.1"]
    unwire(host, "a", **more, forceAddress=True)
    [link] = host.json("ip", "-j", "-4", "addr", "show", "cni0")
    assert [one["local"] for one in link["addr_info"]] == ["10.1.0.1"]


def _gateways(host: Host) -> list[str]:
    [link] = host.json("ip", "-j", "-4", "addr", "show", "cni0")
    return [one["local"] for one in link["addr_info"]]


def test_a_gateway_that_was_replaced_is_wanted_no_more(host: Host) -> None:
    """The network's addresses are others by now: neither CHECK nor a later ADD want the old one."""

    def forced(address: str) -> dict[str, Any]:
        ipam = {"type": "static", "addresses": [{"address": address}]}
        return {"isGateway": True, "ipMasq": True, "forceAddress": True, "ipam": ipam}

    wire(host, "a", **forced("10.1.0.2/24"))
    result = wire(host, "b", **forced("10.2.0.2/24"))
    assert _gateways(host) == ["10.2.0.1"]
    checked = conf("b", **forced("10.2.0.2/24"), prevResult=result)
    assert call(host, "CHECK", "bridge", checked, at=netns("b"), container="b") == ({}, 0)
    unwire(host, "b", **forced("10.2.0.2/24"))
    host.sh("nft flush ruleset")
    wire(host, "b", **forced("10.2.0.3/24"))  # all that is recorded is made sure of
    assert _gateways(host) == ["10.2.0.1"]
    assert "down" in host.glassnet("down", "cni:net").stdout


def test_a_bridge_that_hears_all(host: Host) -> None:
    wire(host, "a", promiscMode=True)
    [link] = host.json("ip", "-j", "link", "show", "cni0")
    assert "PROMISC" in link["flags"]
