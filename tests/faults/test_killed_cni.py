"""Killed at every send and every SQL statement of ADD and DEL of a whole chain.

Whatever a death leaves, the runtime's DEL takes away, or its next GC: links, leases, elements and
rows.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from faulty import KILLED, NONE, Fault, FaultyKernel, FaultyStore

from glassnet.cni.serve import serve
from glassnet.engine.engine import Engine
from glassnet.plugins.registry import plugin
from glassnet.runtime.install import install
from glassnet.serve.host_local import HostLocal
from glassnet.serve.verbs import PluginVerbs
from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

MANY: Final = 300
"""More than any of it takes."""

OF = pytest.mark.parametrize("of", ["send", "statement"])
LEAST: Final = {"send": 4, "statement": 20}

CHAIN: Final[Sequence[dict[str, Any]]] = (
    {
        "type": "bridge",
        "isGateway": True,
        "ipMasq": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": "10.1.0.0/24"}], [{"subnet": "fd00:1::/64"}]],
            "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
        },
    },
    {
        "type": "portmap",
        "runtimeConfig": {"portMappings": [{"hostPort": 8080, "containerPort": 80}]},
    },
    {
        "type": "bandwidth",
        "ingressRate": 8_000_000,
        "ingressBurst": 800_000,
        "egressRate": 8_000_000,
        "egressBurst": 800_000,
    },
    {"type": "tuning", "mtu": 1400, "sysctl": {"net.ipv4.conf.IFNAME.arp_filter": "1"}},
)


@pytest.fixture
def bin_dir() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        install(Path(directory), daemon=False)
        yield directory


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as it:
        it.run("ip", "netns", "add", "c0")
        yield it


def perform(bin_dir: str, verbs: Sequence[str], fault: Fault = NONE) -> None:
    """Call the chain in this process, which is in a host, on one engine that may die."""
    with Engine(FaultyKernel(fault), FaultyStore(fault)) as engine:
        for verb in verbs:
            call_chain(engine, bin_dir, verb)


def call_chain(engine: Engine, bin_dir: str, verb: str) -> None:
    environment = {
        "CNI_COMMAND": verb,
        "CNI_CONTAINERID": "c0",
        "CNI_NETNS": "/run/netns/c0",
        "CNI_IFNAME": "eth0",
        "CNI_PATH": bin_dir,
    }
    ours = {"host-local": HostLocal(engine.store)}
    result: dict[str, Any] = {}
    for conf in CHAIN if verb in {"ADD", "GC"} else reversed(CHAIN):
        whole = {"cniVersion": "1.1.0", "name": "net", **conf}
        whole |= {"cni.dev/valid-attachments": []} if verb == "GC" else {}
        whole |= {"prevResult": result} if result else {}
        verbs = PluginVerbs(plugin(conf["type"]), engine, ours)
        out, code = serve(conf["type"], environment, json.dumps(whole).encode(), verbs)
        assert code == 0, out
        result = json.loads(out) if out else {}


def left(host: Host) -> dict[str, Any]:
    """All that is left of it; nothing is an empty dictionary."""

    def rows() -> list[Any]:
        with contextlib.closing(sqlite3.connect("/run/glassnet/state.db")) as db:
            return [
                *db.execute("SELECT * FROM leases"),
                *db.execute("SELECT name FROM attachments"),
                *db.execute("SELECT name, verb FROM pending"),
            ]

    elements = host.run("nft", "list", "ruleset").stdout.count("glassnet:net/c0/eth0")
    host_links = [one["ifname"] for one in host.json("ip", "-j", "link", "show")]
    links = [name for name in host_links if name not in {"lo", "cni0"}]
    inside = [one["ifname"] for one in host.json("ip", "-n", "c0", "-j", "link", "show")]
    found = {"rows": host.call(rows), "elements": elements, "links": links, "inside": inside[1:]}
    return {name: value for name, value in found.items() if value}


def killed(host: Host, bin_dir: str, verb: str, fault: Fault) -> bool:
    """Whether it was killed, or came to its end."""
    code = host.kill_in(perform, bin_dir, [verb], fault)
    assert code in {0, KILLED}, f"{verb} ended with {code} at {fault}"
    return code == KILLED


def done(host: Host, bin_dir: str, *verbs: str) -> None:
    host.call(perform, bin_dir, verbs)


@OF
def test_an_add_leaves_nothing_that_del_or_gc_do_not_take(
    host: Host, bin_dir: str, of: str
) -> None:
    at = 0
    while killed(host, bin_dir, "ADD", Fault(at, of=of)):
        done(host, bin_dir, "DEL" if at % 2 else "GC")
        assert left(host) == {}, f"after death at {of} {at}"
        at += 1
        assert at < MANY
    assert at >= LEAST[of]
    done(host, bin_dir, "DEL", "ADD", "DEL")
    assert left(host) == {}


@OF
def test_a_del_is_completed_by_the_next_or_by_gc(host: Host, bin_dir: str, of: str) -> None:
    done(host, bin_dir, "ADD")
    assert left(host)
    at = 0
    while killed(host, bin_dir, "DEL", Fault(at, of=of)):
        done(host, bin_dir, "GC" if at % 2 else "DEL")
        assert left(host) == {}, f"after death at {of} {at}"
        done(host, bin_dir, "ADD")
        at += 1
        assert at < MANY
    assert left(host) == {}
    assert at >= LEAST[of]


def test_after_a_death_the_next_container_is_served(host: Host, bin_dir: str) -> None:
    """Another call settles it on its way, and a retry of the same ADD after its DEL works."""
    for at in (1, 3, 5):
        assert killed(host, bin_dir, "ADD", Fault(at))
        done(host, bin_dir, "DEL", "ADD", "DEL")
        assert left(host) == {}
