"""What the tests of the command line share: the examples, the look from outside, JSON of output."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Final

from glassnet.testing import oracle
from glassnet.testing.host import Host

ROOT: Final = Path(__file__).parents[3]
EXAMPLES: Final = ROOT / "examples"
NAMES: Final = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
PROGRAMS: Final = ("ip", "bridge", "nft", "ping", "sysctl", "tc", "nsenter")

_CHANCE: Final = frozenset(
    {"address", "bridge_id", "root_id", "designated_bridge", "designated_root", "fdb"}
)

PAIR: Final = """
name: pair
namespaces: [left, right]
links: [left:eth0 10.0.5.1/30 fd00:5::1/64 -- right:eth0 10.0.5.2/30 fd00:5::2/64]
"""

Json = Any


def example(name: str) -> str:
    """The path of an example."""
    return str(EXAMPLES / f"{name}.yaml")


def same(one: oracle.State, other: oracle.State) -> None:
    """Two states are equal, but for what the kernel does by itself and by chance."""
    found = oracle.differences(_lasting(one), _lasting(other))
    assert not found, "\n".join(found)


def unchanged(host: Host, before: oracle.State) -> None:
    """The host, seen from outside, is as it was."""
    same(before, oracle.look(host))


def _lasting(value: Any) -> Any:
    """Without MACs, most of them random, and without IPv6's link-local addresses.

    These are made of MACs, and tentative for a second or two after a link has come up.
    """
    if isinstance(value, Mapping):
        return {key: _lasting(inner) for key, inner in value.items() if key not in _CHANCE}
    if isinstance(value, list):
        return [_lasting(inner) for inner in value if not _is_link_local(inner)]
    return value


def _is_link_local(item: Any) -> bool:
    if not isinstance(item, Mapping):
        return False
    return str(item.get("local", item.get("dst", ""))).startswith("fe80:")


def json_lines(text: str) -> list[Json]:
    """Output of which each line is a JSON document."""
    return [json.loads(line) for line in text.splitlines()]


def pair(directory: Path) -> str:
    """A lab file of two namespaces with a cable between them: the quickest network there is."""
    file = directory / "pair.yaml"
    file.write_text(PAIR)
    return str(file)


def answer(done: CompletedProcess[str]) -> tuple[int, str]:
    """The exit code of a command, and what it said to standard error."""
    return (done.returncode, done.stderr)
