"""What a file says: names, namespaces, bridges, and what stands under them."""

from __future__ import annotations

import pytest

from glassnet.errors import ConfigError
from glassnet.lab.model import Lab, Link
from glassnet.lab.read import read
from glassnet.values import HOST


def _lab(text: str, file: str = "f.yaml") -> Lab:
    return read(text, file)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("web.yaml", "web"),
        ("/srv/labs/web.yaml", "web"),
        ("../web.lab.yaml", "web"),
        ("web", "web"),
    ],
)
def test_a_file_without_a_name_gives_its_own(file: str, name: str) -> None:
    assert _lab("{}", file).name == name
    assert _lab("name: other", file).name == "other"
    assert _lab("name:", file).name == name


@pytest.mark.parametrize("file", ["my lab.yaml", ".yaml", "/srv/labs/", "-.yaml", ""])
def test_a_file_whose_name_marks_cannot_carry_must_have_one(file: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _lab("{}", file)
    assert str(caught.value).startswith(f"{file}:1:1: $: the file's name cannot be the network's: ")
    assert caught.value.accepted == "a key 'name'"
    assert _lab("name: one", file).name == "one"


def test_nothing_is_a_host_and_nothing_more() -> None:
    lab = _lab("{}")
    [host] = lab.spaces
    assert (host.netns, host.loopback, host.origin) == (HOST, False, "f.yaml:1:1: $")
    assert (lab.bridges, lab.links, lab.description) == ((), (), "")


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("namespaces: [a, b]", ["f.yaml:1:14: $.namespaces[0]", "f.yaml:1:17: $.namespaces[1]"]),
        (
            "namespaces:\n  a:\n  b: {}",
            ["f.yaml:2:3: $.namespaces.a", "f.yaml:3:3: $.namespaces.b"],
        ),
    ],
)
def test_namespaces_in_either_form(text: str, origins: list[str]) -> None:
    lab = _lab(text)
    assert [space.netns for space in lab.spaces] == ["", "a", "b"]
    assert [space.origin for space in lab.spaces[1:]] == origins
    assert all(space.loopback for space in lab.spaces[1:])


def test_names_are_what_was_written() -> None:
    lab = _lab("name: 010\nnamespaces: [yes, 1, 2001-01-01, 'null', 1e3, 10.0.0.1]")
    assert lab.name == "010"
    assert [space.netns for space in lab.spaces] == [
        *("", "yes", "1", "2001-01-01", "null", "1e3", "10.0.0.1")
    ]


def test_the_host_is_found_where_its_key_is() -> None:
    lab = _lab("namespaces: [a]\nhost:\n  forwarding: yes\n")
    assert lab.spaces[0].origin == "f.yaml:2:1: $.host"
    assert lab.spaces[0].forwarding


def test_settings_of_the_kernel() -> None:
    [host] = _lab(
        "host:\n  sysctls:\n    net.ipv4.tcp_syncookies: true\n    net/core/somaxconn: 010\n"
        '    net.ipv4.tcp_rmem: "1 2 3"\n    net.ipv6.conf.all.disable_ipv6: False\n'
        "    net.ipv4.tcp_congestion_control: off"
    ).spaces
    assert [(one.name, one.value) for one in host.sysctls] == [
        ("net.ipv4.tcp_syncookies", "1"),
        ("net.core.somaxconn", "010"),
        ("net.ipv4.tcp_rmem", "1 2 3"),
        ("net.ipv6.conf.all.disable_ipv6", "0"),
        ("net.ipv4.tcp_congestion_control", "off"),
    ]
    assert host.sysctls[1].origin == "f.yaml:4:5: $.host.sysctls.'net/core/somaxconn'"


