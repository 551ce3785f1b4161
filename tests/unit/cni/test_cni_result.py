"""Results: every version read and written, and what an older form leaves out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from drawn import results
from hypothesis import given
from hypothesis import strategies as st

from glassnet.cni import version as versions
from glassnet.cni.conf import Conf, decode
from glassnet.cni.error import CniError
from glassnet.cni.result import (
    Dns,
    Interface,
    Ip,
    Result,
    Route,
    as_data,
    encode,
    network,
    read,
    read_dns,
    read_route,
)
from glassnet.values import Cidr, IpAddress, Prefix

MAC = "02:00:00:00:00:01"
WHOLE = Result(
    interfaces=(
        Interface("cni0", MAC),
        Interface("eth0", MAC, 1400, "/run/netns/a", "/run/s", "0000:00:1f.6"),
    ),
    ips=(
        Ip(Cidr("10.1.0.5/16"), IpAddress("10.1.0.1"), 1),
        Ip(Cidr("fd00::5/64"), None, None),
        Ip(Cidr("10.2.0.5/16"), None, 0),
    ),
    routes=(
        Route(Prefix("0.0.0.0/0"), IpAddress("10.1.0.1"), 1300, 1260, 10, 100, 253),
        Route(Prefix("fd01::/64")),
    ),
    dns=Dns(("10.1.0.1",), "local", ("local", "example"), ("ndots:5",)),
)


@pytest.mark.parametrize("version", versions.ALL)
@given(data=st.data())
def test_what_is_written_is_read(version: str, data: st.DataObject) -> None:
    result = data.draw(results(version))
    text = encode(as_data(result, version))
    assert read(decode(text), "9.9.9") == result
    assert json.loads(text)["cniVersion"] == version


def test_the_newest_form() -> None:
    assert as_data(WHOLE, "1.1.0") == {
        "cniVersion": "1.1.0",
        "interfaces": [
            {"name": "cni0", "mac": MAC},
            {
                "name": "eth0",
                "mac": MAC,
                "sandbox": "/run/netns/a",
                "mtu": 1400,
                "socketPath": "/run/s",
                "pciID": "0000:00:1f.6",
            },
        ],
        "ips": [
            {"address": "10.1.0.5/16", "gateway": "10.1.0.1", "interface": 1},
            {"address": "fd00::5/64"},
            {"address": "10.2.0.5/16", "interface": 0},
        ],
        "routes": [
            {
                "dst": "0.0.0.0/0",
                "gw": "10.1.0.1",
                "mtu": 1300,
                "advmss": 1260,
                "priority": 10,
                "table": 100,
                "scope": 253,
            },
            {"dst": "fd01::/64"},
        ],
        "dns": {
            "nameservers": ["10.1.0.1"],
            "domain": "local",
            "search": ["local", "example"],
            "options": ["ndots:5"],
        },
    }


@pytest.mark.parametrize("version", ["0.3.0", "0.3.1", "0.4.0", "1.0.0"])
def test_what_came_with_1_1_0_is_left_out_before(version: str) -> None:
    data = as_data(WHOLE, version)
    assert data["interfaces"][1] == {"name": "eth0", "mac": MAC, "sandbox": "/run/netns/a"}
    assert data["routes"] == [{"dst": "0.0.0.0/0", "gw": "10.1.0.1"}, {"dst": "fd01::/64"}]


@pytest.mark.parametrize(
    ("version", "families"),
    [("0.3.0", ["4", "6", "4"]), ("0.4.0", ["4", "6", "4"]), ("1.0.0", [None, None, None])],
)
def test_addresses_said_their_family_before_1_0_0(version: str, families: list[str | None]) -> None:
    assert [ip.get("version") for ip in as_data(WHOLE, version)["ips"]] == families


@pytest.mark.parametrize("version", ["0.1.0", "0.2.0"])
def test_the_oldest_form_has_the_first_of_each_family(version: str) -> None:
    assert as_data(WHOLE, version) == {
        "cniVersion": version,
        "ip4": {
            "ip": "10.1.0.5/16",
            "gateway": "10.1.0.1",
            "routes": [{"dst": "0.0.0.0/0", "gw": "10.1.0.1"}],
        },
        "ip6": {"ip": "fd00::5/64", "routes": [{"dst": "fd01::/64"}]},
        "dns": as_data(WHOLE, "1.1.0")["dns"],
    }


def test_without_an_address_there_is_no_oldest_form() -> None:
    with pytest.raises(CniError, match=r"^cannot convert: no valid IP addresses$"):
        as_data(Result(interfaces=(Interface("eth0"),)), "0.2.0")


def test_nothing_is_left_out_where_there_is_nothing() -> None:
    assert as_data(Result(), "1.1.0") == {"cniVersion": "1.1.0"}


def test_it_is_printed_as_the_reference_plugins_print_it() -> None:
    result = Result(ips=(Ip(Cidr("10.1.0.5/16"), interface=0),), interfaces=(Interface("a"),))
    assert encode(as_data(result, "1.1.0")) == (
        '{\n    "cniVersion": "1.1.0",\n    "interfaces": [\n        {\n'
        '            "name": "a"\n        }\n    ],\n    "ips": [\n        {\n'
        '            "address": "10.1.0.5/16",\n            "interface": 0\n        }\n    ]\n}'
    )


def test_a_result_without_a_version_has_the_networks() -> None:
    old = Conf({"ip4": {"ip": "10.0.0.2/24"}})
    assert read(old, "0.2.0").ips == (Ip(Cidr("10.0.0.2/24")),)
    assert read(old, "1.0.0").ips == ()


def test_a_version_that_is_unknown() -> None:
    with pytest.raises(CniError, match="incompatible CNI versions") as error:
        read(Conf({"cniVersion": "2.0.0"}), "1.0.0")
    assert error.value.code == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"ips": [{"address": "10.0.0.2"}]}, "$.ips[0].address: '10.0.0.2' has no prefix length"),
        ({"ips": [{}]}, "$.ips[0].address: '' is no IP address"),
        ({"ips": {}}, "$.ips: expected a list, found an object"),
        ({"ips": [{"address": "10.0.0.2/8", "interface": -2}]}, "-2 is out of range"),
        ({"interfaces": ["eth0"]}, "$.interfaces[0]: expected an object, found 'eth0'"),
        ({"routes": [{"dst": "x"}]}, "$.routes[0].dst: 'x' is no IP address"),
        ({"routes": [{"dst": "::/0", "gw": "x"}]}, "$.routes[0].gw: 'x' is no IP address"),
        ({"dns": []}, "$.dns: expected an object, found a list"),
    ],
)
def test_what_is_wrong_is_named_with_its_path(value: dict[str, Any], words: str) -> None:
    with pytest.raises(CniError) as error:
        read(Conf(value), "1.1.0")
    assert words in error.value.message


def test_a_destination_may_have_host_bits() -> None:
    route = read_route(Conf({"dst": "10.1.2.3/16", "gw": ""}))
    assert route == Route(Prefix("10.1.0.0/16"))
    assert network(Cidr("fd00::5/64")) == "fd00::/64"


def test_dns_is_false_where_nothing_is_said() -> None:
    assert not read_dns(Conf(None))
    assert not read_dns(Conf({"nameservers": []}))
    assert all(
        read_dns(Conf(value))
        for value in (
            {"nameservers": ["::1"]},
            {"domain": "a"},
            {"search": ["a"]},
            {"options": ["b"]},
        )
    )


def test_some_fields_are_replaced() -> None:
    assert WHOLE.replace(ips=()).routes == WHOLE.routes
    assert WHOLE.replace(ips=()).ips == ()
