"""The whole chain, through a private host's kernel: ADD, CHECK, DEL, in any state of disrepair."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from calling import BRIDGE, CHAIN, PTP, CniHost, cni_host

pytestmark = pytest.mark.kernel


@pytest.fixture
def host() -> Iterator[CniHost]:
    with cni_host() as it:
        yield it


@pytest.mark.parametrize("conf", [BRIDGE, PTP], ids=["bridge", "ptp"])
def test_packets_pass_at_once(host: CniHost, conf: dict[str, object]) -> None:
    ends = [host.add(conf, name) for name in ("c0", "c1")]
    for address in ends[1].addresses:
        assert host.reaches("c0", address)
    for one in ends[0].out["ips"]:
        assert host.reaches("c0", one["gateway"])
    for address in ends[0].addresses:
        assert host.reaches("", address)
    for name in ("c0", "c1"):
        host.delete(conf, name)
    assert host.left() == {}


def test_duplicates_are_looked_for_where_it_is_asked_for(host: CniHost) -> None:
    conf = {**BRIDGE, "enabledad": True}
    ended = host.add(conf)
    [link] = host.host.json("ip", "-n", "c0", "-j", "-6", "addr", "show", "dev", "eth0")
    [address] = [one for one in link["addr_info"] if one["scope"] == "global"]
    assert "nodad" not in address
    assert host.call("CHECK", {**conf, "prevResult": ended.out}) == ({}, 0)
    host.delete(conf)
    assert host.left() == {}


def test_add_check_del_of_the_chain(host: CniHost) -> None:
    result = host.chain(CHAIN).out
    for conf in CHAIN:
        assert host.call("CHECK", {**conf, "prevResult": result}) == ({}, 0), conf["type"]
    host.unchain(CHAIN, result)
    assert host.left() == {}
    host.unchain(CHAIN, result)
    assert host.left() == {}


def test_del_before_any_add(host: CniHost) -> None:
    host.unchain(CHAIN, None)
    assert host.left() == {}


def test_del_without_anything(host: CniHost) -> None:
    host.chain(CHAIN)
    host.host.sh("ip netns del c0")
    host.unchain(CHAIN, None)
    assert host.left() == {}
    host.unchain(CHAIN, None, CNI_NETNS="")


def test_del_with_an_empty_namespace(host: CniHost) -> None:
    host.chain(CHAIN)
    host.unchain(CHAIN, None, CNI_NETNS="")
    assert host.left() == {}
    assert host.links("c0") == []


def test_del_after_the_interface_is_gone(host: CniHost) -> None:
    result = host.chain(CHAIN).out
    host.host.sh("ip -n c0 link del eth0; nft flush ruleset")
    host.unchain(CHAIN, result)
    assert host.left() == {}


def test_del_without_the_bridge(host: CniHost) -> None:
    result = host.chain(CHAIN).out
    host.host.sh("ip link del cni0")
    host.unchain(CHAIN, result)
    assert host.left() == {}


def test_del_after_the_store_is_lost(host: CniHost) -> None:
    result = host.chain(CHAIN).out
    host.host.sh("rm -rf /run/glassnet")
    host.unchain(CHAIN, result)
    assert host.links("c0") == []
    assert [name for name in host.links() if name != "cni0"] == []
