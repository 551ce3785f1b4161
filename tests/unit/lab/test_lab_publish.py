"""Published ports: targets of both families, hairpin, and what lets 127.0.0.1 reach them."""

from __future__ import annotations

import pytest
from compiled import ops

from glassnet.ops.bridge import PortOp
from glassnet.ops.publish import PublishOp
from glassnet.ops.sysctl import SysctlOp

BOTH = "prefixes: [10.0.0.0/24, 'fd00::/64']"


def _web(publish: str, bridge: str = BOTH, more: str = "") -> str:
    return (
        f"namespaces: [web, other]\nbridges: {{br0: {{{bridge}}}}}\n"
        f"links:\n  - web:eth0 -- br0\n  - other:eth0 -- br0\nhost:\n  publish: [{publish}]\n{more}"
    )


@pytest.mark.parametrize(
    ("publish", "bridge", "ports"),
    [
        ("8080:80 -> web", BOTH, ["tcp 8080 to 10.0.0.2:80", "tcp 8080 to [fd00::2]:80"]),
        ("8080:80 -> web", "prefixes: [10.0.0.0/24]", ["tcp 8080 to 10.0.0.2:80"]),
        ("8080:80 -> web", "prefixes: ['fd00::/64']", ["tcp 8080 to [fd00::2]:80"]),
        ("127.0.0.1:80 -> web", BOTH, ["tcp 127.0.0.1:80 to 10.0.0.2:80"]),
        ("'[fd00::1]:80 -> web'", BOTH, ["tcp [fd00::1]:80 to [fd00::2]:80"]),
        ("53/udp -> 192.0.2.9", BOTH, ["udp 53 to 192.0.2.9:53"]),
        ("9000-9009:80-89 -> 10.0.0.3", BOTH, ["tcp 9000-9009 to 10.0.0.3:80-89"]),
        ("{port: 80, to: 'web:8080', protocol: sctp, address: 10.0.0.1}", BOTH,
         ["sctp 10.0.0.1:80 to 10.0.0.2:8080"]),
        ("{port: 80-81, to: 'web:90-91', address: 'fd00::1'}", BOTH,
         ["tcp [fd00::1]:80-81 to [fd00::2]:90-91"]),
        ("{port: 80, to: '[fd00::9]:81'}", BOTH, ["tcp 80 to [fd00::9]:81"]),
        ("{port: 80, to: 'fd00::9'}", BOTH, ["tcp 80 to [fd00::9]:80"]),
        ("80/tcp -> web, 80/udp -> web", "prefixes: [10.0.0.0/24]",
         ["tcp 80 to 10.0.0.2:80", "udp 80 to 10.0.0.2:80"]),
        ("80 -> web, 127.0.0.1:80 -> other", "prefixes: [10.0.0.0/24]",
         ["tcp 80 to 10.0.0.2:80", "tcp 127.0.0.1:80 to 10.0.0.3:80"]),
        ("80 -> 10.0.0.9, {port: 80, to: 'fd00::9'}", BOTH,
         ["tcp 80 to 10.0.0.9:80", "tcp 80 to [fd00::9]:80"]),
        ("80-89 -> 10.0.0.9, 90 -> 10.0.0.9, 70-79 -> 10.0.0.9", BOTH,
         ["tcp 80-89 to 10.0.0.9:80-89", "tcp 90 to 10.0.0.9:90", "tcp 70-79 to 10.0.0.9:70-79"]),
    ],
)  # fmt: skip
def test_what_ports_lead_to(publish: str, bridge: str, ports: list[str]) -> None:
    assert ops(_web(publish, bridge), PublishOp) == [
        f"published port {port} on the host" for port in ports
    ]


@pytest.mark.parametrize(
    ("publish", "settings"),
    [
        ("80 -> web, 81 -> web, 82 -> other", ["br0"]),
        ("127.0.0.1:80 -> web", ["br0"]),
        ("127.1.2.3:80 -> web", ["br0"]),
        ("10.0.0.1:80 -> web", []),
        ("'[fd00::1]:80 -> web'", []),
        ("{port: 80, to: 'fd00::2'}", []),
        ("80 -> 192.0.2.9", []),
        ("80 -> 10.0.0.77", ["br0"]),
    ],
)
def test_loopback_may_lead_out_by_the_links_where_it_must(
    publish: str, settings: list[str]
) -> None:
    assert ops(_web(publish), SysctlOp) == [
        f"setting net.ipv4.conf.{name}.route_localnet = 1 on the host" for name in settings
    ]


def test_a_link_with_a_dot_in_its_name() -> None:
    text = (
        "namespaces: [web]\nlinks: [host:e.1 10.0.0.1/24 -- web:eth0 10.0.0.2/24]\n"
        "host: {publish: [80 -> web]}"
    )
    assert ops(text, SysctlOp) == ["setting net.ipv4.conf.e/1.route_localnet = 1 on the host"]
    assert ops(text, PortOp) == []


def test_a_setting_that_is_written_is_not_made_twice() -> None:
    text = _web("80 -> web", more="  sysctls: {net.ipv4.conf.br0.route_localnet: 0}")
    assert ops(text, SysctlOp) == ["setting net.ipv4.conf.br0.route_localnet = 0 on the host"]


@pytest.mark.parametrize(
    ("publish", "ports"),
    [
        ("80 -> web", ["web-eth0"]),
        ("80 -> other", ["other-eth0"]),
        ("80 -> 10.0.0.3, 81 -> web", ["web-eth0", "other-eth0"]),
        ("{port: 80, to: 'fd00::2'}", ["web-eth0"]),
        ("80 -> 10.0.0.1", []),
    ],
)
def test_targets_get_back_what_they_sent_themselves(publish: str, ports: list[str]) -> None:
    assert ops(_web(publish), PortOp) == [
        f"port {name} on the host of br0, hairpin 1" for name in ports
    ]


def test_unless_it_is_said_otherwise() -> None:
    text = (
        "namespaces: [web]\nbridges: {br0: {prefixes: [10.0.0.0/24]}}\n"
        "links: [{ends: [web:eth0, {at: br0, port: {hairpin: false, isolated: true}}]}]\n"
        "host: {publish: [80 -> web]}"
    )
    assert ops(text, PortOp) == ["port web-eth0 on the host of br0, hairpin 0, isolated 1"]


def test_a_namespace_publishes_what_is_behind_it() -> None:
    text = (
        "namespaces: {r: {publish: [80 -> web]}, web: }\n"
        "bridges: {sw: {in: r, prefixes: [10.0.0.0/24]}, br0: {prefixes: [10.0.0.0/24]}}\n"
        "links: [web:eth0 -- sw, {ends: [web:eth1, br0]}]"
    )
    assert ops(text, PublishOp) == ["published port tcp 80 to 10.0.0.2:80 in r"]
    assert ops(text, SysctlOp) == ["setting net.ipv4.conf.sw.route_localnet = 1 in r"]
    assert ops(text, PortOp) == ["port web-eth0 in r of sw, hairpin 1"]
