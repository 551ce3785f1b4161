"""Many workers on shared pools, each call a process of its own, some killed at a random moment.

Of the killed some are followed by their DEL, as a runtime does it, and some are left to GC, with
their namespace or without. After GC nothing of it is left, and no address was ever given twice.
``GLASSNET_LOAD`` says how many ADDs and DELs each of the eight workers does, 3 if it says nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

import glassnet.serve.verbs  # noqa: F401  before the processes fork, not in each
from glassnet.runtime.install import install
from glassnet.serve.main import run
from glassnet.testing.host import Host

TIMES: Final = int(os.environ.get("GLASSNET_LOAD") or 3)
WORKERS: Final = 8
KEPT: Final = 3
KILLED: Final = -signal.SIGKILL
pytestmark = [pytest.mark.kernel, pytest.mark.timeout(300 + TIMES * WORKERS)]

RATE: Final = {"ingressRate": 8_000_000, "ingressBurst": 800_000}
RATES: Final = RATE | {"egressRate": 8_000_000, "egressBurst": 800_000}
Conf = dict[str, Any]


def pools(number: int) -> Conf:
    """Small enough that addresses come round, and that those of the dead are wanted back."""
    subnets = (f"10.{number}.0.0/26", f"fd00:{number}::/122")
    ranges = [[{"subnet": one}] for one in subnets]
    routes = [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]
    return {"type": "host-local", "ranges": ranges, "routes": routes}


NETWORKS: Final[dict[str, Sequence[Conf]]] = {
    "chain": (
        {"type": "bridge", "isGateway": True, "ipMasq": True, "ipam": pools(1)},
        {"type": "portmap"},
        {"type": "bandwidth", **RATES},
    ),
    "single": ({"type": "glassnet", "mode": "routed", "bandwidth": RATE, "ipam": pools(2)},),
    "cable": ({"type": "ptp", "ipMasq": True, "ipam": pools(3)}, {"type": "tuning", "mtu": 1400}),
}


class Who(NamedTuple):
    """An attachment: of which network, of which container, with which port of the host's."""

    network: str
    container: str
    port: int


class Worker:
    """One of those that call: a runtime with a container at a time."""

    def __init__(self, number: int, path: str, log: Path, kills: float) -> None:
        self._number = number
        self._path = path
        self._log = log
        self._kills = kills
        self._chance = random.Random(number)
        self._netns = ""
        self._made = 0
        self._kept = 0
        self.deaths = 0

    def work(self, times: int) -> None:
        """ADD and DEL, so many times."""
        for turn in range(times):
            if not self._netns:
                self._new_netns()
            network = self._chance.choice(list(NETWORKS))
            port = 2000 + self._number * 1000 + turn
            self._one(Who(network, f"w{self._number}-{turn}", port))

    def _new_netns(self) -> None:
        self._netns = f"w{self._number}.{self._made}"
        self._made += 1
        _ip("netns", "add", self._netns)

    def _one(self, who: Who) -> None:
        result = self._add(who)
        if result is not None:
            with self._held(result):
                pass
        elif self._chance.random() < 0.1:
            self._leave()
            return
        while not self._delete(who, result):
            if self._chance.random() < 0.1:
                self._leave()
                return

    def _leave(self) -> None:
        """To GC; a few namespaces too, which keep their addresses, while the others end."""
        if self._kept < KEPT and self._chance.random() < 0.5:
            self._kept += 1
        else:
            _ip("netns", "del", self._netns)
        self._netns = ""

    def _add(self, who: Who) -> Conf | None:
        """What the chain's last plugin said, or None where one was killed."""
        result: Conf | None = None
        for conf in NETWORKS[who.network]:
            printed = self._call("ADD", who, conf, result)
            if printed is None:
                return None
            result = json.loads(printed)
        return result

    def _delete(self, who: Who, result: Conf | None) -> bool:
        confs = reversed(NETWORKS[who.network])
        calls = (self._call("DEL", who, conf, result) for conf in confs)
        return all(printed is not None for printed in calls)

    @contextlib.contextmanager
    def _held(self, result: Conf) -> Iterator[None]:
        """While an address is in use there is a file of its name, which cannot be made twice."""
        places = [self._log / one["address"].partition("/")[0] for one in result["ips"]]
        for place in places:
            os.close(os.open(place, os.O_CREAT | os.O_EXCL))
        yield
        for place in places:
            place.unlink()

    def _call(self, verb: str, who: Who, conf: Conf, prev: Conf | None) -> str | None:
        environment = {
            "CNI_COMMAND": verb,
            "CNI_CONTAINERID": who.container,
            "CNI_NETNS": f"/run/netns/{self._netns}",
            "CNI_IFNAME": "eth0",
            "CNI_PATH": self._path,
        }
        ports = [{"hostPort": who.port, "containerPort": 80}]
        whole = {"cniVersion": "1.1.0", "name": who.network, **conf}
        whole |= {"runtimeConfig": {"portMappings": ports}}
        whole |= {} if prev is None else {"prevResult": prev}
        code, printed = self._process(conf["type"], environment, json.dumps(whole).encode())
        assert code in {0, KILLED}, f"{verb} {environment} {whole}: {code} {printed}"
        self.deaths += code == KILLED
        return printed if code == 0 else None

    def _process(self, type_: str, environment: dict[str, str], stdin: bytes) -> tuple[int, str]:
        """The plugin in a process of its own, which may be killed: its exit code and output."""
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            out, code = run(type_, environment, stdin)
            os.write(writer, out.encode())
            os._exit(code)
        os.close(writer)
        if self._chance.random() < self._kills:
            time.sleep(self._chance.random() / 25)
            os.kill(pid, signal.SIGKILL)
        with os.fdopen(reader, encoding="utf-8") as answer:
            printed = answer.read()
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), printed


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def load(path: str, times: int, kills: float) -> int:
    """All workers at once: how many processes were killed. Called within a host."""
    log = Path(tempfile.mkdtemp(dir="/run"))
    pids: dict[int, int] = {}
    for number in range(WORKERS):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                worker = Worker(number, path, log, kills)
                worker.work(times)
                os.write(writer, str(worker.deaths).encode())
                code = 0
            except BaseException:  # noqa: BLE001  the child's end: said here, judged by the parent
                traceback.print_exc()
            os._exit(code)
        os.close(writer)
        pids[pid] = reader
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    assert codes == [0] * WORKERS
    with pytest.raises(ChildProcessError):  # no process is left
        os.waitpid(-1, os.WNOHANG)
    assert list(log.iterdir()) == []
    log.rmdir()
    return sum(int(os.read(reader, 20)) for reader in pids.values())


