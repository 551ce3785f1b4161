"""The daemon: it listens, answers plugins, and keeps their leases until it is told to end.

What it has leased stays leased when it ends; the next one goes on with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from glassnet.cni.error import DECODING_FAILURE, CniError, of
from glassnet.engine.store import Store, state_dir
from glassnet.errors import Conflict, GlassnetError, InvalidRequest, NotPermitted, StateError
from glassnet.kernel.listen import bind, given
from glassnet.serve.dhcp import call
from glassnet.serve.dhcp.call import Asked
from glassnet.serve.dhcp.keeper import Keeper, Told
from glassnet.serve.dhcp.options import Options, read

_FOREIGN: Final = b"CONNECT "
_TO_FOREIGN: Final = (
    b"HTTP/1.0 501 This daemon is glassnet's, and talks to its plugin alone\r\n\r\n"
)
"""The reference's plugin shows the status to its user."""


def run(options: Options, told: Told) -> None:
    """Until SIGTERM or SIGINT. Raises `GlassnetError` where it cannot begin."""
    with contextlib.ExitStack() as opened:
        path = options.prefix + options.socket
        sock = opened.enter_context(_listening(path))
        if options.pidfile:
            opened.enter_context(_pidfile(options.pidfile))
        store = Store(state_dir())
        opened.callback(store.close)
        keeper = Keeper(
            store,
            options.timing,
            told,
            socket=path,
            prefix=options.prefix,
            broadcast=options.broadcast,
        )
        asyncio.run(_serve(sock, keeper, lambda: told(f"listening on {path}")))


def main(words: Sequence[str]) -> NoReturn:
    """``dhcp daemon`` with the reference's flags."""
    options = read(words)
    try:
        run(options, tell)
    except GlassnetError as error:
        advice = error.advice()
        tell(f"{error}{f': {advice}' if advice else ''}")
        sys.exit(1)
    sys.exit(0)


def tell(line: str) -> None:
    """On standard error, where systemd and people look for it."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


async def _serve(sock: socket.socket, keeper: Keeper, ready: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    keeper.adopt()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            answer = await _answer(reader, keeper)
            if answer:
                writer.write(answer)
                await writer.drain()
        writer.close()

    # Not as a Unix server, for that removes the socket's path, which may be systemd's.
    server = await asyncio.start_server(handle, sock=sock, limit=call.SIZE_MAX)
    ready()
    await stop.wait()
    server.close()


async def _answer(reader: asyncio.StreamReader, keeper: Keeper) -> bytes:
    """The answer to one line; nothing for who has gone before it was there."""
    verb = "Call"
    try:
        line = await reader.readline()
        if line.startswith(_FOREIGN):
            return _TO_FOREIGN
        asked = msgspec.json.decode(line, type=Asked)
        verb = asked.verb.capitalize()
        task = asyncio.ensure_future(keeper.answer(asked))
        left = asyncio.ensure_future(reader.read(1))
        await asyncio.wait({task, left}, return_when=asyncio.FIRST_COMPLETED)
        left.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
            return b""
        return call.answer(task.result())
    except (msgspec.DecodeError, ValueError) as error:
        return call.failure(CniError(DECODING_FAILURE, f"the DHCP daemon was asked: {error}"))
    except GlassnetError as error:
        known = of(error)
        words = f"error calling DHCP.{verb}: {known.message}"
        return call.failure(CniError(known.code, words, known.details))


# Where it listens.


@contextlib.contextmanager
def _listening(path: str) -> Iterator[socket.socket]:
    """systemd's socket, or one of our own, which goes when we go."""
    systemds = given()
    if systemds is not None:
        with systemds:
            yield systemds
        return
    with _bound(path) as sock:
        try:
            yield sock
        finally:
            Path(path).unlink(missing_ok=True)


def _bound(path: str) -> socket.socket:
    """A socket for root alone. One that is left by a dead daemon is no obstacle."""
    with contextlib.ExitStack() as opened:
        kind = socket.SOCK_STREAM | socket.SOCK_CLOEXEC
        sock = opened.enter_context(socket.socket(socket.AF_UNIX, kind))
        try:
            Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_dead(path):
                Path(path).unlink()
            bind(sock, path)
            sock.listen()
        except OSError as error:
            raise _refused(error, f"Error getting listener: {path}") from error
        opened.pop_all()
    return sock


def _is_dead(path: str) -> bool:
    """Whether there is a socket that nobody listens on. Raises `Conflict` if somebody does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            sock.connect(path)
        except FileNotFoundError:
            return False
        except ConnectionRefusedError:  # of a file that is no socket, too
            return Path(path).is_socket()
    raise Conflict(
        f"Error getting listener: another daemon listens on {path}",
        "end that one first; --socket-path names another place",
    )


@contextlib.contextmanager
def _pidfile(path: str) -> Iterator[None]:
    if not Path(path).is_absolute():
        raise InvalidRequest(
            f'Error writing pidfile "{path}": path not absolute', "an absolute path"
        )
    try:
        Path(path).write_text(str(os.getpid()), encoding="ascii")
    except OSError as error:
        raise _refused(error, f'Error writing pidfile "{path}"') from error
    try:
        yield
    finally:
        Path(path).unlink(missing_ok=True)


def _refused(error: OSError, what: str) -> NotPermitted | StateError:
    words = f"{what}: {error.strerror or error}"
    if isinstance(error, PermissionError):
        return NotPermitted(words, "run it as root")
    return StateError(words, "is the place writable, and the path shorter than 108 bytes?")
