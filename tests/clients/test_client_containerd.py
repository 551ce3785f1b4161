"""containerd on glassnet's plugins, by ``ctr run --cni``: neighbours, host, outside, removal.

Also in one chain with the reference plugins, which libcni, that is in it, drives like ours.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from roothost import BOX, GLASSNET, RootHost, missing, podman

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]

CONFLIST = {
    "cniVersion": "0.4.0",
    "name": "town",
    "plugins": [
        {
            "type": "bridge",
            "bridge": "cni0",
            "isDefaultGateway": True,
            "ipMasq": True,
            "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/24"}]]},
        },
        {"type": "firewall"},
        {"type": "bandwidth", "egressRate": 800_000_000, "egressBurst": 8_000_000},
    ],
}
OUTSIDE = """
ip netns add internet
ip link add uplink0 type veth peer name eth0 netns internet
ip addr add 192.0.2.1/24 dev uplink0
ip link set uplink0 up
ip -n internet addr add 192.0.2.2/24 dev eth0
ip -n internet link set eth0 up
"""
"""It knows of no way to the containers: what it answers, it answers to the host's address."""


class Containerd:
    """One containerd on a host, with an image."""

    def __init__(self, host: RootHost) -> None:
        self.host = host
        kept = host.directory
        (kept / "config.toml").write_text(
            "version = 2\n"
            f'root = "{kept}/root"\nstate = "{kept}/state"\n'
            'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
            f'[grpc]\n  address = "{kept}/c.sock"\n'
        )
        self._address = str(kept / "c.sock")
        self._daemon = host.start("containerd", "-c", str(kept / "config.toml"))
        assert self._daemon.stdout is not None
        for line in self._daemon.stdout:
            if "containerd successfully booted" in line:
                break
        else:
            raise AssertionError("containerd did not start")

    def load(self) -> str:
        """Make the image and import it; its name."""
        kept = self.host.directory
        self.host.run(*podman(self.host, "import", str(self.host.root_filesystem()), BOX))
        archive = str(kept / "box.tar")
        self.host.run(*podman(self.host, "save", "--format", "oci-archive", "-o", archive, BOX))
        self.ctr("images", "import", archive)
        return self.ctr("images", "ls", "-q").split()[0]

    def ctr(self, *words: str) -> str:
        """Run ``ctr``."""
        return self.host.run("ctr", *words, CONTAINERD_ADDRESS=self._address).stdout

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start ``ctr``."""
        return self.host.start("ctr", *words, CONTAINERD_ADDRESS=self._address)

    def close(self) -> None:
        """End it, and what a test that failed has left running."""
        for name in self.ctr("tasks", "ls", "-q").split():
            self.ctr("tasks", "kill", "-s", "SIGKILL", name)
        self._daemon.terminate()
        self._daemon.communicate()


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Containerd, str]]:
    directory: Path = tmp_path_factory.mktemp("containerd")
    (directory / "town.conflist").write_text(json.dumps(CONFLIST))
    with RootHost(directory) as host:
        host.run("sh", "-ec", OUTSIDE)
        host.run(GLASSNET, "cni", "install")
        host.run("cp", f"{directory}/town.conflist", "/etc/cni/net.d/10-town.conflist")
        daemon = Containerd(host)
        try:
            yield daemon, daemon.load()
        finally:
            daemon.close()


def _run(name: str, image: str, *command: str) -> tuple[str, ...]:
    return ("run", "--rm", "--cni", "--snapshotter", "native", image, name, *command)


def test_a_container_reaches_another_the_host_and_the_outside(
    runtime: tuple[Containerd, str],
) -> None:
    daemon, image = runtime
    waiting = "ip -o -4 addr show eth0; exec httpd -f -h /www"
    server = daemon.start(*_run("server", image, "sh", "-c", waiting))
    assert server.stdout is not None
    address = server.stdout.readline().split()[3].partition("/")[0]
    assert address.startswith("10.88.0.")
    for target in (address, "10.88.0.1", "192.0.2.2"):
        said = daemon.ctr(*_run("client", image, "ping", "-c", "1", "-W", "2", target))
        assert "1 packets received" in said
    page = daemon.ctr(*_run("client", image, "wget", "-qO-", f"http://{address}/"))
    assert page.strip() == "hello from the container"
    daemon.ctr("tasks", "kill", "-s", "SIGKILL", "server")
    server.communicate()
    links = daemon.host.links()
    assert not any(name.startswith(("veth", "ifb")) for name in links)
    assert {"cni0", "uplink0"} <= links


def test_what_is_removed_gives_its_address_back(runtime: tuple[Containerd, str]) -> None:
    daemon, image = runtime
    seen = [
        daemon.ctr(*_run("one", image, "ip", "-o", "-4", "addr", "show", "eth0")) for _ in range(3)
    ]
    assert all("10.88.0." in one for one in seen)
    left = daemon.host.run(GLASSNET, "cni", "doctor", "--json", check=False).stdout
    assert "10.88.0." not in left


REFERENCE = Path("/usr/lib/cni")
PUBLISHED = {"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]}
LIMITS = {"egressRate": 800_000_000, "egressBurst": 8_000_000}
INTERNET = ("ip", "netns", "exec", "internet")
LEFT = """
nft list ruleset | grep -E 'CNI-DN-|glassnet:mixed/' || true
find /var/lib/cni/networks -name '10.89.0.*' || true
"""
"""Of an attachment's own; the reference's bridge leaves its rules where a namespace has died."""


def _chain(main: str, *behind: str) -> list[dict[str, Any]]:
    """A bridge and what is behind it; types of the reference's have names of their own."""
    theirs = main.startswith("reference-")
    pool = {"ranges": [[{"subnet": "10.89.0.0/24"}]]}
    keys: dict[str, dict[str, Any]] = {
        "bridge": {
            **{"bridge": "cni1", "isDefaultGateway": True, "ipMasq": True},
            "ipam": {"type": "reference-host-local" if theirs else "host-local", **pool},
        },
        "portmap": {"runtimeConfig": PUBLISHED},
        "bandwidth": LIMITS,
    }
    return [
        {"type": one, **keys.get(one.removeprefix("reference-"), {})} for one in (main, *behind)
    ]


