"""glassnet on a kernel: a whole chain in one step, made, reached, checked and taken away."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from adding import IPAM, call, fine, netns, ours

from glassnet.kernel import netns as namespaces
from glassnet.testing.cases.case import QUIET
from glassnet.testing.cases.case import netns as quiet_netns
from glassnet.testing.host import Host
from glassnet.testing.oracle import differences, look
from glassnet.values import Netns

pytestmark = pytest.mark.kernel

PORT, INNER = 8080, 80
WHOLE: dict[str, Any] = {
    "ipam": IPAM,
    "bridge": "br0",
    "ipMasq": True,
    "ingressPolicy": "isolated",
    "macspoofchk": True,
    "bandwidth": {
        "ingressRate": 80_000_000,
        "ingressBurst": 8_000_000,
        "egressRate": 80_000_000,
        "egressBurst": 8_000_000,
    },
    "sysctl": {"net.core.somaxconn": "77"},
    "promisc": True,
    "txQLen": 7,
    "mac": "02:00:00:00:00:07",
    "runtimeConfig": {"portMappings": [{"hostPort": PORT, "containerPort": INNER}]},
}
ROUTED = {
    **{key: value for key, value in WHOLE.items() if key not in {"bridge", "ingressPolicy"}},
    "mode": "routed",
}
IFB = "$(ip -br link show type ifb | cut -d ' ' -f 1)"
both = pytest.mark.parametrize("conf", [WHOLE, ROUTED], ids=["bridge", "routed"])


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as one:
        one.sh(f"{QUIET}{quiet_netns('a')}ip link set lo up\n")
        ours(one, "static")
        yield one


def _greeted(port: int) -> str:
    """What a server in the container says to who asks at a port of the host."""
    here = namespaces.open_current()
    with namespaces.inside(namespaces.open_netns(Netns(netns())), here):
        server = socket.create_server(("10.1.0.2", INNER))
    with server, socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        answering, _ = server.accept()
        with answering:
            answering.sendall(b"hello")
        return client.recv(16).decode()


@both
def test_it_works_is_checked_and_goes_without_a_trace(host: Host, conf: dict[str, Any]) -> None:
    fine(host, "ADD", "glassnet", conf)
    fine(host, "DEL", "glassnet", conf)
    before = look(host)
    result = fine(host, "ADD", "glassnet", conf)
    assert result["ips"][0]["address"] == "10.1.0.2/24"
    assert host.call(_greeted, PORT) == "hello"
    fine(host, "CHECK", "glassnet", {**conf, "prevResult": result})
    [link] = host.json("ip", "-j", "-n", "a", "link", "show", "eth0")
    assert (link["address"], link["txqlen"], "PROMISC" in link["flags"]) == (conf["mac"], 7, True)
    [near] = host.json("ip", "-j", "link", "show", "type", "veth")
    assert near["qdisc"] == "tbf"
    fine(host, "DEL", "glassnet", conf)
    assert not differences(before, look(host))
    fine(host, "DEL", "glassnet", conf)


@both
@pytest.mark.parametrize(
    ("script", "words"),
    [
        (f"tc qdisc del dev {IFB} root", "tbf"),
        ("nft flush map inet glassnet ports4", "8080"),
        ("ip -n a link set eth0 promisc off", "promisc on"),
        ("ip -n a addr del 10.1.0.2/24 dev eth0", "10.1.0.2/24"),
    ],
)
def test_what_somebody_changes_is_told(
    host: Host, conf: dict[str, Any], script: str, words: str
) -> None:
    result = fine(host, "ADD", "glassnet", conf)
    host.sh(script)
    printed, code = call(host, "CHECK", "glassnet", {**conf, "prevResult": result})
    assert code
    assert words in printed["msg"] + printed.get("details", "")


@both
def test_what_fails_at_the_end_leaves_nothing(host: Host, conf: dict[str, Any]) -> None:
    fine(host, "ADD", "glassnet", conf)
    fine(host, "DEL", "glassnet", conf)
    before = look(host)
    wrong = {**conf, "sysctl": {"net.core.no_such_thing": "1"}}
    printed, code = call(host, "ADD", "glassnet", wrong)
    assert code
    assert "no_such_thing" in printed["msg"]
    assert not differences(before, look(host))


@both
def test_gc_takes_what_is_valid_no_more(host: Host, conf: dict[str, Any]) -> None:
    fine(host, "ADD", "glassnet", conf)
    valid = [{"containerID": "c1", "ifname": "eth0"}]
    fine(host, "GC", "glassnet", {**conf, "cni.dev/valid-attachments": valid})
    assert host.json("ip", "-j", "link", "show", "type", "veth")
    host.sh("ip netns del a")
    fine(host, "GC", "glassnet", {**conf, "cni.dev/valid-attachments": []})
    assert not host.json("ip", "-j", "link", "show", "type", "veth")
    ruleset = host.sh("nft list ruleset")
    assert "8080" not in ruleset
    assert "veth" not in ruleset
