"""CNI calls in a private host: one plugin, or a chain as a runtime goes through it."""

from __future__ import annotations

import contextlib
import json
import socket
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from glassnet.kernel import netns as namespaces
from glassnet.runtime.install import install
from glassnet.serve.main import run
from glassnet.testing.host import Host

VERSION: Final = "1.1.0"
FAILED: Final = 1

Conf = dict[str, Any]


class Ended(NamedTuple):
    """How a call ended: what it printed, as JSON, and the exit code."""

    out: dict[str, Any]
    code: int

    @property
    def error(self) -> tuple[int, str]:
        """The code and the message of a failure."""
        assert self.code == FAILED, self.out
        return (self.out["code"], self.out["msg"])

    @property
    def addresses(self) -> list[str]:
        """The addresses of a result, without lengths."""
        return [one["address"].partition("/")[0] for one in self.out["ips"]]


def bare(type_: str, environment: dict[str, str], stdin: bytes) -> tuple[str, int]:
    """One call in this process, which is in a host."""
    with contextlib.ExitStack() as opened:
        return run(type_, environment, stdin, opened)


class CniHost:
    """A host with namespaces ``c0``, ``c1``… in which plugins are called."""

    def __init__(self, host: Host, bin_dir: Path, count: int) -> None:
        self.host = host
        self.bin = bin_dir
        for number in range(count):
            host.run("ip", "netns", "add", f"c{number}")

    def environment(
        self, verb: str, container: str = "c0", ifname: str = "eth0", **more: str
    ) -> dict[str, str]:
        """What a runtime says of a container whose namespace has its name."""
        return {
            "CNI_COMMAND": verb,
            "CNI_CONTAINERID": container,
            "CNI_NETNS": f"/run/netns/{container}",
            "CNI_IFNAME": ifname,
            "CNI_PATH": str(self.bin),
            **more,
        }

    def call(self, verb: str, conf: Conf, *args: str, **more: str) -> Ended:
        """One call of the type that the configuration names: ``call("ADD", conf, "c1")``."""
        whole = {"cniVersion": VERSION, "name": "net", **conf}
        environment = self.environment(verb, *args, **more)
        out, code = self.host.call(bare, conf["type"], environment, json.dumps(whole).encode())
        return Ended(json.loads(out) if out else {}, code)

    def add(self, conf: Conf, *args: str, **more: str) -> Ended:
        """An ADD that must succeed."""
        ended = self.call("ADD", conf, *args, **more)
        assert ended.code == 0, ended.out
        return ended

    def delete(self, conf: Conf, *args: str, **more: str) -> None:
        """A DEL that must succeed, and says nothing."""
        ended = self.call("DEL", conf, *args, **more)
        assert ended == ({}, 0), ended.out

    def chain(self, confs: Sequence[Conf], *args: str, **more: str) -> Ended:
        """An ADD of a chain: each with the result of the one before it."""
        ended = Ended({}, 0)
        for number, conf in enumerate(confs):
            given = {"prevResult": ended.out} if number else {}
            ended = self.add({**conf, **given}, *args, **more)
        return ended

    def unchain(self, confs: Sequence[Conf], result: Any, *args: str, **more: str) -> None:
        """A DEL of a chain, the last first, each with the final result."""
        given = {} if result is None else {"prevResult": result}
        for conf in reversed(confs):
            self.delete({**conf, **given}, *args, **more)

    def collect(self, confs: Sequence[Conf], *valid: tuple[str, str]) -> None:
        """A GC of a chain, where these attachments are valid."""
        listed = [{"containerID": one, "ifname": ifname} for one, ifname in valid]
        for conf in confs:
            ended = self.call("GC", {**conf, "cni.dev/valid-attachments": listed})
            assert ended == ({}, 0), conf["type"]

    def needs(self, type_: str) -> None:
        """Skip the test if this kernel has no links of that type."""
        make = {"vlan": "link lo name probe0 type vlan id 5"}
        make |= {one: f"link m0 name probe0 type {one}" for one in ("ipvlan", "macvlan")}
        words = make.get(type_, "probe0 type dummy").split()
        if type_ not in {"bridge", "ptp"}:
            done = self.host.run("ip", "link", "add", *words, check=False)
            if "Unknown device type" in done.stderr or "not supported" in done.stderr:
                pytest.skip(f"this kernel has no links of type {type_}")
            self.host.run("ip", "link", "del", "probe0", check=False)

    def links(self, netns: str = "") -> list[str]:
        """Names of links, but for loopback."""
        inside = ("-n", netns) if netns else ()
        found = self.host.json("ip", *inside, "-j", "link", "show")
        return sorted(one["ifname"] for one in found if one["ifname"] != "lo")

    def rows(self, sql: str) -> list[Any]:
        """What the store says."""
        return self.host.call(_rows, sql)

    def left(self, network: str = "net") -> dict[str, Any]:
        """All that an attachment could leave behind; nothing of it is an empty dictionary."""
        found = {
            "links": [
                one
                for one in self.host.json("ip", "-j", "-d", "link", "show")
                if str(one.get("ifalias", "")).startswith(f"glassnet:{network}/")
                or one["ifname"].startswith(("veth", "ifb"))
            ],
            "leases": self.rows("SELECT * FROM leases"),
            "rows": self.rows("SELECT name FROM attachments"),
            "elements": self.elements(network),
        }
        return {name: value for name, value in found.items() if value}

    def elements(self, network: str = "net") -> list[str]:
        """Comments of elements that are an attachment's own."""
        listed = self.host.run("nft", "-j", "list", "ruleset").stdout
        return [
            part.partition('"')[0]
            for part in listed.split('"comment": "')[1:]
            if part.startswith(f"glassnet:{network}/")
        ]

    def reaches(self, netns: str, address: str, port: int = 9) -> bool:
        """Whether an address answers the first packet that it is sent, be it with a refusal."""
        return self.host.call(_reaches, netns, address, port)


