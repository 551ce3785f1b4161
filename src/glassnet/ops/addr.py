"""An IPv4 or IPv6 address on a link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from glassnet.errors import InvalidValue
from glassnet.netlink.message import CREATE, EXCL, REPLACE, Message
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route.addr import DELADDR, IFA_F_DADFAILED, IFA_F_NODAD, NEWADDR
from glassnet.netlink.route.addr import IFA_F_NOPREFIXROUTE as NOPREFIXROUTE
from glassnet.ops import require, shell
from glassnet.ops.base import Difference, Key, ObjectOp, compare, place
from glassnet.ops.link import link_needs, link_within
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.addr import AddrState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import Cidr, IfName, IpAddress

AF_INET, AF_INET6 = 2, 10
SCOPES: Mapping[str, int] = {"global": 0, "site": 200, "link": 253, "host": 254}


def family(version: int) -> int:
    """AF_INET or AF_INET6."""
    return AF_INET if version == 4 else AF_INET6


class AddrOp(ObjectOp, frozen=True, kw_only=True, tag="addr"):
    """``cidr`` on ``ifname``.

    ``nodad`` skips IPv6's duplicate address detection (1 to 2 s) where the address is known to
    be ours; ``prefix_route`` false keeps the kernel from adding the prefix's own route;
    ``peer`` is the other end of a point-to-point address.
    """

    noun: ClassVar[str] = "addr"

    ifname: IfName
    cidr: Cidr
    scope: str = "global"
    nodad: bool = False
    prefix_route: bool = True
    peer: IpAddress | None = None
    broadcast: IpAddress | None = None

    def __post_init__(self) -> None:
        if self.scope not in SCOPES:
            raise InvalidValue(f"no address scope {self.scope!r}", ", ".join(SCOPES))
        if self.nodad and self.cidr.version == 4:
            raise InvalidValue(f"nodad on {self.cidr}", "an IPv6 address: IPv4 has no DAD here")
        if self.broadcast is not None and self.cidr.version == 6:
            raise InvalidValue(f"broadcast on {self.cidr}", "an IPv4 address: IPv6 has none")
        if self.peer is not None and self.peer.version != self.cidr.version:
            raise InvalidValue(f"{self.cidr} has the peer {self.peer}", "one of the same family")
        if self.peer == self.cidr.address:
            raise InvalidValue(f"{self.cidr} is its own peer", "another address, or no peer")

    def label(self) -> str:
        """``address 10.0.0.2/24 on veth1 in ns1``."""
        return f"address {self.cidr} on {self.ifname} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``ip addr add CIDR dev NAME …`` or ``ip addr del CIDR dev NAME``."""
        if self.peer is not None:
            where = [self.cidr.address, "peer", f"{self.peer}/{self.cidr.prefixlen}"]
        else:
            where = [str(self.cidr)]
        if not self.present:
            return (shell.ip(self.netns, "addr", "del", *where, "dev", self.ifname),)
        words = [*where]
        words += ["broadcast", self.broadcast] if self.broadcast is not None else []
        words += ["scope", self.scope] if self.scope != self._assumed_scope() else []
        words += ["dev", self.ifname]
        words += ["nodad"] if self.nodad else []
        words += [] if self.prefix_route else ["noprefixroute"]
        return (shell.ip(self.netns, "addr", "add", *words),)

    def _assumed_scope(self) -> str:
        """The scope that ``ip`` gives an address of which none is said."""
        loopback = self.cidr.version == 4 and self.cidr.address.packed[0] == 127
        return "host" if loopback else "global"

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWADDR or RTM_DELADDR."""
        if not self.present:
            return (NetlinkRequest(self.netns, self._message(DELADDR, 0)),)
        return (NetlinkRequest(self.netns, self._message(NEWADDR, CREATE | EXCL)),)

    def _message(self, kind: Any, flags: int) -> Message:
        address = self.cidr.address
        header: dict[str, Any] = {
            "family": family(self.cidr.version),
            "prefixlen": self.cidr.prefixlen,
            "index": IndexOf(self.ifname),
        }
        attrs: dict[str, Any] = {"local": address}
        if self.present:
            header["scope"] = SCOPES[self.scope]
            if self.broadcast is not None:
                attrs["broadcast"] = self.broadcast
            wanted = self._flags()
            if wanted > 0xFF:
                attrs["flags"] = wanted
            else:
                header["flags"] = wanted
        attrs["address"] = self.peer or address
        return Message(kind, flags, header, attrs)

    def _flags(self) -> int:
        return IFA_F_NODAD * self.nodad | NOPREFIXROUTE * (not self.prefix_route)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether the link has the address, with its scope, flags and peer."""
        found = self._found(snapshot)
        if found is None:
            return self.missing() if self.present else ()
        if not self.present:
            return self.unwanted()
        wanted: dict[str, Any] = {"peer": self.peer, "duplicate": False}
        seen: dict[str, Any] = {
            "peer": found.peer,
            "duplicate": bool(found.flags & IFA_F_DADFAILED),
        }
        if self.cidr.version == 4 or self.scope != "global":
            wanted["scope"], seen["scope"] = SCOPES[self.scope], found.scope
        wanted["prefix route"] = self.prefix_route
        seen["prefix route"] = not found.flags & NOPREFIXROUTE
        if self.broadcast is not None:
            wanted["broadcast"], seen["broadcast"] = self.broadcast, found.broadcast
        return compare(self.label(), wanted, seen)

    def _found(self, snapshot: Snapshot) -> AddrState | None:
        link = snapshot.link(self.netns, self.ifname) if snapshot.exists(self.netns) else None
        if link is None:
            return None
        return next(
            (
                addr
                for addr in snapshot[self.netns].addrs
                if addr.index == link.index
                and addr.cidr == self.cidr
                and (addr.peer == self.peer or self._replaces(addr.peer))
            ),
            None,
        )

    def _replaces(self, peer: IpAddress | None) -> bool:
        """Whether the kernel has only one of the two: in IPv4, with peers of one network."""
        if self.cidr.version == 6:
            return True
        length = self.cidr.prefixlen
        mine, other = (Cidr.of(one or self.cidr.address, length) for one in (self.peer, peer))
        return mine.prefix == other.prefix

    def obstacle(self, snapshot: Snapshot) -> str:
        """The same IPv6 address on that link with another length: the kernel has each once."""
        if self.cidr.version == 4 or not self.present or self._found(snapshot) is not None:
            return ""
        link = snapshot.link(self.netns, self.ifname) if snapshot.exists(self.netns) else None
        for addr in snapshot[self.netns].addrs if link is not None else ():
            if addr.index == link.index and addr.cidr.address == self.cidr.address:  # type: ignore[union-attr]
                return f"{self.ifname} has that address as {addr.cidr} already"
        return ""

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """Replaced in place where that does, there or not; the kernel keeps scope and peer."""
        found = self._found(snapshot)
        if found is None or not self.present:
            return self.requests()
        satisfied = not self.satisfied_by(snapshot)
        if self.peer is not None and self.cidr.version == 6 and self.cidr.host_bits:
            # Replaced, it would get a route to the peer's whole network, which stays when it goes.
            return () if satisfied else (*self.flipped().requests(), *self.requests())
        in_place = found.peer == self.peer and not found.flags & IFA_F_DADFAILED
        if satisfied or (in_place and self.cidr.version == 6):
            return (NetlinkRequest(self.netns, self._message(NEWADDR, REPLACE)),)
        return (*self.flipped().requests(), *self.requests())

    def key(self) -> Key:
        """``("addr", netns, ifname, cidr)``."""
        return ("addr", self.netns, self.ifname, self.cidr)

    def provides(self) -> tuple[Key, ...]:
        """The address, and that the link has addresses, for routes to wait for."""
        return (self.key(), ("addrs", self.netns, self.ifname))

    def needs(self) -> tuple[Key, ...]:
        """The link."""
        return link_needs(self.netns, self.ifname)

    def within(self) -> tuple[Key, ...]:
        """The link and its namespace."""
        return link_within(self.netns, self.ifname)

    def after(self) -> tuple[Key, ...]:
        """The link with its master: a VRF takes a link that joins it down and up, less its IPv6."""
        return (("port", self.netns, self.ifname),)

    def lookups(self) -> tuple[Facet, ...]:
        """The link by its name, and its addresses."""
        return (Facet(self.netns, "link", self.ifname), Facet(self.netns, "addrs", self.ifname))

    def requires(self) -> tuple[str, ...]:
        """Also the protocol."""
        return (*ObjectOp.requires(self), *((require.IPV6,) if self.cidr.version == 6 else ()))

    def reads(self) -> tuple[Facet, ...]:
        """Links and addresses of its namespace."""
        return (Facet(self.netns, "links"), Facet(self.netns, "addrs"))
