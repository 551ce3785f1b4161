"""127/8 stays the host's own, although ``route_localnet`` is on for published ports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from peers import EXAMPLES, ask, serving, silent

from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

ATTACK = """
ip addr del 127.0.0.1/8 dev lo
echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet
ip addr add 127.5.5.5/32 dev eth0
ip route add 127.0.0.1/32 via 10.1.0.1 dev eth0 src 10.1.0.3
"""
WATCH = """
table inet watch {
    chain input {
        type filter hook input priority 0
        ip saddr 127.5.5.5 counter comment "spoofed"
    }
}
"""


@pytest.fixture
def attacked() -> Iterator[Host]:
    """A container that sends its packets for 127.0.0.1 to the host, and has such an address too."""
    with Host() as host:
        host.glassnet("up", str(EXAMPLES / "published.yaml"))
        host.sh(f"ip netns exec client sh -ec '{ATTACK}'")
        host.run("nft", "-f", "-", stdin=WATCH)
        with serving(host, "", "tcp/7000/127.0.0.1"), serving(host, "web", "tcp/80"):
            yield host


def _spoof(host: Host) -> int:
    """Send datagrams from 127.5.5.5 to the host: how many came so far as to its sockets."""
    script = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        "s.bind(('127.5.5.5', 0)); s.sendto(b'trust me', ('10.1.0.1', 7000)); "
        "s.sendto(b'trust me', ('10.1.0.1', 7000))"
    )
    host.run("ip", "netns", "exec", "client", "python3", "-I", "-S", "-c", script)
    assert ask(host, "client", "tcp", "10.1.0.1", 8080).name == "web"  # sent after, so come after
    listing = host.json("nft", "-j", "list", "table", "inet", "watch")["nftables"]
    [rule] = [item["rule"] for item in listing if "rule" in item]
    [counter] = [one["counter"] for one in rule["expr"] if "counter" in one]
    return int(counter["packets"])


def test_a_container_cannot_reach_what_listens_on_the_hosts_loopback(attacked: Host) -> None:
    assert silent(attacked, "client", "tcp", "127.0.0.1", 7000)
    assert silent(attacked, "client", "tcp", "127.0.0.1", 8081)
    attacked.run("nft", "flush", "chain", "inet", "glassnet", "guard")
    assert ask(attacked, "client", "tcp", "127.0.0.1", 7000).name == "host", "no attack at all"


def test_a_container_cannot_pretend_to_be_the_host_itself(attacked: Host) -> None:
    assert _spoof(attacked) == 0
    attacked.run("nft", "flush", "chain", "inet", "glassnet", "guard")
    assert _spoof(attacked) == 2, "no attack at all"


def test_only_the_way_to_the_container_is_opened_to_loopback_addresses(attacked: Host) -> None:
    read = "cat /proc/sys/net/ipv4/conf/{}/route_localnet"
    assert attacked.sh(read.format("pub0")) == "1\n"
    for other in ("all", "default", "lo"):
        assert attacked.sh(read.format(other)) == "0\n", other