def _reaches(netns: str, address: str, port: int) -> bool:
    if netns:
        with Path(f"/run/netns/{netns}").open("rb") as file:
            namespaces.setns(file.fileno())
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.settimeout(0.9)  # before TCP tries again
        try:
            one.connect((address, port))
        except ConnectionRefusedError:
            pass
        except OSError:
            return False
    return True


def _rows(sql: str) -> list[Any]:
    import sqlite3

    with contextlib.closing(sqlite3.connect("/run/glassnet/state.db")) as db:
        return db.execute(sql).fetchall()


@contextlib.contextmanager
def cni_host(count: int = 2) -> Iterator[CniHost]:
    """A private host with our plugins on CNI_PATH and so many containers."""
    with tempfile.TemporaryDirectory() as directory, Host() as host:
        install(Path(directory), daemon=False)
        yield CniHost(host, Path(directory), count)


def ipam(*subnets: str, **more: Any) -> Conf:
    """A host-local section with a pool for each subnet, and default routes."""
    routes = [{"dst": "::/0" if ":" in one else "0.0.0.0/0"} for one in subnets]
    return {
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": one}] for one in subnets],
            "routes": routes,
            **more,
        }
    }


DUAL: Final = ipam("10.1.0.0/24", "fd00:1::/64")
BRIDGE: Final[Conf] = {"type": "bridge", "isGateway": True, "ipMasq": True, **DUAL}
PTP: Final[Conf] = {"type": "ptp", "ipMasq": True, **DUAL}
PORTMAP: Final[Conf] = {
    "type": "portmap",
    "runtimeConfig": {
        "portMappings": [
            {"hostPort": 8080, "containerPort": 80},
            {"hostPort": 5353, "containerPort": 53, "protocol": "udp"},
        ]
    },
}
BANDWIDTH: Final[Conf] = {
    "type": "bandwidth",
    "ingressRate": 8_000_000,
    "ingressBurst": 800_000,
    "egressRate": 8_000_000,
    "egressBurst": 800_000,
}
TUNING: Final[Conf] = {
    "type": "tuning",
    "mac": "02:00:00:00:77:01",
    "mtu": 1400,
    "sysctl": {"net.ipv4.conf.IFNAME.arp_filter": "1"},
}
CHAIN: Final = (BRIDGE, PORTMAP, BANDWIDTH, TUNING)
