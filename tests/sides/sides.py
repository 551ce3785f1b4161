"""Two private hosts beside each other: the reference plugins work in one, ours in the other.

Both begin alike and are asked the same: rows of a matrix, each a chain of plugins for a container
of its own, all of them on one pair of hosts. What then differs must be on the list of intended
differences, and all of the list must be found.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pytest

from glassnet.engine import engine as _engine
from glassnet.kernel import linux as _linux
from glassnet.runtime.install import install
from glassnet.serve import verbs as _verbs
from glassnet.serve.main import run
from glassnet.testing.host import Host

REFERENCE: Final = Path(os.environ.get("GLASSNET_REFERENCE", "/usr/lib/cni"))
"""Where the reference plugins are: Debian's package, or others to be compared with."""
VERSION: Final = "1.0.0"
"""The newest that Debian's speak."""
LARGE: Final = bool(os.environ.get("GLASSNET_SIDES"))
"""Set, the matrix is a larger one: all settings, more versions, our plugins executed."""
OLDER: Final = ("0.4.0", "0.3.1") if LARGE else ()
"""Others in which all of the matrix is asked."""
_WARM: Final = (_engine, _linux, _verbs)  # loaded once, not in each fork

Conf = dict[str, Any]

_BEGIN: Final = """
mount -t tmpfs tmpfs /var/lib
mkdir -p /run/netns
quiet() {
    for place in all default; do
        echo 0 > /proc/sys/net/ipv6/conf/$place/dad_transmits
        echo 0 > /proc/sys/net/ipv6/conf/$place/router_solicitations
        echo 0 > /proc/sys/net/ipv6/conf/$place/router_solicitation_delay
    done
}
quiet
for name in "$@"; do
    ip netns add "$name"
    nsenter --net=/run/netns/$name sh -ec "$QUIET; quiet"
done
"""
"""Addresses are taken up without asking around, which takes a second of chance."""
_QUIET: Final = _BEGIN[_BEGIN.index("quiet() {") : _BEGIN.index("\nquiet\n")]


@dataclass(frozen=True)
class Row:
    """One container and its chain. ``before`` is a shell script that is run on the host first.

    ``said`` takes the place of what a runtime would say in the environment. If it ``vanishes`` the
    namespace is gone when DEL comes.
    """

    name: str
    chain: tuple[Conf, ...]
    network: str = ""
    ifname: str = "eth0"
    args: str = ""
    netns: str = ""
    version: str = VERSION
    before: str = ""
    verb: str = "ADD"
    said: tuple[tuple[str, str], ...] = ()
    vanishes: bool = False

    @property
    def space(self) -> str:
        """The name of the container's namespace."""
        return self.netns or self.name

    def environment(self, verb: str) -> dict[str, str]:
        """What a runtime says, but for where plugins are."""
        return {
            "CNI_COMMAND": verb,
            "CNI_CONTAINERID": self.name,
            "CNI_NETNS": f"/run/netns/{self.space}",
            "CNI_IFNAME": self.ifname,
            "CNI_ARGS": self.args,
            **dict(self.said),
        }

    def conf(self, number: int, prev: Any = None) -> Conf:
        """What the plugin at a place of the chain reads."""
        whole = {"cniVersion": self.version, "name": self.network or self.name}
        given = {} if prev is None else {"prevResult": prev}
        return {**whole, **self.chain[number], **given}


def row(name: str, *chain: Conf, **more: Any) -> Row:
    """A row, its chain in order."""
    return Row(name, chain, **more)


def shared(space: str, *rows: Row, prefix: str = "eth") -> tuple[Row, ...]:
    """Rows that all have interfaces in one container: a namespace less to be looked at each."""
    return tuple(
        replace(
            one, netns=space, ifname=f"{prefix}{number}" if one.ifname == "eth0" else one.ifname
        )
        for number, one in enumerate(rows)
    )


@dataclass(frozen=True)
class Ended:
    """How a call ended: what was printed, as JSON, and the exit code."""

    out: Any
    code: int

    @property
    def told(self) -> Any:
        """What is compared: a failure is its code."""
        if self.code == 0:
            return self.out or "nothing"
        return {"error": self.out.get("code") if isinstance(self.out, dict) else "no JSON"}


