"""A runtime's verbs played without disk, processes or clocks: what they want is noted and done."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from glassnet.cni import conflist
from glassnet.cni.cached import Entry, Key
from glassnet.cni.chain import Chains
from glassnet.cni.conflist import Conflist
from glassnet.cni.error import CniError
from glassnet.cni.invoke import Attachment
from glassnet.cni.steps import (
    Cached,
    Execute,
    Find,
    Forget,
    Hold,
    Listing,
    Load,
    Network,
    Program,
    Save,
    Step,
    Tell,
)
from glassnet.errors import NotFound
from glassnet.runtime.runtime import drive
from glassnet.testing.plugins import Called, FakePlugins, Plugin, speaks

T = TypeVar("T")

PATH = ("/opt/cni/bin", "/usr/lib/cni")
BOOT = "this-boot"
KEY = Key("net", "c1", "eth0")
CHAINS = Chains(PATH)
OF = Attachment("c1", "/run/netns/a", "eth0", (), {})
LATER = Attachment("c1")
HOLDS = ["hold network net", "hold container c1 alone"]
PORTS = [{"hostPort": 80, "containerPort": 80, "protocol": "tcp"}]


class Stage:
    """A host of which everything is in memory. ``log`` is what was done, in order."""

    def __init__(self, plugins: Mapping[str, Plugin], *networks: Conflist) -> None:
        self.plugins = FakePlugins(plugins)
        self.networks = {one.name: one for one in networks}
        self.cache: dict[Key, Entry] = {}
        self.stale: dict[Key, str] = {}
        self.problems: list[str] = []
        self.told: list[str] = []
        self.log: list[str] = []
        self.held: list[str] = []
        self.broken: dict[type[Step], BaseException] = {}

    def play(self, program: Program[T]) -> T:
        """Carry a verb out; nothing is held after it."""
        try:
            return drive(program, self._do)
        finally:
            assert self.held == []

    def _do(self, step: Step) -> Any:
        if type(step) in self.broken:
            raise self.broken[type(step)]
        match step:
            case Find(type=type_):
                return self.plugins.find(type_, PATH)
            case Execute():
                self.log.append(f"{step.environment['CNI_COMMAND']} {step.type}")
                return self.plugins.run(step)
            case Network(name=name):
                if name not in self.networks:
                    raise NotFound(f'no net configuration with name "{name}"')
                return self.networks[name]
            case Hold(kind=kind, name=name, alone=alone):
                return self._hold(f"{kind} {name}{' alone' if alone else ''}")
            case Load(key=key):
                return self._cached(key)
            case Save(entry=entry, durable=durable):
                self.log.append(f"save {'for good' if durable else 'for now'}")
                self.cache[entry.key] = msgspec.structs.replace(entry, boot=BOOT)
            case Forget(key=key):
                self.log.append("forget")
                self.cache.pop(key, None)
            case Listing():
                problems = [Cached(file="/x", problem=problem) for problem in self.problems]
                return [*(self._cached(key) for key in sorted(self.cache)), *problems]
            case Tell(text=text):
                self.told.append(text)
        return None

    def _cached(self, key: Key) -> Cached:
        entry = self.cache.get(key)
        if entry is None:
            return Cached(problem="; ".join(self.problems))
        return Cached(entry, f"/cache/{'-'.join(key)}", stale=self.stale.get(key, ""))

    @contextlib.contextmanager
    def _hold(self, what: str) -> Iterator[None]:
        self.held.append(what)
        self.log.append(f"hold {what}")
        try:
            yield
        finally:
            self.held.remove(what)


def a_network(*plugins: dict[str, Any], **keys: Any) -> Conflist:
    """A network named ``net`` of version 1.1.0."""
    return conflist.of({"cniVersion": "1.1.0", "name": "net", "plugins": list(plugins), **keys})


def wires(called: Called) -> object:
    """A plugin that makes an interface."""
    match called.verb:
        case "VERSION":
            return speaks(called)
        case "ADD":
            return {
                "cniVersion": called.conf["cniVersion"],
                "interfaces": [{"name": called.environment["CNI_IFNAME"], "made-by": called.type}],
            }
    return None


def passes(called: Called) -> object:
    """A plugin that passes the previous result on, with a mark of its own."""
    match called.verb:
        case "VERSION":
            return speaks(called)
        case "ADD":
            return {**called.conf["prevResult"], called.type: True}
    return None


def fails(*verbs: str, code: int = 999, words: str = "it is broken") -> Plugin:
    """A plugin that passes on, but fails on some verbs."""

    def plugin(called: Called) -> object:
        if called.verb in verbs:
            raise CniError(code, words, "the details")
        return passes(called)

    return plugin


def three(portmap: Plugin = passes, *, firewall: Plugin = passes, **keys: Any) -> Stage:
    """A chain of three: bridge, portmap, firewall."""
    network = a_network(
        {"type": "bridge", "bridge": "cni0"},
        {"type": "portmap", "capabilities": {"portMappings": True}},
        {"type": "firewall"},
        **keys,
    )
    return Stage({"bridge": wires, "portmap": portmap, "firewall": firewall}, network)


def confs(on: Stage, verb: str) -> list[dict[str, Any]]:
    return [called.conf for called in on.plugins.calls if called.verb == verb]
