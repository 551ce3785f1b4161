"""host-local at work: beside the reference's files, after deaths, and under many hands."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from calling import BRIDGE, CniHost, bare, cni_host, ipam

from glassnet.serve.main import run

pytestmark = pytest.mark.kernel

DIRECTORY: Final = "/run/reference"
OLD, LIVE = r"old\r\neth0", r"live\r\neth0"
"""What the reference writes: who has it."""

SMALL: Final[dict[str, Any]] = {
    "type": "host-local",
    **ipam("10.1.0.0/29", routes=[], dataDir=DIRECTORY),
}
PROCESSES, TIMES = 8, 60


@pytest.fixture
def host() -> Iterator[CniHost]:
    with cni_host() as it:
        yield it


def leased(host: CniHost, *args: str, **more: str) -> list[str]:
    return host.add(SMALL, *args, **more).addresses


def file(address: str, text: str) -> str:
    return f"printf '{text}' > {DIRECTORY}/net/{address}"


def test_addresses_in_turn(host: CniHost) -> None:
    assert leased(host, "c0") == ["10.1.0.2"]
    assert leased(host, "c1") == ["10.1.0.3"]
    host.delete(SMALL, "c0")
    assert leased(host, "c0") == ["10.1.0.4"]
    assert leased(host, "c0", "eth1") == ["10.1.0.5"]
    assert leased(host, "c1", "eth1") == ["10.1.0.6"]
    assert leased(host, "c1", "eth2") == ["10.1.0.2"]


def test_the_result_has_no_interfaces(host: CniHost) -> None:
    assert host.add(SMALL).out == {
        "cniVersion": "1.1.0",
        "ips": [{"address": "10.1.0.2/29", "gateway": "10.1.0.1"}],
    }


def test_what_the_reference_has_given_is_honoured(host: CniHost) -> None:
    host.host.sh(
        f"mkdir -p {DIRECTORY}/net; {file('10.1.0.2', OLD)}; "
        f"{file('10.1.0.3', 'older')}; {file('last_reserved_ip.0', '10.1.0.3')}; "
        f"{file('lock', '')}; {file('no-address', 'x')}"
    )
    assert leased(host, "c0") == ["10.1.0.4"]
    wanted = host.call("ADD", SMALL, "c1", CNI_ARGS="IP=10.1.0.2")
    assert wanted.error == (
        999,
        "failed to allocate for range 0: requested IP address 10.1.0.2 is not available in range "
        "set 10.1.0.1-10.1.0.6",
    )
    host.delete(SMALL, "old")
    host.delete(SMALL, "older", "eth7")
    assert host.host.sh(f"ls {DIRECTORY}/net").split() == [
        "last_reserved_ip.0",
        "lock",
        "no-address",
    ]
    assert leased(host, "c1", CNI_ARGS="IP=10.1.0.2") == ["10.1.0.2"]


def test_gc_gives_back_the_references_too(host: CniHost) -> None:
    host.host.sh(f"mkdir -p {DIRECTORY}/net; {file('10.1.0.2', OLD)}; {file('10.1.0.3', LIVE)}")
    leased(host, "c0")
    leased(host, "c1")
    host.collect([SMALL], ("live", "eth0"), ("c1", "eth0"))
    assert host.host.sh(f"ls {DIRECTORY}/net").split() == ["10.1.0.3"]
    assert [row[2] for row in host.rows("SELECT * FROM leases")] == ["c1"]


def test_the_dead_give_back_once_the_pool_is_used_up(host: CniHost) -> None:
    host.host.sh("ip netns add d0; ip netns add d1")
    for number in range(4):
        leased(host, f"d{number % 2}", f"eth{number}")
    assert leased(host, "c0") == ["10.1.0.6"]
    assert host.call("ADD", SMALL, "c1").code == 1
    host.host.sh("ip netns del d0")
    assert leased(host, "c1") == ["10.1.0.2"]
    assert leased(host, "c1", "eth1") == ["10.1.0.4"]
    held = {row[2] for row in host.rows("SELECT * FROM leases")}
    assert held == {"d1", "c0", "c1"}


def test_a_namespace_of_the_same_name_is_another(host: CniHost) -> None:
    host.host.sh("ip netns add d0")
    assert leased(host, "d0", CNI_ARGS="IP=10.1.0.5") == ["10.1.0.5"]
    host.host.sh("ip netns del d0; ip netns add spare; ip netns add d0")
    assert leased(host, "c0", CNI_ARGS="IP=10.1.0.5") == ["10.1.0.5"]


def test_what_is_wanted(host: CniHost) -> None:
    for args, words in (
        (
            "IP=10.1.0.1",
            "failed to allocate for range 0: requested ip 10.1.0.1 is subnet's gateway",
        ),
        ("IP=10.9.0.1", "failed to allocate all requested IPs: 10.9.0.1"),
    ):
        assert host.call("ADD", SMALL, CNI_ARGS=args).error == (999, words)
    assert host.rows("SELECT * FROM leases") == []
    both = {
        **SMALL,
        "ipam": {
            **SMALL["ipam"],
            "ranges": [[{"subnet": "10.1.0.0/29"}], [{"subnet": "fd00::/64"}]],
        },
    }
    conf = {**both, "args": {"cni": {"ips": ["fd00::77"]}}}
    assert host.add(conf).addresses == ["10.1.0.2", "fd00::77"]


def test_check(host: CniHost) -> None:
    result = leased(host) and {"ips": [{"address": "10.1.0.2/29"}]}
    assert host.call("CHECK", {**SMALL, "prevResult": result}) == ({}, 0)
    other = {"ips": [{"address": "10.1.0.5/29"}]}
    assert host.call("CHECK", {**SMALL, "prevResult": other}).error == (
        999,
        "host-local: 10.1.0.5 is not leased to c0",
    )
    assert host.call("CHECK", SMALL, "c1").error == (
        999,
        "host-local: failed to find address added by container c1",
    )


def test_resolv_conf(host: CniHost) -> None:
    host.host.sh("printf 'nameserver 10.0.0.9\\nsearch a.org\\n' > /run/resolv.conf")
    conf = {**SMALL, "ipam": {**SMALL["ipam"], "resolvConf": "/run/resolv.conf"}}
    assert host.add(conf).out["dns"] == {"nameservers": ["10.0.0.9"], "search": ["a.org"]}
    missing = {**SMALL, "ipam": {**SMALL["ipam"], "resolvConf": "/run/none"}}
    assert host.call("ADD", missing, "c1").error == (
        5,
        "resolvConf /run/none: No such file or directory",
    )


@pytest.mark.parametrize(
    "ipam_",
    [
        None,
        {},
        {"type": 5},
        {"type": "host-local"},
        {"type": "host-local", "ranges": 7},
        {"type": "gone"},
    ],
)
def test_a_configuration_that_cannot_be_read_any_more_keeps_no_address(
    host: CniHost, ipam_: Any
) -> None:
    host.add(BRIDGE)
    broken = {**BRIDGE, "mtu": "x", "ipam": ipam_}
    ended = host.call("DEL", broken)
    if ipam_ == {"type": "gone"}:
        assert "failed to find plugin" in ended.error[1]
    else:
        assert ended == ({}, 0)
    assert host.left() == {}


def test_plugins_behind_another_keep_its_addresses(host: CniHost) -> None:
    host.add(BRIDGE)
    for type_ in ("portmap", "tuning", "bandwidth", "firewall"):
        host.delete({"type": type_})
    assert len(host.rows("SELECT * FROM leases")) == 2


def _call(verb: str, container: str, ifname: str, conf: dict[str, Any], path: str) -> str:
    environment = {
        "CNI_COMMAND": verb,
        "CNI_CONTAINERID": container,
        "CNI_NETNS": "/run/netns/c0",
        "CNI_IFNAME": ifname,
        "CNI_PATH": path,
    }
    whole = {"cniVersion": "1.1.0", "name": "net", **conf}
    with contextlib.ExitStack() as opened:
        out, code = run(conf["type"], environment, json.dumps(whole).encode(), opened)
    assert code == 0, out
    return out


def hammer(number: int, conf: dict[str, Any], path: str, log: str) -> None:
    """Take and give back, each address noted while it is held: a file that must not be there."""
    for turn in range(TIMES):
        container = f"p{number}-{turn}"
        out = _call("ADD", container, "eth0", conf, path)
        address = json.loads(out)["ips"][0]["address"].partition("/")[0]
        place = Path(log, address)
        fd = os.open(place, os.O_CREAT | os.O_EXCL)
        os.close(fd)
        place.unlink()
        _call("DEL", container, "eth0", conf, path)


def storm(conf: dict[str, Any], path: str, log: str, kill: bool) -> int:
    """So many processes at once, some of which are killed at a random moment: how many were."""
    Path(log).mkdir()
    pids: list[int] = []
    for number in range(PROCESSES):
        pid = os.fork()
        if pid == 0:
            code = 1
            with contextlib.suppress(BaseException):
                hammer(number, conf, path, log)
                code = 0
            os._exit(code)
        pids.append(pid)
    chance = random.Random(7)
    for pid in pids[::2] if kill else ():
        time.sleep(chance.random() / 50)
        os.kill(pid, signal.SIGKILL)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    assert set(codes) <= {0, -signal.SIGKILL}, codes
    return codes.count(-signal.SIGKILL)


@pytest.mark.parametrize("kill", [False, True], ids=["all live", "some are killed"])
def test_no_address_is_given_twice(host: CniHost, kill: bool) -> None:
    conf = {"type": "host-local", **ipam("10.1.0.0/28", routes=[])}
    dead = host.host.call(storm, conf, str(host.bin), "/run/held", kill)
    assert (dead > 0) == kill
    assert len(host.rows("SELECT * FROM leases")) <= dead
    host.collect([conf])
    assert host.rows("SELECT * FROM leases") == []
    assert host.host.call(bare, "host-local", host.environment("DEL"), b'{"name": "net"}')[1] == 0
