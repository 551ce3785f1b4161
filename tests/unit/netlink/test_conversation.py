"""The conversation: every state with every input, and captured replies in every shape."""

from __future__ import annotations

import itertools
import random
import struct
import time
from collections.abc import Sequence

import captures
import pytest

from glassnet.errors import GlassnetError, InvalidValue, KernelNonsense
from glassnet.netlink.conversation import (
    ACKED,
    ANSWER,
    ASKED,
    DUMPING,
    END,
    FAILED_END,
    INPUTS,
    LOOKING,
    MESSAGES_MAX,
    PART,
    REFUSED,
    SEND_MAX,
    SETTLED,
    STATES,
    TORN,
    TORN_END,
    TORN_PART,
    TRANSITIONS,
    TRUSTED,
    Answered,
    Conversation,
    Done,
    Event,
    Interrupted,
    Refused,
)
from glassnet.netlink.message import (
    ACK,
    BULK,
    DONE,
    DUMP,
    DUMP_INTR,
    ERROR,
    MULTI,
    NONREC,
    NOOP,
    OVERRUN,
    REQUEST,
    Message,
    decode,
    encode,
    split,
)
from glassnet.netlink.route.link import GETLINK, NEWLINK
from glassnet.netlink.route.neigh import DELNEIGH

PORTID = 4242
SEQ = 100
GET = Message(GETLINK, 0, {}, {})
SET = Message(NEWLINK, 0, {}, {})


def reply(kind: int, flags: int = 0, payload: bytes = b"", seq: int = SEQ) -> bytes:
    padding = bytes(-len(payload) % 4)
    return struct.pack("=IHHII", 16 + len(payload), kind, flags, seq, PORTID) + payload + padding


OK, EPERM = struct.pack("=i", 0) + bytes(16), struct.pack("=i", -1) + bytes(16)
REPLIES = {
    ACKED: reply(ERROR, 0, OK),
    REFUSED: reply(ERROR, 0, EPERM),
    ANSWER: reply(16, 0, bytes(16)),
    PART: reply(16, MULTI, bytes(16)),
    TORN_PART: reply(16, MULTI | DUMP_INTR, bytes(16)),
    END: reply(DONE, MULTI, bytes(4)),
    TORN_END: reply(DONE, MULTI | DUMP_INTR, bytes(4)),
    FAILED_END: reply(DONE, MULTI, struct.pack("=i", -22)),
}
ROADS: dict[str, tuple[int, list[str]]] = {
    ASKED: (REQUEST | ACK, []),
    TRUSTED: (REQUEST | ACK, []),
    LOOKING: (REQUEST, []),
    DUMPING: (REQUEST | DUMP, []),
    TORN: (REQUEST | DUMP, [TORN_PART]),
    SETTLED: (REQUEST | ACK, [ACKED]),
}


def in_state(state: str) -> Conversation:
    flags, inputs = ROADS[state]
    conversation = Conversation(PORTID, SEQ)
    conversation.begin([GET, GET] if state is TRUSTED else [GET], flags)
    for one in inputs:
        conversation.feed(REPLIES[one])
    return conversation


@pytest.mark.parametrize(("state", "heard"), list(itertools.product(STATES, INPUTS)))
def test_every_state_hears_every_input(state: str, heard: str) -> None:
    conversation = in_state(state)
    assert conversation._states[0] == state
    if (state, heard) not in TRANSITIONS:
        with pytest.raises(KernelNonsense, match=f"{heard} .* that is {state}"):
            conversation.feed(REPLIES[heard])
        return
    conversation.feed(REPLIES[heard])
    assert conversation._states[0] == TRANSITIONS[state, heard][0]
    assert conversation.pending == sum(one != SETTLED for one in conversation._states)


def test_no_sequence_of_inputs_leaves_the_table() -> None:
    dice = random.Random(7)
    for _ in range(2000):
        conversation = in_state(dice.choice(STATES))
        for heard in dice.choices(INPUTS, k=6):
            before = conversation._states[0]
            try:
                conversation.feed(REPLIES[heard])
            except KernelNonsense:
                assert (before, heard) not in TRANSITIONS
                break
            assert conversation.pending == sum(one != SETTLED for one in conversation._states)
            assert conversation._states[0] in STATES


def told(flags: int, *heard: str) -> list[type[Event]]:
    conversation = Conversation(PORTID, SEQ)
    conversation.begin([GET], flags)
    return [type(event) for one in heard for event in conversation.feed(REPLIES[one])]


