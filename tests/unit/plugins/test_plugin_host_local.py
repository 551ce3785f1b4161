"""host-local's section: ranges and their order, wanted addresses, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask, said

from glassnet.cni.error import CniError
from glassnet.cni.result import Dns, as_data
from glassnet.plugins.host_local import (
    DATA_DIR,
    HostLocalConf,
    parse_resolv_conf,
    read,
    result,
)
from glassnet.values import Cidr

SUBNET = {"subnet": "10.1.0.0/24"}


def conf(
    ipam: dict[str, Any] | None, cni_args: str = "", version: str = "1.1.0", **more: Any
) -> HostLocalConf:
    section = None if ipam is None else {"type": "host-local", **ipam}
    return read(ask("bridge", {"ipam": section, **more}, args=cni_args, version=version))


def failure(*args: Any, **more: Any) -> tuple[int, str]:
    with pytest.raises(CniError) as raised:
        conf(*args, **more)
    return said(raised.value)


def pools(found: HostLocalConf) -> list[str]:
    return [str(pool) for pool in found.pools]


def test_the_defaults() -> None:
    found = conf(SUBNET)
    assert pools(found) == ["10.1.0.1-10.1.0.254"]
    assert found.pools[0].ranges[0].gateway == "10.1.0.1"
    assert (found.routes, found.resolv_conf, found.wanted) == ((), "", ())
    assert found.data_dir == DATA_DIR == "/var/lib/cni/networks"


def test_every_key() -> None:
    found = conf(
        {
            "ranges": [
                [
                    {
                        "subnet": "10.1.0.0/24",
                        "rangeStart": "10.1.0.10",
                        "rangeEnd": "10.1.0.20",
                        "gateway": "10.1.0.9",
                    },
                    {"Subnet": "10.2.0.0/24", "RANGESTART": "10.2.0.5"},
                ],
                [{"subnet": "fd00::/64"}],
            ],
            "routes": [{"dst": "0.0.0.0/0"}, {"dst": "10.9.1.2/16", "gw": "10.1.0.7", "mtu": 9}],
            "resolvConf": "/etc/resolv.conf",
            "dataDir": "/tmp/x",
        }
    )
    assert pools(found) == [
        "10.1.0.10-10.1.0.20,10.2.0.5-10.2.0.254",
        "fd00::1-fd00::ffff:ffff:ffff:ffff",
    ]
    assert [str(one.dst) for one in found.routes] == ["0.0.0.0/0", "10.9.0.0/16"]
    assert found.routes[1].mtu == 9
    assert (found.resolv_conf, found.data_dir) == ("/etc/resolv.conf", "/tmp/x")


def test_the_runtimes_ranges_come_first_and_the_legacy_one_before_the_others() -> None:
    found = conf(
        {**SUBNET, "ranges": [[{"subnet": "10.2.0.0/24"}]]},
        runtimeConfig={"ipRanges": [[{"subnet": "10.3.0.0/24"}]]},
    )
    assert pools(found) == [
        "10.3.0.1-10.3.0.254",
        "10.1.0.1-10.1.0.254",
        "10.2.0.1-10.2.0.254",
    ]


def test_addresses_that_are_wanted_from_three_sides() -> None:
    found = conf(
        SUBNET,
        "IP=10.1.0.5",
        args={"cni": {"ips": ["10.1.0.6", "10.1.0.5"]}},
        runtimeConfig={"ips": ["10.1.0.7/24"]},
    )
    assert found.wanted == ("10.1.0.5", "10.1.0.6", "10.1.0.7")


@pytest.mark.parametrize(
    ("ipam", "problem"),
    [
        (None, "IPAM config missing 'ipam' key"),
        ({}, "$.ipam: no IP ranges specified"),
        ({"ranges": []}, "$.ipam: no IP ranges specified"),
        ({"ranges": [[]]}, "$.ipam: invalid range set 0: empty range set"),
        ({"ranges": [{}]}, "$.ipam.ranges[0]: expected a list, found an object"),
        ({"ranges": {}}, "$.ipam.ranges: expected a list, found an object"),
        ({"ranges": [[{}]]}, "$.ipam.ranges[0][0]: a range without a subnet"),
        (
            {"subnet": "10.1.0.5/24"},
            "$.ipam: invalid range set 0: Network has host bits set. For a subnet mask of length "
            "24 the network address is 10.1.0.0",
        ),
        (
            {"subnet": "10.1.0.0/31"},
            "$.ipam: invalid range set 0: Network 10.1.0.0/31 too small to allocate from",
        ),
        (
            {**SUBNET, "rangeStart": "10.2.0.1"},
            "$.ipam: invalid range set 0: RangeStart 10.2.0.1 not in network 10.1.0.0/24",
        ),
        (
            {**SUBNET, "rangeEnd": "fd00::1"},
            "$.ipam: invalid range set 0: RangeEnd fd00::1 not in network 10.1.0.0/24",
        ),
        (
            {**SUBNET, "gateway": "10.2.0.1"},
            "$.ipam: invalid range set 0: gateway 10.2.0.1 not in network 10.1.0.0/24",
        ),
        (
            {**SUBNET, "rangeStart": "10.1.0.9", "rangeEnd": "10.1.0.8"},
            "$.ipam: invalid range set 0: RangeStart 10.1.0.9 comes after RangeEnd 10.1.0.8",
        ),
        (
            {"ranges": [[SUBNET, {"subnet": "fd00::/64"}]]},
            "$.ipam: invalid range set 0: mixed address families",
        ),
        (
            {"ranges": [[SUBNET, SUBNET]]},
            "$.ipam: invalid range set 0: subnets 10.1.0.1-10.1.0.254 and 10.1.0.1-10.1.0.254 "
            "overlap",
        ),
        ({**SUBNET, "ranges": [[SUBNET]]}, "$.ipam: range set 0 overlaps with 1"),
        ({**SUBNET, "dataDir": 3}, "$.ipam.dataDir: expected a string, found 3"),
        ({**SUBNET, "resolvConf": 3}, "$.ipam.resolvConf: expected a string, found 3"),
        ({**SUBNET, "routes": [3]}, "$.ipam.routes[0]: expected an object, found 3"),
    ],
)
def test_what_is_wrong_is_named(ipam: dict[str, Any] | None, problem: str) -> None:
    assert failure(ipam) == (7, problem)


@pytest.mark.parametrize(
    ("ipam", "path"),
    [
        ({"subnet": "x"}, "$.ipam.subnet"),
        ({"subnet": 5}, "$.ipam.subnet"),
        ({**SUBNET, "rangeEnd": "x"}, "$.ipam.rangeEnd"),
        ({"ranges": [[{"subnet": "10.1.0.0"}]]}, "$.ipam.ranges[0][0].subnet"),
        ({**SUBNET, "routes": [{"dst": "x"}]}, "$.ipam.routes[0].dst"),
    ],
)
def test_what_is_wrong_is_blamed_by_its_path(ipam: dict[str, Any], path: str) -> None:
    code, message = failure(ipam)
    assert code == 7
    assert message.startswith(f"{path}: ")


def test_old_versions_have_one_address_of_a_family() -> None:
    two = {"ranges": [[SUBNET], [{"subnet": "10.2.0.0/24"}]]}
    for version in ("0.1.0", "0.2.0"):
        assert failure(two, version=version) == (
            7,
            f"CNI version {version} does not support more than 1 address per family",
        )
    assert conf(two, version="0.3.0")
    assert conf({"ranges": [[SUBNET], [{"subnet": "fd00::/64"}]]}, version="0.2.0")


@pytest.mark.parametrize(
    ("args", "more", "place"),
    [
        ("IP=x", {}, "CNI_ARGS IP: "),
        ("", {"args": {"cni": {"ips": ["10.1.0.300"]}}}, "$.args.cni.ips[0]: "),
        ("", {"runtimeConfig": {"ips": ["10.1.0.3/99"]}}, "$.runtimeConfig.ips[0]: "),
        ("", {"runtimeConfig": {"ips": "10.1.0.3"}}, "$.runtimeConfig.ips: "),
    ],
)
def test_wanted_addresses_that_are_none(args: str, more: dict[str, Any], place: str) -> None:
    code, message = failure(SUBNET, args, **more)
    assert code == 7
    assert message.startswith(place)


def test_the_result_has_each_ranges_gateway() -> None:
    found = conf(
        {
            "ranges": [[SUBNET, {"subnet": "10.2.0.0/24", "gateway": "10.2.0.9"}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        }
    )
    given = result(found, [Cidr("10.2.0.5/24")], Dns(("10.2.0.9",)))
    assert as_data(given, "1.1.0") == {
        "cniVersion": "1.1.0",
        "ips": [{"address": "10.2.0.5/24", "gateway": "10.2.0.9"}],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dns": {"nameservers": ["10.2.0.9"]},
    }
    assert result(found, [Cidr("10.7.0.5/24")], Dns()).ips[0].gateway is None


def test_resolv_conf() -> None:
    text = """
# nameserver 9.9.9.9
; nameserver 9.9.9.9
nameserver 10.0.0.1
nameserver fd00::1 trailing
domain old.org
domain example.org
search a.org b.org
search c.org d.org
options ndots:5
options edns0 rotate
nameserver
sortlist 1.2.3.4
"""
    assert parse_resolv_conf(text) == Dns(
        ("10.0.0.1", "fd00::1"), "example.org", ("c.org", "d.org"), ("ndots:5", "edns0", "rotate")
    )
    assert parse_resolv_conf("") == Dns()
