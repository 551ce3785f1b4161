"""What a case is, and the scenes that several of them share, as shell scripts.

Scenes are plain ``ip`` and ``nft`` run by ``sh -e`` on a fresh host, so that nothing of glassnet
has a hand in them. MACs begin with 02:00:00:00, which the oracle takes for set by somebody.
"""

from __future__ import annotations

from typing import NamedTuple

from glassnet.nft.base import BASE
from glassnet.ops.registry import AnyOp
from glassnet.values import Mac, Netns


class Drift(NamedTuple):
    """What somebody does by hand after the operation, and a word of how `satisfied_by` says it."""

    script: str
    word: str


class Case(NamedTuple):
    """An operation, what it finds, and what may happen to its work.

    ``kind`` is a kind of link that a kernel may lack, and without which it cannot be run: what
    follows ``ip link add x0 type``. ``shows`` prints what an action has done, which leaves no
    other trace. ``ends`` stops what the scene has started. ``asks`` is a command that a kernel may
    refuse, which then cannot run the case.
    """

    name: str
    op: AnyOp
    scene: str = ""
    drifts: tuple[Drift, ...] = ()
    kind: str = ""
    shows: str = ""
    ends: str = ""
    asks: str = ""

    def __str__(self) -> str:
        """``VethOp-between-namespaces``: the id of its tests."""
        return f"{type(self.op).__name__}-{self.name}"


NS1 = Netns("ns1")
NS2 = Netns("ns2")
PATH1 = Netns("/run/netns/ns1")


def mac(number: int) -> Mac:
    """02:00:00:00:00:``number``."""
    return Mac(f"02:00:00:00:00:{number:02x}")


def within(netns: str, script: str) -> str:
    """A script to be run in a named namespace."""
    return f"nsenter --net=/run/netns/{netns} sh -e <<'INSIDE'\n{script}\nINSIDE\n"


QUIET = """
for which in all default; do echo 0 > /proc/sys/net/ipv6/conf/$which/accept_dad; done
echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode
"""
"""No addresses made by IPv6 itself and no waiting for duplicates: what is there was put there."""


def netns(name: str) -> str:
    """A namespace, quiet."""
    return f"ip netns add {name}\n{within(name, QUIET)}"


HOST_AND_NS1 = QUIET + netns("ns1")
"""Every scene begins with it: a host and a namespace."""

PAIR = """
ip link add h0 address 02:00:00:00:00:01 type veth \
    peer name eth0 address 02:00:00:00:00:02 netns ns1
"""
PAIR_UP = f"{PAIR}ip link set h0 up\nip -n ns1 link set eth0 up\n"
BRIDGE = "ip link add br0 address 02:00:00:00:00:b0 type bridge\n"
BRIDGE_UP = f"{BRIDGE}ip link set br0 up\n"
PORT = f"{BRIDGE}{PAIR}ip link set h0 master br0\n"
NEAR = f"""{PAIR_UP}
ip addr add 10.0.0.1/24 dev h0
ip addr add fd00::1/64 dev h0
ip -n ns1 addr add 10.0.0.2/24 dev eth0
ip -n ns1 addr add fd00::2/64 dev eth0
"""
"""A pair that is up, with addresses of both families at both ends."""

TABLE = f"nft -f - <<'EOF'\n{BASE}EOF\n"
"""The base ruleset."""
