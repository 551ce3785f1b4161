"""Links that several threads delete at the same time, deleted together.

Whoever comes while one is deleting waits for its turn; whose turn comes deletes all that has
gathered meanwhile. So nobody waits for company, and the kernel's waits are shared.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import NamedTuple

from glassnet.errors import GlassnetError
from glassnet.kernel.port import Outcome
from glassnet.kernel.socket import NetlinkSocket
from glassnet.kernel.sweep import sweep


class _Wish(NamedTuple):
    ifnames: Sequence[str]
    outcomes: list[Outcome]


class Sweeper:
    """For the threads whose host is the same namespace."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._gathering = threading.Lock()
        self._wishes: list[_Wish] = []

    def delete(self, socket: NetlinkSocket, ifnames: Sequence[str]) -> list[Outcome]:
        """Delete links; what became of each."""
        wish = _Wish(ifnames, [])
        with self._gathering:
            self._wishes.append(wish)
        with self._turn:
            if not wish.outcomes:
                self._sweep(socket)
        return wish.outcomes

    def _sweep(self, socket: NetlinkSocket) -> None:
        with self._gathering:
            wishes, self._wishes = self._wishes, []
        names = list(dict.fromkeys(name for wish in wishes for name in wish.ifnames))
        try:
            became = dict(zip(names, sweep(socket, names), strict=True))
        except GlassnetError as error:
            became = dict.fromkeys(names, error)
        for wish in wishes:
            wish.outcomes.extend(became[name] for name in wish.ifnames)
