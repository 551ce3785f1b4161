"""What a client does when: messages, answers and times in, what is to be done out.

RFC 2131, 4.4, for one interface. A lease that has run out, or that the server has taken back, is
lost; but that address is asked for from then on, and no other: who has the interface knows of none.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from typing import Final

import msgspec

from glassnet.dhcp import fields, option, packet
from glassnet.dhcp.backoff import Backoff, Draw, before
from glassnet.dhcp.error import Malformed
from glassnet.dhcp.lease import Lease
from glassnet.dhcp.packet import Packet
from glassnet.values import IpAddress, Mac

NO_MORE_TRIES: Final = "no more tries"
_SIZE_MAX: Final = 1500
_TIMES: Final = (
    option.LEASE_TIME,
    option.RENEWAL_TIME,
    option.REBINDING_TIME,
    option.SERVER_ID,
)
"""What a renewal is about; all else the container was told once and for all."""


class Identity(msgspec.Struct, frozen=True):
    """Who asks, what it says of itself, and what it wants to know."""

    mac: Mac
    client_id: bytes
    provide: Mapping[int, bytes] = {}
    request: tuple[int, ...] = ()
    broadcast: bool = False


class Timing(msgspec.Struct, frozen=True):
    """Seconds: of one exchange with a server, between two tries at most, of all tries together."""

    exchange: float = 10.0
    resend_max: float = 62.0
    give_up: float = 208.0


class Send(msgspec.Struct, frozen=True):
    """A message, to everybody, or to the lease's server alone."""

    packet: Packet
    lease: Lease | None = None


class Bound(msgspec.Struct, frozen=True):
    """There is a lease: the first, or the same for longer, or the same address anew."""

    lease: Lease
    how: str


class Lost(msgspec.Struct, frozen=True):
    """The address is not ours any more."""

    lease: Lease
    why: str


class Failed(msgspec.Struct, frozen=True):
    """There will be no lease."""

    why: str
    details: str = ""


Effect = Send | Bound | Lost | Failed


class State(enum.Enum):
    """RFC 2131's states, but for those that end with the process."""

    IDLE = "idle"
    SELECTING = "selecting"
    REQUESTING = "requesting"
    BOUND = "bound"
    RENEWING = "renewing"
    REBINDING = "rebinding"


_LISTENING: Final = frozenset(State) - {State.IDLE, State.BOUND}


