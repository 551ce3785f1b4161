"""iptables' tables from before nftables: whether a namespace has them, and what is in them.

There is no way to change one rule of theirs but by the program, which reads a whole table, edits
it and puts it back. /proc tells which tables there are, and so whether it need be run at all.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from glassnet.errors import ProgramFailed, Unsupported
from glassnet.ops.request import ProgramRequest

_NAMES: Final = {
    4: Path("/proc/thread-self/net/ip_tables_names"),
    6: Path("/proc/thread-self/net/ip6_tables_names"),
}
_PROGRAMS: Final = {4: "iptables-legacy", 6: "ip6tables-legacy"}
_TABLE: Final = "filter"
_PATH: Final = "/usr/sbin:/sbin:/usr/bin:/bin"


def tables(asked: Iterable[str]) -> dict[int, tuple[str, ...] | None]:
    """The IP versions whose table there is in the thread's namespace.

    Of those that are ``asked`` for (``4``, ``6``) with the rules that it has, as ``-S`` prints
    them; None for the others.
    """
    wanted = set(asked)
    return {
        version: _rules(version) if str(version) in wanted else None
        for version in _NAMES
        if _TABLE in _names(version)
    }


def _names(version: int) -> list[str]:
    try:
        return _NAMES[version].read_text(encoding="ascii").split()
    except OSError:  # this kernel has none, or we may not know
        return []


def _rules(version: int) -> tuple[str, ...]:
    return tuple(run((_PROGRAMS[version], "-w", "-S")).splitlines())


def perform(request: ProgramRequest) -> None:
    """Run it in the thread's namespace. Raises `ProgramFailed` or `Unsupported`."""
    try:
        run(request.argv)
    except ProgramFailed:
        if not request.may_fail:
            raise


def run(argv: tuple[str, ...]) -> str:
    """What a program prints."""
    program = shutil.which(argv[0], path=_PATH)
    if program is None:
        raise Unsupported(
            f"the host has rules of {argv[0]}, and the program is not here",
            "install iptables; or move the host's rules to nftables",
        )
    done = subprocess.run([program, *argv[1:]], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProgramFailed(argv, done.stderr)
    return done.stdout
