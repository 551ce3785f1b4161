"""The port to the kernel: all that the engine may ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from glassnet.errors import GlassnetError
from glassnet.ops.request import Request
from glassnet.state.snapshot import Facet, Snapshot

Outcome = GlassnetError | None
"""What became of a request: None if it was done."""


class Kernel(Protocol):
    """A host: its first namespace and those that can be reached from it."""

    def snapshot(self, facets: Iterable[Facet]) -> Snapshot:
        """Look at what was asked for. Raises `GlassnetError` where the kernel refuses."""
        ...

    def perform(self, requests: Sequence[Request]) -> list[Outcome]:
        """Do them in order, as few system calls as possible; stop at the first refusal.

        The list has one outcome for each request that was tried, of a `ReadyRequest` for each of
        its messages: it is shorter if one was refused and some were not tried any more. What was
        sent together with a refused one may be done although it comes after it.
        """
        ...

    def close(self) -> None:
        """Let go of every socket and handle."""
        ...