def collect(path: str) -> None:
    """GC of all networks: nothing is valid. Called within a host."""
    for network, confs in NETWORKS.items():
        for conf in confs:
            environment = {"CNI_COMMAND": "GC", "CNI_PATH": path}
            whole = {"cniVersion": "1.1.0", "name": network, **conf}
            whole["cni.dev/valid-attachments"] = []
            with contextlib.ExitStack() as opened:
                out, code = run(conf["type"], environment, json.dumps(whole).encode(), opened)
            assert (out, code) == ("", 0), out


def rows() -> dict[str, list[Any]]:
    """What the store has, but for what networks share."""
    import sqlite3

    with contextlib.closing(sqlite3.connect("/run/glassnet/state.db")) as db:
        tables = ("leases", "attachments", "pending")
        return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in tables}


def state(host: Host) -> dict[str, Any]:
    """All that could be left of it."""
    links = host.json("ip", "-j", "link", "show")
    within = "for name in $(ls /run/netns); do ip -n $name -o link show | cut -d: -f2; done"
    return {
        "links": sorted(one["ifname"] for one in links),
        "within": set(host.sh(within).split()) - {"lo"},
        # A bridge's carrier goes, once it has no port, when the kernel comes to it.
        "routes": host.sh("ip route show table all; ip -6 route show table all; ip rule").replace(
            " linkdown", ""
        ),
        "ruleset": host.run("nft", "list", "ruleset").stdout,
        "rows": host.call(rows),
        "files": host.sh("find /run/glassnet /var/lib/cni /run/cni 2>/dev/null || :").split(),
    }


@pytest.fixture
def bin_dir() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        install(Path(directory), daemon=False)
        yield directory


def test_after_a_storm_and_gc_nothing_is_left(bin_dir: str) -> None:
    with Host() as host:
        assert host.call(load, bin_dir, 2, 0.0) == 0
        host.sh("for name in $(ls /run/netns); do ip netns del $name; done")
        host.call(collect, bin_dir)
        before = state(host)
        assert before["rows"] == {"leases": [], "attachments": [], "pending": []}
        assert f"{WORKERS - 1}-1/eth0" not in before["ruleset"]
        deaths = host.call(load, bin_dir, TIMES, 0.2)
        assert deaths >= TIMES
        host.call(collect, bin_dir)
        assert state(host) == before
