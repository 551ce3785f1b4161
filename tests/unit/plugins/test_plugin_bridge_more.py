"""bridge: promiscMode, forceAddress and macspoofchk."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask, desired, failure, given, host, lines, said

from glassnet.state.addr import AddrState
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Snapshot
from glassnet.values import Cidr

CNI0 = LinkState(index=3, ifname="cni0", flags=1, kind="bridge")
GATEWAY: dict[str, Any] = {"isGateway": True, "ipam": {"type": "static"}}
FORCED = {**GATEWAY, "forceAddress": True}


def has(*addresses: str) -> Snapshot:
    return host(CNI0, addrs=[AddrState(3, Cidr(one)) for one in addresses])


def made(conf: dict[str, Any], seen: Snapshot | None = None, *ips: str) -> tuple[list[str], ...]:
    wanted = desired(ask("bridge", conf), given(*ips) if ips else None, seen)
    return (lines(wanted.shared), lines(wanted.own))


def test_a_bridge_that_hears_all() -> None:
    shared, _ = made({"promiscMode": True})
    assert "ip link set cni0 promisc on up" in shared
    assert "ip link set cni0 up" in made({})[0]


def test_a_guarded_port() -> None:
    shared, own = made({"macspoofchk": True, "runtimeConfig": {"mac": "02:00:00:00:00:07"}})
    name = own[0].split()[3]
    mark = 'comment "glassnet:net/c1/eth0"'
    guard = [line for line in own if "bridge glassnet" in line]
    assert "base ruleset" in shared
    assert guard == [
        f"nft add element bridge glassnet allowed '{{ \"{name}\" . 02:00:00:00:00:07 {mark} }}'",
        f"nft add element bridge glassnet guarded '{{ \"{name}\" {mark} }}'",
    ]


def test_without_the_check_there_is_no_guard() -> None:
    shared, own = made({})
    assert "base ruleset" not in shared
    assert not [line for line in own if "glassnet allowed" in line]


REMOVE = "ip addr del {} dev cni0"
PROMOTED = "net/ipv4/conf/cni0/promote_secondaries=1"


@pytest.mark.parametrize(
    ("there", "ip", "removed"),
    [
        (["10.9.0.1/16"], "10.1.0.2/24", [PROMOTED, REMOVE.format("10.9.0.1/16")]),
        (["10.1.0.1/24"], "10.1.0.2/24", []),
        (
            ["10.1.0.9/24", "10.8.0.1/24", "10.1.0.1/24"],
            "10.1.0.2/24",
            [PROMOTED, REMOVE.format("10.1.0.9/24"), REMOVE.format("10.8.0.1/24")],
        ),
        (["fd00::9/64"], "fd00::2/64", [REMOVE.format("fd00::9/64")]),
        (["fd01::9/64", "fe80::1/64"], "fd00::2/64", []),
        ([], "10.1.0.2/24", []),
    ],
)
def test_addresses_that_differ_are_replaced(there: list[str], ip: str, removed: list[str]) -> None:
    _, own = made(FORCED, has(*there), ip)
    assert [line for line in own if "addr del" in line or "promote" in line] == removed


def test_the_addresses_of_two_families_do_not_drive_each_other_out() -> None:
    _, own = made(FORCED, has("10.1.0.1/24", "fd00::1/64"), "10.1.0.2/24", "fd00::2/64")
    assert not [line for line in own if "addr del" in line]


def test_several_networks_of_ours_stay() -> None:
    _, own = made(FORCED, has("10.1.0.1/24", "10.2.0.1/24"), "10.1.0.2/24", "10.2.0.2/24")
    assert not [line for line in own if "addr del" in line]


def test_without_force_an_address_that_differs_is_an_error() -> None:
    error = failure(ask("bridge", GATEWAY), given("10.1.0.2/24"), has("10.9.0.1/16"))
    words = '"cni0" already has an IP address different from 10.1.0.1/24'
    assert said(error) == (7, words)


def test_a_bridge_that_is_no_gateway_keeps_its_addresses() -> None:
    _, own = made({**FORCED, "isGateway": False}, has("10.9.0.1/16"), "10.1.0.2/24")
    assert not [line for line in own if "addr del" in line]
