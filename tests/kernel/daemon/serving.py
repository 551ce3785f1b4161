"""A private host with a daemon, and plugins that a runtime would execute."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from glassnet.runtime.client import PROGRAM
from glassnet.runtime.install import install
from glassnet.testing.host import GLASSNET, Host

SOCKET: Final = "/run/glassnet/daemon.sock"
CONF: Final[Mapping[str, Any]] = {
    "cniVersion": "1.1.0",
    "name": "net",
    "type": "glassnet",
    "bridge": "gn0",
    "isGateway": True,
    "ipMasq": True,
    "ports": True,
    "firewall": {},
    "bandwidth": {"ingressRate": 80_000_000, "ingressBurst": 1_000_000},
    "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.7.0.0/22"}]]},
}
NOTHING: Final[Mapping[str, str]] = {}
BY_HAND: Final = {"GLASSNET_DAEMON": "no"}

needs_client = pytest.mark.skipif(not PROGRAM.exists(), reason="there was no C compiler")


class Ended(NamedTuple):
    """How a call ended."""

    out: dict[str, Any]
    code: int

    @property
    def address(self) -> str:
        """The address that an ADD gave."""
        assert self.code == 0, self.out
        return str(self.out["ips"][0]["address"])


class Served:
    """Namespaces ``c0``, ``c1``…; ``daemon`` is its process, or None."""

    def __init__(self, host: Host, bin_dir: Path, count: int) -> None:
        self.host = host
        self.bin = bin_dir
        self.daemon: subprocess.Popen[str] | None = None
        # Link-local addresses come some time after their links, and of random MACs.
        off = "echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode"
        host.sh(off)
        names = " ".join(f"c{number}" for number in range(count))
        host.sh(f"for n in {names}; do ip netns add $n; ip netns exec $n sh -c '{off}'; done")

    def start(self, **env: str) -> None:
        """Start the daemon, and wait until it answers."""
        self.daemon = self.host.start(*GLASSNET, "daemon", "run", env=env)
        self.wait()

    def wait(self) -> None:
        """Wait until a daemon listens."""
        self.host.call(_wait_until_it_listens)

    def kill(self, number: int = signal.SIGKILL) -> int:
        """End the daemon; how it ended."""
        if self.daemon is None:
            return 0
        self.daemon.send_signal(number)
        _, errors = self.daemon.communicate(timeout=60)
        assert "Traceback" not in errors, errors
        code, self.daemon = self.daemon.returncode, None
        return code

    def call(
        self,
        verb: str,
        number: int = 0,
        conf: Mapping[str, Any] = CONF,
        env: Mapping[str, str] = NOTHING,
    ) -> Ended:
        """One call, as a runtime makes it."""
        ports = [{"hostPort": 8000 + number, "containerPort": 80, "protocol": "tcp"}]
        stdin = json.dumps({**conf, "runtimeConfig": {"portMappings": ports}})
        environment = {
            "CNI_COMMAND": verb,
            "CNI_CONTAINERID": f"c{number}",
            "CNI_NETNS": f"/run/netns/c{number}",
            "CNI_IFNAME": "eth0",
            "CNI_PATH": str(self.bin),
            "GLASSNET_DAEMON": "",
            **env,
        }
        path = str(self.bin / str(conf["type"]))
        done = self.host.run(path, stdin=stdin, env=environment, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return Ended(json.loads(done.stdout) if done.stdout else {}, done.returncode)

    def several(self, verb: str, numbers: range, width: int = 32) -> list[Ended]:
        """Many at once."""
        with ThreadPoolExecutor(width) as threads:
            return list(threads.map(lambda number: self.call(verb, number), numbers))

    def status(self) -> dict[str, Any]:
        """What the daemon says of itself."""
        found: dict[str, Any] = self.host.json(*GLASSNET, "daemon", "status", "--json")
        return found

    def counted(self) -> dict[tuple[str, str], int]:
        """How many calls it has served, by verb and outcome."""
        return {(one["verb"], one["outcome"]): one["count"] for one in self.status()["calls"]}

    def left(self) -> dict[str, list[Any]]:
        """All that containers could leave behind."""
        links = self.host.json("ip", "-j", "link", "show")
        found = {
            "links": [one["ifname"] for one in links if one["ifname"][:3] in {"vet", "ifb"}],
            "rows": self.host.call(_rows),
            "ports": [
                line
                for line in self.host.run("nft", "list", "ruleset").stdout.splitlines()
                if "glassnet:net/" in line
            ],
        }
        return {name: value for name, value in found.items() if value}


def _rows() -> list[Any]:
    import sqlite3

    with contextlib.closing(sqlite3.connect("file:/run/glassnet/state.db?mode=ro", uri=True)) as db:
        return [
            *db.execute("SELECT name FROM attachments"),
            *db.execute("SELECT address FROM leases"),
        ]


def _wait_until_it_listens() -> None:
    """The directory tells of the socket, and the socket of who listens."""
    while True:
        with socket.socket(socket.AF_UNIX) as sock:
            try:
                sock.connect(SOCKET)
            except (FileNotFoundError, ConnectionRefusedError):
                subprocess.run(["sleep", "0.02"], check=True)
            else:
                return


@contextlib.contextmanager
def served(count: int = 1, start: bool = True, daemon: bool = True) -> Iterator[Served]:
    """A host in which plugins are installed."""
    with Host() as host, tempfile.TemporaryDirectory() as directory:
        install(Path(directory), daemon=daemon)
        it = Served(host, Path(directory), count)
        try:
            if start:
                it.start()
            yield it
        finally:
            it.kill()
