"""Every example gives exactly its operations, each with the line of the file that wants it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from compiled import commands, ops

from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.ops.addr import AddrOp
from glassnet.ops.bridge import BridgeOp, PortOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.plan.model import Wanted
from glassnet.plan.order import order
from glassnet.values import IfName, Mac, Netns

EXAMPLES = Path(__file__).parents[3] / "examples"
RECORDED = Path(__file__).parents[2] / "data" / "lab" / "examples"

ARTICLE = [
    ("namespace ns1", "6:3: $.namespaces.ns1"),
    ("namespace ns2", "8:3: $.namespaces.ns2"),
    ("link lo up in ns1", "6:3: $.namespaces.ns1"),
    ("link lo up in ns2", "8:3: $.namespaces.ns2"),
    ("bridge br0 on the host", "12:3: $.bridges.br0"),
    ("veth veth1-host on the host to veth1 in ns1", "17:5: $.links[0]"),
    ("link veth1 up in ns1", "17:5: $.links[0]"),
    ("address 10.0.0.2/24 on veth1 in ns1", "17:5: $.links[0]"),
    ("address fd00:10::2/64 on veth1 in ns1", "17:5: $.links[0]"),
    ("veth veth2-host on the host to veth2 in ns2", "18:5: $.links[1]"),
    ("link veth2 up in ns2", "18:5: $.links[1]"),
    ("address 10.0.0.3/24 on veth2 in ns2", "18:5: $.links[1]"),
    ("address fd00:10::3/64 on veth2 in ns2", "18:5: $.links[1]"),
    ("address 10.0.0.1/24 on br0 on the host", "12:3: $.bridges.br0"),
    ("address fd00:10::1/64 on br0 on the host", "12:3: $.bridges.br0"),
    ("route to default via 10.0.0.1 in ns1", "7:14: $.namespaces.ns1.routes[0]"),
    ("route to default via fd00:10::1 in ns1", "7:36: $.namespaces.ns1.routes[1]"),
    ("route to default via 10.0.0.1 in ns2", "9:14: $.namespaces.ns2.routes[0]"),
    ("route to default via fd00:10::1 in ns2", "9:36: $.namespaces.ns2.routes[1]"),
    ("setting net.ipv4.ip_forward = 1 on the host", "20:1: $.host"),
    ("setting net.ipv6.conf.all.forwarding = 1 on the host", "20:1: $.host"),
    ("nft table inet glassnet on the host", "20:1: $.host"),
    ("network 10.0.0.0/24 on the host", "12:3: $.bridges.br0"),
    ("network fd00:10::/64 on the host", "12:3: $.bridges.br0"),
    ("masquerade of 10.0.0.0/24 on the host", "12:3: $.bridges.br0"),
    ("masquerade of fd00:10::/64 on the host", "12:3: $.bridges.br0"),
]


def _example(name: str) -> list[Wanted]:
    text = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
    return compile_lab(read(text, f"{name}.yaml"))


def _compiled(text: str) -> list[Wanted]:
    return compile_lab(read(text, "f.yaml"))


def test_the_article() -> None:
    assert [(str(item.op), item.origin) for item in _example("article")] == [
        (text, f"article.yaml:{origin}") for text, origin in ARTICLE
    ]


@pytest.mark.parametrize("name", ["dual-stack", "internet", "published", "two-hosts"])
def test_the_others(name: str) -> None:
    said = "".join(f"{item.op}\n    {item.origin}\n" for item in _example(name))
    assert said == (RECORDED / f"{name}.txt").read_text(encoding="utf-8")


def test_no_example_is_forgotten() -> None:
    names = {path.stem for path in EXAMPLES.glob("*.yaml")}
    assert names == {"article", *(path.stem for path in RECORDED.glob("*.txt"))}


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.yaml")))
def test_an_origin_is_the_line_that_says_so(name: str) -> None:
    lines = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    for item in _example(name):
        found = re.fullmatch(rf"{name}\.yaml:(\d+):(\d+): \$\.(.*)", item.origin)
        assert found is not None
        rest = lines[int(found[1]) - 1][int(found[2]) - 1 :]
        key = re.split(r"\.(?![^']*'$)", found[3])[-1].strip("'")
        assert rest.strip("\"'")
        assert key.endswith("]") or key == "at" or rest.startswith(f"{key}:")


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.yaml")))
def test_an_example_can_be_done_and_is_the_same_each_time(name: str) -> None:
    wanted = _example(name)
    assert wanted == _example(name)
    assert len({item.op.key() for item in wanted}) == len(wanted)
    assert len(order(wanted)) == len(wanted)


def test_nothing_is_wanted_of_nothing() -> None:
    assert ops("{}") == []
    assert ops("host: {forwarding: false}\nbridges:\nlinks: []\nnamespaces: {}") == []


@pytest.mark.parametrize(
    ("body", "said"),
    [("", ["link lo up in a"]), ("loopback: yes", ["link lo up in a"]), ("loopback: no", [])],
)
def test_loopback(body: str, said: list[str]) -> None:
    assert ops(f"namespaces: {{a: {{{body}}}}}", LinkSetOp) == said


FAR_UP = "namespaces: [a, b]\nbridges: {br0: , br1: {in: b}}\nlinks:\n  - %s"


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("a:x -- b:y", ["veth x in a to y in b", "link y up in b"]),
        ("a:x -- host:y", ["veth y on the host to x in a", "link x up in a"]),
        ("host:x -- a:y", ["veth x on the host to y in a", "link y up in a"]),
        ("host:x -- host:y", ["veth x on the host to y on the host", "link y up on the host"]),
        ("a:x -- br0", ["veth a-x on the host to x in a", "link x up in a"]),
        ("br0 -- a:x", ["veth a-x on the host to x in a", "link x up in a"]),
        ("a:x -- br1", ["veth a-x in b to x in a", "link x up in a"]),
        ("br1:p -- a:x", ["veth p in b to x in a", "link x up in a"]),
        (
            "host:x -- br1:p",
            ["veth x on the host to p in b", "port p in b of br1", "link p up in b"],
        ),
        (
            "br1:q -- br0:p",
            ["veth p on the host to q in b", "port q in b of br1", "link q up in b"],
        ),
        ("a:x -- a:y", ["veth x in a to y in a", "link y up in a"]),
    ],
)
def test_which_end_a_cable_is_made_from(link: str, said: list[str]) -> None:
    found = ops(FAR_UP % link)
    begin = found.index(said[0])
    assert found[begin : begin + len(said)] == said


def test_a_cable_has_everything_at_birth() -> None:
    text = (
        "name: net\nnamespaces: [a]\nbridges: {br0: }\nlinks:\n"
        "  - ends: [{at: 'a:x', mac: '02:00:00:00:00:0a'}, {at: br0, mac: '02:00:00:00:00:0b'}]\n"
        "    mtu: 1300\n"
    )
    [veth] = [item.op for item in _compiled(text) if isinstance(item.op, VethOp)]
    assert veth == VethOp(
        ifname=IfName("a-x"),
        mtu=1300,
        mac=Mac("02:00:00:00:00:0b"),
        alias="glassnet:net/a:x",
        up=True,
        master=IfName("br0"),
        peer=IfName("x"),
        peer_netns=Netns("a"),
        peer_mac=Mac("02:00:00:00:00:0a"),
    )


def test_a_bridge_has_everything_at_birth() -> None:
    text = (
        "name: net\nmtu: 9000\nbridges:\n  br0:\n    mac: '02:00:00:00:00:0a'\n"
        "    options: {mcast_snooping: off, ageing_time: 100}\n"
    )
    [bridge] = [item.op for item in _compiled(text)]
    assert bridge == BridgeOp(
        ifname=IfName("br0"),
        mtu=9000,
        mac=Mac("02:00:00:00:00:0a"),
        alias="glassnet:net/br0",
        up=True,
        options={"mcast_snooping": 0, "ageing_time": 100},
    )


def test_options_of_a_port_follow_the_cable() -> None:
    text = (
        "namespaces: [a, b]\nbridges: {br0: , br1: {in: b}}\nlinks:\n"
        "  - ends: [{at: 'br0:p', port: {isolated: on}}, {at: 'br1:q', port: {cost: 7}}]\n"
    )
    assert ops(text, PortOp) == [
        "port p on the host of br0, isolated 1",
        "port q in b of br1, cost 7",
    ]


def test_addresses_of_ipv6_are_not_asked_about() -> None:
    text = "namespaces: [a, b]\nlinks: [a:x fd00::1/64 10.0.0.1/24 -- b:x]"
    assert commands(text, AddrOp) == [
        "ip -n a addr add fd00::1/64 dev x nodad",
        "ip -n a addr add 10.0.0.1/24 dev x",
    ]


@pytest.mark.parametrize(
    ("addresses", "host", "said"),
    [
        ("[10.0.0.1/24]", "forwarding: true", ["net.ipv4.ip_forward = 1"]),
        ("['fd00::1/64']", "forwarding: true", ["net.ipv6.conf.all.forwarding = 1"]),
        ("[]", "forwarding: true", ["net.ipv4.ip_forward = 1", "net.ipv6.conf.all.forwarding = 1"]),
        ("[10.0.0.1/24]", "forwarding: false", []),
        ("[10.0.0.1/24]", "sysctls: {net.core.somaxconn: 1}", ["net.core.somaxconn = 1"]),
        (
            "[10.0.0.1/24]",
            "forwarding: true, sysctls: {net/ipv4/ip_forward: 0}",
            ["net.ipv4.ip_forward = 0"],
        ),
    ],
)
def test_forwarding(addresses: str, host: str, said: list[str]) -> None:
    text = f"bridges: {{br0: {{addresses: {addresses}}}}}\nhost: {{{host}}}"
    assert ops(text, SysctlOp) == [f"setting {one} on the host" for one in said]


def test_a_mark_that_is_too_long_is_cut() -> None:
    text = f"name: {'n' * 64}\nnamespaces: [{'a' * 250}]\nlinks: [{'a' * 250}:x -- host:y]"
    [veth] = [item.op for item in _compiled(text) if isinstance(item.op, VethOp)]
    assert veth.alias == f"glassnet:{'n' * 64}/{'a' * 250}:x"[:255]
