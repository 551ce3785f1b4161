"""Neighbour entries (which MAC an address is at) and forwarding entries of bridges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from glassnet.netlink.message import CREATE, EXCL, REPLACE, Message
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route.neigh import (
    DELNEIGH,
    NEWNEIGH,
    NTF_MASTER,
    NTF_PROXY,
    NTF_SELF,
    NUD_NOARP,
    NUD_PERMANENT,
    NUD_REACHABLE,
)
from glassnet.ops import shell
from glassnet.ops.addr import family
from glassnet.ops.base import Difference, Key, ObjectOp, compare, place
from glassnet.ops.link import link_needs, link_within
from glassnet.ops.owner import PROTOCOL
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.link import LinkState
from glassnet.state.neigh import NeighState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName, IpAddress, Mac

AF_BRIDGE = 7


class NeighOp(ObjectOp, frozen=True, kw_only=True, tag="neigh"):
    """A permanent entry: ``address`` is at ``mac`` behind ``ifname``.

    Without a MAC it is a proxy entry: the host answers for the address on that link.
    """

    noun: ClassVar[str] = "neigh"

    ifname: IfName
    address: IpAddress
    mac: Mac | None = None

    def label(self) -> str:
        """``neighbour 10.0.0.3 at 02:… on veth1 in ns1``."""
        at = f"at {self.mac} " if self.mac is not None else "by proxy "
        return f"neighbour {self.address} {at}on {self.ifname} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``ip neigh add ADDRESS lladdr MAC dev NAME nud permanent protocol 103``."""
        verb = "add" if self.present else "del"
        if self.mac is None:
            words = ["neigh", verb, "proxy", str(self.address), "dev", self.ifname]
        else:
            words = ["neigh", verb, str(self.address), "lladdr", self.mac, "dev", self.ifname]
            words += ["nud", "permanent"] if self.present else []
        words += ["protocol", str(PROTOCOL)] if self.present else []
        return (shell.ip(self.netns, *words),)

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWNEIGH or RTM_DELNEIGH."""
        if not self.present:
            return (NetlinkRequest(self.netns, self._message(DELNEIGH, 0)),)
        return (NetlinkRequest(self.netns, self._message(NEWNEIGH, CREATE | EXCL)),)

    def _message(self, kind: Any, flags: int) -> Message:
        header: dict[str, Any] = {
            "family": family(self.address.version),
            "ifindex": IndexOf(self.ifname),
            "state": NUD_PERMANENT,
            "flags": NTF_PROXY if self.mac is None else 0,
        }
        attrs: dict[str, Any] = {"protocol": PROTOCOL} if self.present else {}
        attrs["dst"] = self.address
        if self.mac is not None:
            attrs["lladdr"] = self.mac
        return Message(kind, flags, header, attrs)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether the entry is there, permanent, with that MAC."""
        found = self._found(snapshot)
        if found is None:
            return self.missing() if self.present else ()
        if not self.present:
            return self.unwanted()
        if self.mac is None:
            return ()
        wanted = {"address": self.mac, "permanent": True}
        seen = {"address": found.mac, "permanent": bool(found.state & NUD_PERMANENT)}
        return compare(self.label(), wanted, seen)

    def _found(self, snapshot: Snapshot) -> NeighState | None:
        entry = self._any(snapshot)
        fixed = entry is not None and (entry.state & NUD_PERMANENT or self.mac is None)
        # An entry the kernel learnt by itself is no obstacle to the end of a fixed one.
        return entry if self.present or fixed else None

    def _any(self, snapshot: Snapshot) -> NeighState | None:
        link = snapshot.link(self.netns, self.ifname) if snapshot.exists(self.netns) else None
        if link is None:
            return None
        for entry in snapshot[self.netns].neighbours_at(link.index, self.address):
            proxy = bool(entry.flags & NTF_PROXY)
            if not entry.is_fdb and proxy == (self.mac is None):
                return entry
        return None

    def stands(self, snapshot: Snapshot) -> bool:
        """Whether there is an entry, be it one that the kernel has learnt."""
        return self._any(snapshot) is not None if self.present else ObjectOp.stands(self, snapshot)

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """Replaced in place: the kernel may have learnt one by itself."""
        if self.present and self._any(snapshot):
            return (NetlinkRequest(self.netns, self._message(NEWNEIGH, CREATE | REPLACE)),)
        return self.requests()

    def key(self) -> Key:
        """``("neigh", netns, ifname, address)``."""
        return ("neigh", self.netns, self.ifname, self.address)

    def needs(self) -> tuple[Key, ...]:
        """The link."""
        return link_needs(self.netns, self.ifname)

    def after(self) -> tuple[Key, ...]:
        """The link with its master, and up: going up flushes nothing, but going down would."""
        return (("port", self.netns, self.ifname), ("up", self.netns, self.ifname))

    def within(self) -> tuple[Key, ...]:
        """The link and its namespace."""
        return link_within(self.netns, self.ifname)

    def reads(self) -> tuple[Facet, ...]:
        """Links and neighbours of its namespace."""
        return (Facet(self.netns, "links"), Facet(self.netns, "neighbours"))