def test_what_is_told() -> None:
    assert told(REQUEST | ACK, ANSWER, ACKED) == [Answered, Done]
    assert told(REQUEST | ACK, REFUSED) == [Refused]
    assert told(REQUEST, ANSWER, ANSWER) == [Answered]
    assert told(REQUEST, ACKED) == [Done]
    assert told(REQUEST | DUMP, PART, PART, END) == [Answered, Answered, Done]
    assert told(REQUEST | DUMP, PART, TORN_PART, PART, END) == [Answered, Interrupted]
    assert told(REQUEST | DUMP, PART, TORN_END) == [Answered, Interrupted]
    assert told(REQUEST | DUMP, TORN_PART, FAILED_END) == [Refused]
    assert told(REQUEST | DUMP, REFUSED) == [Refused]


def test_only_the_last_of_a_datagram_wants_an_ack() -> None:
    conversation = Conversation(PORTID, SEQ)
    first = conversation.begin([SET, SET, SET], REQUEST | ACK)
    assert [raw.seq for raw in split(first)] == [SEQ, SEQ + 1, SEQ + 2]
    assert [raw.flags for raw in split(first)] == [REQUEST, REQUEST, REQUEST | ACK]
    assert conversation.feed(reply(ERROR, 0, OK, SEQ + 2)) == [Done(2)]
    assert conversation.pending == 0
    assert conversation.next_datagram() == b""


def test_refusals_are_matched_and_the_last_vouches_for_the_rest() -> None:
    conversation = Conversation(PORTID, SEQ)
    conversation.begin([SET, SET, GET, SET], REQUEST | ACK)
    events = conversation.feed(reply(ERROR, 0, EPERM, SEQ + 1) + reply(16, 0, bytes(16), SEQ + 2))
    assert [(type(event), event.request) for event in events] == [(Refused, 1), (Answered, 2)]
    assert conversation.pending == 3
    (last,) = conversation.feed(reply(ERROR, 0, EPERM, SEQ + 3))
    assert (type(last), last.request) == (Refused, 3)
    assert conversation.pending == 0
    assert conversation.feed(reply(ERROR, 0, EPERM, SEQ)) == []


def test_an_ack_that_the_caller_asked_for_is_waited_for() -> None:
    conversation = Conversation(PORTID, SEQ)
    sent = conversation.begin([SET._replace(flags=ACK), SET], REQUEST | ACK)
    assert [raw.flags for raw in split(sent)] == [REQUEST | ACK, REQUEST | ACK]
    assert conversation.feed(reply(ERROR, 0, OK, SEQ + 1)) == [Done(1)]
    assert conversation.pending == 1
    assert conversation.feed(reply(ERROR, 0, OK, SEQ)) == [Done(0)]
    assert conversation.pending == 0


def test_sequence_numbers_wrap_round() -> None:
    conversation = Conversation(PORTID, 0xFFFFFFFF)
    sent = conversation.begin([SET, SET], REQUEST | ACK)
    assert [raw.seq for raw in split(sent)] == [0xFFFFFFFF, 0]
    (event,) = conversation.feed(reply(ERROR, 0, EPERM, 0xFFFFFFFF))
    assert (type(event), event.request) == (Refused, 0)
    assert conversation.feed(reply(ERROR, 0, OK, 0)) == [Done(1)]
    assert conversation.pending == 0


def test_strangers_are_passed_over() -> None:
    conversation = in_state(ASKED)
    assert conversation.feed(reply(ERROR, 0, EPERM, SEQ + 1)) == []
    assert conversation.feed(reply(ERROR, 0, EPERM, SEQ - 1)) == []
    other = bytearray(REPLIES[REFUSED])
    struct.pack_into("=I", other, 12, PORTID + 1)
    assert conversation.feed(bytes(other)) == []
    assert conversation.feed(reply(NOOP)) == []
    assert conversation.pending == 1


@pytest.mark.parametrize(
    "datagram",
    [
        reply(OVERRUN),
        reply(ERROR, 0, b"\0\0"),
        reply(ERROR),
        reply(ERROR, 0, struct.pack("=i", 5) + bytes(16)),
        reply(DONE, MULTI, b"\1\0"),
        bytes(16),
        b"\1",
    ],
)
def test_nonsense(datagram: bytes) -> None:
    with pytest.raises(KernelNonsense):
        in_state(DUMPING).feed(datagram)


