"""The commands a person would type, and the only place that quotes shell text."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from glassnet.values import Netns


class Command(NamedTuple):
    """A command, its arguments, and what is fed to its standard input."""

    argv: tuple[str, ...]
    stdin: str = ""

    def __str__(self) -> str:
        """As typed into a shell, with a here-document for the input."""
        line = shlex.join(self.argv)
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


def bridge(netns: Netns, *words: str) -> Command:
    """``bridge WORDS`` in that namespace."""
    if netns.is_host:
        return Command(("bridge", *words))
    if "/" in netns:
        return Command(("nsenter", f"--net={netns}", "bridge", *words))
    return Command(("bridge", "-n", netns, *words))


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
