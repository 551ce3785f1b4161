"""The daemon's loop: connections in, calls to the threads, answers out."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from glassnet.daemon.connection import Connection
from glassnet.daemon.frames import BY_HAND, Question, encode_answer
from glassnet.daemon.tally import Tally
from glassnet.daemon.turns import Turns
from glassnet.daemon.work import Workers
from glassnet.errors import InvalidRequest, NotPermitted
from glassnet.plugins.registry import TYPES

CONNECTIONS_MAX: Final = 2048
"""More than these wait in the socket's queue, and there in their `connect`."""
BACKLOG: Final = 4096
CONTROL: Final = "daemon"
"""The type of questions to the daemon itself: ``ASK`` is status, metrics or stop."""


class Server:
    """Serves a listening socket until it is told to stop, or nobody asked for ``idle`` seconds."""

    def __init__(self, listener: socket.socket, workers: Workers, idle: float | None) -> None:
        self._listener = listener
        self._workers = workers
        self._idle = idle
        self._tally = Tally()
        self._turns = Turns()
        self._started = time.monotonic()
        self._open = 0
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._home = [Path("/proc/self/ns", kind).stat().st_ino for kind in ("net", "mnt")]

    async def run(self, close: Callable[[], None]) -> None:
        """Until the end. Then ``close`` keeps others from coming; who has come is served."""
        self._listener.setblocking(False)
        self._wait_for_calls()
        accepting = asyncio.create_task(self._accept())
        await self._stop.wait()
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        close()
        self._drain()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stop(self) -> None:
        """Accept nothing more, and come to the end."""
        self._stop.set()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        room = asyncio.Semaphore(CONNECTIONS_MAX)
        while True:
            await room.acquire()
            sock, _ = await loop.sock_accept(self._listener)
            self._begin(sock).add_done_callback(lambda _: room.release())

    def _begin(self, sock: socket.socket) -> asyncio.Task[None]:
        task = asyncio.create_task(self._serve(sock))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _drain(self) -> None:
        """Whoever has connected already is served; whoever comes now finds nobody."""
        while True:
            try:
                sock, _ = self._listener.accept()
            except BlockingIOError:
                return
            self._begin(sock)

    def _wait_for_calls(self) -> None:
        if self._idle is not None and not self._open:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._idle, self.stop)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        if self._timer is not None:
            self._timer.cancel()
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            self._wait_for_calls()

    async def _serve(self, sock: socket.socket) -> None:
        connection = Connection(sock, asyncio.get_running_loop())
        with self._at_work():
            try:
                connection.check_peer()
                asked, home = await connection.read()
                await connection.write(await self._answer(asked, home))
            except NotPermitted:
                self._tally.refused["user"] += 1
            except InvalidRequest:
                self._tally.refused["question"] += 1
            except TimeoutError:
                self._tally.refused["slow"] += 1
            except OSError:
                self._tally.refused["gone"] += 1
            finally:
                connection.close()

    async def _answer(self, asked: Question, home: list[int]) -> bytes:
        if asked.type == CONTROL:
            return self._control(asked.environment.get("ASK", ""))
        if home != self._home or _is_relative(asked.environment) or asked.type not in TYPES:
            # Names and paths would mean something else here than there.
            self._tally.refused["elsewhere"] += 1
            return encode_answer(BY_HAND)
        return await self._call(asked)

    async def _call(self, asked: Question) -> bytes:
        """One after the other for a container, side by side for all others."""
        begun = time.monotonic()
        self._tally.waiting += 1
        async with self._turns.of(asked.environment.get("CNI_CONTAINERID", "")):
            self._tally.waiting -= 1
            self._tally.running += 1
            try:
                output, code = await asyncio.wrap_future(self._workers.submit(asked))
            finally:
                self._tally.running -= 1
        verb = asked.environment.get("CNI_COMMAND", "")
        self._tally.count(asked.type, verb, code, time.monotonic() - begun)
        return encode_answer(code, output.encode())

    def _control(self, asked: str) -> bytes:
        if asked == "metrics":
            return encode_answer(0, self._tally.metrics().encode())
        if asked not in {"status", "stop"}:
            raise InvalidRequest(f"ASK={asked}", "status, metrics or stop")
        if asked == "stop":
            self.stop()
        seconds = round(time.monotonic() - self._started, 1)
        about = {"pid": os.getpid(), "seconds": seconds, **self._tally.status()}
        return encode_answer(0, msgspec.json.encode(about))


def _is_relative(environment: Mapping[str, str]) -> bool:
    """Whether a path in it goes on from where the asker stands."""
    paths = [environment.get("CNI_NETNS", ""), *environment.get("CNI_PATH", "").split(":")]
    return any(path and not path.startswith("/") for path in paths)