def test_bridges_and_what_all_links_have() -> None:
    lab = _lab(
        "mtu: 1400\nnamespaces: [a]\nbridges:\n  one:\n"
        "  two: {in: a, mtu: 1300, mac: 2-0-0-0-0-A}\n"
        "links:\n  - a:x -- one\n  - {ends: [a:y, two], mtu: 1200}\n"
    )
    one, two = lab.bridges
    assert (one.netns, one.mtu, one.mac, one.networks) == (HOST, 1400, None, ())
    assert (two.netns, two.mtu, two.mac) == ("a", 1300, "02:00:00:00:00:0a")
    assert two.origin == "f.yaml:5:3: $.bridges.two"
    assert [link.mtu for link in lab.links] == [1400, 1200]


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", 1), ("no", 0), ("1", 1), ("0", 0), ("'off'", 0)],
)
def test_an_option_that_is_a_switch(text: str, value: int) -> None:
    [bridge] = _lab(f"bridges: {{br0: {{options: {{stp_state: {text}, priority: 0x10}}}}}}").bridges
    assert bridge.options == {"stp_state": value, "priority": 16}


def test_lists_of_one_may_stand_without_their_brackets() -> None:
    lab = _lab("bridges: {br0: {prefixes: 10.0.0.0/24}}\nhost: {masquerade: 10.1.0.0/16}")
    assert lab.bridges[0].networks == ("10.0.0.0/24",)
    assert lab.spaces[0].masquerade == ("10.1.0.0/16",)


def _link(text: str) -> Link:
    [link] = _lab(
        f"namespaces: [a, b]\nbridges: {{br0: , br1: {{in: b}}}}\nlinks:\n  - {text}"
    ).links
    return link


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("a:x 10.0.0.1/24 -- b:y", "ends: [{at: 'a:x', addresses: [10.0.0.1/24]}, 'b:y']"),
        ("a:x 10.0.0.1/24 -- b:y", "ends: ['a:x 10.0.0.1/24', {at: 'b:y'}]"),
        ("a:x -- br0:p", "ends: ['a:x', {at: 'br0:p', port: {}}]"),
        ("br0 -- a:x", "ends: [{at: br0}, 'a:x']"),
    ],
)
def test_links_in_either_form(short: str, long: str) -> None:
    ends = [
        [(e.netns, e.ifname, e.bridge, e.addresses, e.mac, e.port) for e in _link(text).ends]
        for text in (short, long)
    ]
    assert ends[0] == ends[1]


def test_addresses_in_both_places_are_added_up() -> None:
    first, _ = _link("ends: [{at: 'a:x 10.0.0.1/24', addresses: 'fd00::1/64'}, 'b:y']").ends
    assert first.addresses == ("10.0.0.1/24", "fd00::1/64")
    assert first.origin == "f.yaml:4:13: $.links[0].ends[0].at"


@pytest.mark.parametrize(
    ("text", "port", "netns"),
    [
        ("a:x -- br0", "a-x", ""),
        ("br1 -- a:x", "a-x", "b"),
        ("host:x -- br1", "host-x", "b"),
        ("a:x -- br0:p", "p", ""),
        ("a:x -- br0:?", "?", ""),
        ("a:interface-0 -- br0", "a-interface-0", ""),
    ],
)
def test_ports_and_their_names(text: str, port: str, netns: str) -> None:
    [end] = [end for end in _link(text).ends if end.bridge is not None]
    assert (end.ifname, end.netns) == (port, netns)


def test_a_cable_between_bridges() -> None:
    first, second = _link("ends: [{at: 'br0:up', port: {cost: 5}}, 'br1:down']").ends
    assert (first.ifname, first.bridge, first.port) == ("up", "br0", {"cost": 5})
    assert (second.ifname, second.bridge, second.netns) == ("down", "br1", "b")


def test_places_that_are_many_are_not_all_listed() -> None:
    names = ", ".join(f"n{number}" for number in range(40))
    with pytest.raises(ConfigError) as caught:
        _lab(f"namespaces: [{names}]\nlinks: [n0:x -- m0:x]")
    assert caught.value.accepted == f"host, {', '.join(f'n{n}' for n in range(11))}, …"
    names = ", ".join(f"n{number}" for number in range(11))
    with pytest.raises(ConfigError) as caught:
        _lab(f"namespaces: [{names}]\nlinks: [n0:x -- m0:x]")
    assert caught.value.accepted == f"host, {names}"
