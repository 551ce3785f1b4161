"""What somebody else has put where ours is, or is to be: refused, or left, not overwritten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cli_host import Quick, answer, example, unchanged
from test_cli_bare import hidden, library, places

from glassnet.testing import oracle
from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel


@pytest.fixture
def host() -> Iterator[Quick]:
    with Quick() as it:
        yield it


def test_nft_missing_for_a_namespace_yet_to_be_made() -> None:
    with Host() as host:
        before = oracle.look(host)
        with hidden(host, *places("nft"), library()):
            code, said = answer(host.glassnet("up", example("dual-stack"), check=False))
        assert code == 2, said
        assert "there is no libnftables" in said
        unchanged(host, before)


def test_an_ipv6_address_of_another_length_is_left(host: Quick) -> None:
    host.glassnet("up", example("article"))
    host.sh(
        "ip -n ns2 addr del fd00:10::3/64 dev veth2; ip -n ns2 addr add fd00:10::3/96 dev veth2"
    )
    ended = host.glassnet("repair", "article", check=False)
    assert ended.returncode == 1
    assert "veth2 has that address as fd00:10::3/96 already" in ended.stdout + ended.stderr


def test_down_takes_our_addresses_off_a_bridge_that_is_left(host: Quick) -> None:
    host.glassnet("up", example("article"))
    host.sh("ip link set br0 alias theirs")
    host.glassnet("down", "article")
    assert host.sh("ip -o addr show dev br0 scope global") == ""


TAKEN = {
    "on the host": (
        "ip link add theirs0 up type bridge; ip addr add 10.0.0.9/24 dev theirs0",
        "its network overlaps that of 10.0.0.9/24, which theirs0 on the host has already",
    ),
    "in a namespace": (
        "ip netns add ns1; ip -n ns1 link add x0 up type bridge;"
        "ip -n ns1 addr add 10.0.0.9/24 dev x0; ip -n ns1 route add default via 10.0.0.1",
        "its network overlaps that of 10.0.0.9/24, which x0 in ns1 has already",
    ),
    "the table": (
        "nft add table inet glassnet; nft add chain inet glassnet theirs;"
        "nft add rule inet glassnet theirs counter",
        "a table inet glassnet is there already, with nothing of glassnet's",
    ),
}


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_taken_is_refused_and_nothing_is_changed(host: Quick, what: str) -> None:
    script, words = TAKEN[what]
    host.sh(script)
    before = oracle.look(host)
    code, said = answer(host.glassnet("up", example("article"), check=False))
    assert code == 2, said
    assert words in said
    unchanged(host, before)
