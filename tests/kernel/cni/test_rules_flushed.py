"""Rules that somebody flushes: said by CHECK, put back by any call, by repair, by the watcher."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from calling import BRIDGE, CniHost
from walled_host import (
    FIREWALL,
    HOST,
    IPTABLES,
    OUT,
    POLICY,
    PORT,
    WALLED,
    foreign,
    serves,
    walled_host,
)

pytestmark = pytest.mark.kernel

GUARDED = ({**BRIDGE, "macspoofchk": True}, PORT, {**FIREWALL, "ingressPolicy": "isolated"})


@pytest.fixture
def host() -> Iterator[CniHost]:
    with walled_host(IPTABLES) as one:
        yield one


def ruleset(host: CniHost) -> str:
    """All of it, in an order of its own, without counters and handles."""
    listed = host.host.run("nft", "-s", "list", "ruleset").stdout
    return "\n".join(sorted(line.rstrip(", }") for line in listed.splitlines()))


@pytest.mark.parametrize("verb", ["ADD", "DEL", "GC", "STATUS"])
def test_any_call_puts_all_back(host: CniHost, verb: str) -> None:
    result = host.chain(GUARDED).out
    before = ruleset(host)
    host.host.sh("nft flush ruleset; " + IPTABLES)
    for conf, words in zip(GUARDED, ("guard of", "published port", "admission"), strict=True):
        told = host.call("CHECK", {**conf, "prevResult": result}).out
        assert words in f"{told['msg']} {told.get('details', '')}"
    loopback = {"type": "tuning", "name": "net", "prevResult": result}
    match verb:
        case "ADD":
            host.add(loopback)
        case "DEL":
            host.delete(loopback, "other")
        case "GC":
            host.collect([loopback], ("c0", "eth0"))
        case _:
            assert host.call("STATUS", loopback) == ({}, 0)
    assert ruleset(host) == before
    assert serves(host, "out", HOST, 8080)
    for conf in GUARDED:
        assert host.call("CHECK", {**conf, "prevResult": result}) == ({}, 0)


def test_repair_puts_back_what_is_lost_in_part(host: CniHost) -> None:
    host.chain(WALLED)
    whole = ruleset(host)
    host.host.sh(
        "nft flush map inet glassnet ports4; nft flush chain inet glassnet admitting;"
        "nft flush set inet glassnet admitted4"
    )
    done = host.host.glassnet("cni", "repair").stdout.splitlines()
    assert done == [
        "put back: nft table inet glassnet on the host",
        "put back: published port tcp 8080 to 10.1.0.2:80 on the host",
        "put back: admission of 10.1.0.2 on the host",
    ]
    assert ruleset(host) == whole
    assert host.host.glassnet("cni", "repair").stdout == "nothing is lost\n"


@contextlib.contextmanager
def watching(host: CniHost) -> Iterator[subprocess.Popen[str]]:
    """The watcher, once it watches."""
    one = host.host.start(sys.executable, "-u", "-m", "glassnet", "cni", "watch")
    try:
        until(one, "watching")
        yield one
    finally:
        one.kill()
        one.communicate()


def until(watcher: subprocess.Popen[str], words: str) -> float:
    """Wait for a line of it; how many seconds that took."""
    begin = time.monotonic()
    assert watcher.stdout is not None
    while True:
        line = watcher.stdout.readline()
        assert line, watcher.stderr.read() if watcher.stderr else ""
        if line.startswith(words):
            return time.monotonic() - begin


def test_the_watcher_puts_back_at_once(
    host: CniHost, record_property: Callable[[str, object], None]
) -> None:
    host.chain(WALLED)
    before = ruleset(host)
    with watching(host) as watcher:
        host.host.sh("nft flush ruleset")
        took = until(watcher, "put back: admission of fd00:1::2")
        assert serves(host, "out", HOST, 8080)
        host.host.sh(f"set -e; {IPTABLES}")
        until(watcher, "put back: gate in chain ip6 filter FORWARD")
        assert ruleset(host) == before
        host.host.sh("nft flush map inet glassnet ports4")
        until(watcher, "put back: published port tcp 8080")
        host.host.sh(POLICY)  # a firewall that comes later
        until(watcher, "put back: gate in chain inet mine forward")
        assert host.reaches("c0", OUT)
        assert serves(host, "out", HOST, 8080)
        host.unchain(WALLED, None)
    record_property("seconds until the rules were back", took)
    assert not [one for one in foreign(host) if "GLASSNET" in str(one)]
    assert host.left() == {}
