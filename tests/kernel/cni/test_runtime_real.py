"""Our own plugins by a runtime in a private host: executed, in process, beside foreign ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from runtime_scripts import Scripts

from glassnet.cni import Runtime
from glassnet.cni.failed import ChainFailed, PluginFailed
from glassnet.cni.result import Result
from glassnet.runtime import AsyncRuntime
from glassnet.runtime.install import install
from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

BRIDGE: dict[str, Any] = {
    "type": "bridge",
    "bridge": "cni7",
    "isGateway": True,
    "ipMasq": True,
    "ipam": {
        "type": "host-local",
        "ranges": [[{"subnet": "10.7.0.0/29"}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    },
}
LOOPBACK = {"type": "loopback"}
FOREIGN = {"type": "foreign"}
PASSING = "prev = conf.get('prevResult')\nif verb == 'ADD' and prev is not None:\n    {}"
"""The body of a foreign plugin that passes the result on as it got it."""


class Place:
    """A host with a runtime's directories, and namespaces to attach."""

    def __init__(self, host: Host, root: Path, *, inside: bool) -> None:
        self.host = host
        self.inside = inside
        self.scripts = Scripts(root)
        self.scripts.plugin("foreign", PASSING.format("print(json.dumps(prev)); sys.exit(0)"))
        install(self.scripts.bin, ("bridge", "loopback", "host-local"), daemon=False)
        host.sh("ip netns add blue; ip netns add red")

    def network(self, *plugins: dict[str, Any], **keys: Any) -> None:
        self.scripts.network(*plugins, **keys)

    def call(self, verb: str, *args: Any, **kwargs: Any) -> Any:
        """Call a verb in the host, in a process of its own."""
        return self.host.call(self._call, verb, args, kwargs)

    def _call(self, verb: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        runtime = self.scripts.runtime(Runtime, in_process=self.inside)
        return getattr(runtime, verb)(*args, **kwargs)

    def addresses(self, netns: str) -> list[str]:
        """The IPv4 addresses of eth0 there; none if there is no such interface."""
        done = self.host.run("ip", "-j", "-n", netns, "addr", check=False)
        links = [one for one in json.loads(done.stdout) if one["ifname"] == "eth0"]
        return [a["local"] for link in links for a in link["addr_info"] if a["family"] == "inet"]

    def seen(self) -> str:
        """Links, IPv4 addresses and routes everywhere, and nft's rules: what has no clock."""
        script = "; ".join(
            f"ip {where} -4 -br addr; ip {where} -br link | cut -d' ' -f1; ip {where} route"
            for where in ("", "-n blue", "-n red")
        )
        return self.host.sh(f"{script}; nft list ruleset")


@pytest.fixture(params=["executed", "in process"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with Host() as host:
        yield Place(host, tmp_path, inside=request.param == "in process")


@pytest.mark.parametrize(
    "chain",
    [
        [BRIDGE],
        [LOOPBACK, BRIDGE],
        [BRIDGE, FOREIGN],
        [FOREIGN, BRIDGE],
        [LOOPBACK, FOREIGN, BRIDGE, FOREIGN],
    ],
    ids=lambda chain: "-".join(one["type"] for one in chain),
)
def test_a_life(place: Place, chain: list[dict[str, Any]]) -> None:
    place.network(*chain)
    result: Result = place.call("add", "net", "c1", "/run/netns/blue")
    assert [str(ip.address) for ip in result.ips if ip.address.version == 4][-1] == "10.7.0.2/29"
    assert place.addresses("blue") == ["10.7.0.2"]
    place.host.glassnet("ping", "blue", "10.7.0.1", "--count", "1", "--timeout", "5")
    place.call("check", "net", "c1")
    place.call("status", "net")
    place.call("gc", "net", [("c1", "eth0")])
    assert place.addresses("blue") == ["10.7.0.2"]
    place.call("delete", "net", "c1")
    assert place.addresses("blue") == []
    place.call("delete", "net", "c1")


def test_two_containers_reach_each_other(place: Place) -> None:
    place.network(BRIDGE)
    for container, netns in (("c1", "blue"), ("c2", "red")):
        place.call("add", "net", container, f"/run/netns/{netns}")
    place.host.glassnet("ping", "blue", "10.7.0.3", "--count", "1", "--timeout", "5")


def test_a_failed_add_leaves_the_host_as_it_was(place: Place) -> None:
    place.network(BRIDGE)
    place.call("add", "net", "c1", "/run/netns/blue")  # what all share stands now
    before = place.seen()
    error = {"code": 101, "msg": "no"}
    place.network(BRIDGE, {**FOREIGN, "fail": {"ADD": error}})
    place.scripts.plugin("foreign")
    with pytest.raises(PluginFailed, match=r'type="foreign" name="net" failed \(add\): no'):
        place.call("add", "net", "c2", "/run/netns/red")
    assert place.seen() == before
    place.network(BRIDGE)
    result = place.call("add", "net", "c2", "/run/netns/red")
    assert str(result.ips[0].address).startswith("10.7.0.")


def test_check_tells_what_differs(place: Place) -> None:
    place.network(LOOPBACK, BRIDGE)
    place.call("add", "net", "c1", "/run/netns/blue")
    place.host.sh("ip -n blue addr del 10.7.0.2/29 dev eth0; ip -n blue link set lo down")
    with pytest.raises(ChainFailed) as failed:
        place.call("check", "net", "c1")
    assert [one.type for one in failed.value.failures] == ["loopback", "bridge"]  # type: ignore[attr-defined]
    assert "10.7.0.2" in str(failed.value)


def test_gc_takes_away_what_no_runtime_knows_of(place: Place) -> None:
    place.network(BRIDGE)
    for container, netns in (("c1", "blue"), ("c2", "red")):
        place.call("add", "net", container, f"/run/netns/{netns}")
    (place.scripts.cache / "results" / "net-c2-eth0").unlink()  # a cache that was lost
    place.call("gc", "net", [("c1", "eth0")])
    assert place.addresses("blue") == ["10.7.0.2"]
    assert place.addresses("red") == []


def test_gc_gives_back_what_a_vanished_namespace_held(place: Place) -> None:
    place.network(BRIDGE)
    place.call("add", "net", "c1", "/run/netns/blue")
    place.host.sh("ip netns del blue")
    place.call("gc", "net", [("c9", "eth0")])
    assert place.call("attachments") == []
    place.host.sh("ip netns add blue")
    for container in ("c1", "c2", "c3", "c4", "c5"):
        place.host.sh(f"ip netns add {container}")
        place.call("add", "net", container, f"/run/netns/{container}")


RENEWED = """
touch /run/netns/kept
mount --bind /run/netns/blue /run/netns/kept  # its number may not be given to the next
ip netns del blue
ip netns add blue
"""


def test_a_namespace_made_anew_under_its_name_is_attached_anew(place: Place) -> None:
    place.network(BRIDGE)
    place.call("add", "net", "c1", "/run/netns/blue")
    place.host.sh(RENEWED)
    result = place.call("add", "net", "c1", "/run/netns/blue")
    assert place.addresses("blue") == [str(result.ips[0].address.address)]
    place.call("check", "net", "c1")


@pytest.mark.parametrize("verb", ["delete", "gc"])
def test_what_has_the_path_of_the_dead_keeps_its_interface(place: Place, verb: str) -> None:
    place.network(BRIDGE)
    place.call("add", "net", "c1", "/run/netns/blue")
    place.host.sh(RENEWED)
    place.call("add", "net", "c2", "/run/netns/blue")
    (there,) = place.addresses("blue")
    if verb == "gc":
        place.call("gc", "net", [("c2", "eth0")])
    else:
        place.call("delete", "net", "c1", "/run/netns/blue")
    assert place.addresses("blue") == [there]
    assert [one.entry.key.container for one in place.call("attachments")] == ["c2"]
    place.call("check", "net", "c2")


def test_status_says_that_no_address_is_left(place: Place) -> None:
    place.network(BRIDGE)
    for number in range(5):
        place.host.sh(f"ip netns add n{number}")
        place.call("add", "net", f"c{number}", f"/run/netns/n{number}")
    with pytest.raises(PluginFailed, match="no IP addresses available") as failed:
        place.call("status", "net")
    assert failed.value.code == 50
    with pytest.raises(PluginFailed, match="no IP addresses available"):
        place.call("add", "net", "c9", "/run/netns/blue")
    assert place.addresses("blue") == []


def test_every_version_of_the_specification(place: Place) -> None:
    for version in ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"):
        place.network(BRIDGE, FOREIGN, cniVersion=version)
        result = place.call("add", "net", "c1", "/run/netns/blue")
        assert str(result.ips[0].address).startswith("10.7.0."), version
        entry = place.call("attachment", "net", "c1").entry
        assert json.loads(entry.result)["cniVersion"] == version
        place.call("delete", "net", "c1")
        assert place.addresses("blue") == []


def test_a_foreign_plugin_of_our_name_is_executed(place: Place) -> None:
    place.scripts.plugin("loopback")
    place.network(LOOPBACK)
    place.call("add", "net", "c1", "/run/netns/blue")
    assert place.scripts.verbs == ["ADD loopback"]


def test_ours_in_process_are_no_processes_and_close_what_they_open(tmp_path: Path) -> None:
    with Host() as host:
        place = Place(host, tmp_path, inside=True)
        place.network(LOOPBACK, BRIDGE)
        for one in ("loopback", "bridge", "host-local"):  # ours by their mark, and not to be run
            (place.scripts.bin / one).write_text("#!/bin/false\n# glassnet.serve.main\n")
        assert host.call(_lives, place.scripts, 3) == 0


def _lives(scripts: Scripts, count: int) -> int:
    """How many more descriptors are open after some lives than after the first."""
    runtime = Runtime(
        conf_dir=scripts.conf, path=(scripts.bin,), cache_dir=scripts.cache, in_process=True
    )
    opened: list[int] = []
    for _ in range(count):
        runtime.add("net", "c1", "/run/netns/blue")
        runtime.check("net", "c1")
        runtime.delete("net", "c1")
        opened.append(len(list(Path("/proc/self/fd").iterdir())))
    return opened[-1] - opened[0]


@pytest.mark.parametrize("inside", [False, True])
def test_many_at_once_in_asyncio(tmp_path: Path, inside: bool) -> None:
    with Host() as host:
        place = Place(host, tmp_path, inside=inside)
        place.network({**BRIDGE, "ipam": {"type": "host-local", "subnet": "10.7.0.0/24"}}, FOREIGN)
        host.sh("for n in 0 1 2 3 4 5; do ip netns add n$n; done")
        addresses = host.call(_many, place.scripts, inside, 6)
        assert len(set(addresses)) == 6
        assert place.call("attachments") == []


def _many(scripts: Scripts, inside: bool, count: int) -> list[str]:
    async def main() -> list[str]:
        runtime = AsyncRuntime(
            conf_dir=scripts.conf, path=(scripts.bin,), cache_dir=scripts.cache, in_process=inside
        )
        results = await asyncio.gather(
            *(runtime.add("net", f"c{n}", f"/run/netns/n{n}") for n in range(count))
        )
        await asyncio.gather(*(runtime.delete("net", f"c{n}") for n in range(count)))
        return [str(result.ips[0].address) for result in results]

    return asyncio.run(main())
