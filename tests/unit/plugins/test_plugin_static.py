"""static: whose addresses count, gateways of CNI_ARGS, and texts that are no addresses."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask, said

from glassnet.cni.error import CniError
from glassnet.cni.result import as_data
from glassnet.plugins.static import read

WRITTEN = {"addresses": [{"address": "10.1.0.2/24", "gateway": "10.1.0.1"}]}
ARGS = {"args": {"cni": {"ips": ["10.2.0.2/24"]}}}
RUNTIME = {"runtimeConfig": {"ips": ["10.3.0.2/24"]}}


def found(ipam: dict[str, Any] | None, cni_args: str = "", **more: Any) -> dict[str, Any]:
    section = None if ipam is None else {"type": "static", **ipam}
    return as_data(read(ask("bridge", {"ipam": section, **more}, args=cni_args)), "1.1.0")


def ips(*args: Any, **more: Any) -> list[str]:
    return [
        f"{one['address']} {one.get('gateway', '')}".strip()
        for one in found(*args, **more).get("ips", ())
    ]


def failure(*args: Any, **more: Any) -> tuple[int, str]:
    with pytest.raises(CniError) as raised:
        found(*args, **more)
    return said(raised.value)


def test_what_is_written() -> None:
    section = {
        "Addresses": [
            {"address": "10.1.0.2/24", "gateway": "10.1.0.1"},
            {"ADDRESS": "fd00::2/64", "gateway": ""},
        ],
        "routes": [{"dst": "0.0.0.0/0", "gw": "10.1.0.7"}],
        "dns": {"nameservers": ["10.1.0.1"]},
    }
    assert found(section) == {
        "cniVersion": "1.1.0",
        "ips": [{"address": "10.1.0.2/24", "gateway": "10.1.0.1"}, {"address": "fd00::2/64"}],
        "routes": [{"dst": "0.0.0.0/0", "gw": "10.1.0.7"}],
        "dns": {"nameservers": ["10.1.0.1"]},
    }
    assert ips({}) == []


def test_whose_addresses_count() -> None:
    said_ = "IP=10.4.0.2/24"
    assert ips(WRITTEN, said_) == ["10.1.0.2/24 10.1.0.1", "10.4.0.2/24"]
    assert ips(WRITTEN, said_, **ARGS) == ["10.2.0.2/24"]
    assert ips(WRITTEN, said_, **ARGS, **RUNTIME) == ["10.3.0.2/24"]


def test_gateways_of_cni_args_go_to_the_networks_that_they_lie_in() -> None:
    args = "IP=10.4.0.2/24,fd00::2/64;GATEWAY=10.4.0.8,10.4.0.9,fd00::1,10.1.0.5"
    assert ips(WRITTEN, args) == [
        "10.1.0.2/24 10.1.0.5",
        "10.4.0.2/24 10.4.0.9",
        "fd00::2/64 fd00::1",
    ]


CIDR = "NOT in CIDR notation, got: '10.1.0.2'"


@pytest.mark.parametrize(
    ("ipam", "args", "more", "problem"),
    [
        (None, "", {}, "IPAM config missing 'ipam' key"),
        (
            {"addresses": [{"address": "10.1.0.2"}]},
            "",
            {},
            "$.ipam.addresses[0].address: the 'address' field is expected to be in CIDR notation, "
            "got: '10.1.0.2'",
        ),
        (
            {"addresses": [{"address": "10.1.0.2/24", "gateway": "x"}]},
            "",
            {},
            "$.ipam.addresses[0].gateway: invalid gateway address: x",
        ),
        (
            {"addresses": [{}]},
            "",
            {},
            "$.ipam.addresses[0].address: the 'address' field is expected to be in CIDR notation, "
            "got: ''",
        ),
        (
            {"addresses": [{"address": 5}]},
            "",
            {},
            "$.ipam.addresses[0].address: expected a string, found 5",
        ),
        (
            {"addresses": [{"address": "10.1.0.2/24", "gateway": 5}]},
            "",
            {},
            "$.ipam.addresses[0].gateway: invalid gateway address: 5",
        ),
        (
            WRITTEN,
            "IP=10.1.0.2",
            {},
            "CNI_ARGS IP: the 'ip' field is expected to be in CIDR notation, got: '10.1.0.2'",
        ),
        (
            WRITTEN,
            "",
            {"args": {"cni": {"ips": ["10.1.0.2"]}}},
            f"$.args.cni.ips[0]: an entry in the 'ips' field is {CIDR}",
        ),
        (
            WRITTEN,
            "",
            {"runtimeConfig": {"ips": ["10.1.0.2"]}},
            f"$.runtimeConfig.ips[0]: an entry in the 'ips' field is {CIDR}",
        ),
        ({"addresses": {}}, "", {}, "$.ipam.addresses: expected a list, found an object"),
        ({**WRITTEN, "dns": 3}, "", {}, "$.ipam.dns: expected an object, found 3"),
    ],
)
def test_what_is_wrong_is_named(
    ipam: dict[str, Any] | None, args: str, more: dict[str, Any], problem: str
) -> None:
    assert failure(ipam, args, **more) == (7, problem)


def test_arguments_that_are_wrong() -> None:
    assert failure(WRITTEN, "FOO=1") == (4, 'ARGS: unknown args ["FOO=1"]')
    code, message = failure(WRITTEN, "GATEWAY=x")
    assert code == 7
    assert message.startswith("CNI_ARGS GATEWAY: ")


def test_results_before_0_3_0_have_one_address_of_a_family() -> None:
    both = {"addresses": [{"address": "10.1.0.2/24"}, {"address": "10.2.0.2/24"}]}
    words = "CNI version 0.2.0 does not support more than 1 address per family"
    assert failure(both, cniVersion="0.2.0") == (7, words)
