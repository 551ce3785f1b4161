"""The daemon's threads: each with an engine of its own, warm, on the one store.

An engine is for one thread at a time; that several work on one store side by side is nothing new to
it, for processes do. What threads share of the kernel is in `Together`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from glassnet.cni.serve import Verbs
from glassnet.daemon.frames import Question
from glassnet.engine.engine import Engine
from glassnet.engine.store import Store
from glassnet.kernel.linux import LinuxKernel
from glassnet.kernel.together import Together
from glassnet.serve.main import answer, verbs_on

THREADS: Final = 16
"""As many calls are carried out side by side: more gain nothing (docs/adr/0019)."""


class Place:
    """What one thread has: its engine, and the verbs of each type that it was asked for."""

    def __init__(self, directory: Path, together: Together) -> None:
        self._store = Store(directory)
        self._kernel = LinuxKernel(together)
        self._engine = Engine(self._kernel, self._store)
        self._verbs: dict[str, Verbs] = {}

    def verbs(self, type_: str) -> Verbs:
        """Those of a type."""
        if type_ not in self._verbs:
            self._verbs[type_] = verbs_on(type_, self._store, lambda: self._engine)
        return self._verbs[type_]

    def leave(self) -> None:
        """Let go of the container's namespace: its end is not to wait for us."""
        self._kernel.leave()

    def is_still(self) -> bool:
        """Whether its store is the one that is there."""
        return self._store.is_still()

    def close(self) -> None:
        """Let go of sockets, handles and files."""
        self._kernel.close()
        self._store.close()


class Workers:
    """Carries out calls in threads, each call whole in one of them."""

    def __init__(self, directory: Path, threads: int = THREADS) -> None:
        self._directory = directory
        self._together = Together()
        self._local = threading.local()
        self._places: list[Place] = []
        self._opening = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, "call")

    def submit(self, asked: Question) -> Future[tuple[str, int]]:
        """Standard output and exit code, once it is done."""
        return self._pool.submit(self._call, asked)

    def _call(self, asked: Question) -> tuple[str, int]:
        try:
            return answer(asked.type, asked.environment, asked.stdin, self._verbs_of(asked.type))
        finally:
            place: Place | None = getattr(self._local, "place", None)
            if place is not None:
                place.leave()

    def _verbs_of(self, type_: str) -> Callable[[], Verbs]:
        return lambda: self._place().verbs(type_)

    def _place(self) -> Place:
        place: Place | None = getattr(self._local, "place", None)
        if place is not None and not place.is_still():
            with self._opening:
                self._places.remove(place)
            place.close()
            place = None
        if place is None:
            place = self._local.place = Place(self._directory, self._together)
            with self._opening:
                self._places.append(place)
        return place

    def close(self) -> None:
        """Wait for calls that are being carried out, then let go of everything."""
        self._pool.shutdown()
        for place in self._places:
            place.close()
        self._together.close()
