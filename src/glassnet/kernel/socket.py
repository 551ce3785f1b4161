"""The netlink socket: all of glassnet's AF_NETLINK input and output, driven by `Conversation`.

A socket belongs to the network namespace that the calling thread was in when it was opened, and
stays there. It is not for use by several threads at once.
"""

from __future__ import annotations

import _socket as socket  # what is round it in socket.py takes time to import, and is not needed
import errno
import fcntl
import select
import struct
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Final, NamedTuple, Self

from glassnet.errors import InvalidRequest, KernelNonsense, KernelRefused
from glassnet.netlink.conversation import Answered, Conversation, Event, Interrupted, Refused
from glassnet.netlink.message import ACK, DUMP, REQUEST, Message, decode, known, split
from glassnet.netlink.placeholder import Resolve
from glassnet.netlink.route import addr, link, neigh, netns, route, rule, stats

DECODED: Final = (addr, link, neigh, netns, route, rule, stats)
"""The modules that teach `decode` their message types by being imported."""

NETFILTER: Final = 12  # linux/netlink.h: NETLINK_NETFILTER

_SOL_NETLINK: Final = 270  # linux/socket.h, linux/netlink.h
_ADD_MEMBERSHIP: Final = 1
_CAP_ACK: Final = 10
_EXT_ACK: Final = 11
_GET_STRICT_CHK: Final = 12
_SO_RCVBUFFORCE: Final = 33  # asm-generic/socket.h
_MONITOR_BUFFER: Final = 4 << 20
_REPLY_SECONDS: Final = 30
_REPLY_TIME: Final = struct.pack("@ll", _REPLY_SECONDS, 0)  # struct timeval

_ROOM: Final = 65537
"""Bytes to receive at first. Odd, as no datagram of netlink is: a full buffer means a cut one."""

_DUMP_TRIES: Final = 30
_DEAF: Final = "a socket that listens to groups takes no requests"

_SIOCGIFFLAGS: Final = 0x8913  # linux/sockios.h
_SIOCGIFINDEX: Final = 0x8933
_IFREQ: Final = struct.Struct("=16sI20x")  # struct ifreq: a name, and flags (16 bits) or an index


class Reply(NamedTuple):
    """What became of one request: the refusal, or the messages that answered (mostly none)."""

    error: KernelRefused | None
    messages: tuple[Message, ...]


_ACKED: Final = Reply(None, ())


class _Cut(KernelNonsense):
    """A datagram was larger than the room for it; there is more room now."""