@dataclass
class Side:
    """One of the hosts. ``results`` are the last ADD's, by the row's name.

    Plugins are executed, but for ours, which are called in process where that is as good.
    """

    name: str
    host: Host
    path: str
    executed: bool
    results: dict[str, Any] = field(default_factory=dict)

    def once(self, type_: str, environment: Mapping[str, str], stdin: bytes) -> Ended:
        """One call, in the calling process, which is in the host."""
        environment = {**environment, "CNI_PATH": self.path}
        if not self.executed:
            with contextlib.ExitStack() as opened:
                out, code = run(type_, environment, stdin, opened)
        else:
            done = subprocess.run(
                [f"{self.path}/{type_}"],
                input=stdin,
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                check=False,
            )
            out, code = done.stdout.decode(), done.returncode
        out = out.replace(self.path, "<path>")
        try:
            return Ended(json.loads(out) if out.strip() else None, code)
        except json.JSONDecodeError:
            return Ended(out, code)

    def add(self, rows: Sequence[Row]) -> dict[str, Ended]:
        """ADD of each row's chain, up to the first failure in it: how its last call ended."""
        for one in rows:
            if one.before:
                self.host.sh(one.before)
        ended = self.host.call(self._add, rows)
        self.results |= {name: one.out for name, one in ended.items() if one.code == 0}
        return ended

    def _add(self, rows: Sequence[Row]) -> dict[str, Ended]:
        return {one.name: self._add_one(one) for one in rows}

    def _add_one(self, one: Row) -> Ended:
        ended = Ended(None, 0)
        for number, conf in enumerate(one.chain):
            stdin = json.dumps(one.conf(number, ended.out)).encode()
            ended = self.once(conf["type"], one.environment("ADD"), stdin)
            if ended.code:
                break
        return ended

    def refused(self, rows: Sequence[Row]) -> dict[str, Ended]:
        """The verb of each row on the one plugin that it has, which is to be refused."""
        return self.host.call(self._refused, rows)

    def _refused(self, rows: Sequence[Row]) -> dict[str, Ended]:
        return {
            one.name: self.once(
                one.chain[0]["type"], one.environment(one.verb), json.dumps(one.conf(0)).encode()
            )
            for one in rows
        }

    def check(self, rows: Sequence[Row]) -> dict[str, Ended]:
        """CHECK of each row's chain, in order, with the final result: the first failure."""
        return self.host.call(self._each, "CHECK", rows)

    def delete(self, rows: Sequence[Row]) -> dict[str, Ended]:
        """DEL of each row's chain, the last first, with the final result: the first failure."""
        return self.host.call(self._each, "DEL", rows)

    def _each(self, verb: str, rows: Sequence[Row]) -> dict[str, Ended]:
        return {one.name: self._each_one(verb, one) for one in rows}

    def _each_one(self, verb: str, one: Row) -> Ended:
        prev = self.results.get(one.name)
        numbers = range(len(one.chain))
        calls = [
            self.once(
                one.chain[number]["type"],
                one.environment(verb),
                json.dumps(one.conf(number, prev)).encode(),
            )
            for number in (reversed(numbers) if verb == "DEL" else numbers)
        ]
        return next((ended for ended in calls if ended.code), calls[0])


@dataclass(frozen=True)
class Sides:
    """Both of them."""

    theirs: Side
    ours: Side

    def __iter__(self) -> Iterator[Side]:
        return iter((self.theirs, self.ours))


@contextlib.contextmanager
def sides(spaces: Sequence[str], before: str = "", *, executed: bool) -> Iterator[Sides]:
    """Two hosts with these namespaces, in which a script has been run."""
    with tempfile.TemporaryDirectory() as directory, Host() as one, Host() as other:
        install(Path(directory), daemon=False)
        theirs = Side("theirs", one, str(REFERENCE), executed=True)
        both = Sides(theirs, Side("ours", other, directory, executed))
        for side in both:
            begin(side.host, spaces, before)
        yield both


def begin(host: Host, spaces: Sequence[str], before: str = "") -> None:
    """A host with these namespaces, and what a script makes of it."""
    host.run("sh", "-ec", _BEGIN, "sh", *dict.fromkeys(spaces), env={"QUIET": _QUIET})
    if before:
        host.sh(before)


def need(*types: str) -> None:
    """Skip the test if there is no reference plugin to compare with, or the kernel lacks a kind."""
    for type_ in types:
        if not (REFERENCE / type_).exists():
            pytest.skip(f"the reference plugins of {REFERENCE} have no {type_}")


def need_kind(kind: str) -> None:
    """Skip the test if this kernel has no such links."""
    words = {
        "vlan": "link card0 name probe0 type vlan id 5",
        "ipvlan": "link card0 name probe0 type ipvlan",
        "macvlan": "link card0 name probe0 type macvlan",
        "vrf": "probe0 type vrf table 10",
        "bridge VLANs": "probe0 type bridge vlan_filtering 1",
    }.get(kind, f"probe0 type {kind}")
    with Host() as host:
        host.sh("ip link add card0 type veth peer name card1")
        done = host.run("ip", "link", "add", *words.split(), check=False)
    if done.returncode:
        pytest.skip(f"this kernel has no {kind}: {done.stderr.strip()}")
