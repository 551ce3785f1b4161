"""Who is next: calls with the same key one after the other, in the order in which they came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Nothing is kept of a key for which nobody waits. The empty key waits for nobody."""

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Future[None]] = {}

    @asynccontextmanager
    async def of(self, key: str) -> AsyncIterator[None]:
        """Wait for those who came before with the same key."""
        if not key:
            yield
            return
        before = self._last.get(key)
        mine = self._last[key] = asyncio.get_running_loop().create_future()
        try:
            if before is not None:
                await asyncio.shield(before)
            yield
        finally:
            if self._last[key] is mine:
                del self._last[key]
            if before is not None and not before.done():  # given up while waiting
                before.add_done_callback(lambda _: mine.set_result(None))
            else:
                mine.set_result(None)