class NetlinkSocket:
    """A netlink socket in the calling thread's network namespace; ``protocol`` is NETLINK_*.

    With ``groups`` (`glassnet.netlink.route.groups`) it is a monitor: it yields `events` and takes
    no requests, since the kernel's notifications of our own requests would look like answers.
    Raises `KernelRefused` if it cannot be opened.
    """

    __slots__ = ("_groups", "_portid", "_room", "_seq", "_sock")

    def __init__(self, groups: Iterable[int] = (), protocol: int = socket.NETLINK_ROUTE) -> None:
        self._groups = tuple(groups)
        self._seq = 1
        self._room = _ROOM
        try:
            self._sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        except OSError as error:
            raise _refused(error, "opening a netlink socket") from error
        try:
            self._portid = self._prepare()
        except OSError as error:
            self._sock.close()
            raise _refused(error, "preparing a netlink socket") from error

    def _prepare(self) -> int:
        """Set the options, bind, and return the address."""
        sock = self._sock
        for option in (_EXT_ACK, _CAP_ACK, _GET_STRICT_CHK):
            sock.setsockopt(_SOL_NETLINK, option, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _REPLY_TIME)
        sock.bind((0, 0))
        if self._groups:
            try:
                sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _MONITOR_BUFFER)
            except PermissionError:  # outside the first user namespace: as much as is allowed
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _MONITOR_BUFFER)
        for group in self._groups:
            sock.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        portid: int = sock.getsockname()[0]
        return portid

    def request(
        self,
        messages: Sequence[Message],
        resolve: Resolve | None = None,
        wanted: frozenset[str] | None = None,
    ) -> list[Reply]:
        """Send them all, wait until each is settled; a `Reply` for each, in order.

        What the kernel refuses is in ``Reply.error``, and does not keep the others from being
        tried. ``resolve`` finds the numbers of placeholders before anything is sent; ``wanted`` is
        what to decode of messages in replies (all: None). Raises
        `InvalidValue` for a message that cannot be encoded (nothing is sent), `KernelRefused` if
        replies were lost, `KernelNonsense` for replies that cannot be read.
        """
        replies = [_ACKED] * len(messages)
        for event in self._converse(messages, REQUEST | ACK, resolve):
            if isinstance(event, Answered):
                message = decode(event.raw, wanted)
                replies[event.request] = Reply(None, (*replies[event.request].messages, message))
            elif isinstance(event, Refused):
                replies[event.request] = Reply(event.error, replies[event.request].messages)
        return replies

    def exchange(self, datagram: bytearray, starts: Sequence[int]) -> list[KernelRefused | None]:
        """Send messages that are encoded but for their sequence numbers; what became of each.

        ``starts`` are the offsets at which they begin. Raises as `request` does.
        """
        if self._groups:
            raise InvalidRequest(_DEAF)
        conversation = Conversation(self._portid, self._seq)
        self._seq = (self._seq + len(starts)) & 0xFFFFFFFF
        conversation.begin_encoded(datagram, starts)
        self._send(datagram)
        refused: list[KernelRefused | None] = [None] * len(starts)
        for event in self._hear_out(conversation):
            if isinstance(event, Refused):
                refused[event.request] = event.error
        return refused

    def get(self, message: Message, wanted: frozenset[str] | None = None) -> Message:
        """Look one object up; ``wanted`` as for `decode`.

        Raises `KernelRefused` (ENODEV and its like) and `KernelNonsense`.
        """
        for event in self._patiently(message, REQUEST):
            if isinstance(event, Answered):
                return decode(event.raw, wanted)
            if isinstance(event, Refused):
                raise event.error
        raise KernelNonsense(f"an ack and no answer to {message.type}")

    def link_flags(self, ifname: str) -> int | None:
        """A link's IFF_*, or None if there is no such link. Raises `KernelRefused`."""
        return self._link_number(_SIOCGIFFLAGS, ifname, 0xFFFF)

    def link_index(self, ifname: str) -> int | None:
        """A link's ifindex, or None if there is no such link. Raises `KernelRefused`."""
        return self._link_number(_SIOCGIFINDEX, ifname, 0xFFFFFFFF)

    def _link_number(self, question: int, ifname: str, mask: int) -> int | None:
        """By ioctl (netdevice(7)): a tenth of the price of `get`, where one number is asked."""
        try:
            answer = fcntl.ioctl(self._sock, question, _IFREQ.pack(ifname.encode(), 0))
        except OSError as error:
            if error.errno == errno.ENODEV:
                return None
            raise _refused(error, f"asking about {ifname}") from error
        number: int = _IFREQ.unpack(answer)[1]
        return number & mask

    def dump(self, message: Message, wanted: frozenset[str] | None = None) -> list[Message]:
        """All objects that the message selects, as one consistent picture.

        A dump that was interrupted by changes is asked for again, up to 30 times; then, and where
        the kernel refuses, raises `KernelRefused` (EINTR).
        """
        for _ in range(_DUMP_TRIES):
            events = self._patiently(message, REQUEST | DUMP)
            last = events[-1]
            if isinstance(last, Refused):
                raise last.error
            if not isinstance(last, Interrupted):
                return [
                    decode(event.raw, wanted) for event in events if isinstance(event, Answered)
                ]
        words = f"the objects kept changing during {_DUMP_TRIES} dumps"
        raise KernelRefused(errno.EINTR, words, what=message.type.name)

    def events(self, timeout: float | None = None) -> list[Message]:
        """Notifications: waits for the first up to ``timeout`` seconds, takes all that are there.

        Empty if none came. Messages of types glassnet does not know are passed over. Raises
        `KernelRefused` (ENOBUFS) where some were lost: look at everything anew.
        """
        found: list[Message] = []
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        wait = None if timeout is None else int(timeout * 1000)
        while poll.poll(wait):
            wait = 0
            found += [decode(raw) for raw in split(self._receive()) if known(raw.type)]
        return found

    def _patiently(self, message: Message, flags: int) -> list[Event]:
        """All events of one request that may be repeated, where a reply was too large."""
        while True:
            try:
                return self._converse((message,), flags, None)
            except _Cut:
                continue

    def _converse(
        self, messages: Sequence[Message], flags: int, resolve: Resolve | None
    ) -> list[Event]:
        if self._groups:
            raise InvalidRequest(_DEAF)
        conversation = Conversation(self._portid, self._seq)
        # Reserved first: ``resolve`` may ask something on this very socket.
        self._seq = (self._seq + len(messages)) & 0xFFFFFFFF
        datagram = conversation.begin(messages, flags, resolve)
        events: list[Event] = []
        while datagram:
            self._send(datagram)
            events += self._hear_out(conversation)
            datagram = conversation.next_datagram()
        return events

    def _hear_out(self, conversation: Conversation) -> list[Event]:
        """What is said until nothing is pending of what was sent."""
        events: list[Event] = []
        try:
            while conversation.pending:
                received = self._receive()
                if not conversation.settles_all(received):
                    events += conversation.feed(received)
        except KernelNonsense:
            self._drain()
            raise
        return events

    def _drain(self) -> None:
        """Read what is left, so that a dump that was given up does not stand in the way."""
        while True:
            try:
                self._sock.recv(self._room, socket.MSG_DONTWAIT)
            except OSError:
                return

    def _send(self, datagram: bytes | bytearray) -> None:
        try:
            self._sock.send(datagram)
        except OSError as error:
            raise _refused(error, "sending to the kernel") from error

    def _receive(self) -> bytes:
        """One datagram that the kernel sent (address 0); a stranger's is dropped."""
        while True:
            try:
                datagram, sender = self._sock.recvfrom(self._room)
            except OSError as error:
                raise _refused(
                    error, "waiting for the kernel", _LOST.get(error.errno or 0, "")
                ) from error
            if sender[0] == 0:
                break
        if len(datagram) == self._room:
            self._room = self._room * 2 + 1
            raise _Cut(f"a datagram was cut at {len(datagram)} bytes")
        return datagram

    def fileno(self) -> int:
        """The descriptor, to wait on."""
        return self._sock.fileno()

    def close(self) -> None:
        """Close it; an open socket keeps its namespace alive."""
        self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


_LOST: Final = {
    errno.ENOBUFS: "the socket's receive buffer was full, messages were lost",
    errno.EAGAIN: f"no reply within {_REPLY_SECONDS} seconds",
}


def _refused(error: OSError, what: str, words: str = "") -> KernelRefused:
    return KernelRefused(error.errno or errno.EIO, words, what=what)