def test_large_batches_go_out_in_several_sends() -> None:
    conversation = Conversation(PORTID, SEQ)
    sizes = []
    datagram = conversation.begin([SET] * (2 * MESSAGES_MAX + 1), REQUEST | ACK)
    while datagram:
        raws = split(datagram)
        sizes.append(len(raws))
        assert conversation.pending == len(raws)
        for raw in raws:
            conversation.feed(reply(ERROR, 0, OK, raw.seq))
        assert conversation.pending == 0
        datagram = conversation.next_datagram()
    assert sizes == [MESSAGES_MAX, MESSAGES_MAX, 1]


def test_large_messages_go_out_in_several_sends() -> None:
    big = Message(NEWLINK, 0, {}, {"#99": bytes(20000)})
    conversation = Conversation(PORTID, SEQ)
    assert len(conversation.begin([big, SET, big, SET], REQUEST | ACK)) <= SEND_MAX
    assert conversation.pending == 2
    assert len(split(conversation.next_datagram())) == 2
    assert conversation.next_datagram() == b""


def test_nothing_is_sent_of_a_batch_with_a_bad_message() -> None:
    conversation = Conversation(PORTID, SEQ)
    with pytest.raises(InvalidValue):
        conversation.begin([SET, Message(NEWLINK, 0, {}, {"mtu": -1})], REQUEST | ACK)
    assert conversation.next_datagram() == b""


def test_an_empty_batch_is_over_at_once() -> None:
    assert Conversation(PORTID, SEQ).begin([], REQUEST | ACK) == b""


def test_dump_bits_mean_something_else_in_a_deletion() -> None:
    conversation = Conversation(PORTID, SEQ)
    conversation.begin([Message(DELNEIGH, BULK | NONREC, {}, {})], REQUEST | ACK)
    assert conversation._states == [ASKED]


# Captured replies.

REQUESTS_WRONG_ON_PURPOSE = {"bad option", "bad peer"}
CAPTURED = [one for one in captures.replies().values() if one.name not in REQUESTS_WRONG_ON_PURPOSE]


def replay(told_: captures.Told, datagrams: Sequence[bytes]) -> list[Event]:
    """The same request by our own machine; answers are decoded too."""
    (raw,) = split(told_.request)
    conversation = Conversation(told_.portid, raw.seq)
    conversation.begin([decode(raw)], 0)
    events = [event for datagram in datagrams for event in conversation.feed(datagram)]
    for event in events:
        if isinstance(event, Answered):
            decode(event.raw)
    return events


def alone(datagrams: Sequence[bytes]) -> list[bytes]:
    """Each message as a datagram of its own."""
    found = []
    for datagram in datagrams:
        at = 0
        while at < len(datagram):
            size = struct.unpack_from("=I", datagram, at)[0]
            found.append(datagram[at : at + size])
            at += (size + 3) & -4
    return found


@pytest.mark.parametrize("told_", CAPTURED, ids=lambda one: one.name)
def test_whole(told_: captures.Told) -> None:
    events = replay(told_, told_.datagrams)
    assert isinstance(events[-1], Refused | Done | Answered)
    assert all(isinstance(event, Answered) for event in events[:-1])


@pytest.mark.parametrize("told_", CAPTURED, ids=lambda one: one.name)
def test_one_message_a_datagram(told_: captures.Told) -> None:
    expected = [(type(event), event.request) for event in replay(told_, told_.datagrams)]
    assert [
        (type(event), event.request) for event in replay(told_, alone(told_.datagrams))
    ] == expected


@pytest.mark.parametrize("told_", CAPTURED, ids=lambda one: one.name)
def test_with_a_strangers_between(told_: captures.Told) -> None:
    stranger = bytearray(told_.datagrams[0])
    struct.pack_into("=I", stranger, 8, 999)
    stranger = stranger[: struct.unpack_from("=I", stranger)[0]]
    noisy = [one for datagram in told_.datagrams for one in (bytes(stranger), datagram)]
    expected = [type(event) for event in replay(told_, told_.datagrams)]
    assert [type(event) for event in replay(told_, noisy)] == expected


@pytest.mark.parametrize("told_", CAPTURED, ids=lambda one: one.name)
def test_cut_at_every_byte(told_: captures.Told) -> None:
    """A cut message raises; a cut between two messages leaves the request unsettled."""
    datagram = told_.datagrams[0][:3000]
    edges = {0}
    for raw in split(told_.datagrams[0]):
        edges.add(max(edges) + ((16 + len(raw.payload) + 3) & -4))
    for size in range(len(datagram)):
        if size in edges:
            replay(told_, [datagram[:size]])
        else:
            with pytest.raises(KernelNonsense):
                replay(told_, [datagram[:size]])


