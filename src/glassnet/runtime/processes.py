"""Plugins as processes of their own. Each has its own session: what it leaves is ended with it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from glassnet.cni.answer import Ended
from glassnet.cni.error import INVALID_ENVIRONMENT, IO_FAILURE, TRY_AGAIN_LATER, CniError
from glassnet.cni.steps import Execute
from glassnet.runtime.port import overlay
from glassnet.serve.find import find

_BUSY_PAUSES: Final = (0.01, 0.05, 0.2, 0.5, 1.0, 1.0)
"""Seconds between the tries to run a file that somebody is still writing: nothing tells its end."""


class Processes:
    """Runs plugins and waits for them; one that takes longer than ``timeout`` seconds is killed."""

    def __init__(self, timeout: float | None = None) -> None:
        self._timeout = timeout

    def find(self, type_: str, path: Sequence[str]) -> str:
        """The executable, looked for in the directories of ``path``."""
        return find(type_, path)

    def run(self, step: Execute) -> Ended:
        """Run it. Raises `CniError` if it cannot be run, or does not end in time."""
        for pause in (*_BUSY_PAUSES, None):
            try:
                return self._run(step)
            except OSError as error:
                if error.errno != errno.ETXTBSY or pause is None:
                    raise _cannot_run(step, error) from None
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _run(self, step: Execute) -> Ended:
        with _worded(step), _start(step) as process:
            try:
                stdout, stderr = process.communicate(step.stdin, self._timeout)
            except BaseException as error:
                _kill(process.pid)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise _late(step, self._timeout) from None
                raise
        return Ended(process.returncode, stdout, stderr)


class AsyncProcesses:
    """The same, for asyncio. A plugin whose caller is cancelled is killed, and waited for."""

    def __init__(self, timeout: float | None = None) -> None:
        self._timeout = timeout

    def find(self, type_: str, path: Sequence[str]) -> str:
        """The executable, looked for in the directories of ``path``."""
        return find(type_, path)

    async def run(self, step: Execute) -> Ended:
        """Run it. Raises `CniError` if it cannot be run, or does not end in time."""
        for pause in (*_BUSY_PAUSES, None):
            try:
                return await self._run(step)
            except OSError as error:
                if error.errno != errno.ETXTBSY or pause is None:
                    raise _cannot_run(step, error) from None
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def _run(self, step: Execute) -> Ended:
        with _worded(step):
            process = await asyncio.create_subprocess_exec(
                step.path,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=overlay(os.environ, step),
                start_new_session=True,
            )
        ended = asyncio.ensure_future(process.communicate(step.stdin))
        done, _ = await self._wait(ended, process.pid)
        if not done:
            raise _late(step, self._timeout)
        stdout, stderr = ended.result()
        return Ended(process.returncode or 0, stdout, stderr)

    async def _wait(
        self, ended: asyncio.Future[tuple[bytes, bytes]], pid: int
    ) -> tuple[set[asyncio.Future[tuple[bytes, bytes]]], object]:
        """Whether it ended in time; if not, and if we are cancelled, it is killed and has ended."""
        try:
            waited = await asyncio.wait([ended], timeout=self._timeout)
        except asyncio.CancelledError:
            _kill(pid)
            await asyncio.wait([ended])
            raise
        if not waited[0]:
            _kill(pid)
            await asyncio.wait([ended])
        return waited


def _start(step: Execute) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [step.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=overlay(os.environ, step),
        start_new_session=True,
    )


@contextlib.contextmanager
def _worded(step: Execute) -> Iterator[None]:
    """An environment that no process can have is the caller's mistake."""
    try:
        yield
    except ValueError as error:
        raise CniError(
            INVALID_ENVIRONMENT, f"the environment of plugin {step.type}: {error}"
        ) from None


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _late(step: Execute, timeout: float | None) -> CniError:
    return CniError(
        TRY_AGAIN_LATER,
        f"netplugin {step.path} did not end within {timeout or 0:g} s",
        "it was killed",
    )


def _cannot_run(step: Execute, error: OSError) -> CniError:
    advice = {
        errno.EACCES: "it must be executable: chmod +x",
        errno.ENOENT: "the program that its first line names is not there"
        if Path(step.path).exists()
        else "it has been removed",
        errno.ENOEXEC: "it is no program, or one for another machine",
        errno.ETXTBSY: "somebody is writing it",
    }
    code = error.errno or 0
    return CniError(
        IO_FAILURE,
        f"netplugin {step.path} cannot be run: {os.strerror(code)}",
        advice.get(code, ""),
    )
