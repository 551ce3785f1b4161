"""What the tests of the command line share: the examples, the look from outside, JSON of output."""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, BinaryIO, Final

from glassnet.cli.main import COMMANDS, main
from glassnet.testing import oracle
from glassnet.testing.host import Host

for _name in ("app", "plan.render", *(f"cli.{name}_" for name in COMMANDS)):
    importlib.import_module(f"glassnet.{_name}")  # once, not in every fork

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


class Quick(Host):
    """A host in which the command line is run by a fork of this very process.

    All that it does is as in a process of its own, but that what it imports is there already. For
    tests of many short commands; those of whole processes take a plain `Host`.
    """

    directory: Path = ROOT
    """Where commands are run."""

    def glassnet(
        self, *args: str, check: bool = True, env: Mapping[str, str] | None = None
    ) -> CompletedProcess[str]:
        """Run the command line inside."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            streams = (out.fileno(), err.fileno())
            code = self.kill_in(_main, self.directory, streams, args, dict(env or {}))
            done = CompletedProcess(["glassnet", *args], code, _text(out), _text(err))
        if check and code:
            raise AssertionError(f"{done.args} ended with {code}: {done.stderr}{done.stdout}")
        return done


def _main(
    directory: Path, streams: tuple[int, int], args: tuple[str, ...], env: dict[str, str]
) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor, stream in enumerate(streams, 1):
        os.dup2(stream, descriptor)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(fd, mode) for fd, mode in enumerate("rww"))
    os.environ.pop("GLASSNET_STATE", None)
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    os.environ.update(env)
    os.chdir(directory)
    sys.argv = ["glassnet", *args]
    code = 0
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode()


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
    """Without MACs, most of them random, and what IPv6 does by itself and in its own time.

    Link-local addresses are made of MACs, and tentative for a second or two after a link has come
    up; a router's anycast addresses come when a work queue gets to them (net/ipv6/addrconf.c).
    """
    if isinstance(value, Mapping):
        return {key: _lasting(inner) for key, inner in value.items() if key not in _CHANCE}
    if isinstance(value, list):
        return [_lasting(inner) for inner in value if not _comes_by_itself(inner)]
    return value


def _comes_by_itself(item: Any) -> bool:
    if not isinstance(item, Mapping):
        return False
    target = str(item.get("local", item.get("dst", "")))
    return target.startswith(("fe80:", "<fe80 of")) or item.get("type") == "anycast"


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
