"""D-Bus, as far as one question after the other takes it: text in calls, text and flags in answers.

The library that does all of it costs 12 ms to import; the four things that are asked of firewalld
take no more than this. Layouts are those of the D-Bus specification, "Message Protocol" and
"Authentication Protocol".
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from glassnet.errors import KernelNonsense, NotFound, Refusal

DEFAULT: Final = "unix:path=/run/dbus/system_bus_socket"
VARIABLE: Final = "DBUS_SYSTEM_BUS_ADDRESS"
BUS: Final = "org.freedesktop.DBus"

_CALL: Final = 1
_ERROR: Final = 3
_PATH, _INTERFACE, _MEMBER, _ERROR_NAME, _REPLY_SERIAL, _DESTINATION = 1, 2, 3, 4, 5, 6
_SIGNATURE: Final = 8
_HEADER: Final = struct.Struct("<4sIII")  # endianness, type, flags, version; body, serial, fields
_LARGEST: Final = 1 << 27  # "The maximum length of a message"
_SECONDS: Final = 30.0


class BusError(Refusal):
    """An error that was answered: its ``name`` and its words."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(f"{words} ({name})")
        self.name = name
        self.words = words


class Answer(NamedTuple):
    """A message that came: what it answers, an error's name, and the values in it."""

    serial: int
    error: str
    values: tuple[str | bool | int | list[str], ...]


class Bus:
    """A connection to the system's bus. Raises `NotFound` where there is none."""

    def __init__(self) -> None:
        self._serial = 0
        self._data = b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_SECONDS)
        try:
            self._socket.connect(address_of(os.environ.get(VARIABLE) or DEFAULT))
            self._authenticate()
            self.call(BUS, "/org/freedesktop/DBus", BUS, "Hello")
        except OSError as error:
            self._socket.close()
            raise NotFound(f"there is no system bus: {error.strerror or error}") from None

    def _authenticate(self) -> None:
        """By the credentials that the kernel attests (EXTERNAL)."""
        uid = str(os.getuid()).encode().hex().encode()
        self._socket.sendall(b"\0AUTH EXTERNAL " + uid + b"\r\n")
        line = b""
        while not line.endswith(b"\r\n"):
            more = self._socket.recv(1)
            if not more:
                raise ConnectionRefusedError(0, "the bus has hung up")
            line += more
        if not line.startswith(b"OK "):
            raise PermissionError(0, f"the bus does not know us: {line.decode().strip()}")
        self._socket.sendall(b"BEGIN\r\n")

    def call(
        self, destination: str, path: str, interface: str, member: str, *args: str
    ) -> tuple[str | bool | int | list[str], ...]:
        """Call a method and wait for what it answers.

        Raises `BusError` for an error, `NotFound` if the bus goes away, `KernelNonsense` for what
        is no message.
        """
        self._serial += 1
        try:
            where = (destination, path, interface, member)
            self._socket.sendall(encode(self._serial, where, args))
            while True:
                answer = self._receive()
                if answer.serial == self._serial:
                    break
        except OSError as error:
            raise NotFound(f"the system bus does not answer: {error}") from None
        if answer.error:
            raise BusError(answer.error, str(answer.values[0]) if answer.values else "")
        return answer.values

    def _receive(self) -> Answer:
        head = self._read(16)
        _, body, _, fields = _HEADER.unpack(head)
        length = -(-fields // 8) * 8 + body
        if head[:1] != b"l" or length > _LARGEST:
            raise KernelNonsense("this is no message of D-Bus")
        return decode(head + self._read(length))

    def _read(self, size: int) -> bytes:
        while len(self._data) < size:
            more = self._socket.recv(65536)
            if not more:
                raise ConnectionResetError(0, "it has hung up")
            self._data += more
        found, self._data = self._data[:size], self._data[size:]
        return found

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def address_of(text: str) -> str:
    """The socket of the first address that is a path. Raises `NotFound`."""
    for one in text.split(";"):
        transport, _, rest = one.partition(":")
        options = dict(pair.partition("=")[::2] for pair in rest.split(","))
        if transport == "unix" and options.get("path"):
            return options["path"]
        if transport == "unix" and options.get("abstract"):
            return f"\0{options['abstract']}"
    raise NotFound(f"{VARIABLE}={text} names no socket of this host")


def encode(serial: int, where: tuple[str, str, str, str], args: Sequence[str]) -> bytes:
    """A call of ``(destination, path, interface, member)`` whose arguments are text."""
    destination, path, interface, member = where
    fields = [
        (_PATH, "o", path),
        (_INTERFACE, "s", interface),
        (_MEMBER, "s", member),
        (_DESTINATION, "s", destination),
    ]
    listed = b""
    for code, kind, value in fields:
        listed = _aligned(listed, 8) + bytes([code, 1]) + kind.encode() + b"\0"
        listed = _text(listed, value)
    if args:
        listed = _aligned(listed, 8) + bytes([_SIGNATURE, 1]) + b"g\0"
        listed += bytes([len(args)]) + b"s" * len(args) + b"\0"
    body = b""
    for value in args:
        body = _text(body, value)
    head = _HEADER.pack(bytes([ord("l"), _CALL, 0, 1]), len(body), serial, len(listed))
    return _aligned(head + listed, 8) + body


def _text(data: bytes, value: str) -> bytes:
    raw = value.encode()
    return _aligned(data, 4) + struct.pack("<I", len(raw)) + raw + b"\0"


def _aligned(data: bytes, size: int) -> bytes:
    return data + bytes(-len(data) % size)


def decode(data: bytes) -> Answer:
    """A whole message. Raises `KernelNonsense` for bytes that are none."""
    try:
        return _decode(data)
    except (struct.error, IndexError, UnicodeDecodeError, ValueError) as error:
        raise KernelNonsense(f"this is no message of D-Bus: {error}") from None


def _decode(data: bytes) -> Answer:
    [size] = struct.unpack_from("<I", data, 12)
    fields: dict[int, str | bool | int | list[str]] = {}
    at = 16
    while at < 16 + size:
        at += -at % 8
        code = data[at]
        kind, at = _value(data, at + 1, "g")
        fields[code], at = _value(data, at, str(kind))
    at += -at % 8
    values = []
    for kind in _kinds(str(fields.get(_SIGNATURE, ""))):
        value, at = _value(data, at, kind)
        values.append(value)
    error = str(fields.get(_ERROR_NAME, "")) if data[1] == _ERROR else ""
    serial = fields.get(_REPLY_SERIAL, 0)
    return Answer(serial if isinstance(serial, int) else 0, error, tuple(values))


def _kinds(signature: str) -> list[str]:
    """``sas`` is ``s`` and ``as``."""
    found, before = [], ""
    for letter in signature:
        before += letter
        if letter != "a":
            found.append(before)
            before = ""
    return found


def _value(data: bytes, at: int, kind: str) -> tuple[str | bool | int | list[str], int]:
    """A value, and where it ends."""
    if kind == "g":
        end = at + 1 + data[at]
        return data[at + 1 : end].decode(), end + 1
    at += -at % 4
    [number] = struct.unpack_from("<I", data, at)
    at += 4
    if kind in {"s", "o"}:
        if at + number >= len(data):
            raise ValueError("a text that leads outside")
        return data[at : at + number].decode(), at + number + 1
    if kind == "u":
        return number, at
    if kind == "b":
        return bool(number), at
    if kind == "as":
        items: list[str] = []
        end = at + number
        while at < end:
            item, at = _value(data, at, "s")
            items.append(str(item))
        return items, at
    raise ValueError(f"values of the kind {kind!r} are not asked for")
