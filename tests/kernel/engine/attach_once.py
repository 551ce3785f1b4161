"""A program: attach (or detach) once beside COUNT others, watched by strace, between two marks."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from attaching import attachment

from glassnet.engine.attach import attach, detach
from glassnet.engine.engine import Engine
from glassnet.engine.store import Store
from glassnet.kernel.linux import LinuxKernel
from glassnet.ops.netns import NetnsOp
from glassnet.values import Netns

BEGIN, END = "/begin-of-what-is-counted", "/end-of-what-is-counted"


def main(count: int, mode: str, verb: str, trace: str) -> None:
    """Attach all but one, then do the verb with the last one; what is counted goes to a file."""
    with Engine(LinuxKernel(), Store()) as engine:
        for number in range(count + 1):
            for request in NetnsOp(netns=Netns(f"c{number}")).requests():
                assert engine.kernel.perform([request]) == [None]
            last = attachment(number, mode)
            if number < count:
                attach(engine, last)
        if verb == "detach":
            attach(engine, last)
        with _watched(trace):
            _mark(BEGIN)
            if verb == "attach":
                attach(engine, last)
            else:
                detach(engine, last.name)
            _mark(END)


@contextlib.contextmanager
def _watched(trace: str) -> Iterator[None]:
    """Only now, for strace makes all that it sees slow."""
    words = ("strace", "-f", "-qq", "-s", "64", "-o", trace, "-p", str(os.getpid()))
    with subprocess.Popen(words) as strace:
        while "TracerPid:\t0" in Path("/proc/self/status").read_text(encoding="ascii"):
            assert strace.poll() is None
        yield
        strace.terminate()


def _mark(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.stat(path)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
