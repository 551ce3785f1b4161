"""Messages: a type, flags, a header and attributes, to and from the bytes of a datagram.

`encode` blames us (`InvalidValue`), `decode` and `split` blame the kernel (`KernelNonsense`).
Layouts and numbers are those of linux/netlink.h and linux/rtnetlink.h.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final, NamedTuple

from glassnet.errors import InvalidValue, KernelNonsense
from glassnet.netlink.placeholder import Placeholder, Resolve
from glassnet.netlink.schema import Header, Table
from glassnet.netlink.wire import Misfit, Value

# Flags of struct nlmsghdr; what the upper byte means depends on the verb of the message.
REQUEST: Final = 0x1
MULTI: Final = 0x2
ACK: Final = 0x4
ECHO: Final = 0x8
DUMP_INTR: Final = 0x10
DUMP_FILTERED: Final = 0x20
ROOT: Final = 0x100  # RTM_GET*
MATCH: Final = 0x200
DUMP: Final = ROOT | MATCH
REPLACE: Final = 0x100  # RTM_NEW*
EXCL: Final = 0x200
CREATE: Final = 0x400
APPEND: Final = 0x800
NONREC: Final = 0x100  # RTM_DEL*
BULK: Final = 0x200
CAPPED: Final = 0x100  # NLMSG_ERROR
ACK_TLVS: Final = 0x200

NOOP: Final = 1  # types below 16 are netlink's own
ERROR: Final = 2
DONE: Final = 3
OVERRUN: Final = 4

HEADER_SIZE: Final = 16
_TOO_DEEP: Final = "nests in nests without end"
_HEADER: Final = struct.Struct("=IHHII")
_pack: Final = _HEADER.pack
_unpack: Final = _HEADER.unpack_from


class MessageType:
    """A kind of message: RTM_NEWLINK, 16, its header and attributes.

    ``by_family`` has the tables of address families in which attributes mean something else: the
    first field of every rtnetlink header is the family. ``asks``: it is a question, whose flags
    may make it a dump; rtnetlink's types come in fours, new, del, get, set. One object each:
    compare with ``is``.
    """

    __slots__ = ("asks", "by_family", "header", "name", "number", "table")

    def __init__(
        self,
        name: str,
        number: int,
        header: Header,
        table: Table,
        by_family: Mapping[int, Table] | None = None,
        *,
        asks: bool | None = None,
    ) -> None:
        self.asks = number & 3 == 2 if asks is None else asks
        self.name = name
        self.number = number
        self.header = header
        self.table = table
        self.by_family = by_family or {}
        if number in _TYPES:
            raise InvalidValue(f"{name} has number {number}", f"one other than {_TYPES[number]}'s")
        _TYPES[number] = self

    def __repr__(self) -> str:
        return self.name

    def table_for(self, family: object) -> Table:
        """The attributes of a message whose header names this family."""
        return self.by_family.get(family, self.table)  # type: ignore[call-overload,no-any-return]


_TYPES: Final[dict[int, MessageType]] = {}


class Message(NamedTuple):
    """A message as a value: no sequence number, no lengths; header fields left out are 0."""

    type: MessageType
    flags: int
    header: Mapping[str, int | Placeholder]
    attrs: Mapping[str, Value]

    @property
    def table(self) -> Table:
        """The table that describes its attributes."""
        return self.type.table_for(self.header.get(self.type.header.fields[0], 0))


class Raw(NamedTuple):
    """A message cut out of a datagram, not looked into: what follows struct nlmsghdr is payload."""

    type: int
    flags: int
    seq: int
    portid: int
    payload: bytes


def encode(message: Message, seq: int, resolve: Resolve | None = None, portid: int = 0) -> bytes:
    """The whole message: struct nlmsghdr, header, attributes.

    ``resolve`` finds the integer of a placeholder. Raises `InvalidValue` naming the message, the
    attribute and what it takes.
    """
    return encode_flagged(message, message.flags, seq, resolve, portid)


def encode_flagged(
    message: Message, flags: int, seq: int, resolve: Resolve | None = None, portid: int = 0
) -> bytes:
    """`encode` with other flags than the message's own."""
    kind, _, header, attrs = message
    try:
        table = kind.table
        if kind.by_family:
            table = kind.table_for(header.get("family", 0))
        body = kind.header.encode(header, resolve) + table.encode(attrs, resolve)
    except Misfit as misfit:
        where = ".".join([kind.name, *misfit.path])
        raise InvalidValue(f"{where}: {misfit.problem}", misfit.accepted) from None
    except RecursionError:
        raise InvalidValue(f"{kind.name}: {_TOO_DEEP}", "a few nests") from None
    return _pack(HEADER_SIZE + len(body), kind.number, flags, seq, portid) + body


def check(message: Message) -> None:
    """Raise `InvalidValue` if the message cannot be encoded, placeholders taken as found."""
    encode(message, 0, lambda _placeholder: 0)


def split(datagram: bytes) -> list[Raw]:
    """The messages of a datagram in order.

    Raises `KernelNonsense` for a length that is too short for its header or leads outside:
    netlink carries whole datagrams, so a cut message is an error, never "need more".
    """
    found = []
    at, end = 0, len(datagram)
    while at < end:
        try:
            length, kind, flags, seq, portid = _unpack(datagram, at)
        except struct.error:
            raise KernelNonsense(f"{end - at} bytes where a message header should be") from None
        if length < HEADER_SIZE or length > end - at:
            raise KernelNonsense(f"a message of {length} bytes with {end - at} left")
        found.append(Raw(kind, flags, seq, portid, datagram[at + HEADER_SIZE : at + length]))
        at += (length + 3) & -4
    return found


def known(number: int) -> bool:
    """Whether `decode` knows the message type: it must have been imported."""
    return number in _TYPES


def decode(raw: Raw, wanted: frozenset[str] | None = None) -> Message:
    """The message as a value; with ``wanted``, only those of its top-level attributes.

    Raises `KernelNonsense` for a type that is not `known` and for bytes that do not fit it.
    """
    number, flags, _, _, payload = raw
    kind = _TYPES.get(number)
    if kind is None:
        raise KernelNonsense(f"a message of unknown type {number}")
    try:
        header = kind.header.decode(payload)
        table = kind.table_for(header.get("family")) if kind.by_family else kind.table
        attrs = table.decode(payload, kind.header.size, len(payload), wanted)
    except Misfit as misfit:
        where = ".".join([kind.name, *misfit.path])
        raise KernelNonsense(
            f"{where}: {misfit.problem} where {misfit.accepted} should be"
        ) from None
    except RecursionError:  # 64 KiB hold 1,600 veths, each the peer of the one around it
        raise KernelNonsense(f"{kind.name}: {_TOO_DEEP}") from None
    return Message(kind, flags, header, attrs)