class Client:
    """One interface's. ``due`` is when `tick` is to be called; ``now`` only ever grows."""

    def __init__(self, who: Identity, timing: Timing, draw: Draw) -> None:
        self.state = State.IDLE
        self.due = math.inf
        self.lease: Lease | None = None
        self._who = who
        self._timing = timing
        self._draw = draw
        self._wanted: IpAddress | None = None
        self._offer: Packet | None = None
        self._xid = 0
        self._sent = self._began = 0.0
        self._exchange_ends = self._give_up = math.inf
        self._backoff = Backoff(timing.resend_max, draw)
        self._tries = 0
        self._last_words = ""

    @property
    def listening(self) -> bool:
        """Whether answers are waited for."""
        return self.state in _LISTENING

    # Events.

    def acquire(self, now: float) -> list[Effect]:
        """Begin."""
        return self._begin(now, now + self._timing.give_up)

    def resume(self, lease: Lease, now: float) -> list[Effect]:
        """Begin with a lease that somebody has left: it may be due, or over."""
        self._bind(lease)
        return self.tick(now)

    def tick(self, now: float) -> list[Effect]:
        """Time has passed."""
        if now < self.due:
            return []
        match self.state:
            case State.SELECTING:
                return self._discover(now)
            case State.REQUESTING:
                return self._ask_again(now)
            case State.BOUND | State.RENEWING | State.REBINDING:
                return self._hold(now)
        return []

    def receive(self, message: Packet, hop: Mac | None, now: float) -> list[Effect]:
        """A message from ``hop``; one that is not for us, or not for now, does nothing."""
        if message.xid != self._xid or not message.is_for(self._who.mac):
            return []
        server = message.address(option.SERVER_ID)
        match (self.state, message.kind):
            case (State.SELECTING, packet.OFFER) if server is not None:
                return self._take(message, now)
            case (State.REQUESTING, packet.ACK | packet.NAK):
                return self._answered(message, hop, now) if server == self._chosen else []
            case (State.RENEWING | State.REBINDING, packet.ACK):
                return self._extend(message, hop)
            case (State.RENEWING | State.REBINDING, packet.NAK) if server is not None:
                return self._lose(f"server {server} takes it back{_words(message)}", now)
        return []

    def release(self) -> list[Effect]:
        """The end: the address is given back, if there is one."""
        lease, self.lease = self.lease, None
        self.state, self.due = State.IDLE, math.inf
        if lease is None or not lease.server.number:
            return []
        return [Send(release_of(lease, self._who, self._fresh()), lease)]

    # Acquiring.

    def _begin(self, now: float, give_up: float) -> list[Effect]:
        self._began, self._give_up = now, give_up
        self._backoff = Backoff(self._timing.resend_max, self._draw)
        self._tries, self._last_words = 0, ""
        self._xid = self._fresh()
        return self._discover(now)

    def _discover(self, now: float) -> list[Effect]:
        self.state, self._offer = State.SELECTING, None
        if now >= self._give_up:
            return self._fail()
        self._tries += 1
        self.due = min(now + self._backoff.next(), self._give_up)
        wanted = {option.REQUESTED_ADDRESS: self._wanted.packed} if self._wanted else {}
        return [Send(self._message(packet.DISCOVER, now, wanted))]

    def _fail(self) -> list[Effect]:
        self.state, self.due = State.IDLE, math.inf
        heard = self._last_words or "nobody has offered an address"
        return [Failed(NO_MORE_TRIES, f"after {self._tries} tries: {heard}")]

    def _take(self, offer: Packet, now: float) -> list[Effect]:
        """The first offer that can be used: who waits for it waits for a container."""
        if not fields.is_usable(offer.yours) or self._wanted not in (None, offer.yours):
            self._last_words = f"{offer.yours} was offered, which is of no use"
            return []
        self.state, self._offer = State.REQUESTING, offer
        self._exchange_ends = min(now + self._timing.exchange, self._give_up)
        return self._ask(now)

    @property
    def _chosen(self) -> IpAddress | None:
        return self._offer.address(option.SERVER_ID) if self._offer is not None else None

    def _ask(self, now: float) -> list[Effect]:
        if self._offer is None or self._chosen is None:
            return []
        self._sent = now
        self.due = min(now + self._backoff.next(), self._exchange_ends)
        asked = {
            option.REQUESTED_ADDRESS: self._offer.yours.packed,
            option.SERVER_ID: self._chosen.packed,
        }
        return [Send(self._message(packet.ASK, now, asked))]

    def _ask_again(self, now: float) -> list[Effect]:
        if now < self._exchange_ends:
            return self._ask(now)
        self._last_words = f"server {self._chosen} has not acknowledged its own offer"
        self._xid = self._fresh()
        return self._discover(now)

    def _answered(self, message: Packet, hop: Mac | None, now: float) -> list[Effect]:
        if message.kind == packet.NAK:
            self._last_words = f"DHCP server NACK'd own offer{_words(message)}"
            self._xid, self.state = self._fresh(), State.SELECTING
            self.due = min(now + self._backoff.next(), self._give_up)
            return []
        if self._offer is None or message.yours != self._offer.yours:
            return []
        if message.seconds_of(option.LEASE_TIME) == 0:
            return []
        lease = Lease(message, self._sent, hop)
        try:
            lease.check()
        except Malformed as error:
            self.lease = lease
            return [*self.release(), Failed(str(error), f"server {lease.server} sent it")]
        how = "acquired" if self._wanted is None else "regained"
        self._bind(lease)
        return [Bound(lease, how)]

    # Holding.

    def _bind(self, lease: Lease) -> None:
        self.lease, self._offer, self._wanted = lease, None, None
        self.state, self.due = State.BOUND, lease.renewal

    def _hold(self, now: float) -> list[Effect]:
        """Ask for more of it: the server that gave it, later anybody, until it is over."""
        lease = self.lease
        if lease is None:
            return []
        if now >= lease.end:
            return self._lose("nobody has renewed it", now)
        state = State.RENEWING if now < lease.rebinding else State.REBINDING
        if state != self.state:
            self.state, self._xid, self._began = state, self._fresh(), now
        self._sent = now
        limit = lease.rebinding if state == State.RENEWING else lease.end
        self.due = before(limit, now, lease.seconds)
        message = self._message(packet.ASK, now, {}, lease.ip)
        return [Send(message, lease if state == State.RENEWING else None)]

    def _extend(self, message: Packet, hop: Mac | None) -> list[Effect]:
        lease = self.lease
        if lease is None or message.yours != lease.ip:
            return []
        if message.seconds_of(option.LEASE_TIME) == 0:
            return []
        kept = {code: value for code, value in lease.ack.options.items() if code not in _TIMES}
        said = {code: message.options[code] for code in _TIMES if code in message.options}
        said.setdefault(option.SERVER_ID, lease.server.packed)
        ack = msgspec.structs.replace(lease.ack, options={**kept, **said})
        longer = Lease(ack, self._sent, hop or lease.hop)
        self._bind(longer)
        return [Bound(longer, "renewed")]

    def _lose(self, why: str, now: float) -> list[Effect]:
        lease, self.lease = self.lease, None
        if lease is None:
            return []
        self._wanted = lease.ip
        return [Lost(lease, why), *self._begin(now, math.inf)]

    # Messages.

    def _fresh(self) -> int:
        return int(self._draw() * (1 << 32))

    def _message(
        self,
        kind: int,
        now: float,
        asked: Mapping[int, bytes],
        client: IpAddress = packet.NOWHERE,
    ) -> Packet:
        who = self._who
        options = {
            option.MESSAGE_TYPE: bytes((kind,)),
            option.CLIENT_ID: who.client_id,
            option.MAX_SIZE: _SIZE_MAX.to_bytes(2),
            **asked,
            **({option.PARAMETERS: bytes(who.request)} if who.request else {}),
            **who.provide,
        }
        return Packet(
            xid=self._xid,
            seconds=min(int(now - self._began), 0xFFFF),
            flags=packet.BROADCAST_FLAG if who.broadcast and not client.number else 0,
            client=client,
            hardware=who.mac.packed,
            options=options,
        )


def release_of(lease: Lease, who: Identity, xid: int) -> Packet:
    """The message by which a lease is given back (RFC 2131, 4.4.6)."""
    options = {
        option.MESSAGE_TYPE: bytes((packet.RELEASE,)),
        option.SERVER_ID: lease.server.packed,
        option.CLIENT_ID: who.provide.get(option.CLIENT_ID, who.client_id),
    }
    return Packet(xid=xid, client=lease.ip, hardware=who.mac.packed, options=options)


def _words(message: Packet) -> str:
    """What a server says beside it."""
    text = message.options.get(option.MESSAGE, b"").decode(errors="replace").strip("\0 ")
    return f": {text!r}" if text else ""
