"""The client on a pretend clock: what it sends when, and what it makes of answers."""

from __future__ import annotations

import itertools
import math
import random
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import ADDRESS, EXAMPLES, HOP, MAC, OTHER, SERVER, packets, reply

from glassnet.dhcp import option, packet
from glassnet.dhcp.backoff import Backoff
from glassnet.dhcp.client import (
    Bound,
    Client,
    Effect,
    Failed,
    Identity,
    Lost,
    Send,
    State,
    Timing,
)
from glassnet.dhcp.lease import Lease
from glassnet.dhcp.packet import Packet
from glassnet.values import IpAddress

WHO: Final = Identity(MAC, b"\0c1/net/eth0", {option.HOST_NAME: b"box"}, (1, 121, 3))


class Street:
    """A client, a clock, and what was done so far."""

    def __init__(self, who: Identity = WHO, timing: Timing | None = None) -> None:
        chance = random.Random(7)
        self.client = Client(who, timing or Timing(), chance.random)
        self.now = 100.0
        self.done: list[Effect] = []

    def note(self, effects: list[Effect]) -> list[Effect]:
        self.done += effects
        return effects

    def begin(self) -> Packet:
        self.note(self.client.acquire(self.now))
        return self.sent

    def answer(self, kind: int, **said: object) -> list[Effect]:
        message = reply(kind, self.sent, **said)  # type: ignore[arg-type]
        return self.note(self.client.receive(message, HOP, self.now))

    def wait(self) -> list[Effect]:
        """Until something is due."""
        self.now = max(self.now, self.client.due)
        return self.note(self.client.tick(self.now))

    @property
    def sent(self) -> Packet:
        return [one for one in self.done if isinstance(one, Send)][-1].packet

    @property
    def lease(self) -> Lease:
        assert self.client.lease is not None
        return self.client.lease

    def bind(self, seconds: int = 1000, **said: object) -> Lease:
        self.begin()
        self.answer(packet.OFFER)
        self.answer(packet.ACK, seconds=seconds, **said)
        return self.lease


def test_an_address_is_acquired() -> None:
    street = Street()
    discover = street.begin()
    assert discover.kind == packet.DISCOVER
    assert dict(discover.options) == {
        option.MESSAGE_TYPE: b"\x01",
        option.CLIENT_ID: b"\0c1/net/eth0",
        option.MAX_SIZE: b"\x05\xdc",
        option.PARAMETERS: b"\x01\x79\x03",
        option.HOST_NAME: b"box",
    }
    assert (discover.hardware, discover.flags, discover.client) == (MAC.packed, 0, "0.0.0.0")
    [ask] = street.answer(packet.OFFER)
    assert isinstance(ask, Send)
    assert ask.lease is None
    assert ask.packet.kind == packet.ASK
    assert ask.packet.xid == discover.xid
    assert ask.packet.address(option.REQUESTED_ADDRESS) == ADDRESS
    assert ask.packet.address(option.SERVER_ID) == SERVER
    street.now += 1
    [bound] = street.answer(packet.ACK)
    assert isinstance(bound, Bound)
    assert (bound.how, bound.lease.ip, bound.lease.hop) == ("acquired", ADDRESS, HOP)
    assert bound.lease.since == 100  # when it was asked for, not when the answer came
    assert (street.client.state, street.client.due) == (State.BOUND, 600)
    assert not street.client.listening


def test_who_cannot_be_told_directly_says_so() -> None:
    street = Street(Identity(MAC, b"x", broadcast=True))
    assert street.begin().flags == packet.BROADCAST_FLAG
    street.answer(packet.OFFER)
    street.answer(packet.ACK)
    street.wait()
    assert street.sent.flags == 0  # it has an address now


def test_what_is_provided_comes_before_our_own_words() -> None:
    street = Street(Identity(MAC, b"\0ours", {option.CLIENT_ID: b"theirs"}))
    assert street.begin().options[option.CLIENT_ID] == b"theirs"
    street.answer(packet.OFFER)
    street.answer(packet.ACK)
    street.note(street.client.release())
    assert street.sent.options[option.CLIENT_ID] == b"theirs"


def test_nobody_answers() -> None:
    street = Street(timing=Timing(give_up=100))
    street.begin()
    times = [street.now]
    while street.client.due < math.inf:
        street.wait()
        times.append(street.now)
    waits = [after - before for before, after in itertools.pairwise(times)]
    for wait, usual in zip(waits, (1, 2, 2, 2, 4, 8, 16, 32), strict=False):
        span = min(1, usual / 2)
        assert usual - span <= wait < usual + span
    assert len(set(waits)) == len(waits)
    assert street.now == 200
    failed = street.done[-1]
    assert failed == Failed("no more tries", "after 9 tries: nobody has offered an address")
    assert street.client.state == State.IDLE
    secs = [one.packet.seconds for one in street.done if isinstance(one, Send)]
    assert secs == [int(time - 100) for time in times[: len(secs)]]
    assert len({one.packet.xid for one in street.done if isinstance(one, Send)}) == 1


