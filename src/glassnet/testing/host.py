"""A whole host for a test: user, network and mount namespaces of its own, and nothing outside.

The namespaces are held open by a process that does nothing else. Programs and functions are run
in them, each in a process of its own, so that a test may kill what it likes; when the host is
closed nothing of it is left. No root is needed.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from glassnet.kernel import netns as namespaces
from glassnet.kernel.lab import enter_lab

T = TypeVar("T")

GLASSNET: Final = (sys.executable, "-m", "glassnet")
_SBIN: Final = "/usr/sbin:/sbin"
_JOINED: Final = (
    ("user", namespaces.CLONE_NEWUSER),
    ("mnt", namespaces.CLONE_NEWNS),
    ("net", namespaces.CLONE_NEWNET),
)


class Host:
    """A private host; a context manager."""

    def __init__(self) -> None:
        ready, told = os.pipe()
        self._pid = _fork()
        if self._pid == 0:
            os.close(ready)
            _hold(told)
        os.close(told)
        with os.fdopen(ready, "rb") as answer:
            problem = answer.read()
        if problem:
            self.close()
            raise RuntimeError(problem.decode())
        self._fds = [(os.open(self.ns(kind), os.O_RDONLY), flag) for kind, flag in _JOINED]

    def ns(self, kind: str) -> str:
        """The path of one of its namespaces: ``net``, ``mnt`` or ``user``."""
        return f"/proc/{self._pid}/ns/{kind}"

    def run(
        self,
        *argv: str,
        stdin: str = "",
        check: bool = True,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program inside and wait for it; with ``check``, a failure is an AssertionError."""
        done = subprocess.run(
            argv,
            input=stdin,
            text=True,
            capture_output=True,
            check=False,
            env=self._environment(env),
            preexec_fn=self._join,
        )
        if check and done.returncode:
            raise AssertionError(f"{argv} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done

    def glassnet(
        self, *args: str, check: bool = True, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line inside."""
        return self.run(*GLASSNET, *args, check=check, env=env)

    def sh(self, script: str, check: bool = True) -> str:
        """Run a shell script inside (``sh -e``): its standard output."""
        return self.run("sh", "-e", "-c", script, check=check).stdout

    def json(self, *argv: str) -> Any:
        """What a program inside prints, as JSON; nothing printed is an empty list."""
        text = self.run(*argv).stdout.strip()
        return json.loads(text) if text else []

    def start(self, *argv: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a program inside; its standard streams are pipes."""
        return subprocess.Popen(
            argv,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment(env),
            preexec_fn=self._join,  # noqa: PLW1509  it makes three system calls
        )

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function inside, in a forked process: what it returns, or raises, comes back."""
        reader, writer = os.pipe()
        child = _fork()
        if child == 0:
            os.close(reader)
            _answer(writer, self._join, function, args)
        os.close(writer)
        with os.fdopen(reader, "rb") as answers:
            data = answers.read()
        _, status = os.waitpid(child, 0)
        if not data:
            raise RuntimeError(f"the call ended with status {os.waitstatus_to_exitcode(status)}")
        fine, value = pickle.loads(data)
        if not fine:
            raise value
        result: T = value
        return result

    def kill_in(self, function: Callable[..., Any], *args: Any) -> int:
        """Call a function that may kill its own process: the exit code, negative for a signal."""
        child = _fork()
        if child == 0:
            _quietly(self._join, function, args)
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """End it: the kernel takes its namespaces apart."""
        for fd, _ in getattr(self, "_fds", ()):
            os.close(fd)
        self._fds = []
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)

    def _join(self) -> None:
        """Move the calling process, which has one thread, into the host."""
        here = Path.cwd()
        for fd, flag in self._fds:
            namespaces.setns(fd, flag)
        os.chdir(here)  # a new mount namespace begins at its root

    def _environment(self, extra: Mapping[str, str] | None) -> dict[str, str]:
        path = os.environ.get("PATH", "/usr/bin:/bin")
        kept = {name: value for name, value in os.environ.items() if name != "GLASSNET_STATE"}
        # A daemon that some plugin's call started would outlive the host.
        return {**kept, "PATH": f"{path}:{_SBIN}", "GLASSNET_DAEMON": "no", **(extra or {})}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextlib.contextmanager
def hosts(count: int) -> Iterator[Sequence[Host]]:
    """Several hosts that know nothing of each other."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Host()) for _ in range(count)]


def _fork() -> int:
    """As os.fork. Python 3.12 warns of threads; the child here takes no lock they might hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _hold(told: int) -> None:
    """The holder: enter the namespaces, say so, and wait to be killed."""
    try:
        with contextlib.suppress(AttributeError):
            namespaces.libc().prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: no host outlives a test
        enter_lab()
    except BaseException:  # noqa: BLE001  the child's end: told to the parent, which raises it
        os.write(told, traceback.format_exc().encode())
        os._exit(1)
    os.close(told)
    while True:
        signal.pause()


def _answer(
    writer: int, join: Callable[[], None], function: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    try:
        join()
        answer = pickle.dumps((True, function(*args)))
    except BaseException as error:  # noqa: BLE001  the child's end: raised again by the parent
        answer = _failure(error)
    with os.fdopen(writer, "wb") as out:
        out.write(answer)
    os._exit(0)


def _failure(error: BaseException) -> bytes:
    try:
        answer = pickle.dumps((False, error))
        pickle.loads(answer)  # some errors can be written but not read back
    except Exception:  # noqa: BLE001  whatever it was, its words are kept
        return pickle.dumps((False, RuntimeError(traceback.format_exc())))
    return answer


def _quietly(join: Callable[[], None], function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    status = 1
    try:
        join()
        function(*args)
        status = 0
    except BaseException:  # noqa: BLE001  the child's end: said here, judged by the parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
