"""Chains of our plugins and the reference's, by our runtime: who comes first does not matter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import seen
from confs import DEFAULTS, local
from packets import KNOWING, NEAR, OUTSIDE, Probe, probe

from glassnet.cni import Runtime
from glassnet.cni.failed import ChainFailed, PluginFailed
from glassnet.cni.result import Result
from glassnet.runtime.install import install
from glassnet.testing.host import Host
from sides import LARGE, REFERENCE, Conf, begin, need

pytestmark = pytest.mark.kernel

MAIN: Final = ("bridge", "host-local")
META: Final = ("portmap", "firewall", "bandwidth", "tuning")
PORTS: Final = [
    {"hostPort": 8080, "containerPort": 80, "protocol": "tcp"},
    {"hostPort": 8053, "containerPort": 53, "protocol": "udp"},
]
MAC: Final = "02:00:00:00:77:01"
POOLS: Final = local("10.1.0.0/24", "fd00:1::/64", **DEFAULTS)
TAIL: Final[tuple[Conf, ...]] = (
    {"type": "portmap", "capabilities": {"portMappings": True}},
    {"type": "firewall"},
    {
        "type": "bandwidth",
        **{"ingressRate": 800_000_000, "ingressBurst": 80_000_000},
        **{"egressRate": 800_000_000, "egressBurst": 80_000_000},
    },
    {"type": "tuning", "mtu": 1400, "sysctl": {"net.ipv4.conf.IFNAME.arp_filter": "1"}},
)
BRIDGE: Final[Conf] = {
    **{"type": "bridge", "bridge": "br1", "isGateway": True, "ipMasq": True},
    "ipam": POOLS,
}
PTP: Final[Conf] = {"type": "ptp", "ipMasq": True, "ipam": POOLS}
WRONG: Final = {"portmap", "tuning"}
"""Types of the reference's of which CHECK fails where nothing is wrong, in Debian's release."""
PROBES: Final = (
    Probe("to the neighbour", "b", "10.1.0.2", "a"),
    Probe("to the neighbour by IPv6", "b", "fd00:1::2", "a"),
    Probe("outside", "b", "192.0.2.2", "outside"),
    Probe("outside by IPv6", "b", "2001:db8::2", "outside"),
    Probe("published", "outside", "192.0.2.1", "b", 8080, 80),
    Probe("published by IPv6", "outside", "2001:db8::1", "b", 8080, 80),
    Probe("published by UDP", "outside", "192.0.2.1", "b", 8053, 53, udp=True),
    Probe("published on the host", NEAR, "127.0.0.1", "b", 8080, 80),
)
ANSWERS: Final = {
    "to the neighbour": "from 10.1.0.3",
    "to the neighbour by IPv6": "from fd00:1::3",
    "outside": "from 192.0.2.1",
    "outside by IPv6": "from 2001:db8::1",
    "published": "from 192.0.2.2",
    "published by IPv6": "from 2001:db8::2",
    "published by UDP": "from 192.0.2.2",
    "published on the host": "from 10.1.0.1",
}


class Mixed:
    """A host with a network of a chain, of which some types are ours and the others theirs."""

    def __init__(self, host: Host, root: Path, chain: tuple[Conf, ...], ours: set[str]) -> None:
        types = {one["type"] for one in chain} | {one["ipam"]["type"] for one in chain[:1]}
        need(*types)
        self.host, self.ours = host, ours
        self.bin, self.conf = root / "bin", root / "net.d"
        for directory in (self.bin, self.conf):
            directory.mkdir()
        if ours & types:
            install(self.bin, sorted(ours & types), daemon=False)
        for type_ in types - ours:
            (self.bin / type_).symlink_to(REFERENCE / type_)
        self.network(*chain)
        begin(host, ("a", "b", "outside"), OUTSIDE + KNOWING)

    def network(self, *chain: Conf) -> None:
        """Configure it."""
        whole = {"cniVersion": "1.0.0", "name": "net", "plugins": chain}
        (self.conf / "net.conflist").write_text(json.dumps(whole))

    def call(self, verb: str, container: str, **keys: Any) -> Any:
        """A verb of our runtime, in the host."""
        return self.host.call(self._call, verb, container, keys)

    def _call(self, verb: str, container: str, keys: Any) -> Any:
        runtime = Runtime(
            conf_dir=self.conf, path=(self.bin,), cache_dir="/run/cache", in_process=True
        )
        return getattr(runtime, verb)("net", container, f"/run/netns/{container}", **keys)

    def missed(self, container: str) -> set[str]:
        """The types of which CHECK fails."""
        try:
            self.call("check", container)
        except ChainFailed as error:
            return {one.type for one in error.failures if isinstance(one, PluginFailed)}
        except PluginFailed as error:
            return {error.type}
        return set()

    def left(self) -> seen.Flat:
        """What there is, but for where the next address is looked for."""
        found = seen.look(self.host).flat
        return {path: value for path, value in found.items() if "last_reserved_ip" not in path}


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as one:
        yield one


MORE: Final = {
    "by turns": (BRIDGE, {"bridge", "firewall", "tuning"}),
    "by turns the other way": (BRIDGE, {"host-local", "portmap", "bandwidth"}),
    "ours first, on a cable": (PTP, {"ptp"}),
    "theirs first, on a cable": (PTP, {"host-local", *META}),
}
CHAINS: Final = {
    "theirs alone": (BRIDGE, set[str]()),
    "ours first": (BRIDGE, {*MAIN}),
    "theirs first": (BRIDGE, {*META}),
    "their host-local": (BRIDGE, {"bridge", *META}),
    "our host-local": (BRIDGE, {"host-local", *META}),
} | (MORE if LARGE else {})


@pytest.mark.parametrize(("main", "ours"), CHAINS.values(), ids=CHAINS)
def test_a_chain(host: Host, tmp_path: Path, main: Conf, ours: set[str]) -> None:
    _lives(Mixed(host, tmp_path, (main, *TAIL), ours))


@pytest.mark.parametrize("ours", [{"bridge", "host-local"}, {"bandwidth"}], ids=["ours", "theirs"])
def test_what_comes_first_is_taken_back_if_the_last_fails(
    host: Host, tmp_path: Path, ours: set[str]
) -> None:
    mixed = Mixed(host, tmp_path, (BRIDGE, {"type": "bandwidth"}), ours)
    mixed.call("add", "a")
    before = mixed.left()
    limits = {"bandwidth": {"ingressRate": 1000}}
    mixed.network(BRIDGE, {"type": "bandwidth", "capabilities": {"bandwidth": True}})
    with pytest.raises(PluginFailed, match="if rate is set, burst must also be set"):
        mixed.call("add", "b", capabilities=limits)
    assert seen.compare(before, mixed.left()) == []


def test_the_command_line_drives_a_mixed_chain(host: Host, tmp_path: Path) -> None:
    mixed = Mixed(host, tmp_path, (BRIDGE, *TAIL[:3]), {"bridge", "bandwidth"})
    names = {"CNI_PATH": str(mixed.bin), "NETCONFPATH": str(mixed.conf)}
    names |= {"CAP_ARGS": json.dumps({"portMappings": PORTS})}

    def cni(*words: str) -> str:
        return host.glassnet("cni", *words, "--cache-dir", "/run/cache", env=names).stdout

    result = json.loads(cni("add", "net", "/run/netns/b"))
    assert [one["address"] for one in result["ips"]] == ["10.1.0.2/24", "fd00:1::2/64"]
    kinds = [one["name"][:3] for one in result["interfaces"]]
    assert kinds == ["br1", "vet", "eth", "ifb"]
    published = Probe("published", "outside", "192.0.2.1", "b", 8080, 80)
    assert probe(host, [published]) == {"published": "from 192.0.2.2"}
    cni("del", "net", "/run/netns/b")
    assert probe(host, [published]) == {"published": "refused"}
    links = {one["ifname"] for one in host.json("ip", "-j", "link", "show")}
    assert links == {"lo", "br1", "uplink"}
    assert not host.sh("find /var/lib/cni -name '10.1.*'")


def _lives(mixed: Mixed) -> None:
    """A container that stays, and another that comes and goes and leaves nothing."""
    mixed.call("add", "a", capabilities={"portMappings": [{**PORTS[0], "hostPort": 8081}]})
    before = mixed.left()
    result: Result = mixed.call("add", "b", capabilities={"portMappings": PORTS})
    assert [str(one.address) for one in result.ips] == ["10.1.0.3/24", "fd00:1::3/64"]
    assert {one.sandbox for one in result.interfaces} == {"", "/run/netns/b"}
    assert probe(mixed.host, PROBES) == ANSWERS
    eth0 = mixed.host.json("ip", "-n", "b", "-j", "link", "show", "eth0")[0]
    assert eth0["mtu"] == 1400
    kinds = [one["kind"] for one in mixed.host.json("tc", "-j", "qdisc", "show")]
    assert kinds.count("tbf") == 4
    assert mixed.missed("b") <= WRONG - mixed.ours
    mixed.call("delete", "b")
    assert seen.compare(before, mixed.left()) == []
    mixed.call("delete", "b")
    mixed.call("delete", "a")