@EXAMPLES
@given(st.floats(0, 100), st.integers(0, 2**32))
def test_waits_have_bounds(most: float, seed: int) -> None:
    backoff = Backoff(most, random.Random(seed).random)
    waits = [backoff.next() for _ in range(12)]
    assert all(0.5 <= wait <= max(most + 1, 3) for wait in waits)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"xid": 1},
        {"hardware": b"\x02\0\0\0\0\x02"},
        {"op": packet.REQUEST},
        {"server": None},
        {"yours": IpAddress("0.0.0.0")},
        {"yours": IpAddress("224.0.0.1")},
        {"options": {option.MESSAGE_TYPE: b"\x05"}},
        {"options": {option.MESSAGE_TYPE: b""}},
    ],
    ids=str,
)
def test_an_offer_that_is_none(spoilt: dict[str, object]) -> None:
    street = Street()
    discover = street.begin()
    good = reply(packet.OFFER, discover)
    options = {**good.options, **spoilt.pop("options", {})}  # type: ignore[dict-item]
    if spoilt.get("server", 0) is None:
        del spoilt["server"], options[option.SERVER_ID]
    bad = msgspec.structs.replace(good, options=options, **spoilt)
    assert street.client.receive(bad, HOP, street.now) == []
    assert street.client.state == State.SELECTING
    assert street.client.receive(good, HOP, street.now)


def test_the_chosen_servers_word_alone_counts() -> None:
    street = Street()
    street.begin()
    street.answer(packet.OFFER)
    assert street.answer(packet.OFFER, server=OTHER) == []
    assert street.answer(packet.ACK, server=OTHER) == []
    assert street.answer(packet.NAK, server=OTHER) == []
    assert street.answer(packet.ACK, yours=OTHER) == []
    assert street.answer(packet.ACK, seconds=0) == []
    assert street.answer(packet.ACK)


def test_a_server_that_refuses_its_own_offer() -> None:
    street = Street(timing=Timing(give_up=20))
    first = street.begin()
    street.answer(packet.OFFER)
    assert street.answer(packet.NAK, options={option.MESSAGE: b"no\0"}) == []
    assert street.client.receive(reply(packet.OFFER, first), HOP, street.now) == []
    [again] = street.wait()
    assert isinstance(again, Send)
    assert again.packet.kind == packet.DISCOVER
    assert again.packet.xid != first.xid
    while not isinstance(street.done[-1], Failed):
        street.wait()
    assert "DHCP server NACK'd own offer: 'no'" in street.done[-1].details


def test_a_server_that_forgets_its_offer() -> None:
    street = Street(timing=Timing(exchange=5))
    first = street.begin()
    street.answer(packet.OFFER)
    kinds = []
    while street.now < 120:
        street.wait()
        kinds.append(street.sent.kind)
    assert kinds[0] == packet.ASK
    assert packet.DISCOVER in kinds
    assert street.sent.xid != first.xid
    street.answer(packet.OFFER, server=OTHER)
    [bound] = street.answer(packet.ACK, server=OTHER)
    assert isinstance(bound, Bound)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({option.SUBNET_MASK: b"\x01"}, "01 is no subnet mask"),
        ({option.CLASSLESS_ROUTES: b"\xff"}, "classless route"),
        ({option.DNS_SERVERS: b"\xff"}, "addresses of 1 bytes"),
    ],
)
def test_a_lease_that_makes_no_sense_is_given_back(options: dict[int, bytes], words: str) -> None:
    street = Street()
    street.begin()
    street.answer(packet.OFFER)
    release, failed = street.answer(packet.ACK, options=options)
    assert isinstance(release, Send)
    assert release.packet.kind == packet.RELEASE
    assert isinstance(failed, Failed)
    assert words in failed.why
    assert (street.client.state, street.client.lease) == (State.IDLE, None)


