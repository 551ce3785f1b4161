"""The real kernel: sockets and handles per namespace, requests in batches, looks in dumps."""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from glassnet.errors import Conflict, GlassnetError, KernelRefused, NotFound
from glassnet.kernel import netns as namespaces
from glassnet.kernel import sysctl
from glassnet.kernel.batch import Batch, batches
from glassnet.kernel.look import Look
from glassnet.kernel.nft import Nft, open_nft
from glassnet.kernel.port import Outcome
from glassnet.kernel.scratch import scratch
from glassnet.kernel.socket import NETFILTER, NetlinkSocket
from glassnet.kernel.sweep import deleted_name, sweep
from glassnet.netlink.placeholder import IndexOf, Placeholder
from glassnet.ops.request import (
    GateRequest,
    NetlinkRequest,
    NetnsRequest,
    NftRequest,
    ProgramRequest,
    ReadyRequest,
    Request,
    SysctlRequest,
    TunRequest,
    ZoneRequest,
)
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, Netns

if TYPE_CHECKING:
    from glassnet.kernel.together import Together
    from glassnet.nft.listing import Ruleset, Table

_pack_number: Final = struct.Struct("=I").pack_into

_OPEN_MAX: Final = 48
"""Namespaces kept open at a time: each costs up to three descriptors of the usual 1,024."""


class Room:
    """What is open of one namespace: its descriptor, and a socket and nft handle when needed."""

    __slots__ = ("_back", "_netfilter", "_nft", "_socket", "_status", "fd")

    def __init__(self, fd: int | None, back: int) -> None:
        self.fd = fd
        self._back = back
        self._status = None if fd is None else os.fstat(fd)
        self._socket: NetlinkSocket | None = None
        self._netfilter: NetlinkSocket | None = None
        self._nft: Nft | None = None

    def is_still(self, netns: Netns) -> bool:
        """Whether what is open is what has the name now: it may have been made anew meanwhile."""
        if self._status is None:
            return True
        try:
            return os.path.samestat(self._status, os.stat(netns.path))
        except OSError:
            return False

    @property
    def socket(self) -> NetlinkSocket:
        """A netlink socket that was opened inside."""
        if self._socket is None:
            with namespaces.inside(self.fd, self._back):
                self._socket = NetlinkSocket()
        return self._socket

    @property
    def netfilter(self) -> NetlinkSocket:
        """The same for netfilter's messages."""
        if self._netfilter is None:
            with namespaces.inside(self.fd, self._back):
                self._netfilter = NetlinkSocket(protocol=NETFILTER)
        return self._netfilter

    @property
    def nft(self) -> Nft:
        """An nft handle that was opened inside."""
        if self._nft is None:
            with namespaces.inside(self.fd, self._back):
                self._nft = open_nft()
        return self._nft

    def run_nft(self, text: str) -> None:
        """Run a transaction inside."""
        handle = self.nft
        with namespaces.inside(self.fd, self._back):
            handle.run(text)

    def list_nft(self, what: str = "ruleset") -> Ruleset:
        """List the ruleset inside, or a part of it."""
        handle = self.nft
        with namespaces.inside(self.fd, self._back):
            return handle.list(what)

    def close(self) -> None:
        """Close all of it: an open socket would keep a deleted namespace alive."""
        if self._socket is not None:
            self._socket.close()
        if self._netfilter is not None:
            self._netfilter.close()
        if self._nft is not None:
            with namespaces.inside(self.fd, self._back):
                self._nft.close()
        if self.fd is not None:
            os.close(self.fd)
        self._socket = self._netfilter = self._nft = self.fd = None


