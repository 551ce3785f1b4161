"""A host with a firewall of its own, two containers, and a namespace that plays the Internet."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from calling import BRIDGE, CniHost, Conf, cni_host

from glassnet.kernel import netns as namespaces

OUT: Final = "198.51.100.9"
HOST: Final = "198.51.100.1"
OUT6: Final = "2001:db8::9"

_INTERNET = f"""
ip link set lo up
ip netns add out
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
ip netns exec out sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'
ip link add up0 type veth peer name eth0 netns out
ip addr add {HOST}/24 dev up0
ip addr add 2001:db8::1/64 dev up0 nodad
ip link set up0 up
ip -n out addr add {OUT}/24 dev eth0
ip -n out addr add {OUT6}/64 dev eth0 nodad
ip -n out link set eth0 up
ip -n out link set lo up
ip -n out route add 10.1.0.0/24 via {HOST}
ip -n out route add fd00:1::/64 via 2001:db8::1
ip link show dev up0
ip -n out link show dev eth0
"""
"""Asked for a link by name the kernel lets its link watch finish first: IPv6 waits for carriers."""

IPTABLES: Final = """
iptables-nft -P FORWARD DROP
ip6tables-nft -P FORWARD DROP
iptables-nft -A FORWARD -i eth9 -m comment --comment "the host has it" -j ACCEPT
"""
POLICY: Final = """nft -f - <<'EOF'
table inet mine {
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state invalid drop
	}
}
EOF
"""
CLOSED: Final = """nft -f - <<'EOF'
table inet mine {
	chain rest {
		counter log prefix "mine: " reject with icmpx admin-prohibited
	}
	chain forward {
		type filter hook forward priority 10; policy accept;
		ip daddr 198.51.100.66 drop
		jump rest
	}
}
EOF
"""
LEGACY: Final = """
iptables-legacy -P FORWARD DROP || true
ip6tables-legacy -P FORWARD DROP || true
"""
"""A kernel that has no tables of old has none to be let through by."""
FIREWALL: Final[Conf] = {"type": "firewall"}
PORT: Final[Conf] = {
    "type": "portmap",
    "runtimeConfig": {"portMappings": [{"hostPort": 8080, "containerPort": 80}]},
}
WALLED: Final = (BRIDGE, PORT, FIREWALL)


@contextlib.contextmanager
def walled_host(script: str, containers: int = 2) -> Iterator[CniHost]:
    """The host, its firewall made by a script."""
    with cni_host(containers) as one:
        one.host.sh(_INTERNET + script)
        yield one


def foreign(host: CniHost) -> list[Any]:
    """The ruleset without glassnet's own tables, counters and handles."""
    listed = host.host.json("nft", "-j", "list", "ruleset")["nftables"]
    return [
        _plain(one)
        for one in listed
        if "metainfo" not in one
        and "glassnet" not in {next(iter(one.values())).get(key) for key in ("table", "name")}
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k not in {"handle", "packets", "bytes"}}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def serves(host: CniHost, client: str, address: str, port: int, at: int = 80) -> bool:
    """Whether a server in ``c0`` answers a client (the host's: empty) of that address and port."""
    return host.host.call(_serves, client, address, port, at)


def _serves(client: str, address: str, port: int, at: int) -> bool:
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = _socket("c0", family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", at))
    server.listen()
    server.settimeout(0.9)
    namespaces.setns(here)
    one = _socket(client, family) if client else socket.socket(family)
    with server, one:
        one.settimeout(0.9)
        try:
            one.connect((address, port))
            one.send(b"?")
            peer, _ = server.accept()
            with peer:
                peer.send(peer.recv(9))
            return one.recv(9) == b"?"
        except OSError:
            return False
        finally:
            os.close(here)


def _socket(netns: str, family: socket.AddressFamily) -> socket.socket:
    with Path(f"/run/netns/{netns}").open("rb") as file:
        namespaces.setns(file.fileno())
    return socket.socket(family)
