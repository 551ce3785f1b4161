"""vrf on a kernel that has VRFs; and what one that has none says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from adding import call, fine, ours

from glassnet.testing.cases.case import QUIET
from glassnet.testing.cases.case import netns as quiet_netns
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look

pytestmark = pytest.mark.kernel

CONF: dict[str, Any] = {"vrfname": "blue", "table": 7}


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as one:
        one.sh(f"{QUIET}{quiet_netns('a')}")
        ours(one, "static")
        yield one


def lacks_vrf(host: Host) -> str:
    """What the kernel says to a VRF, if it knows none; else empty."""
    done = host.run("ip", "link", "add", "x0", "type", "vrf", "table", "9", check=False)
    host.run("ip", "link", "del", "x0", check=False)
    return done.stderr.strip()


def wire(host: Host, ifname: str, number: int) -> dict[str, Any]:
    addresses = [{"address": f"10.{number}.0.2/24", "gateway": f"10.{number}.0.1"}]
    routes = [{"dst": f"192.0.{number}.0/24"}]
    ipam = {"type": "static", "addresses": addresses, "routes": routes}
    conf = {"bridge": f"br{number}", "isGateway": True, "ipam": ipam}
    return {**CONF, "prevResult": fine(host, "ADD", "bridge", conf, ifname=ifname)}


def test_the_first_makes_it_and_the_last_takes_it_away(host: Host) -> None:
    if words := lacks_vrf(host):
        pytest.skip(f"this kernel has no VRFs: {words}")
    conf = {ifname: wire(host, ifname, number) for number, ifname in enumerate(["eth0", "eth1"], 1)}
    for ifname, one in conf.items():
        fine(host, "ADD", "vrf", one, ifname=ifname)
        fine(host, "CHECK", "vrf", one, ifname=ifname)
    routes = host.json("ip", "-j", "-n", "a", "route", "show", "table", "7")
    assert {one["dst"] for one in routes} >= {"10.1.0.0/24", "10.2.0.0/24", "192.0.1.0/24"}
    for ifname, left in (("eth0", ["eth1"]), ("eth1", [])):
        fine(host, "DEL", "vrf", conf[ifname], ifname=ifname)
        members = host.run("ip", "-j", "-n", "a", "link", "show", "master", "blue", check=False)
        assert [name for name in ("eth0", "eth1") if f'"{name}"' in members.stdout] == left
    assert host.run("ip", "-n", "a", "link", "show", "blue", check=False).returncode


def test_a_kernel_that_has_none_says_so_and_all_is_as_before(host: Host) -> None:
    if not lacks_vrf(host):
        pytest.skip("this kernel has VRFs")
    conf = wire(host, "eth0", 1)
    before = look(host)
    printed, code = call(host, "ADD", "vrf", conf)
    assert code
    assert "vrf blue" in printed["msg"]
    assert not differences(before, look(host))
    fine(host, "DEL", "vrf", conf)