class LinuxKernel:
    """The `Kernel` port for the namespace of the thread that makes it, its *host*.

    Not safe for several threads at once; a thread that uses it must be in its host namespace.
    """

    def __init__(self, together: Together | None = None) -> None:
        """``together`` is what the kernels of several threads share, if there are several."""
        self._together = together
        self._host = namespaces.open_current()
        self._rooms: dict[Netns, Room] = {}
        self._indexes: dict[tuple[Netns, str], int] = {}
        self._rooms[HOST] = Room(None, self._host)
        self._sure: set[Netns] = set()
        """The rooms that were compared with their names in this call."""
        self._reference: Table | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of every socket and handle."""
        for room in self._rooms.values():
            room.close()
        self._rooms.clear()
        if self._host >= 0:
            os.close(self._host)
            self._host = -1

    # Looking.

    def snapshot(self, facets: Iterable[Facet]) -> Snapshot:
        """Look at what was asked for, one namespace after the other."""
        by_netns: dict[Netns, list[Facet]] = {}
        for facet in facets:
            by_netns.setdefault(facet.netns, []).append(facet)
        kinds = {facet.kind for asked in by_netns.values() for facet in asked}
        if kinds & {"nft", "forward"}:  # these are listed by libnftables
            with self._nft_turn():
                return self._snapshot(by_netns)
        return self._snapshot(by_netns)

    def _snapshot(self, by_netns: Mapping[Netns, Sequence[Facet]]) -> Snapshot:
        states: dict[Netns, NetnsState] = {}
        self._sure.clear()
        if len(by_netns) == 1 and len(asked := next(iter(by_netns.values()))) == 1:
            quick = self._glance(asked[0])
            if quick is not None:
                return quick
        for netns, asked in by_netns.items():
            states[netns] = Look(self, netns, asked).state()
            self._close_oldest()
        ours = any(state.nft is not None and state.nft.tables for state in states.values())
        return Snapshot(states, self.reference() if ours else None)

    def _glance(self, facet: Facet) -> Snapshot | None:
        """The answer to one question for a link's flags, which is what an attach waits for."""
        if facet.kind != "flags":
            return None
        try:
            flags = self.room(facet.netns).socket.link_flags(facet.key)
        except (NotFound, Conflict):
            return None  # a longer look says what there is in its place
        state = NetnsState(facet.netns)
        if flags is not None:
            state.flags[facet.key] = flags
        return Snapshot({facet.netns: state})

    def reference(self) -> Table:
        """The base ruleset as this kernel and library list it, made in a namespace of its own."""
        if self._reference is None:
            from glassnet.nft.base import BASE

            with scratch(self._host):
                handle = open_nft()
                handle.run(BASE)
                ruleset = handle.list()
                handle.close()
            table = ruleset.table("inet", "glassnet")
            if table is None:
                raise Conflict("nft does not list the table that it was just given")
            self._reference = table
        return self._reference

    def room(self, netns: Netns) -> Room:
        """What is open of a namespace, opened now if it was not. `NotFound` if there is none."""
        room = self._rooms.get(netns)
        if room is not None and netns not in self._sure and not room.is_still(netns):
            self.forget(netns)
            room = None
        if room is None:
            room = self._rooms[netns] = Room(namespaces.open_netns(netns), self._host)
        self._sure.add(netns)
        return room

    def _close_oldest(self) -> None:
        """Between two sends: those that were opened first go, but for the host."""
        while len(self._rooms) > _OPEN_MAX:
            self.forget(next(name for name in self._rooms if name))

    def leave(self) -> None:
        """Keep nothing open but of the host: what is open of a namespace keeps it alive."""
        for netns in [netns for netns in self._rooms if netns]:
            self.forget(netns)

    def forget(self, netns: Netns) -> None:
        """Close what is open of a namespace."""
        room = self._rooms.pop(netns, None)
        if room is not None:
            room.close()

    def index(self, netns: Netns, ifname: str) -> int:
        """The ifindex of a link, looked up by name."""
        index = self._indexes.get((netns, ifname))
        if index is None:
            index = self.room(netns).socket.link_index(ifname)
            if index is None:
                raise KernelRefused(errno.ENODEV, what=f"{ifname} in {netns.label}")
            self._indexes[netns, ifname] = index
        return index

    # Doing.

    def perform(self, requests: Sequence[Request]) -> list[Outcome]:
        """In order, neighbouring requests of a kind and namespace together."""
        self._indexes.clear()
        self._sure.clear()
        outcomes: list[Outcome] = []
        for batch in batches(requests):
            done = self._perform(batch)
            self._close_oldest()
            outcomes += done
            if any(done):
                break
        return outcomes

    def _perform(self, batch: Batch) -> list[Outcome]:
        try:
            first = batch.requests[0]
            if isinstance(first, NetlinkRequest):
                return self._netlink(batch)
            if isinstance(first, ReadyRequest):
                return self._ready(first)
            if isinstance(first, NftRequest):
                with self._nft_turn():
                    self.room(batch.netns).run_nft(batch.nft_text())
            elif isinstance(first, GateRequest):
                from glassnet.kernel.gate import close

                with self._nft_turn():
                    close(self.room(batch.netns), first)
            elif isinstance(first, ProgramRequest):
                from glassnet.kernel import legacy

                with namespaces.inside(self.room(batch.netns).fd, self._host):
                    legacy.perform(first)
            elif isinstance(first, ZoneRequest):
                from glassnet.kernel.firewalld import change

                change(first)
            elif isinstance(first, SysctlRequest):
                self._sysctl(first)
            elif isinstance(first, TunRequest):
                self._tun(first)
            elif isinstance(first, NetnsRequest):
                self._netns(first)
            else:
                from glassnet.kernel.act import act

                with namespaces.inside(self.room(first.netns).fd, self._host):
                    act(first, None if self._together is None else self._together.later)
        except GlassnetError as error:
            return [error]
        return [None] * len(batch.requests)

    def _nft_turn(self) -> contextlib.AbstractContextManager[object]:
        return contextlib.nullcontext() if self._together is None else self._together.nft

    def _netlink(self, batch: Batch) -> list[Outcome]:
        """All at once; what names a link that is not there is what is refused, not the whole."""
        room = self.room(batch.netns)
        lost: list[GlassnetError] = []

        def resolve(placeholder: Placeholder) -> int:
            try:
                return self._number(placeholder, batch.netns)
            except GlassnetError as error:
                lost.append(error)
                raise

        outcomes: list[Outcome] = []
        doomed = [deleted_name(message) for message in batch.messages()]
        if all(doomed) and (len(doomed) > 1 or self._together is not None):
            self._indexes.clear()
            if self._together is not None and batch.netns.is_host:
                return self._together.sweeper.delete(room.socket, doomed)
            return sweep(room.socket, doomed)
        try:
            outcomes = [reply.error for reply in room.socket.request(batch.messages(), resolve)]
        except GlassnetError:
            if not lost:
                raise
            for message in batch.messages():  # nothing was sent: up to the one, they are now
                try:
                    [reply] = room.socket.request([message], resolve)
                except GlassnetError as error:
                    return [*outcomes, error]
                outcomes.append(reply.error)
                if reply.error is not None:
                    break
        if batch.moves_links:
            self._indexes.clear()
        return outcomes

    def _ready(self, request: ReadyRequest) -> list[Outcome]:
        """The same for messages that are encoded: the numbers are put in, and off they go."""
        socket = self.room(request.netns).socket
        data = bytearray(request.data)
        for placeholder, offsets in request.numbers:
            try:
                number = self._number(placeholder, request.netns)
            except GlassnetError as error:
                before = request.message_at(offsets[0])
                outcomes = self._ready(request.part(0, before)) if before else []
                return outcomes if any(outcomes) else [*outcomes, error]
            for offset in offsets:
                _pack_number(data, offset, number)
        return [*socket.exchange(data, request.starts)]

    def _number(self, placeholder: Placeholder, netns: Netns) -> int:
        """What is behind a placeholder in a request for that namespace."""
        if isinstance(placeholder, IndexOf):
            where = netns if placeholder.netns is None else placeholder.netns
            return self.index(where, placeholder.ifname)
        fd = self.room(placeholder.netns).fd
        return self._host if fd is None else fd

    def _sysctl(self, request: SysctlRequest) -> None:
        room = self.room(request.netns)
        with namespaces.inside(room.fd, self._host):
            sysctl.write(request.key, request.value)

    def _tun(self, request: TunRequest) -> None:
        from glassnet.kernel import tun

        room = self.room(request.netns)
        socket = room.socket
        with namespaces.inside(room.fd, self._host):
            tun.create(request, socket)
        self._indexes.clear()

    def _netns(self, request: NetnsRequest) -> None:
        self.forget(request.netns)
        if request.create:
            namespaces.create(request.netns, self._host)
        else:
            namespaces.delete(request.netns)

    def look(self, netns: Netns) -> tuple[bool, bool]:
        """Whether a namespace's file exists, and whether it is a namespace."""
        try:
            self.room(netns)
        except NotFound:
            return (False, False)
        except Conflict:
            return (True, False)
        return (True, True)

    @property
    def host_fd(self) -> int:
        """A descriptor of the host namespace."""
        return self._host
