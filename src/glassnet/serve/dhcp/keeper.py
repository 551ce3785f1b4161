"""All sessions of one daemon, and the store in which their leases outlast it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from glassnet.cni.error import INTERNAL, INVALID_ENVIRONMENT, CniError
from glassnet.dhcp.client import Timing
from glassnet.dhcp.lease import Lease
from glassnet.dhcp.record import Interface, Record
from glassnet.engine.attachments import Attachments
from glassnet.engine.dhcp import DhcpLeases
from glassnet.engine.store import Store
from glassnet.errors import GlassnetError, InvalidValue
from glassnet.serve.dhcp import interface
from glassnet.serve.dhcp.call import Asked
from glassnet.serve.dhcp.session import Session
from glassnet.values import IfName, Netns

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

Told = Callable[[str], None]


class Keeper:
    """What the daemon does for those who call it. ``socket`` is where, ``prefix`` comes before
    each namespace's path, and ``told`` takes a line for people."""

    def __init__(
        self,
        store: Store,
        timing: Timing,
        told: Told,
        *,
        socket: str,
        prefix: str = "",
        broadcast: bool = False,
    ) -> None:
        self._leases = DhcpLeases(store)
        self._attachments = Attachments(store)
        self._timing = timing
        self._told = told
        self._socket = socket
        self._prefix = prefix
        self._broadcast = broadcast
        self._sessions: dict[Interface, Session] = {}

    def adopt(self) -> None:
        """Go on with what an earlier daemon at this socket has kept."""
        for of, record in list(self._leases.all()):
            if record.socket != self._socket or record.lease is None:
                continue
            try:
                if interface.inode(record.netns) != record.inode:
                    raise interface.missing(of.ifname)
                session = self._session(of, record)
            except GlassnetError as error:
                self.say(of, f"lease of {record.lease.ip} is forgotten: {error}")
                self._leases.forget(of)
                continue
            self.say(of, f"lease of {record.lease.ip} is taken over")
            session.resume(record.lease)

    async def answer(self, asked: Asked) -> Lease | None:
        """What a plugin is answered. Raises `CniError` and other errors of glassnet's."""
        match asked.verb:
            case "allocate":
                return await self._allocate(asked)
            case "release":
                self._release(asked.interface)
            case "check":
                return self._check(asked.interface)
            case "collect":
                self._collect(asked)
            case "status":
                pass
            case _:
                raise CniError(INTERNAL, f"the daemon knows no {asked.verb!r}", "is it as new?")
        return None

    async def _allocate(self, asked: Asked) -> Lease:
        """The lease there is, or a new one; who goes away meanwhile leaves nothing behind."""
        of = asked.interface
        record = self._record(asked)
        there = self._sessions.get(of)
        if there is not None and there.is_there() and there.place.netns == record.netns:
            return await there.bound()
        if there is not None:
            there.close()
        session = self._session(of, record)
        self.say(of, "acquiring a lease")
        try:
            return await session.acquire()
        except BaseException as error:
            self.say(of, f"no lease: {str(error) or 'who has asked for it is gone'}")
            session.release()
            self._forget(session)
            raise

    def _record(self, asked: Asked) -> Record:
        try:
            netns, _ = Netns(self._prefix + asked.netns), IfName(asked.ifname)
        except InvalidValue as error:
            raise CniError(INVALID_ENVIRONMENT, error.problem, error.accepted) from None
        return Record(
            netns=netns.path,
            inode=interface.inode(netns.path),
            socket=self._socket,
            client_id=asked.client_id,
            provide=asked.provide,
            request=asked.request,
            priority=asked.priority,
        )

    def _session(self, of: Interface, record: Record) -> Session:
        session = Session(of, record, self._timing, broadcast=self._broadcast, listener=self)
        self._sessions[of] = session
        return session

    def _release(self, of: Interface) -> None:
        session = self._sessions.pop(of, None)
        if session is not None:
            session.release()
            self.say(of, "lease released")
        self._leases.forget(of)

    def _check(self, of: Interface) -> Lease:
        session = self._sessions.get(of)
        if session is None or session.lease is None or not session.is_there():
            why = (
                "it has expired, and is asked for again" if session is not None else "ADD it first"
            )
            raise CniError(INTERNAL, f"{of} has no lease", why)
        return session.lease

    def _collect(self, asked: Asked) -> None:
        for of in list(self._sessions):
            if of.network == asked.network and (of.container, of.ifname) not in asked.valid:
                self._release(of)

    def _forget(self, session: Session) -> None:
        if self._sessions.get(session.of) is session:
            del self._sessions[session.of]
            self._leases.forget(session.of)

    # What sessions tell.

    def keep(self, session: Session) -> None:
        """Write it down."""
        try:
            self._leases.save(session.of, session.place)
        except GlassnetError as error:
            self.say(session.of, f"the lease is not written down: {error}")

    def gone(self, session: Session) -> None:
        """Forget it."""
        self.say(session.of, "the interface is gone: its lease is forgotten")
        self._forget(session)

    def wired(self, session: Session) -> list[AnyOp]:
        """As the store has it, if our plugins made the interface."""
        of = session.of
        rows = self._attachments.standing(f"cni:{of.network}/{of.container}/{of.ifname}/")
        netns, ifname = Netns(session.place.netns), IfName(of.ifname)
        return [op for _, row in rows for op in interface.made_by(row, netns, ifname)]

    def say(self, of: Interface, words: str) -> None:
        """For people."""
        self._told(f"{of}: {words}")
