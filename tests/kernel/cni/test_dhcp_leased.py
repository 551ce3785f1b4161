"""dhcp with a server that people use: addresses asked for, given back, and outliving the daemon."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from dhcp_street import BRIDGE, DHCP, FIRST, SERVER, Street, street

pytestmark = pytest.mark.kernel

SOCKET = "/run/cni/dhcp.sock"
NO_DAEMON = f"error dialing DHCP daemon: dial unix {SOCKET}: connect: no such file or directory"


@pytest.fixture
def here() -> Iterator[Street]:
    with street() as it:
        yield it


def test_from_question_to_release(here: Street) -> None:
    log = here.dnsmasq(
        f"--dhcp-option=121,10.9.0.0/16,10.5.0.9,0.0.0.0/0,{SERVER}",
        f"--dhcp-option=6,{SERVER}",
        "--domain=a.org",
        "--dhcp-option=119,b.org,c.b.org",
    )
    daemon = here.daemon()
    conf = {**BRIDGE, "ipam": {"type": "dhcp", "priority": 7}}
    assert here.cni.call("STATUS", conf) == ({}, 0)
    out = here.cni.add(conf).out
    assert out["ips"] == [{"address": f"{FIRST}/24", "gateway": SERVER, "interface": 2}]
    assert out["routes"] == [
        {"dst": "10.9.0.0/16", "gw": "10.5.0.9", "priority": 7},
        {"dst": "0.0.0.0/0", "gw": SERVER, "priority": 7},
    ]
    assert out["dns"] == {
        "domain": "a.org",
        "nameservers": [SERVER],
        "search": ["b.org", "c.b.org"],
    }
    assert here.addresses() == [f"{FIRST}/24"]
    assert here.routes() == ["10.9.0.0/16 via 10.5.0.9", f"default via {SERVER}"]
    assert here.cni.reaches("c0", SERVER)
    [lease] = here.host.sh("cat /run/leases").splitlines()
    assert lease.split()[1:3] == [out["interfaces"][2]["mac"], FIRST]
    assert lease.split()[4] == "00:" + b"c0/net/eth0".hex(":")
    assert here.cni.call("CHECK", {**conf, "prevResult": out}) == ({}, 0)

    # The daemon is killed: what it has leased is the next one's.
    daemon.kill()
    assert here.cni.call("CHECK", {**conf, "prevResult": out}).error[0] == 11
    assert here.cni.call("STATUS", conf).error == (
        51,
        NO_DAEMON.replace("no such file or directory", "connection refused"),
    )
    assert f"lease of {FIRST} is taken over" in "".join(here.daemon().seen)
    assert here.cni.call("CHECK", {**conf, "prevResult": out}) == ({}, 0)
    assert here.cni.add({"type": "dhcp", **conf["ipam"], **DHCP}).addresses == [FIRST]

    here.cni.delete(conf)
    log.until("DHCPRELEASE", FIRST)
    assert (here.leases(), here.kept(), here.cni.left()) == ([], [], {})
    here.cni.delete(conf)


def test_without_the_daemon(here: Street) -> None:
    here.dnsmasq()
    daemon = here.daemon()
    for container in ("c0", "c1"):
        here.cni.add(BRIDGE, container)
    assert len(here.leases()) == 2
    daemon.process.terminate()
    assert daemon.process.wait() == 0
    assert not here.host.run("ls", "/run/cni").stdout

    assert here.cni.call("ADD", BRIDGE, "c0", "eth1").error == (11, NO_DAEMON)
    assert here.cni.call("STATUS", BRIDGE).error == (51, NO_DAEMON)
    here.cni.delete(BRIDGE, "c0")  # gives it back itself
    [left] = here.leases()
    here.host.run("ip", "netns", "del", "c1")
    here.cni.delete(BRIDGE, "c1")  # has nowhere to give it back from
    assert (here.leases(), here.kept(), here.cni.left()) == ([left], [], {})
    assert here.cni.call("STATUS", BRIDGE).error == (50, NO_DAEMON)
    here.cni.delete(BRIDGE, "c1")
    assert here.cni.call("CHECK", {**BRIDGE, "prevResult": {"ips": []}}).error[0] == 11


@pytest.mark.parametrize("type_", ["macvlan", "ipvlan", "glassnet"])
def test_by_other_types(here: Street, type_: str) -> None:
    if type_ != "glassnet":
        here.host.sh("ip link add m0 type veth peer name m1")
        here.cni.needs(type_)
    log = here.dnsmasq()
    here.daemon()
    conf = {"type": type_, "master": "br0", "bridge": "br0", **DHCP}
    out = here.cni.add(conf).out
    assert here.addresses() == [f"{FIRST}/24"]
    assert here.routes() == [f"default via {SERVER}"]
    assert here.cni.reaches("c0", SERVER)
    assert here.cni.call("CHECK", {**conf, "prevResult": out}) == ({}, 0)
    here.cni.delete(conf)
    log.until("DHCPRELEASE", FIRST)
    assert here.cni.left() == {}


def test_what_is_said_and_asked_for(here: Street) -> None:
    log = here.dnsmasq("--dhcp-option=42,10.5.0.3")
    here.daemon()
    ipam = {
        "type": "dhcp",
        "provide": [
            {"option": "host-name", "value": "nobody", "fromArg": "K8S_POD_NAME"},
            {"option": "60", "value": "glass"},
        ],
        "request": [{"option": "42"}, {"skipDefault": True, "option": "subnet-mask"}],
    }
    args = "IgnoreUnknown=1;K8S_POD_NAME=box"
    out = here.cni.add({**BRIDGE, "ipam": ipam}, CNI_ARGS=args).out
    assert out["ips"] == [{"address": f"{FIRST}/24", "interface": 2}]  # no router was asked for
    assert "routes" not in out
    log.until("DHCPACK")
    log.until("requested options: 42:ntp-server, 1:netmask")
    said = "".join(log.seen)
    assert "client provides name: box" in said
    assert "vendor class: glass" in said


def test_gc_gives_back(here: Street) -> None:
    log = here.dnsmasq()
    here.daemon()
    for container in ("c0", "c1"):
        here.cni.add(BRIDGE, container)
    here.cni.collect([BRIDGE], ("c1", "eth0"))
    log.until("DHCPRELEASE", FIRST)
    assert here.kept() == [("c1", "eth0")]
    assert [row[0] for row in here.cni.rows("SELECT name FROM attachments")] == [
        "cni:net/c1/eth0/bridge"
    ]


def run(here: Street, verb: str, conf: dict[str, Any]) -> subprocess.Popen[str]:
    """The executable itself, as somebody else's plugin calls it."""
    process = here.host.start(
        str(here.cni.bin / conf["type"]), env={**os.environ, **here.cni.environment(verb)}
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"cniVersion": "1.0.0", "name": "net", **conf}))
    process.stdin.close()
    return process


def test_for_somebody_elses_plugin(here: Street) -> None:
    here.host.sh("ip link add v0 type veth peer name eth0 netns c0; ip link set v0 master br0 up")
    here.dnsmasq()
    log = here.daemon()
    conf = {"type": "dhcp", **DHCP}
    with run(here, "ADD", conf) as process:
        assert process.stdout is not None
        assert process.stdout.read().count(FIRST) == 1
    log.until("lease acquired")
    assert here.leases() == [FIRST]
    missing = here.cni.call("ADD", conf, "c1")
    words = 'error calling DHCP.Allocate: error looking up "eth0": Link not found'
    assert missing.error == (999, words)
    here.host.run("ip", "-n", "c0", "link", "del", "eth0")
    here.cni.delete(conf)
    assert here.kept() == []
