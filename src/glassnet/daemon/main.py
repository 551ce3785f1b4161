"""The daemon's process: one for a state directory, started by the first call or by systemd."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import os
import signal
import socket
from pathlib import Path
from typing import Final

from glassnet.daemon.server import BACKLOG, Server
from glassnet.daemon.work import Workers
from glassnet.engine.store import state_dir
from glassnet.errors import Conflict
from glassnet.kernel.listen import bind, given

SOCKET: Final = "daemon.sock"
IDLE_SECONDS: Final = 300.0


def main() -> None:
    """Serve until idle. Leaves at once, and in peace, if another one serves already."""
    with contextlib.suppress(Conflict):
        serve(state_dir(), idle())


def idle() -> float | None:
    """Seconds without a call after which it leaves; ``$GLASSNET_DAEMON_IDLE``, 0 for never."""
    seconds = float(os.environ.get("GLASSNET_DAEMON_IDLE") or IDLE_SECONDS)
    return seconds or None


def serve(state: Path, leave_after: float | None) -> None:
    """Serve a state directory's socket to the end. Raises `Conflict` if another process does."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (state / "daemon.lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"a daemon serves {state} already", "'glassnet daemon stop'") from None
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        path = state / SOCKET
        systemds = given()
        with systemds or _listen(path) as listener:
            asyncio.run(_run(listener, state, path if systemds is None else None, leave_after))


def _listen(path: Path) -> socket.socket:
    """Ours: in the place of one whose process is dead."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bind(listener, str(path))
    listener.listen(BACKLOG)
    return listener


async def _run(
    listener: socket.socket, state: Path, path: Path | None, leave_after: float | None
) -> None:
    workers = Workers(state)
    server = Server(listener, workers, leave_after)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    gc.freeze()  # what is imported by now stays: nothing is gained by looking through it
    try:
        await server.run(lambda: path.unlink(missing_ok=True) if path else None)
    finally:
        await asyncio.to_thread(workers.close)
