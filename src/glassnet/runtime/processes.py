"""Plugins as processes of their own. Each has its own session: what it leaves is ended with it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from glassnet.cni.answer import Ended
from glassnet.cni.error import INVALID_ENVIRONMENT, IO_FAILURE, TRY_AGAIN_LATER, CniError
from glassnet.cni.steps import Execute
from glassnet.runtime.port import overlay
from glassnet.runtime.uncut import whole
from glassnet.serve.find import find

_BUSY_PAUSES: Final = (0.01, 0.05, 0.2, 0.5, 1.0, 1.0)
"""Seconds between the tries to run a file that somebody is still writing: nothing tells its end."""


_START_SECONDS: Final = 10.0
"""So long is waited for a process to have started, in case that nobody has begun to start it."""


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
        start = _Start(step)
        try:
            process = start.started()
            stdout, stderr = process.communicate(step.stdin, self._timeout)
        except BaseException as error:
            start.end()
            if isinstance(error, subprocess.TimeoutExpired):
                raise _late(step, self._timeout) from None
            raise
        return Ended(process.returncode, stdout, stderr)


class _Start:
    """The start of a process, in a thread: an interruption may not come between it and its number.

    Python raises KeyboardInterrupt anywhere in the main thread, also after a process has begun and
    before anybody knows which it is; nobody could end it then.
    """

    def __init__(self, step: Execute) -> None:
        self._step = step
        self._process: subprocess.Popen[bytes] | None = None
        self._error: BaseException | None = None
        self._done = threading.Event()  # a join that was interrupted once does not wait again

    def _begin(self) -> None:
        try:
            with _worded(self._step):
                self._process = _start(self._step)
        except (OSError, CniError) as error:
            self._error = error
        finally:
            self._done.set()

    def started(self) -> subprocess.Popen[bytes]:
        """The process. Raises `OSError` or `CniError`."""
        threading.Thread(target=self._begin, name="starting a CNI plugin").start()
        self._done.wait()
        if self._process is None:
            raise self._error or AssertionError("neither a process nor an error")
        return self._process

    def end(self) -> None:
        """End what has been started, and wait for it."""
        self._done.wait(_START_SECONDS)
        if self._process is not None:
            with self._process as process:
                if process.returncode is None:
                    _kill(process.pid)


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
            starting = asyncio.ensure_future(_start_async(step))
            # One that is cancelled while it starts would be ended, but not what it has started.
            cancelled = await whole(starting)
            if cancelled and starting.exception() is not None:
                raise asyncio.CancelledError
            process = starting.result()
        ended = asyncio.ensure_future(process.communicate(step.stdin))
        if not cancelled:
            try:
                await asyncio.wait([ended], timeout=self._timeout)
            except asyncio.CancelledError:
                cancelled = True
        late = not ended.done()
        if late:
            _kill(process.pid)
            cancelled |= await whole(ended)
        if cancelled:
            raise asyncio.CancelledError
        if late:
            raise _late(step, self._timeout)
        stdout, stderr = ended.result()
        return Ended(process.returncode or 0, stdout, stderr)


async def _start_async(step: Execute) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        step.path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=overlay(os.environ, step),
        start_new_session=True,
    )


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
