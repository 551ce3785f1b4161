"""All steps of a runtime's verbs but one: plugins are run by each runtime in its own way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from glassnet.cni.confdir import Confdir
from glassnet.cni.steps import (
    Execute,
    Find,
    Forget,
    Hold,
    Listing,
    Load,
    Network,
    Save,
    Step,
    Tell,
)
from glassnet.runtime import files
from glassnet.runtime.cache import Cache, refusal
from glassnet.runtime.lock import NAME, Held, Waiting

PATH: Final = "/opt/cni/bin"

Told = Callable[[str], None]
"""Called with what is no error: a plugin's words, what was left of another boot, what is broken."""


class Finder(Protocol):
    """The part of an executor that looks for plugins."""

    def find(self, type_: str, path: Sequence[str]) -> str:
        """The path of a plugin's executable."""
        ...


class Desk:
    """One host's configuration, cache and locks."""

    def __init__(
        self, conf_dir: Path, path: Sequence[str], cache_dir: Path, finder: Finder, told: Told
    ) -> None:
        self.conf_dir = conf_dir
        self.path = tuple(path)
        self.cache = Cache(cache_dir)
        self.told = told
        self._finder = finder

    def networks(self) -> Confdir:
        """The networks that are configured, and what is broken."""
        return files.read(self.conf_dir)

    def do(self, step: Step) -> Any:
        """Do a step, and wait for it."""
        match step:
            case Find(type=type_):
                return self._finder.find(type_, self.path)
            case Network(name=name):
                return files.network(self.conf_dir, name)
            case Load(key=key):
                return self.cache.load(key)
            case Save(entry=entry, durable=durable):
                return self.cache.save(entry, durable)
            case Forget(key=key):
                return self.cache.forget(key)
            case Listing():
                return self.cache.all()
            case Tell(text=text):
                return self.told(text)
            case Hold():
                with self.waiting(step) as waiting:
                    return waiting.wait()
            case Execute():
                raise TypeError("running plugins is not the desk's")

    def waiting(self, step: Hold) -> Waiting:
        """A lock, about to be taken. Raises `NotPermitted` or `CniError`."""
        try:
            self.cache.prepare()
            return Waiting(self.cache.directory, step)
        except OSError as error:
            raise refusal(self.cache.directory / NAME, error) from error

    def at_once(self, step: Hold) -> Held | Waiting:
        """A lock, or one that is to be waited for."""
        waiting = self.waiting(step)
        try:
            held = waiting.at_once()
        except OSError as error:
            waiting.close()
            raise refusal(self.cache.directory / NAME, error) from error
        return waiting if held is None else held
