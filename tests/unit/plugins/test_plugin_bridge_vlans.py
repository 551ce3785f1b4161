"""bridge: vlan, vlanTrunk, preserveDefaultVlan, and the gateway of a VLAN."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask, data, desired, failure, given, host, lines, said

from glassnet.plugins.contract import Desired
from glassnet.plugins.registry import plugin
from glassnet.state.addr import AddrState
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, Cidr

TRUNK = {"vlanTrunk": [{"minID": 10, "maxID": 20}, {"id": 30}]}
GATEWAY = {"vlan": 5, "isGateway": True, "ipam": {"type": "static"}}


def bridge(pvid: int) -> LinkState:
    data = {"vlan_filtering": 1, "vlan_default_pvid": pvid}
    return LinkState(index=3, ifname="cni0", flags=1, kind="bridge", data=data)


def wanted(conf: dict[str, Any], *ips: str, seen: Snapshot | None = None) -> Desired:
    return desired(ask("bridge", conf), given(*ips) if ips else None, seen)


def port(conf: dict[str, Any], *there: LinkState) -> list[str]:
    """The memberships of the container's port."""
    own = lines(wanted(conf, seen=host(*there)).own)
    name = next(line.split()[3] for line in own if " type veth " in line)
    return [
        line.removeprefix("bridge vlan ").replace(f"dev {name} ", "")
        for line in own
        if line.startswith("bridge vlan")
    ]


NONE = "del vid 1"
PVID5 = "add vid 5 pvid untagged"
PVID1 = "add vid 1 pvid untagged"


@pytest.mark.parametrize(
    ("conf", "there", "memberships"),
    [
        ({}, [], []),
        ({"preserveDefaultVlan": True}, [], []),
        ({"vlan": 5}, [], [NONE, PVID5]),
        ({"vlan": 5, "preserveDefaultVlan": True}, [], [PVID5]),
        ({"vlan": 5}, [bridge(0)], [PVID5]),
        ({"vlan": 5}, [bridge(7)], ["del vid 7", PVID5]),
        ({"vlan": 1}, [], [NONE, PVID1]),
        ({"vlan": 1, "preserveDefaultVlan": True}, [], []),
        (TRUNK, [], [NONE, PVID1, "add vid 10-20", "add vid 30"]),
        ({**TRUNK, "preserveDefaultVlan": True}, [], ["add vid 10-20", "add vid 30"]),
        ({**TRUNK, "vlan": 5}, [], [NONE, PVID5, "add vid 10-20", "add vid 30"]),
        (
            {**TRUNK, "vlan": 15},
            [],
            [NONE, "add vid 15 pvid untagged", "add vid 10-14", "add vid 16-20", "add vid 30"],
        ),
        (
            {**TRUNK, "vlan": 30},
            [],
            [NONE, "add vid 30 pvid untagged", "add vid 10-20"],
        ),
    ],
)
def test_the_memberships_of_a_port(
    conf: dict[str, Any], there: list[LinkState], memberships: list[str]
) -> None:
    assert port(conf, *there) == memberships


def test_a_bridge_is_born_filtering_where_that_is_needed() -> None:
    assert "type bridge vlan_filtering 1" in lines(wanted({"vlan": 5}).shared)[0]
    assert "vlan_filtering" not in lines(wanted({}).shared)[0]
    there = lines(wanted({"vlan": 5}, seen=host(bridge(1))).shared)[0]
    assert "vlan_filtering" not in there


def test_the_gateway_of_a_vlan_is_on_a_cable_of_its_own() -> None:
    made = wanted(GATEWAY, "10.1.0.2/24")
    shared = lines(made.shared)
    [cable] = [line for line in shared if "type veth" in line]
    outer = cable.split()[3]
    assert "master cni0" in cable
    assert "peer name cni0.5 " in cable
    at = shared.index(cable)
    assert shared[at + 2 :] == [
        f"bridge vlan del dev {outer} vid 1",
        f"bridge vlan add dev {outer} vid 5 pvid untagged",
        "ip link set cni0.5 up",
        "ip addr add 10.1.0.1/24 broadcast 10.1.0.255 dev cni0.5",
        "net/ipv4/ip_forward=1",
    ]
    last = data(made)["interfaces"][-1]
    assert last["name"] == "cni0.5"
    assert f"address {last['mac']}" in cable
    assert data(made)["ips"] == [
        {"address": "10.1.0.2/24", "gateway": "10.1.0.1", "interface": 2},
    ]


def test_a_vlan_without_a_gateway_has_no_such_cable() -> None:
    made = wanted({"vlan": 5})
    assert not [line for line in lines(made.shared) if "type veth" in line]
    assert len(data(made)["interfaces"]) == 3


def test_an_address_that_differs_is_looked_for_there() -> None:
    assert Facet(HOST, "addrs", "cni0.5") in plugin("bridge").looks(ask("bridge", GATEWAY))
    link = LinkState(index=9, ifname="cni0.5", flags=1, kind="veth")
    seen = host(bridge(1), link, addrs=[AddrState(9, Cidr("10.9.0.1/24"))])
    error = failure(ask("bridge", GATEWAY), given("10.1.0.2/24"), seen)
    words = '"cni0.5" already has an IP address different from 10.1.0.1/24'
    assert said(error) == (7, words)
    own = lines(wanted({**GATEWAY, "forceAddress": True}, "10.1.0.2/24", seen=seen).own)
    assert own[-2:] == [
        "net/ipv4/conf/cni0.5/promote_secondaries=1",
        "ip addr del 10.9.0.1/24 dev cni0.5",
    ]


def trunk(**item: Any) -> dict[str, Any]:
    return {"vlanTrunk": [item]}


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ({"vlan": 5000}, "invalid VLAN ID 5000 (must be between 0 and 4094)"),
        ({"vlan": -1}, "invalid VLAN ID -1 (must be between 0 and 4094)"),
        (trunk(minID=0, maxID=5), "$.vlanTrunk[0].minID: incorrect trunk minID parameter"),
        (trunk(minID=1, maxID=4095), "$.vlanTrunk[0].maxID: incorrect trunk maxID parameter"),
        (trunk(id=4095), "$.vlanTrunk[0].id: incorrect trunk id parameter"),
        (trunk(), "$.vlanTrunk[0]: incorrect trunk id parameter"),
        (
            trunk(minID=6, maxID=5),
            "$.vlanTrunk[0]: minID is greater than maxID in trunk parameter",
        ),
        (
            trunk(maxID=5),
            "$.vlanTrunk[0]: minID and maxID should be configured simultaneously, minID is missing",
        ),
        (
            trunk(minID=5),
            "$.vlanTrunk[0]: minID and maxID should be configured simultaneously, maxID is missing",
        ),
        (
            {"vlan": 4000, "bridge": "a-very-long-br0", "isGateway": True},
            "$.bridge: interface name 'a-very-long-br0.4000' has 20 bytes",
        ),
    ],
)
def test_what_is_refused(conf: dict[str, Any], words: str) -> None:
    code, message = said(failure(ask("bridge", conf), None, host()))
    assert (code, message[: len(words)]) == (7, words)