class FdbOp(ObjectOp, frozen=True, kw_only=True, tag="fdb"):
    """A forwarding entry that does not age: ``mac`` is behind the port ``ifname``.

    ``to_self`` puts it into the device's own table (vxlan, macvlan) rather than its bridge's, as
    permanent: most devices take no other. ``destination`` is the far tunnel end of a vxlan entry.
    """

    noun: ClassVar[str] = "neigh"

    ifname: IfName
    mac: Mac
    to_self: bool = False
    destination: IpAddress | None = None

    def label(self) -> str:
        """``forwarding entry 02:… behind veth1-host on the host``."""
        return f"forwarding entry {self.mac} behind {self.ifname} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``bridge fdb add MAC dev NAME master static``, or ``self permanent``."""
        words = ["fdb", "add" if self.present else "del", self.mac, "dev", self.ifname]
        words += ["dst", str(self.destination)] if self.destination is not None else []
        words += ["self"] if self.to_self else ["master"]
        if self.present:
            words.append("permanent" if self.to_self else "static")
        return (shell.bridge(self.netns, *words),)

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWNEIGH or RTM_DELNEIGH of family AF_BRIDGE."""
        static = self.present and not self.to_self
        header: dict[str, Any] = {
            "family": AF_BRIDGE,
            "ifindex": IndexOf(self.ifname),
            "state": NUD_NOARP | (NUD_REACHABLE if static else NUD_PERMANENT),
            "flags": NTF_SELF if self.to_self else NTF_MASTER,
        }
        attrs: dict[str, Any] = {"lladdr": self.mac}
        if self.destination is not None:
            attrs["dst"] = self.destination
        kind, flags = (NEWNEIGH, CREATE | EXCL) if self.present else (DELNEIGH, 0)
        return (NetlinkRequest(self.netns, Message(kind, flags, header, attrs)),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether an entry that does not age is there."""
        link = self._link(snapshot)
        there = link is not None and any(
            entry.index == link.index
            and entry.state & (NUD_NOARP | NUD_PERMANENT)
            and entry.address == self.destination
            for entry in self._entries(link, snapshot)
        )
        if there == self.present:
            return ()
        return self.missing() if self.present else self.unwanted()

    def _link(self, snapshot: Snapshot) -> LinkState | None:
        return snapshot.link(self.netns, self.ifname) if snapshot.exists(self.netns) else None

    def _entries(self, link: LinkState, snapshot: Snapshot) -> Iterator[NeighState]:
        """Those of the MAC in the same table: the link's own, or its bridge's, of any port."""
        for entry in snapshot[self.netns].neighbours:
            if entry.is_fdb and entry.mac == self.mac:
                own = bool(entry.flags & NTF_SELF)
                place = entry.index == link.index if own else entry.master == link.master
                if own == self.to_self and place:
                    yield entry

    def stands(self, snapshot: Snapshot) -> bool:
        """Whether there is an entry for the MAC, be it one learnt behind another port."""
        link = self._link(snapshot)
        if not self.present or link is None:
            return ObjectOp.stands(self, snapshot)
        return any(True for _ in self._entries(link, snapshot))

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """Replaced in place: the bridge may have learnt the address behind another port."""
        del snapshot
        if not self.present:
            return self.requests()
        [request] = self.requests()
        assert isinstance(request, NetlinkRequest)
        message = request.message._replace(flags=CREATE | REPLACE)
        return (NetlinkRequest(self.netns, message),)

    def key(self) -> Key:
        """``("fdb", netns, ifname, mac, self|master)``."""
        return ("fdb", self.netns, self.ifname, self.mac, "self" if self.to_self else "master")

    def needs(self) -> tuple[Key, ...]:
        """The link."""
        return link_needs(self.netns, self.ifname)

    def after(self) -> tuple[Key, ...]:
        """The link a port, and up."""
        return (("port", self.netns, self.ifname), ("up", self.netns, self.ifname))

    def within(self) -> tuple[Key, ...]:
        """The link and its namespace."""
        return link_within(self.netns, self.ifname)

    def reads(self) -> tuple[Facet, ...]:
        """Links and forwarding entries of its namespace."""
        return (Facet(self.netns, "links"), Facet(self.netns, "fdb"))