@pytest.mark.parametrize("told_", CAPTURED, ids=lambda one: one.name)
def test_messages_cut_at_every_byte(told_: captures.Told) -> None:
    """Cut inside, with the lengths saying so: a value or a typed error, and never a hang."""
    outcomes = {"value": 0, "error": 0}
    raw = split(told_.datagrams[0])[0]
    data = told_.datagrams[0]
    for size in range(16, 16 + len(raw.payload)):
        cut = struct.pack("=I", size) + data[4:size]
        try:
            replay(told_, [cut])
            outcomes["value"] += 1
        except GlassnetError:
            outcomes["error"] += 1
    assert outcomes["error"] > 0


MUTATIONS = 100_000


def test_random_mutations_end_in_a_typed_error_or_a_value() -> None:
    dice = random.Random(20)
    pieces = [(one, piece) for one in CAPTURED for piece in alone(one.datagrams)]
    outcomes = {"value": 0, "error": 0}
    slowest = 0.0
    for _ in range(MUTATIONS):
        told_, original = dice.choice(pieces)
        datagram = bytearray(original)
        for _ in range(dice.randint(1, 4)):
            mutate(dice, datagram)
        began = time.process_time()
        try:
            replay(told_, [bytes(datagram)])
            outcomes["value"] += 1
        except GlassnetError:
            outcomes["error"] += 1
        slowest = max(slowest, time.process_time() - began)
    assert min(outcomes.values()) > MUTATIONS / 50, outcomes
    assert slowest < 0.5


def mutate(dice: random.Random, datagram: bytearray) -> None:
    """Change bytes, or a length, or cut, or repeat a piece."""
    at = dice.randrange(len(datagram) or 1)
    what = dice.random()
    if not datagram:
        datagram += b"\0"
    elif what < 0.4:
        datagram[at] = dice.randrange(256)
    elif what < 0.6:
        datagram[at & -4 : (at & -4) + 2] = struct.pack("=H", dice.choice((0, 1, 3, 4, 5, 0xFFFF)))
    elif what < 0.7:
        datagram[at & -4 : (at & -4) + 4] = struct.pack("=I", dice.getrandbits(32))
    elif what < 0.8:
        del datagram[at:]
    elif what < 0.9:
        datagram[0:4] = struct.pack("=I", dice.choice((len(datagram), at, 16)))
    else:
        datagram[at:at] = datagram[at & -4 : (at & -4) + 8]


def test_what_is_encoded_already_is_sent_and_heard_like_any_other() -> None:
    """To the byte; and a refusal names the attribute that the kernel objects to."""
    messages = [
        Message(NEWLINK, REQUEST, {"index": 1}, {"ifname": "eth0"}),
        Message(NEWLINK, REQUEST, {"index": 2}, {"mtu": 9000, "ifname": "eth1"}),
        Message(DELNEIGH, REQUEST, {"family": 2, "ifindex": 2}, {}),
    ]
    usual = Conversation(PORTID, SEQ)
    wanted = usual.begin(messages, REQUEST | ACK)
    encoded = [encode(message, 0) for message in messages]
    starts = list(itertools.accumulate(map(len, encoded[:-1]), initial=0))
    ready = Conversation(PORTID, SEQ)
    datagram = bytearray(b"".join(encoded))
    ready.begin_encoded(datagram, starts)
    assert bytes(datagram) == wanted
    offset = struct.pack("=HHI", 8, 2, 32)
    refusal = reply(ERROR, 0x200 | 0x100, struct.pack("=i", -22) + bytes(16) + offset, SEQ + 1)
    acked = reply(ERROR, 0, OK, SEQ + 2)
    heard = [(one.feed(refusal), one.feed(acked)) for one in (usual, ready)]
    assert heard[0][1] == heard[1][1] == [Done(2)]
    ([first], [second]) = (refused for refused, _ in heard)
    assert isinstance(first, Refused)
    assert isinstance(second, Refused)
    assert str(second.error) == str(first.error)
    assert "mtu" in str(second.error)
    assert (usual.pending, ready.pending, ready.next_datagram()) == (0, 0, b"")


def test_nonsense_to_what_was_encoded_already_names_it() -> None:
    ready = Conversation(PORTID, SEQ)
    ready.begin_encoded(bytearray(encode(GET, 0)), [0])
    with pytest.raises(KernelNonsense, match=r"part .* to a RTM_GETLINK that is asked"):
        ready.feed(REPLIES[PART])
