"""What a runtime needs to run plugins: a port, so that tests need neither files nor processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from glassnet.cni.answer import Ended
from glassnet.cni.steps import Execute


class Executor(Protocol):
    """Finds plugins and runs them, and waits for them. Each raises `CniError`."""

    def find(self, type_: str, path: Sequence[str]) -> str:
        """The path of a plugin's executable."""
        ...

    def run(self, step: Execute) -> Ended:
        """Run it: its environment is the runtime's, with that of the step over it."""
        ...


class AsyncExecutor(Protocol):
    """The same, for asyncio. Who is cancelled in `run` leaves no plugin at work behind."""

    def find(self, type_: str, path: Sequence[str]) -> str:
        """The path of a plugin's executable: it is asked for in a thread."""
        ...

    async def run(self, step: Execute) -> Ended:
        """Run it."""
        ...


def overlay(base: Mapping[str, str], step: Execute) -> dict[str, str]:
    """A plugin's environment."""
    return {**base, **step.environment}
