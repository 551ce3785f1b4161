"""One interface's lease: the client at work, on the interface's sockets, by the loop's clock."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import math
import random
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from msgspec.structs import replace

from glassnet.cni.error import INTERNAL, TRY_AGAIN_LATER, CniError
from glassnet.dhcp import client as clients
from glassnet.dhcp import packet
from glassnet.dhcp.client import (
    NO_MORE_TRIES,
    Bound,
    Client,
    Effect,
    Failed,
    Identity,
    Lost,
    Send,
    Timing,
)
from glassnet.dhcp.error import Malformed
from glassnet.dhcp.lease import Lease
from glassnet.dhcp.record import Interface, Record
from glassnet.errors import GlassnetError, NotFound
from glassnet.kernel.dhcp import Wire
from glassnet.serve.dhcp import interface
from glassnet.values import IfName, Netns

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

_LOOK_EVERY: Final = 60.0
"""Seconds: so often a namespace that has ended is noticed, and a machine that has slept."""


class Listener(Protocol):
    """Who is told of a session."""

    def keep(self, session: Session) -> None:
        """It has a lease, or has it for longer."""
        ...

    def gone(self, session: Session) -> None:
        """Its interface is gone: it is closed."""
        ...

    def wired(self, session: Session) -> Sequence[AnyOp]:
        """What its interface was given along with its address; nothing if that is not known."""
        ...

    def say(self, of: Interface, words: str) -> None:
        """Something happened that people may want to know."""
        ...


def now() -> float:
    """Seconds since the boot, those asleep among them: a lease goes on while a machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Session:
    """From the first question to the release. ``place`` says where, and what is asked for.

    Raises `CniError` for an interface that is not there.
    """

    def __init__(
        self,
        of: Interface,
        place: Record,
        timing: Timing,
        *,
        broadcast: bool,
        listener: Listener,
    ) -> None:
        self.of = of
        self.place = place
        self._netns, self._ifname = Netns(place.netns), IfName(of.ifname)
        mac, shared = interface.prepare(self._netns, self._ifname)
        who = Identity(mac, place.client_id, place.provide, place.request, broadcast or shared)
        self._client = Client(who, timing, random.SystemRandom().random)
        self._listener = listener
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._wire: Wire | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._first: asyncio.Future[Lease] = self._loop.create_future()

    @property
    def lease(self) -> Lease | None:
        """What it has at the moment."""
        return self._client.lease

    def is_there(self) -> bool:
        """Whether the namespace still is the one in which it began."""
        return interface.inode(self.place.netns) == self.place.inode

    async def acquire(self) -> Lease:
        """The lease, once there is one. Raises `CniError`."""
        self._do(self._client.acquire(now()))
        return await asyncio.shield(self._first)

    async def bound(self) -> Lease:
        """The lease that another asked for. Raises `CniError`."""
        await asyncio.shield(self._first)
        if self.lease is None:
            raise CniError(TRY_AGAIN_LATER, "the lease has expired, and is asked for again")
        return self.lease

    def resume(self, lease: Lease) -> None:
        """Go on with one that is kept."""
        self._first.set_result(lease)
        self._do(self._client.resume(lease, now()))

    def release(self) -> None:
        """Give the address back: that is sent when this returns."""
        self._do(self._client.release())
        self.close()

    def close(self) -> None:
        """The end, with nothing said to anybody."""
        self._closed = True
        self._client.release()
        self._close_wire()
        if self._timer is not None:
            self._timer.cancel()
        self._fail(CniError(TRY_AGAIN_LATER, "the lease was given up meanwhile"))

    # The client's wishes.

    def _do(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self._send(effect)
                case Bound(lease, how):
                    self._keep(lease, how)
                case Lost(lease, why):
                    self._lose(lease, why)
                case Failed(why, details):
                    code = TRY_AGAIN_LATER if why == NO_MORE_TRIES else INTERNAL
                    self._fail(CniError(code, why, details))
        if self._closed:
            return
        if not self._client.listening:
            self._close_wire()
        self._set_timer()

    def _send(self, send: Send) -> None:
        """What cannot be sent is as good as lost on the way: it is sent again in time."""
        data = packet.encode(send.packet)
        try:
            wire = self._open_wire()
            if send.lease is None:
                wire.broadcast(send.packet.client, data)
            elif send.packet.kind == packet.RELEASE:
                wire.by_hop(send.lease.hop, send.lease.ip, send.lease.server, data)
            else:
                wire.unicast(send.lease.ip, send.lease.server, data)
        except (OSError, GlassnetError) as error:
            self._listener.say(self.of, f"cannot send: {error}")
            if isinstance(error, NotFound) or getattr(error, "errno", 0) == errno.ENODEV:
                self._gone()

    def _keep(self, lease: Lease, how: str) -> None:
        self.place = replace(self.place, lease=lease)
        if how == "regained":
            with self._told("the address cannot be put back"):
                wired = self._listener.wired(self)
                interface.put_back(self._netns, self._ifname, lease, self.place.priority, wired)
        left = lease.end - now()
        until = "never ends" if math.isinf(left) else f"ends in {left:.0f} s"
        self._listener.say(self.of, f"lease {how}: {lease.ip} from {lease.server}, {until}")
        self._listener.keep(self)
        if not self._first.done():
            self._first.set_result(lease)

    def _lose(self, lease: Lease, why: str) -> None:
        with self._told("the address cannot be taken away"):
            interface.take_away(self._netns, self._ifname, lease)
        # For whoever goes on with it, it is over too, whatever its time would have been.
        over = replace(lease, since=now() - lease.seconds)
        self.place = replace(self.place, lease=over)
        self._listener.say(self.of, f"lease of {lease.ip} is over: {why}")
        self._listener.keep(self)

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except GlassnetError as error:
            self._listener.say(self.of, f"{what}: {error}")

    def _fail(self, error: CniError) -> None:
        if not self._first.done():
            self._first.set_exception(error)
            self._first.exception()  # nobody need be waiting for it

    def _gone(self) -> None:
        self._fail(interface.missing(self._ifname))
        self.close()
        self._listener.gone(self)

    # Sockets and time.

    def _open_wire(self) -> Wire:
        if self._wire is None:
            self._wire = Wire(self._netns, self._ifname)
            self._loop.add_reader(self._wire.fileno(), self._hear)
        return self._wire

    def _close_wire(self) -> None:
        if self._wire is not None:
            self._loop.remove_reader(self._wire.fileno())
            self._wire.close()
            self._wire = None

    def _hear(self) -> None:
        wire = self._wire
        if wire is None:
            return
        try:
            heard = list(wire.receive())
        except OSError as error:  # the link is down, or gone
            self._listener.say(self.of, f"cannot receive: {error.strerror}")
            return
        for data, hop in heard:
            with self._answered(), contextlib.suppress(Malformed):
                self._do(self._client.receive(packet.decode(data), hop, now()))

    @contextlib.contextmanager
    def _answered(self) -> Iterator[None]:
        """Who waits for a lease is told, whatever happens."""
        try:
            yield
        except Exception as error:
            words = f"glassnet has a defect: {type(error).__name__}: {error}"
            self._fail(CniError(INTERNAL, words, "please report it"))
            raise

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        wait = min(max(self._client.due - now(), 0), _LOOK_EVERY)
        self._timer = self._loop.call_later(wait, self._tick)

    def _tick(self) -> None:
        with self._answered():
            if self.is_there():
                self._do(self._client.tick(now()))
            else:
                self._gone()


def release_alone(of: Interface, record: Record) -> None:
    """Give a lease back where no daemon runs: one packet, if there is where to send it from."""
    netns, lease = Netns(record.netns), record.lease
    gone = interface.inode(record.netns) != record.inode
    if gone or lease is None or not lease.server.number:
        return
    # Nobody answers to it, sent or not: what cannot be given back runs out.
    with contextlib.suppress(OSError, GlassnetError):
        mac, _ = interface.prepare(netns, IfName(of.ifname))
        who = Identity(mac, record.client_id, record.provide)
        message = clients.release_of(lease, who, random.SystemRandom().getrandbits(32))
        with contextlib.closing(Wire(netns, IfName(of.ifname))) as wire:
            wire.by_hop(lease.hop, lease.ip, lease.server, packet.encode(message))