def test_a_lease_is_renewed_by_its_server() -> None:
    street = Street()
    first = street.bind(options={option.DOMAIN_NAME: b"a"})
    assert street.client.tick(street.now) == []
    [ask] = street.wait()
    assert street.now == 600
    assert isinstance(ask, Send)
    assert ask.lease == first
    assert (ask.packet.kind, ask.packet.client) == (packet.ASK, ADDRESS)
    assert ask.packet.xid != first.ack.xid
    assert option.REQUESTED_ADDRESS not in ask.packet.options
    assert option.SERVER_ID not in ask.packet.options
    assert street.answer(packet.ACK, yours=OTHER) == []
    assert street.answer(packet.ACK, seconds=0) == []
    street.now += 3
    [bound] = street.answer(packet.ACK, seconds=400, options={option.DOMAIN_NAME: b"b"})
    assert isinstance(bound, Bound)
    assert (bound.how, bound.lease.since, bound.lease.end) == ("renewed", 600, 1000)
    assert bound.lease.domain() == "a"  # the container was told so
    assert street.client.state == State.BOUND


def test_a_server_that_is_gone() -> None:
    street = Street()
    street.bind()
    asked: list[tuple[float, bool]] = []
    while not (effects := street.wait()) or not isinstance(effects[0], Lost):
        asked += [(street.now, one.lease is None) for one in effects if isinstance(one, Send)]
    assert asked == [
        (600, False),
        (787.5, False),
        (881.25, False),
        (941.25, False),
        (975, True),
        (1037.5, True),
        (1097.5, True),
    ]
    assert street.now == 1100
    lost, discover = effects
    assert isinstance(lost, Lost)
    assert (lost.lease.ip, lost.why) == (ADDRESS, "nobody has renewed it")
    assert isinstance(discover, Send)
    assert discover.packet.address(option.REQUESTED_ADDRESS) == ADDRESS
    assert street.client.lease is None
    # The container knows of no other address: no other is taken, however long it takes.
    for _ in range(50):
        street.wait()
    assert street.client.state == State.SELECTING
    assert street.answer(packet.OFFER, yours=OTHER) == []
    street.answer(packet.OFFER)
    [bound] = street.answer(packet.ACK)
    assert isinstance(bound, Bound)
    assert bound.how == "regained"


def test_anybody_may_rebind() -> None:
    street = Street()
    street.bind()
    while street.client.state != State.REBINDING:
        street.wait()
    [bound] = street.answer(packet.ACK, server=OTHER)
    assert isinstance(bound, Bound)
    assert (bound.how, bound.lease.server) == ("renewed", OTHER)


def test_a_server_that_takes_it_back() -> None:
    street = Street()
    street.bind()
    street.wait()
    assert street.answer(packet.NAK, server=None) == []
    lost, discover = street.answer(packet.NAK, options={option.MESSAGE: b"moved"})
    assert isinstance(lost, Lost)
    assert lost.why == "server 10.0.0.1 takes it back: 'moved'"
    assert isinstance(discover, Send)


def test_it_is_given_back() -> None:
    street = Street()
    lease = street.bind()
    [one] = street.client.release()
    assert isinstance(one, Send)
    assert one.lease == lease
    assert dict(one.packet.options) == {
        option.MESSAGE_TYPE: b"\x07",
        option.SERVER_ID: SERVER.packed,
        option.CLIENT_ID: WHO.client_id,
    }
    assert one.packet.client == ADDRESS
    assert street.client.release() == []
    assert street.client.due == math.inf
    assert Street().client.release() == []


@pytest.mark.parametrize(
    ("later", "state"),
    [
        (10, State.BOUND),
        (500, State.RENEWING),
        (900, State.REBINDING),
        (1000, State.SELECTING),
    ],
)
def test_another_goes_on_with_it(later: float, state: State) -> None:
    lease = Street().bind()
    street = Street()
    street.now = lease.since + later
    street.note(street.client.resume(lease, street.now))
    assert street.client.state == state
    assert street.client.due > street.now
    assert any(isinstance(one, Lost) for one in street.done) == (later == 1000)


def test_for_ever() -> None:
    street = Street()
    street.bind(seconds=0xFFFFFFFF)
    assert street.client.due == math.inf
    assert street.client.tick(1e12) == []


@EXAMPLES
@given(st.lists(st.one_of(packets(), st.floats(0, 5000), st.sampled_from(range(9)))))
def test_whatever_comes_it_goes_on(events: list[Packet | float | int]) -> None:
    """Strangers' messages, answers of any kind, times: never an error, and always a next time."""
    street = Street()
    street.begin()
    for event in events:
        if isinstance(event, Packet):
            street.note(street.client.receive(event, None, street.now))
        elif isinstance(event, int):
            street.answer(event, seconds=60)
        else:
            street.now += event
            street.note(street.client.tick(street.now))
    failed = any(isinstance(one, Failed) for one in street.done)
    assert (street.client.state == State.IDLE) == failed
    assert failed or street.client.due < math.inf
    bound = street.client.state in (State.BOUND, State.RENEWING, State.REBINDING)
    assert bound == (street.client.lease is not None)
