"""A private host for a benchmark: a child process in namespaces of its own, answering in JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glassnet.kernel import netns as namespaces
from glassnet.kernel.lab import enter_lab

SLABS = Path("/proc/slabinfo")


def in_private_host(work: Callable[[], Any]) -> Any:
    """What ``work`` returns (JSON-able), done in a child that has entered a lab."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reader)
            raise_limits()
            enter_lab()
            with os.fdopen(writer, "w") as out:
                json.dump(work(), out)
            status = 0
        except BaseException:  # noqa: BLE001  the child's end: said here, judged by the parent
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as answers:
        text = answers.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"the benchmark failed with status {status}")
    return json.loads(text)


def raise_limits() -> None:
    """As many descriptors as we may have: one for each namespace held open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def namespaces_alive() -> int:
    """How many network namespaces the kernel holds, those being taken apart included."""
    for line in SLABS.read_text(encoding="ascii").splitlines():
        if line.startswith("net_namespace"):
            return int(line.split()[1])
    return 0


def settle(baseline: int, seconds: float = 120.0) -> None:
    """Wait until the namespaces of the round before are gone: their end loads the machine."""
    end = time.monotonic() + seconds
    home = namespaces.open_current()
    try:
        while time.monotonic() < end:
            if not os.access(SLABS, os.R_OK) or namespaces_alive() <= baseline + 8:
                return
            _end_one(home)
            time.sleep(0.05)
    finally:
        os.close(home)


def _end_one(home: int) -> None:
    """Make a namespace and leave it: what others have left is freed when the next one ends."""
    namespaces.unshare(namespaces.CLONE_NEWNET)
    namespaces.setns(home)
