"""tap: the device, who may open it, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from asking import NETNS, ask, data, desired, failure, given, host, lines, said

from glassnet.plugins.registry import plugin
from glassnet.plugins.tap import SELINUX
from glassnet.state.link import LinkState
from glassnet.state.snapshot import NetnsState, Snapshot
from glassnet.values import HOST

MAC = "02:00:00:00:00:05"
ADD = "a: ip tuntap add mode tap name eth0"
MARK = "alias glassnet:net/c1/eth0 group 103"
WHOLE = {
    "owner": 0,
    "group": 7,
    "multiQueue": True,
    "mtu": 1400,
    "mac": MAC,
    "bridge": "br0",
    "dns": {"domain": "x"},
}


def inside(*names: str) -> Snapshot:
    there = NetnsState(NETNS)
    there.links = {name: LinkState(index=9, ifname=name, flags=0) for name in names}
    return Snapshot({HOST: NetnsState(HOST), NETNS: there})


def test_a_device_of_the_second_layer() -> None:
    made = desired(ask("tap"), None, host())
    [interface] = data(made)["interfaces"]
    assert lines(made.own) == [
        f"{ADD} vnet_hdr",
        f"a: ip link set eth0 address {interface['mac']} {MARK}",
        "a: ip link set eth0 up",
    ]
    assert (interface["name"], interface["sandbox"]) == ("eth0", NETNS)


def test_all_that_can_be_said_of_it() -> None:
    made = desired(ask("tap", WHOLE), given("10.1.0.2/24"), inside("br0"))
    assert lines(made.own) == [
        f"{ADD} multi_queue vnet_hdr user 0 group 7",
        f"a: ip link set eth0 mtu 1400 address {MAC} master br0 {MARK}",
        "a: ip link set eth0 up",
        "a: ip addr add 10.1.0.2/24 broadcast 10.1.0.255 dev eth0",
        "a: arping -c 1 -U -I eth0 10.1.0.2",
    ]
    assert data(made) == {
        "cniVersion": "1.1.0",
        "interfaces": [{"name": "eth0", "mac": MAC, "sandbox": NETNS}],
        "ips": [{"address": "10.1.0.2/24", "interface": 0}],
        "dns": {"domain": "x"},
    }


def test_the_runtimes_mac_comes_before_that_of_the_configuration() -> None:
    made = desired(ask("tap", {**WHOLE, "bridge": ""}, args="MAC=02:00:00:00:00:06"))
    assert data(made)["interfaces"][0]["mac"] == "02:00:00:00:00:06"


@pytest.mark.parametrize(
    ("conf", "there", "code", "words"),
    [
        ({}, ["eth0"], 7, 'failed to create tap: "eth0" already exists'),
        ({"bridge": "br0"}, [], 7, 'failed to lookup bridge "br0": Link not found'),
        ({"owner": -1}, [], 7, "$.owner: -1 is out of range"),
        ({"group": 2**32}, [], 7, "$.group: 4294967296 is out of range"),
        ({"mtu": 70000}, [], 7, "$.mtu: 70000 is out of range"),
        (
            {"selinuxContext": "system_u:system_r:x"},
            [],
            2,
            "$.selinuxContext: a tap with the SELinux context 'system_u:system_r:x': this host has "
            "no SELinux",
        ),
    ],
)
def test_what_is_refused(conf: dict[str, Any], there: list[str], code: int, words: str) -> None:
    assert said(failure(ask("tap", conf), None, inside(*there))) == (code, words)


def test_an_selinux_context_where_there_is_selinux() -> None:
    asked = ask("tap", {"selinuxContext": "system_u:system_r:x"})
    assert plugin("tap").facts(asked) == (SELINUX,)
    asked.facts = {SELINUX: "1"}
    assert lines(desired(asked).own)[0].startswith("a: runcon system_u:system_r:x ip tuntap add")
    assert plugin("tap").facts(ask("tap")) == ()
    broken = ask("tap", {"selinuxContext": "a\nb"})
    broken.facts = asked.facts
    assert said(failure(broken)) == (7, "$.selinuxContext: 'a\\nb' is no SELinux context")


def test_ipam_that_gives_nothing() -> None:
    error = failure(ask("tap"), given(), host())
    assert said(error) == (7, "IPAM plugin returned missing IP config")


def test_what_it_looks_at() -> None:
    looks = plugin("tap").looks(ask("tap", {"bridge": "br0"}))
    assert [(one.netns, one.key) for one in looks] == [(NETNS, "eth0"), (NETNS, "br0")]


def test_del_takes_the_interface_away_whoever_made_it() -> None:
    [line] = lines(plugin("tap").rest(ask("tap")))
    assert line == "a: ip link del eth0"
