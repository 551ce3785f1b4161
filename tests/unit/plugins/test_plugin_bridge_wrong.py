"""bridge: what is said of each key that is wrong, and of what stands in its way."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask, desired, failure, given, host, lines, said

from glassnet.plugins.registry import plugin
from glassnet.state.link import LinkState

IPAM = {"ipam": {"type": "host-local"}}


BAD: list[tuple[dict[str, Any], str]] = [
    (
        {"hairpinMode": True, "promiscMode": True},
        "cannot set hairpin mode and promiscuous mode at the same time",
    ),
    (
        {**IPAM, "disableContainerInterface": True},
        "cannot use IPAM when DisableContainerInterface flag is set",
    ),
    ({"bridge": 1}, "$.bridge: expected a string, found 1"),
    ({"mtu": "9"}, "$.mtu: expected a whole number, found '9'"),
    ({"mtu": -1}, "$.mtu: -1 is out of range"),
    ({"isGateway": "yes"}, "$.isGateway: expected true or false, found 'yes'"),
    ({"isDefaultGateway": 1}, "$.isDefaultGateway: expected true or false, found 1"),
    ({"forceAddress": []}, "$.forceAddress: expected true or false, found a list"),
    ({"ipMasq": {}}, "$.ipMasq: expected true or false, found an object"),
    ({"hairpinMode": 0}, "$.hairpinMode: expected true or false, found 0"),
    ({"promiscMode": 0}, "$.promiscMode: expected true or false, found 0"),
    ({"portIsolation": 0}, "$.portIsolation: expected true or false, found 0"),
    ({"enabledad": 0}, "$.enabledad: expected true or false, found 0"),
    ({"ipam": "host-local"}, "$.ipam: expected an object, found 'host-local'"),
    ({"ipam": {"type": 3}}, "$.ipam.type: expected a string, found 3"),
    ({"args": {"cni": []}}, "$.args.cni: expected an object, found a list"),
]


@pytest.mark.parametrize(("conf", "problem"), BAD)
def test_what_is_wrong_is_named(conf: dict[str, Any], problem: str) -> None:
    assert said(failure(ask("bridge", conf))) == (7, problem)


@pytest.mark.parametrize("mac", ["zz", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"])
def test_a_mac_that_no_interface_can_have(mac: str) -> None:
    error = failure(ask("bridge", {"runtimeConfig": {"mac": mac}}))
    assert error.code == 7
    assert error.message.startswith("$.runtimeConfig.mac: ")
    error = failure(ask("bridge", args=f"MAC={mac}"))
    assert error.message.startswith("CNI_ARGS MAC: ")


def test_arguments_that_nobody_knows() -> None:
    assert said(failure(ask("bridge", args="FOO=BAR"))) == (4, 'ARGS: unknown args ["FOO=BAR"]')
    assert said(failure(ask("bridge", args="FOO"))) == (4, 'ARGS: invalid pair "FOO"')
    assert desired(ask("bridge", args="FOO=BAR;IgnoreUnknown=1;IP=1;GATEWAY=2"))


def test_ipam_without_addresses() -> None:
    error = failure(ask("bridge", IPAM), given())
    assert said(error) == (7, "IPAM plugin returned missing IP config")


def test_something_else_in_its_place() -> None:
    seen = host(LinkState(3, "cni0", 1, kind="dummy"))
    assert said(failure(ask("bridge"), seen=seen)) == (
        7,
        '"cni0" already exists but is not a bridge',
    )


def test_the_rest_is_the_containers_interface() -> None:
    assert lines(plugin("bridge").rest(ask("bridge"))) == ["a: ip link del eth0"]
    assert plugin("bridge").rest(ask("bridge", netns="")) == ()
