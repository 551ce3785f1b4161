"""dhcp: what servers are told and asked, what a lease becomes, texts that make no sense."""

from __future__ import annotations

from typing import Any

import pytest
from asking import ask, desired, given, host, lines, said

from glassnet.cni.error import CniError
from glassnet.cni.result import Dns, as_data
from glassnet.dhcp import option, packet
from glassnet.dhcp.lease import Lease
from glassnet.dhcp.packet import Packet
from glassnet.plugins import dhcp
from glassnet.plugins.registry import plugin
from glassnet.values import IpAddress

LONG = "x" * 256


def conf(ipam: dict[str, Any] | None = None, **more: Any) -> dhcp.DhcpConf:
    return dhcp.read(ask("bridge", {"ipam": {"type": "dhcp", **(ipam or {})}}, **more))


def test_what_is_said_where_nothing_is() -> None:
    assert conf() == dhcp.DhcpConf(
        socket="/run/cni/dhcp.sock",
        client_id=b"\0c1/net/eth0",
        provide={},
        request=(1, 121, 3, 6, 15, 119),
        priority=0,
    )


def test_the_client_id_fits_into_an_option() -> None:
    found = conf(container="c" * 300).client_id
    assert found == b"\0" + b"c" * 254


def test_what_is_said_to_servers() -> None:
    provide = [
        {"option": "host-name", "value": "a"},
        {"option": "host-name", "fromArg": "NAME"},
        {"option": "user-class", "value": "u", "fromArg": "NONE"},
        {"option": "vendor-class-identifier", "value": "v"},
        {"option": "dhcp-client-identifier", "value": "é"},
        {"option": "224", "fromArg": "EMPTY"},
        {"option": "225"},
    ]
    found = conf({"provide": provide}, args="NAME=b=c;EMPTY=;odd;IgnoreUnknown=1")
    assert found.provide == {12: b"b=c", 77: b"u", 60: b"v", 61: b"\xc3\xa9", 224: b""}


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ([{"option": "42"}, {"option": "routers"}], (42, 3, 1, 121, 6, 15, 119)),
        ([{"option": "42", "skipDefault": True}], (42,)),
        ([{"skipDefault": True}, {"option": "subnet-mask"}], (1,)),
        ([{"skipDefault": True}], ()),
    ],
)
def test_what_is_asked_for(wanted: list[Any], asked: tuple[int, ...]) -> None:
    assert conf({"request": wanted}).request == asked


@pytest.mark.parametrize(
    ("ipam", "words"),
    [
        (
            {"provide": [{"option": "mask"}]},
            '$.ipam.provide[0].option: Can not parse option "mask"',
        ),
        ({"provide": [{"option": "256"}]}, 'Can not parse option "256"'),
        ({"provide": [{"option": "53", "value": "x"}]}, 'Can not parse option "53"'),
        ({"provide": [{"option": "0"}]}, 'Can not parse option "0"'),
        ({"provide": [{"option": "-1"}]}, 'Can not parse option "-1"'),
        ({"provide": [{}]}, 'Can not parse option ""'),
        ({"provide": [{"option": 12}]}, "$.ipam.provide[0].option: expected a string, found 12"),
        ({"provide": {}}, "$.ipam.provide: expected a list"),
        (
            {"provide": [{"option": "12", "value": LONG}]},
            f'$.ipam.provide[0]: value too long for option "12": "{"x" * 40}…"',
        ),
        (
            {"provide": [{"option": "12", "fromArg": "A"}]},
            f'value too long for option "12" from CNI_ARGS "A": "{"x" * 40}…"',
        ),
        ({"request": [{"option": "255"}]}, '$.ipam.request[0].option: Can not parse option "255"'),
        ({"request": [{"skipDefault": "no"}]}, "expected true or false"),
        ({"priority": -1}, "$.ipam.priority: -1 is out of range"),
        ({"daemonSocketPath": 7}, "$.ipam.daemonSocketPath: expected a string"),
    ],
)
def test_what_makes_no_sense(ipam: dict[str, Any], words: str) -> None:
    with pytest.raises(CniError) as raised:
        conf(ipam, args=f"A={LONG}")
    code, message = said(raised.value)
    assert code == 7
    assert words in message


def test_without_a_section() -> None:
    with pytest.raises(CniError) as raised:
        dhcp.read(ask("dhcp"))
    assert said(raised.value) == (7, "IPAM config missing 'ipam' key")


def test_what_a_lease_becomes() -> None:
    router = IpAddress("10.0.0.1").packed
    options = {
        option.SUBNET_MASK: b"\xff\xff\xff\0",
        option.ROUTERS: router,
        option.CLASSLESS_ROUTES: b"\x08\x0a\0\0\0\0" + b"\0" + router,
        option.DNS_SERVERS: router,
        option.DOMAIN_NAME: b"a.org",
    }
    ack = Packet(op=packet.REPLY, yours=IpAddress("10.0.0.9"), options=options)
    assert as_data(dhcp.result(Lease(ack, 0), 50), "1.1.0") == {
        "cniVersion": "1.1.0",
        "ips": [{"address": "10.0.0.9/24", "gateway": "10.0.0.1"}],
        "routes": [
            {"dst": "10.0.0.0/8", "priority": 50, "scope": 253},
            {"dst": "0.0.0.0/0", "gw": "10.0.0.1", "priority": 50},
        ],
        "dns": {"nameservers": ["10.0.0.1"], "domain": "a.org"},
    }


@pytest.mark.parametrize("type_", ["bridge", "ptp", "macvlan", "dummy", "tap", "glassnet"])
def test_the_link_that_comes_first_is_the_one_that_stays(type_: str) -> None:
    """What is made before there are addresses is part of what is wanted once there are some."""
    from test_plugin_fuzz import LINKS

    asked = ask(type_, {"master": "ens1", "ipam": {"type": "dhcp"}})
    asked.link_first = True
    seen = host(*LINKS)
    first = plugin(type_).link(asked, seen)
    then = desired(asked, given("10.1.0.2/24 via 10.1.0.1"), seen)
    assert [op for op in first.own if op not in then.own] == []
    assert {op.key() for op in first.shared} <= {op.key() for op in then.shared}
    assert any("up" in line for line in lines(first.own))
    assert not any("addr add" in line for line in lines(first.own))


@pytest.mark.parametrize("type_", ["bridge", "macvlan"])
def test_the_servers_dns_is_in_the_result(type_: str) -> None:
    from test_plugin_fuzz import LINKS

    there = given("10.1.0.2/24 via 10.1.0.1").replace(dns=Dns(nameservers=("10.1.0.9",)))
    for more, server in (({}, "10.1.0.9"), ({"dns": {"nameservers": ["10.1.0.7"]}}, "10.1.0.7")):
        asked = ask(type_, {"master": "ens1", "ipam": {"type": "dhcp"}, **more})
        asked.link_first = True
        result = desired(asked, there, host(*LINKS)).result
        assert result.dns.nameservers == (server,)
