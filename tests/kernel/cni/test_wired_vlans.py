"""bridge's VLANs on a kernel whose bridges filter; and what one that has none says."""

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

CONF: dict[str, Any] = {
    "vlan": 5,
    "vlanTrunk": [{"minID": 10, "maxID": 12}],
    "isGateway": True,
    "ipam": {"type": "static", "addresses": [{"address": "10.1.0.2/24"}]},
}


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as one:
        one.sh(f"{QUIET}{quiet_netns('a')}{quiet_netns('b')}")
        ours(one, "static")
        yield one


def lacks_filtering(host: Host) -> str:
    """What the kernel says to a bridge that filters, if it knows none; else empty."""
    words = ("ip", "link", "add", "x0", "type", "bridge", "vlan_filtering", "1")
    done = host.run(*words, check=False)
    host.run("ip", "link", "del", "x0", check=False)
    return done.stderr.strip()


def test_ports_are_members_and_the_gateway_is_in_the_vlan(host: Host) -> None:
    if words := lacks_filtering(host):
        pytest.skip(f"this kernel's bridges do not filter VLANs: {words}")
    fine(host, "ADD", "bridge", CONF, at=netns("b"), container="c2")
    fine(host, "DEL", "bridge", CONF, at=netns("b"), container="c2")
    before = look(host)
    result = fine(host, "ADD", "bridge", CONF)
    port = result["interfaces"][1]["name"]
    vlans = {one["ifname"]: one["vlans"] for one in host.json("bridge", "-j", "vlan")}
    assert {one["vlan"] for one in vlans[port]} >= {5, 10}
    assert 1 not in {one["vlan"] for one in vlans[port]}
    host.sh("ip netns exec a ping -c 1 -W 20 10.1.0.1")
    fine(host, "CHECK", "bridge", {**CONF, "prevResult": result})
    fine(host, "DEL", "bridge", CONF)
    assert not differences(before, look(host))


def test_a_kernel_that_cannot_says_so_and_keeps_nothing(host: Host) -> None:
    if not lacks_filtering(host):
        pytest.skip("this kernel's bridges filter VLANs")
    before = look(host)
    printed, code = call(host, "ADD", "bridge", CONF)
    assert code
    assert "vlan_filtering" in printed["msg"]
    assert "CONFIG_BRIDGE_VLAN_FILTERING" in printed["msg"]
    assert not differences(before, look(host))
    fine(host, "DEL", "bridge", CONF)