MIXED = {
    "ours first": _chain(
        *("bridge", "reference-portmap", "reference-firewall", "reference-bandwidth"),
    ),
    "theirs first": _chain("reference-bridge", "portmap", "firewall", "bandwidth"),
}


@contextlib.contextmanager
def _running(daemon: Containerd, name: str, image: str, script: str) -> Iterator[Iterator[str]]:
    """A container that runs a script, until it is killed: the lines that it prints."""
    with daemon.start(*_run(name, image, "sh", "-c", script)) as running:
        assert running.stdout is not None
        try:
            yield iter(running.stdout)
        finally:
            daemon.ctr("tasks", "kill", "-s", "SIGKILL", name)
            running.communicate()


@pytest.fixture(params=list(MIXED.values()), ids=list(MIXED))
def mixed(
    request: pytest.FixtureRequest, runtime: tuple[Containerd, str]
) -> Iterator[tuple[Containerd, str]]:
    """The same with a network of a mixed chain, which comes before the other."""
    kept = runtime[0].host.directory
    for one in REFERENCE.iterdir():
        with contextlib.suppress(FileExistsError):
            (kept / "bin" / f"reference-{one.name}").symlink_to(one)
    conf = kept / "net.d" / "00-mixed.conflist"
    conf.write_text(json.dumps({**CONFLIST, "name": "mixed", "plugins": request.param}))
    yield runtime
    conf.unlink()


def test_libcni_drives_a_chain_of_ours_and_the_references(mixed: tuple[Containerd, str]) -> None:
    daemon, image = mixed
    host = daemon.host
    working = "ping -c 1 192.0.2.2 && httpd -h /www && ip -o -4 addr show eth0; exec sleep 600"
    with _running(daemon, "mixed", image, working) as lines:
        address = next(line for line in lines if "inet " in line).split()[3].partition("/")[0]
        assert address.startswith("10.89.0.")
        for netns, target in (
            (["ip", "netns", "exec", "internet"], "192.0.2.1:8080"),
            ([], address),
        ):
            fetch = ("busybox", "wget", "-qO-", f"http://{target}/")
            assert host.run(*netns, *fetch).stdout.strip() == "hello from the container"
        assert '"tbf"' in host.run("tc", "-j", "qdisc", "show").stdout
    assert not [name for name in host.links() if name.startswith(("veth", "ifb", "bwp"))]
    assert host.run("sh", "-c", LEFT).stdout == ""
    refused = host.run(*INTERNET, "busybox", "wget", "-qO-", "http://192.0.2.1:8080/", check=False)
    assert "Connection refused" in refused.stderr
