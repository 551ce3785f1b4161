"""podman on glassnet's plugins: its own networks, ports, several networks, fixed addresses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from roothost import BOX, GLASSNET, RootHost, missing, podman

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]

CONF = """
[network]
network_backend = "cni"
cni_plugin_dirs = ["/opt/cni/bin"]
network_config_dir = "/etc/cni/net.d"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
"""
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")


class Podman:
    """podman on a host."""

    def __init__(self, host: RootHost) -> None:
        self.host = host
        self._conf = host.directory / "containers.conf"
        self._conf.write_text(CONF)

    def __call__(self, *words: str, check: bool = True) -> str:
        command = podman(self.host, *words)
        return self.host.run(*command, check=check, CONTAINERS_CONF=str(self._conf)).stdout.strip()

    def run(self, *words: str) -> str:
        """``podman run`` with limits that a container may set."""
        return self("run", *LIMITS, *words)


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    directory: Path = tmp_path_factory.mktemp("podman")
    with RootHost(directory) as host:
        host.run(GLASSNET, "cni", "install")
        it = Podman(host)
        it("import", str(host.root_filesystem()), BOX)
        it("network", "create", "--subnet", "10.90.0.0/24", "one")
        it("network", "create", "--subnet", "10.91.0.0/24", "two")
        yield it


def test_a_published_port_answers_and_removal_leaves_nothing(runtime: Podman) -> None:
    host = runtime.host
    page = "hello from the container"
    runtime.run(
        *("-d", "--name", "web", "--network", "one", "-p", "8080:80"),
        *(BOX, "httpd", "-f", "-h", "/www"),
    )
    address = runtime("inspect", "web", "--format", "{{.NetworkSettings.Networks.one.IPAddress}}")
    assert host.run("busybox", "wget", "-qO-", "http://127.0.0.1:8080/").stdout.strip() == page
    assert host.run("busybox", "wget", "-qO-", f"http://{address}/").stdout.strip() == page
    other = runtime.run("--rm", "--network", "one", BOX, "wget", "-qO-", f"http://{address}/")
    assert other == page
    assert f"{address} . 80" in host.elements()
    runtime("rm", "-f", "-t", "0", "web")
    assert not any(name.startswith("veth") for name in host.links())
    assert host.elements() == ""
    assert not list((host.directory / "cni").glob("networks/*/10.*"))


def test_a_fixed_address_and_mac(runtime: Podman) -> None:
    shown = runtime.run(
        *("--rm", "--network", "one", "--ip", "10.90.0.77"),
        *("--mac-address", "02:00:00:00:00:77", BOX, "ip", "-o", "addr", "show", "eth0"),
    )
    assert "10.90.0.77/24" in shown
    link = runtime.run(
        *("--rm", "--network", "one", "--mac-address", "02:00:00:00:00:77"),
        *(BOX, "ip", "-o", "link", "show", "eth0"),
    )
    assert "02:00:00:00:00:77" in link


def test_two_networks_are_two_interfaces(runtime: Podman) -> None:
    shown = runtime.run("--rm", "--network", "one,two", BOX, "ip", "-o", "-4", "addr")
    assert "10.90.0." in shown
    assert "10.91.0." in shown
    assert "eth0" in shown
    assert "eth1" in shown


def test_the_network_stands_in_glassnets_own_list(runtime: Podman) -> None:
    runtime.run("--rm", "--network", "one", BOX, "ip", "addr")
    networks = json.loads(runtime.host.run(GLASSNET, "ls", "--json").stdout)
    assert "cni:one" in {one["name"] for one in networks}
    assert runtime.host.run(GLASSNET, "check", "cni:one").returncode == 0
