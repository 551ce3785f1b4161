"""host-device on a kernel: the device goes, works, and comes back, or dies with its container."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from adding import IPAM, call, fine, netns, ours

from glassnet.testing.cases.case import QUIET
from glassnet.testing.cases.case import netns as quiet_netns
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look

pytestmark = pytest.mark.kernel

MAC = "02:00:00:00:00:01"
SCENE = f"""{QUIET}{quiet_netns("a")}
ip link add card address {MAC} type veth peer name far address 02:00:00:00:00:02
ip link set far up
"""


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as one:
        one.sh(SCENE)
        ours(one, "static")
        yield one


def test_it_goes_with_an_address_and_comes_back_as_it_was(host: Host) -> None:
    before = look(host)
    conf = {"device": "card", "ipam": IPAM}
    result = fine(host, "ADD", "host-device", conf)
    assert result["interfaces"] == [{"name": "eth0", "mac": MAC, "sandbox": netns()}]
    assert result["ips"] == [{"address": "10.1.0.2/24", "gateway": "10.1.0.1", "interface": 0}]
    assert host.run("ip", "link", "show", "card", check=False).returncode
    [link] = host.json("ip", "-j", "-n", "a", "link", "show", "eth0")
    assert (link["ifalias"], link["address"], "UP" in link["flags"]) == ("card", MAC, True)
    [addresses] = host.json("ip", "-j", "-n", "a", "addr", "show", "eth0")
    assert [one["local"] for one in addresses["addr_info"]] == ["10.1.0.2"]
    fine(host, "CHECK", "host-device", {**conf, "prevResult": result})
    fine(host, "DEL", "host-device", conf)
    assert not differences(before, look(host))
    fine(host, "DEL", "host-device", conf)


@pytest.mark.parametrize("conf", [{"hwaddr": MAC.upper()}, {"device": "card", "hwaddr": "zz"}])
def test_it_is_found_by_its_address_or_its_name(host: Host, conf: dict[str, str]) -> None:
    fine(host, "ADD", "host-device", conf)
    [link] = host.json("ip", "-j", "-n", "a", "link", "show", "eth0")
    assert link["address"] == MAC


def test_without_the_container_there_is_nothing_left_to_do(host: Host) -> None:
    conf = {"device": "card", "ipam": IPAM}
    fine(host, "ADD", "host-device", conf)
    host.sh("ip netns del a")
    fine(host, "DEL", "host-device", conf)
    fine(host, "DEL", "host-device", conf, at="")


def test_what_cannot_be_wired_leaves_the_device_where_it_was(host: Host) -> None:
    before = look(host)
    twice = [{"address": "10.1.0.2/24"}, {"address": "10.1.0.2/24"}]
    conf = {"device": "card", "ipam": {"type": "static", "addresses": twice}}
    _, code = call(host, "ADD", "host-device", conf)
    assert code
    assert not differences(before, look(host))


def test_a_name_that_the_container_has_already(host: Host) -> None:
    host.sh("ip -n a link add eth0 type veth peer name eth1")
    printed, code = call(host, "ADD", "host-device", {"device": "card"})
    assert code
    assert "the container has a link eth0 already" in printed["msg"]
    assert host.json("ip", "-j", "link", "show", "card")


def test_a_name_that_somebody_else_has_by_now_leaves_it_there(host: Host) -> None:
    fine(host, "ADD", "host-device", {"device": "card"})
    host.sh("ip link add card type bridge")
    fine(host, "DEL", "host-device", {"device": "card"})
    assert host.json("ip", "-j", "-n", "a", "link", "show", "eth0")


LOST = "rm -rf /run/glassnet"


@pytest.mark.parametrize("conf", [{"device": "card"}, {"hwaddr": MAC}])
def test_what_the_store_has_lost_comes_back(host: Host, conf: dict[str, str]) -> None:
    before = look(host)
    fine(host, "ADD", "host-device", {**conf, "ipam": IPAM})
    host.sh(LOST)
    fine(host, "DEL", "host-device", {**conf, "ipam": IPAM})
    assert not differences(before, look(host))
    fine(host, "DEL", "host-device", {**conf, "ipam": IPAM})


def test_del_of_one_network_leaves_another_its_device(host: Host) -> None:
    host.sh("ip link add other type veth peer name beyond")
    fine(host, "ADD", "host-device", {"device": "card"})
    printed, code = call(host, "ADD", "host-device", {"name": "two", "device": "other"})
    assert code, printed
    for conf in ({"device": "other"}, {"hwaddr": MAC}, {"kernelpath": "/sys/devices/x"}):
        fine(host, "DEL", "host-device", {"name": "two", **conf})
    assert host.json("ip", "-j", "-n", "a", "link", "show", "eth0")
    host.sh("ip link add card type bridge; " + LOST)
    fine(host, "DEL", "host-device", {"device": "card"})  # the name is another's by now: it stays
    assert host.json("ip", "-j", "-n", "a", "link", "show", "eth0")
