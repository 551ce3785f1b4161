"""One connection: who is there, what is asked, and the answer; each in a time, or not at all."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import Final

from glassnet.daemon.frames import HEAD, Question, question, sizes
from glassnet.errors import InvalidRequest, NotPermitted

ASKING_SECONDS: Final = 5.0
"""For a question to be complete: it is written in one go."""
ANSWERING_SECONDS: Final = 5.0
_UCRED: Final = struct.Struct("=iII")  # struct ucred: process, user, group
_NAMESPACES: Final = 2


class Connection:
    """An accepted socket. Whoever is not root is refused before a byte is read."""

    def __init__(self, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self._sock = sock
        self._loop = loop
        sock.setblocking(False)

    def check_peer(self) -> None:
        """Raise `NotPermitted` unless the other end is a process of our own user."""
        data = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        pid, uid, _ = _UCRED.unpack(data)
        if uid != os.geteuid():
            raise NotPermitted(f"process {pid} of user {uid} asks", "only root may")

    async def read(self) -> tuple[Question, list[int]]:
        """The question, and the inodes of the asker's namespaces.

        Raises `InvalidRequest` for what is none, `TimeoutError`, `OSError`.
        """
        async with asyncio.timeout(ASKING_SECONDS):
            head, inodes = await self._head()
            environment, stdin = sizes(head)
            rest = await self._exactly(environment + stdin)
        return question(rest[:environment], rest[environment:]), inodes

    async def _head(self) -> tuple[bytes, list[int]]:
        head = b""
        inodes: list[int] = []
        while len(head) < HEAD.size:
            await self._readable()
            data, fds, _, _ = socket.recv_fds(self._sock, HEAD.size - len(head), _NAMESPACES)
            try:
                inodes += [os.fstat(fd).st_ino for fd in fds]
            finally:
                for fd in fds:
                    os.close(fd)
            if not data:
                raise InvalidRequest("a question that ends in its head", f"{HEAD.size} bytes")
            head += data
        return head, inodes

    async def _readable(self) -> None:
        ready = self._loop.create_future()
        self._loop.add_reader(self._sock, ready.set_result, None)
        try:
            await ready
        finally:
            self._loop.remove_reader(self._sock)

    async def _exactly(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            data = await self._loop.sock_recv(self._sock, size)
            if not data:
                raise InvalidRequest(f"a question that ends {size} bytes early", "all of it")
            parts.append(data)
            size -= len(data)
        return b"".join(parts)

    async def write(self, data: bytes) -> None:
        """The answer. Raises `TimeoutError` if it is not taken, `OSError` if nobody is there."""
        async with asyncio.timeout(ANSWERING_SECONDS):
            await self._loop.sock_sendall(self._sock, data)

    def close(self) -> None:
        """The end."""
        self._sock.close()
