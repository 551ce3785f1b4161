"""firewall where firewalld runs: the real one, on a bus of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from calling import BRIDGE, CniHost
from test_rules_flushed import until, watching
from walled_host import FIREWALL, HOST, OUT, OUT6, PORT, WALLED, serves, walled_host

from glassnet.testing.firewalld import START, STOP

pytestmark = pytest.mark.kernel

NAMED = {**FIREWALL, "firewalldZone": "internal", "backend": "firewalld"}


@pytest.fixture
def host() -> Iterator[CniHost]:
    with walled_host(START) as one:
        try:
            yield one
        finally:
            one.host.sh(STOP, check=False)


def sources(host: CniHost, zone: str = "trusted") -> list[str]:
    return host.host.run("firewall-cmd", f"--zone={zone}", "--list-sources").stdout.split()


def test_addresses_are_sources_of_a_zone_while_they_are_there(host: CniHost) -> None:
    plain = host.chain((BRIDGE, PORT)).out
    assert not host.reaches("c0", OUT)
    host.unchain((BRIDGE, PORT), plain)
    other = (BRIDGE, {**FIREWALL, "backend": "iptables"})
    host.unchain(other, host.chain(other, "c1").out, "c1")
    assert sources(host) == []
    result = host.chain(WALLED).out
    address, address6 = (one["address"].partition("/")[0] for one in result["ips"])
    assert sources(host) == [f"{address}/32", f"{address6}/128"]
    assert host.reaches("c0", OUT)
    assert host.reaches("c0", OUT6)
    assert serves(host, "out", HOST, 8080)
    assert not host.reaches("out", address)
    checked = {**FIREWALL, "prevResult": result}
    assert host.call("CHECK", checked) == ({}, 0)
    host.host.sh("firewall-cmd --quiet --reload")
    assert not host.reaches("c0", OUT)
    ended = host.call("CHECK", checked)
    assert ended.error[1].startswith(f"source {address}/32 of firewalld's zone trusted: wanted")
    host.collect([FIREWALL], ("c0", "eth0"))  # any call puts it back
    assert host.call("CHECK", checked) == ({}, 0)
    with watching(host) as watcher:
        host.host.sh("firewall-cmd --quiet --reload")
        until(watcher, f"put back: source {address6}/128 of firewalld's zone trusted")
        assert host.reaches("c0", OUT)
    host.unchain(WALLED, result)
    assert sources(host) == []


def test_the_zone_is_named_and_a_bad_one_refused(host: CniHost) -> None:
    chain = (BRIDGE, NAMED)
    result = host.chain(chain).out
    assert len(sources(host, "internal")) == 2
    host.unchain(chain, result)
    assert sources(host, "internal") == []
    added = host.add(BRIDGE).out
    bad = {**NAMED, "firewalldZone": "nowhere", "prevResult": added}
    code, message = host.call("ADD", bad).error
    assert code == 999
    assert "INVALID_ZONE: nowhere" in message
    assert host.elements() == []
    host.unchain((BRIDGE,), added)


def test_without_firewalld_it_is_asked_for_in_vain(host: CniHost) -> None:
    result = host.chain(WALLED).out
    host.host.sh(STOP)
    asked = {**NAMED, "prevResult": result}
    assert host.call("ADD", asked, "c1").error == (11, "firewalld does not run")
    host.unchain(WALLED, result)
    assert host.left() == {}
