"""Requests and what the kernel says to them, without a socket: feed it datagrams, get events.

The rules, all in `TRANSITIONS`:

- A request is ``ASKED`` if it wants an ack, ``LOOKING`` if its only reply is the answer, and
  ``DUMPING`` if it asks for many. Answers (and echoes) come before the ack.
- Of requests that are sent together only the last wants an ack, the others are ``TRUSTED``: the
  kernel takes them in order (net/netlink: netlink_rcv_skb) and always tells of a refusal, so that
  when the last one is settled they are too. An ack less is a system call less.
- A dump whose parts bear NLM_F_DUMP_INTR is ``TORN``: objects changed while it was made, so it is
  read to its end and then reported as interrupted, to be asked again.
- A ``SETTLED`` request hears nothing more.
- Replies to other sequence numbers or other sockets are a stranger's and are passed over.
- A pair that is in no row is nonsense, and so is a datagram that cannot be cut into messages.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from glassnet.errors import KernelNonsense, KernelRefused
from glassnet.netlink.extack import error_code, refusal
from glassnet.netlink.message import (
    ACK,
    DONE,
    DUMP,
    DUMP_INTR,
    ERROR,
    HEADER_SIZE,
    MULTI,
    NOOP,
    OVERRUN,
    Message,
    Raw,
    decode,
    encode_flagged,
    split,
)
from glassnet.netlink.placeholder import Resolve

# States of a request.
ASKED, TRUSTED, LOOKING, DUMPING, TORN, SETTLED = (
    "asked",
    "trusted",
    "looking",
    "dumping",
    "torn",
    "settled",
)
STATES: Final = (ASKED, TRUSTED, LOOKING, DUMPING, TORN, SETTLED)

# Inputs: what a reply is.
ACKED, REFUSED, ANSWER, PART, TORN_PART, END, TORN_END, FAILED_END = (
    "ack",
    "refusal",
    "answer",
    "part",
    "torn part",
    "end",
    "torn end",
    "failed end",
)
INPUTS: Final = (ACKED, REFUSED, ANSWER, PART, TORN_PART, END, TORN_END, FAILED_END)

# Outputs: what is told of it.
_NOTHING, _ANSWERED, _DONE, _REFUSED, _INTERRUPTED = range(5)

TRANSITIONS: Final[Mapping[tuple[str, str], tuple[str, int]]] = {
    (ASKED, ACKED): (SETTLED, _DONE),
    (ASKED, REFUSED): (SETTLED, _REFUSED),
    (ASKED, ANSWER): (ASKED, _ANSWERED),
    (TRUSTED, ACKED): (SETTLED, _DONE),
    (TRUSTED, REFUSED): (SETTLED, _REFUSED),
    (TRUSTED, ANSWER): (TRUSTED, _ANSWERED),
    (LOOKING, ANSWER): (SETTLED, _ANSWERED),
    (LOOKING, REFUSED): (SETTLED, _REFUSED),
    (LOOKING, ACKED): (SETTLED, _DONE),
    (DUMPING, PART): (DUMPING, _ANSWERED),
    (DUMPING, TORN_PART): (TORN, _NOTHING),
    (DUMPING, END): (SETTLED, _DONE),
    (DUMPING, TORN_END): (SETTLED, _INTERRUPTED),
    (DUMPING, FAILED_END): (SETTLED, _REFUSED),
    (DUMPING, REFUSED): (SETTLED, _REFUSED),
    (TORN, PART): (TORN, _NOTHING),
    (TORN, TORN_PART): (TORN, _NOTHING),
    (TORN, END): (SETTLED, _INTERRUPTED),
    (TORN, TORN_END): (SETTLED, _INTERRUPTED),
    (TORN, FAILED_END): (SETTLED, _REFUSED),
    (TORN, REFUSED): (SETTLED, _REFUSED),
    **{(SETTLED, reply): (SETTLED, _NOTHING) for reply in INPUTS},
}

_FLAGS: Final = struct.Struct("=H")
_SEQ: Final = struct.Struct("=I")
_ACK: Final = struct.Struct("=IHHIIi16s")
"""An ack with NETLINK_CAP_ACK: nlmsghdr, 0, and the header of what is acknowledged."""

SEND_MAX: Final = 32768  # bytes in one send
MESSAGES_MAX: Final = 48
"""Messages in one send: as many refusals, or answers, fit an unenlarged receive buffer."""


class Answered(NamedTuple):
    """A message in reply to request number ``request``; not decoded yet."""

    request: int
    raw: Raw


class Done(NamedTuple):
    """Acknowledged, or the end of a dump."""

    request: int


class Refused(NamedTuple):
    """The kernel would not."""

    request: int
    error: KernelRefused


class Interrupted(NamedTuple):
    """The dump is not one consistent picture: ask again."""

    request: int


Event: TypeAlias = Answered | Done | Refused | Interrupted


class Conversation:
    """Some requests, sent together, until each is settled.

    ``first_seq`` is the sequence number of the first, the others follow; ``portid`` is the
    socket's address, which replies bear.
    """

    __slots__ = (
        "_datagrams",
        "_encoded",
        "_first",
        "_messages",
        "_now",
        "_portid",
        "_ready",
        "_states",
        "pending",
    )

    def __init__(self, portid: int, first_seq: int) -> None:
        self._portid = portid
        self._first = first_seq
        self._messages: Sequence[Message] = ()
        self._encoded: list[bytes] = []
        self._ready = b""
        self._states: list[str] = []
        self._datagrams: Iterator[tuple[int, int]] = iter(())
        self._now = (0, 0)
        self.pending = 0

    def begin(
        self, messages: Sequence[Message], extra_flags: int, resolve: Resolve | None = None
    ) -> bytes:
        """Encode all, with ``extra_flags`` added, and give the first datagram to send.

        Nothing is sent if one cannot be encoded: raises `InvalidValue`.
        """
        first = self._first
        self._messages = messages
        self._states = [_first_state(message, extra_flags) for message in messages]
        self._encoded = [
            encode_flagged(
                message,
                message.flags | (extra_flags & ~ACK if state is TRUSTED else extra_flags),
                (first + at) & 0xFFFFFFFF,
                resolve,
            )
            for at, (message, state) in enumerate(zip(messages, self._states, strict=True))
        ]
        self._datagrams = _cut(self._encoded)
        return self.next_datagram()

    def begin_encoded(self, datagram: bytearray, starts: Sequence[int]) -> None:
        """Of messages that are encoded: put in the sequence numbers, ask for an ack of the last.

        ``starts`` are the offsets at which they begin. The datagram is the caller's to send.
        """
        seq = self._first
        for start in starts:
            _SEQ.pack_into(datagram, start + 8, seq & 0xFFFFFFFF)
            seq += 1
        last = starts[-1] + 6
        (flags,) = _FLAGS.unpack_from(datagram, last)
        _FLAGS.pack_into(datagram, last, flags | ACK)
        self._ready = bytes(datagram)
        self._states = [TRUSTED] * (len(starts) - 1) + [ASKED]
        self._now = (0, len(starts))
        self.pending = len(starts)

    def next_datagram(self) -> bytes:
        """What to send once nothing is `pending`; empty if all is said."""
        start, end = self._now = next(self._datagrams, (0, 0))
        self.pending = end - start
        if self.pending and self._states[end - 1] is TRUSTED:
            self._states[end - 1] = ASKED
            self._encoded[end - 1] = _with_ack(self._encoded[end - 1])
        return b"".join(self._encoded[start:end])

    def settles_all(self, datagram: bytes) -> bool:
        """Whether it is what mostly comes: one ack, to the last request, and all is well.

        A shorter way to where `feed` would lead, for the hot path; the events would be `Done`.
        """
        end = self._now[1]
        if len(datagram) != _ACK.size or self._states[end - 1] is not ASKED:
            return False
        length, kind, _, seq, portid, code, _ = _ACK.unpack(datagram)
        if (length, kind, code, portid) != (_ACK.size, ERROR, 0, self._portid):
            return False
        if seq != (self._first + end - 1) & 0xFFFFFFFF:
            return False
        self._states[end - 1] = SETTLED
        self._settle(end - 1)
        return not self.pending

    def feed(self, datagram: bytes) -> list[Event]:
        """What a datagram says to our requests. Raises `KernelNonsense`."""
        events: list[Event] = []
        for raw in split(datagram):
            at = (raw.seq - self._first) & 0xFFFFFFFF
            if raw.portid != self._portid or at >= len(self._states) or raw.type == NOOP:
                continue
            event = self._hear(raw, at)
            if event is not None:
                events.append(event)
        return events

    def _hear(self, raw: Raw, at: int) -> Event | None:
        before = self._states[at]
        reply = classify(raw)
        transition = TRANSITIONS.get((before, reply))
        if transition is None:
            kind = self._message(at).type
            raise KernelNonsense(f"{reply} (type {raw.type}) to a {kind} that is {before}")
        after, output = transition
        self._states[at] = after
        if after is SETTLED and before is not SETTLED:
            self._settle(at)
        if output == _DONE:
            return Done(at)
        if output == _ANSWERED:
            return Answered(at, raw)
        if output == _INTERRUPTED:
            return Interrupted(at)
        if output == _REFUSED:
            message = self._message(at)
            return Refused(at, refusal(raw, self._encoded[at], message.type, message.table))
        return None

    def _message(self, at: int) -> Message:
        """One of those that were sent; what came encoded is read now that something is amiss."""
        if not self._messages:
            raws = split(self._ready)
            self._messages = [decode(raw) for raw in raws]
            self._encoded = [b"".join((bytes(HEADER_SIZE), raw.payload)) for raw in raws]
        return self._messages[at]

    def _settle(self, at: int) -> None:
        """One request is done with; the last of its datagram vouches for those before it."""
        self.pending -= 1
        start, end = self._now
        if at != end - 1 or not self.pending:
            return
        for other in range(start, at):
            if self._states[other] is TRUSTED:
                self._states[other] = SETTLED
                self.pending -= 1


def classify(raw: Raw) -> str:
    """Which input of the table a message is. Raises `KernelNonsense` for a broken error code."""
    if raw.type == ERROR:
        if len(raw.payload) < 4:
            raise KernelNonsense(f"an error message of {len(raw.payload)} bytes")
        return REFUSED if error_code(raw) else ACKED
    torn = raw.flags & DUMP_INTR
    if raw.type == DONE:
        if error_code(raw):
            return FAILED_END
        return TORN_END if torn else END
    if raw.type == OVERRUN:
        raise KernelNonsense("NLMSG_OVERRUN: data was lost")
    if raw.flags & MULTI:
        return TORN_PART if torn else PART
    return ANSWER


def _first_state(message: Message, extra_flags: int) -> str:
    flags = message.flags | extra_flags
    if message.type.asks and flags & DUMP == DUMP:
        return DUMPING
    if message.flags & ACK:
        return ASKED
    return TRUSTED if extra_flags & ACK else LOOKING


def _with_ack(encoded: bytes) -> bytes:
    """The same message with NLM_F_ACK: nlmsg_flags are the two bytes from 6 on."""
    (flags,) = _FLAGS.unpack_from(encoded, 6)
    return encoded[:6] + _FLAGS.pack(flags | ACK) + encoded[8:]


def _cut(encoded: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Ranges of messages that go out in one send each."""
    start = size = 0
    for at, message in enumerate(encoded):
        if at > start and (size + len(message) > SEND_MAX or at - start == MESSAGES_MAX):
            yield start, at
            start, size = at, 0
        size += len(message)
    if encoded:
        yield start, len(encoded)
