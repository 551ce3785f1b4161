"""tuning on a kernel: what it sets is put back, wherever the container has gone."""

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

ALL = {
    "sysctl": {"net.ipv4.conf.IFNAME.arp_filter": "1", "net.core.somaxconn": "77"},
    "mac": "02:00:00:00:00:77",
    "mtu": 1400,
    "promisc": True,
    "allmulti": True,
    "txQLen": 7,
}
LIST = "mkdir -p /etc/cni/tuning; echo 'conf' > /etc/cni/tuning/allowlist.conf"


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as one:
        one.sh(QUIET + quiet_netns("a"))
        ours(one, "static")
        yield one


def chained(host: Host, **conf: Any) -> dict[str, Any]:
    return {**conf, "prevResult": fine(host, "ADD", "bridge", {})}


def test_all_of_it_and_back(host: Host) -> None:
    conf = chained(host, **ALL)
    before = look(host)
    result = fine(host, "ADD", "tuning", conf)
    [link] = host.json("ip", "-j", "-n", "a", "link", "show", "eth0")
    assert {"PROMISC", "ALLMULTI"} <= set(link["flags"])
    assert (link["mtu"], link["txqlen"], link["address"]) == (1400, 7, ALL["mac"])
    assert result["interfaces"][2]["mac"] == ALL["mac"]
    fine(host, "CHECK", "tuning", {**conf, "prevResult": result})
    host.sh("ip -n a link set eth0 promisc off")
    printed, code = call(host, "CHECK", "tuning", {**conf, "prevResult": result})
    assert code
    assert "promisc on, found promisc off" in printed["msg"]
    fine(host, "DEL", "tuning", conf)
    assert not differences(before, look(host))


@pytest.mark.parametrize("script", ["ip netns del a", "ip -n a link del eth0"])
def test_del_never_fails(host: Host, script: str) -> None:
    conf = chained(host, **ALL)
    fine(host, "ADD", "tuning", conf)
    host.sh(script)
    fine(host, "DEL", "tuning", conf)
    fine(host, "DEL", "tuning", conf)


def test_the_hosts_list_is_read(host: Host) -> None:
    conf = chained(host, sysctl={"net.core.somaxconn": "77"})
    host.sh(f"mount -t tmpfs none /etc; {LIST}")
    printed, code = call(host, "ADD", "tuning", conf)
    assert code
    assert printed["msg"] == (
        "Sysctl net.core.somaxconn is not allowed. Only the following sysctls are allowed: [conf]"
    )
    fine(host, "ADD", "tuning", {**conf, "sysctl": {"net.ipv4.conf.eth0.arp_filter": "1"}})
