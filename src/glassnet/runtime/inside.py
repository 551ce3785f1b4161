"""Our own plugins in the runtime's process: no process to start, no modules to import again.

Which plugins are ours is asked of the files on CNI_PATH, as always: a foreign one of the same name
is executed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence

from glassnet.cni.answer import Ended
from glassnet.cni.steps import Execute
from glassnet.plugins.registry import TYPES
from glassnet.runtime.port import AsyncExecutor, Executor, overlay
from glassnet.runtime.uncut import uncut
from glassnet.serve.find import is_ours
from glassnet.serve.main import run


class Inside:
    """Runs ours in this thread, the others by another executor. No timeout ends what is ours."""

    def __init__(self, others: Executor) -> None:
        self._others = others

    def find(self, type_: str, path: Sequence[str]) -> str:
        """The executable, by the other executor."""
        return self._others.find(type_, path)

    def run(self, step: Execute) -> Ended:
        """Run it."""
        return call(step) if is_inside(step) else self._others.run(step)


class AsyncInside:
    """The same, for asyncio, ours in a thread. Who is cancelled waits until it has ended."""

    def __init__(self, others: AsyncExecutor) -> None:
        self._others = others

    def find(self, type_: str, path: Sequence[str]) -> str:
        """The executable, by the other executor."""
        return self._others.find(type_, path)

    async def run(self, step: Execute) -> Ended:
        """Run it."""
        if not await asyncio.to_thread(is_inside, step):
            return await self._others.run(step)
        return await uncut(asyncio.to_thread(call, step))


def is_inside(step: Execute) -> bool:
    """Whether a plugin is one of ours."""
    return step.type in TYPES and is_ours(step.path)


def call(step: Execute) -> Ended:
    """Call one of our plugins; what it opens is closed again."""
    with contextlib.ExitStack() as opened:
        output, code = run(step.type, overlay(os.environ, step), step.stdin, opened)
    return Ended(code, output.encode())
