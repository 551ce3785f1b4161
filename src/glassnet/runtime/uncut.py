"""What must come to its end although its caller is cancelled, which hears of that after it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def uncut(doing: Coroutine[Any, Any, T]) -> T:
    """Its outcome; or, if we were cancelled meanwhile, `asyncio.CancelledError` once it has one."""
    future = asyncio.ensure_future(doing)
    if await whole(future):
        future.exception()  # it is heard of, though by nobody
        raise asyncio.CancelledError
    return future.result()


async def whole(doing: asyncio.Future[Any]) -> bool:
    """Wait for its end, come what may; whether we were cancelled meanwhile."""
    cancelled = False
    while not doing.done():
        try:
            await asyncio.wait([doing])
        except asyncio.CancelledError:
            cancelled = True
    return cancelled
