"""sbr on a kernel: what comes from an address leaves by its interface, until DEL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from adding import call, fine, netns, ours

from glassnet.testing.cases.case import QUIET
from glassnet.testing.cases.case import netns as quiet_netns
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look

pytestmark = pytest.mark.kernel

SCENE = f"{QUIET}{quiet_netns('a')}"
BRIDGES = {
    "eth0": {
        "bridge": "br0",
        "isDefaultGateway": True,
        "ipam": {
            "type": "static",
            "addresses": [
                {"address": "10.1.0.2/24", "gateway": "10.1.0.1"},
                {"address": "fd01::2/64", "gateway": "fd01::1"},
            ],
        },
    },
    "eth1": {
        "bridge": "br1",
        "isGateway": True,
        "ipam": {
            "type": "static",
            "addresses": [
                {"address": "10.2.0.2/24", "gateway": "10.2.0.1"},
                {"address": "fd02::2/64", "gateway": "fd02::1"},
            ],
            "routes": [{"dst": "10.9.0.0/16"}],
        },
    },
}


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as one:
        one.sh(SCENE)
        ours(one, "static")
        yield one


def wire(host: Host) -> dict[str, Any]:
    """Two interfaces; the result of the second."""
    results = [fine(host, "ADD", "bridge", conf, ifname=ifname) for ifname, conf in BRIDGES.items()]
    return results[1]


def way(host: Host, target: str, source: str) -> str:
    """By which interface and gateway a packet of the container's leaves."""
    found = host.json("ip", "-j", "-n", "a", "route", "get", target, "from", source)[0]
    return f"{found['dev']} {found.get('gateway', '')}".strip()


def test_what_comes_from_an_address_leaves_by_its_interface(host: Host) -> None:
    previous = wire(host)
    assert way(host, "192.0.2.1", "10.2.0.2") == "eth0 10.1.0.1"
    before = look(host)
    result = fine(host, "ADD", "sbr", {"prevResult": previous}, ifname="eth1")
    assert result == previous
    assert way(host, "192.0.2.1", "10.2.0.2") == "eth1 10.2.0.1"
    assert way(host, "2001:db8::1", "fd02::2") == "eth1 fd02::1"
    assert way(host, "192.0.2.1", "10.1.0.2") == "eth0 10.1.0.1"
    assert way(host, "10.2.0.7", "10.2.0.2") == "eth1"
    main = host.json("ip", "-j", "-n", "a", "route", "show", "dev", "eth1")
    assert main == []
    fine(host, "CHECK", "sbr", {"prevResult": result}, ifname="eth1")
    fine(host, "DEL", "sbr", {"prevResult": result}, ifname="eth1")
    gone = [line for line in differences(before, look(host)) if "routes" not in line]
    assert not gone
    assert not host.json("ip", "-j", "-n", "a", "route", "show", "table", "100")
    fine(host, "DEL", "bridge", BRIDGES["eth1"], ifname="eth1")


def test_with_hints_the_networks_stay_in_the_main_table(host: Host) -> None:
    conf = {"prevResult": wire(host), "addSourceHints": True}
    fine(host, "ADD", "sbr", conf, ifname="eth1")
    routes = [
        (one["dst"], one["prefsrc"])
        for family in ("-4", "-6")
        for one in host.json("ip", "-j", family, "-n", "a", "route", "show", "dev", "eth1")
        if "fe80" not in one["dst"]
    ]
    assert routes == [("10.2.0.0/24", "10.2.0.2"), ("fd02::/64", "fd02::2")]


def test_what_is_changed_is_told(host: Host) -> None:
    conf = {"prevResult": wire(host)}
    fine(host, "ADD", "sbr", conf, ifname="eth1")
    host.sh("ip -n a route flush table 100")
    printed, code = call(host, "CHECK", "sbr", conf, ifname="eth1")
    assert code
    assert "in table 100" in printed["msg"]


@pytest.mark.parametrize("script", ["ip netns del a", "ip -n a link del eth1", "true"])
def test_del_needs_neither_interface_nor_namespace(host: Host, script: str) -> None:
    conf = {"prevResult": wire(host)}
    fine(host, "ADD", "sbr", conf, ifname="eth1")
    host.sh(script)
    fine(host, "DEL", "sbr", conf, ifname="eth1")
    fine(host, "DEL", "sbr", conf, ifname="eth1")


def test_del_makes_no_file_where_the_namespace_was(host: Host) -> None:
    conf = {"prevResult": wire(host)}
    fine(host, "ADD", "sbr", conf, ifname="eth1")
    host.sh("ip netns del a")
    fine(host, "DEL", "sbr", conf, ifname="eth1")
    assert host.run("test", "-e", netns(), check=False).returncode
