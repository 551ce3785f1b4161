"""What a runtime's verbs want done, one step at a time: values, so that the verbs do no I/O.

A verb is a generator that yields steps and is sent what comes of each; an error of a step is raised
where it was yielded. So the same verb runs with threads, with asyncio, or in a test with neither.
Whoever carries one out carries it to its end: an ADD takes itself back on the way.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import msgspec

from glassnet.cni.answer import Ended
from glassnet.cni.cached import Entry, Key
from glassnet.cni.conflist import Conflist

T = TypeVar("T")


class Find(msgspec.Struct, frozen=True):
    """Look a plugin up on CNI_PATH: its path."""

    type: str


class Execute(msgspec.Struct, frozen=True):
    """Run a plugin: how it `Ended`. ``environment`` goes over the runtime's own."""

    type: str
    path: str
    environment: Mapping[str, str]
    stdin: bytes


class Network(msgspec.Struct, frozen=True):
    """Read a network's configuration: its `Conflist`."""

    name: str


class Hold(msgspec.Struct, frozen=True):
    """Wait until nobody else works on a network, or on a container: a context manager.

    ``alone`` is for one who wants it for himself; the others may share it.
    """

    kind: str
    name: str
    alone: bool = True


class Load(msgspec.Struct, frozen=True):
    """Read a cache entry: `Cached`."""

    key: Key


class Save(msgspec.Struct, frozen=True):
    """Write a cache entry; ``durable`` ones outlive a power failure."""

    entry: Entry
    durable: bool = True


class Forget(msgspec.Struct, frozen=True):
    """Remove a cache entry, readable or not."""

    key: Key


class Listing(msgspec.Struct, frozen=True):
    """List all cache entries: each `Cached`."""


class Tell(msgspec.Struct, frozen=True):
    """Say something that is no error to whoever listens."""

    text: str


class Cached(msgspec.Struct, frozen=True):
    """What the cache has of an attachment.

    ``entry`` is None if there is nothing, or nothing to be read, as ``problem`` says then;
    ``stale`` says how it is known that its namespace is no more, whatever is at its path now.
    """

    entry: Entry | None = None
    file: str = ""
    problem: str = ""
    stale: str = ""


Step = Find | Execute | Network | Hold | Load | Save | Forget | Listing | Tell
Program = Generator[Step, Any, T]


def find(type_: str) -> Program[str]:
    """The path of a plugin."""
    path: str = yield Find(type_)
    return path


def execute(step: Execute) -> Program[Ended]:
    """How a plugin ended."""
    ended: Ended = yield step
    return ended


def network(wanted: str | Conflist) -> Program[Conflist]:
    """A network by its name, or as it is given."""
    if isinstance(wanted, Conflist):
        return wanted.whole()
    found: Conflist = yield Network(wanted)
    return found


def hold(kind: str, name: str, *, alone: bool = True) -> Program[AbstractContextManager[None]]:
    """What holds it while it is entered."""
    held: AbstractContextManager[None] = yield Hold(kind, name, alone)
    return held


def load(key: Key) -> Program[Cached]:
    """What the cache has."""
    cached: Cached = yield Load(key)
    return cached


def listing() -> Program[list[Cached]]:
    """All that the cache has."""
    found: list[Cached] = yield Listing()
    return found


def name_of(wanted: str | Conflist) -> str:
    """A network's name."""
    return wanted if isinstance(wanted, str) else wanted.name
