"""tap on a kernel: a device for a program, a port of the container's bridge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from adding import IPAM, call, fine, ours

from glassnet.testing.cases.case import QUIET
from glassnet.testing.cases.case import netns as quiet_netns
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look

pytestmark = pytest.mark.kernel


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as one:
        one.sh(QUIET + quiet_netns("a"))
        ours(one, "static")
        yield one


def test_it_is_made_checked_and_taken_away(host: Host) -> None:
    host.sh("ip -n a link add br0 address 02:00:00:00:00:b0 type bridge")
    before = look(host)
    conf = {"owner": 0, "group": 0, "mtu": 1400, "bridge": "br0", "multiQueue": True, "ipam": IPAM}
    result = fine(host, "ADD", "tap", conf)
    [link] = host.json("ip", "-j", "-d", "-n", "a", "link", "show", "eth0")
    data = link["linkinfo"]["info_data"]
    assert (link["mtu"], link["master"], "UP" in link["flags"]) == (1400, "br0", True)
    assert (data["type"], data["user"], data["group"]) == ("tap", "root", "root")
    assert data["multi_queue"]
    assert data["persist"]
    assert link["address"] == result["interfaces"][0]["mac"]
    fine(host, "CHECK", "tap", {**conf, "prevResult": result})
    fine(host, "DEL", "tap", conf)
    assert not differences(before, look(host))
    fine(host, "DEL", "tap", conf)


def test_a_second_time_is_an_error_and_leaves_the_first_alone(host: Host) -> None:
    fine(host, "ADD", "tap", {})
    before = look(host)
    _, code = call(host, "ADD", "tap", {})
    assert code
    printed, code = call(host, "ADD", "tap", {}, container="c2")
    assert code
    assert printed["msg"] == 'failed to create tap: "eth0" already exists'
    assert not differences(before, look(host))


def test_without_the_container_there_is_nothing_to_do(host: Host) -> None:
    fine(host, "ADD", "tap", {"ipam": IPAM})
    host.sh("ip netns del a")
    fine(host, "DEL", "tap", {"ipam": IPAM})


def test_check_goes_by_what_tuning_has_changed(host: Host) -> None:
    result = fine(host, "ADD", "tap", {"mtu": 1400})
    tuned = {"mac": "02:00:00:00:00:77", "mtu": 1300, "prevResult": result}
    result = fine(host, "ADD", "tuning", tuned)
    for type_, conf in (("tap", {"mtu": 1400}), ("tuning", tuned)):
        fine(host, "CHECK", type_, {**conf, "prevResult": result})
    host.sh("ip -n a link set eth0 address 02:00:00:00:00:78")
    printed, code = call(host, "CHECK", "tap", {"mtu": 1400, "prevResult": result})
    assert code
    assert "02:00:00:00:00:77" in printed["msg"]
