"""The commands a person would type, and the only place that quotes shell text."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from glassnet.values import IfName, Netns

# What ``ip link`` knows (iproute2, ip/iplink.c), of which it also takes the beginning.
_LINK_WORDS = tuple(
    """address addrgenmode alias allmulticast arp broadcast brd carrier dev down dynamic group
    gro_ipv4_max_size gro_max_size gso_ipv4_max_size gso_max_segs gso_max_size help index link
    link-netns link-netnsid master mode mtu multicast name netns nomaster numrxqueues numtxqueues
    parentdev promisc protodown protodown_reason qlen state trailers txqlen txqueuelen type up vf
    vrf xdp xdpdrv xdpgeneric xdpoffload""".split()
)


class Command(NamedTuple):
    """A command, its arguments, and what is fed to its standard input.

    ``may_fail``: it ends with an error also where it found nothing to do.
    """

    argv: tuple[str, ...]
    stdin: str = ""
    may_fail: bool = False

    def __str__(self) -> str:
        """As typed into a shell, with a here-document for the input."""
        line = shlex.join(self.argv) + (" || true" if self.may_fail else "")
        if not self.stdin:
            return line
        return f"{line} <<'EOF'\n{self.stdin.rstrip()}\nEOF"


def ip(netns: Netns, *words: str) -> Command:
    """``ip WORDS`` in that namespace."""
    if netns.is_host:
        return Command(("ip", *words))
    if "/" in netns:
        return Command(("nsenter", f"--net={netns}", "ip", *words))
    return Command(("ip", "-n", netns, *words))


def within(netns: Netns, *argv: str) -> Command:
    """Any program in that namespace."""
    if netns.is_host:
        return Command(argv)
    return Command(("nsenter", f"--net={netns.path}", *argv))


def link(netns: Netns, verb: str, ifname: IfName, *words: str) -> Command:
    """``ip link VERB NAME WORDS``; ``dev NAME`` where ``ip`` would take the name for a word."""
    mistaken = any(word.startswith(ifname) for word in _LINK_WORDS)
    return ip(netns, "link", verb, *(["dev"] if mistaken else []), ifname, *words)


def bridge(netns: Netns, *words: str) -> Command:
    """``bridge WORDS`` in that namespace."""
    if netns.is_host:
        return Command(("bridge", *words))
    if "/" in netns:
        return Command(("nsenter", f"--net={netns}", "bridge", *words))
    return Command(("bridge", "-n", netns, *words))


def tc(netns: Netns, *words: str) -> Command:
    """``tc WORDS`` in that namespace."""
    if netns.is_host:
        return Command(("tc", *words))
    if "/" in netns:
        return Command(("nsenter", f"--net={netns}", "tc", *words))
    return Command(("tc", "-n", netns, *words))


def inside(netns: Netns, *words: str, stdin: str = "") -> Command:
    """Any command in that namespace."""
    if netns.is_host:
        return Command(words, stdin)
    if "/" in netns:
        return Command(("nsenter", f"--net={netns}", *words), stdin)
    return Command(("ip", "netns", "exec", netns, *words), stdin)


def nft(netns: Netns, statement: str) -> Command:
    """``nft STATEMENT``, or ``nft -f -`` where it has several lines."""
    if "\n" in statement.strip():
        return inside(netns, "nft", "-f", "-", stdin=statement)
    head, brace, members = statement.partition("{")
    return inside(netns, "nft", *head.split(), *([brace + members] if brace else []))


def write(netns: Netns, path: str, value: str) -> Command:
    """Write a value to a file of /proc/sys."""
    return inside(netns, "sh", "-c", f"echo {shlex.quote(value)} > {shlex.quote(path)}")
