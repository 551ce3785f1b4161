"""A published port: the host's port is translated to the container's."""

from __future__ import annotations

from glassnet.errors import InvalidValue
from glassnet.nft import names
from glassnet.nft.element import Element, element
from glassnet.ops.base import Key, place
from glassnet.ops.conntrack import published
from glassnet.ops.nft import ElementsOp, shown, table_of
from glassnet.state.snapshot import Facet, Listener, Snapshot
from glassnet.values import IpAddress

PROTOCOLS = ("tcp", "udp", "sctp")


class PublishOp(ElementsOp, frozen=True, kw_only=True, tag="publish"):
    """``count`` ports from ``port`` on of the host lead to as many from ``to_port`` on of ``to``.

    ``address`` narrows it to one of the host's addresses; without one, all of the family of
    ``to`` answer. Ranges that keep their numbers cost one element, others one each port.
    """

    protocol: str
    port: int
    to: IpAddress
    to_port: int
    count: int = 1
    address: IpAddress | None = None

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise InvalidValue(f"no protocol {self.protocol!r} to publish", ", ".join(PROTOCOLS))
        last = max(self.port, self.to_port) + self.count - 1
        if min(self.port, self.to_port, self.count) < 1 or last > 65535:
            raise InvalidValue(
                f"ports {self.port} to {self.to_port}, {self.count} of them", "1 to 65535"
            )
        if self.address is not None and self.address.version != self.to.version:
            raise InvalidValue(f"{self.address} cannot lead to {self.to}", "one address family")
        if self.address == "::1":
            raise InvalidValue("::1 leads nowhere: IPv6 has no route_localnet", "127.0.0.1")

    def label(self) -> str:
        """``published port tcp 8080 to 10.0.0.2:80 on the host``."""
        host = f"{bracket(self.address)}:" if self.address is not None else ""
        target = f"{bracket(self.to)}:{port_range(self.to_port, self.count)}"
        ports = port_range(self.port, self.count)
        return f"published port {self.protocol} {host}{ports} to {target} {place(self.netns)}"

    def elements(self) -> tuple[Element, ...]:
        """Of the maps of ports or, for a range that keeps its numbers, of ranges."""
        host = () if self.address is None else (str(self.address),)
        version = self.to.version
        if self.count > 1 and self.port == self.to_port:
            key = (*host, self.protocol, port_range(self.port, self.count))
            name = names.ranges(version, host=bool(host))
            return (element(name, key, (str(self.to),), self.comment),)
        name = names.ports(version, host=bool(host))
        return tuple(
            element(
                name,
                (*host, self.protocol, str(self.port + n)),
                (str(self.to), str(self.to_port + n)),
                self.comment,
            )
            for n in range(self.count)
        )

    def provides(self) -> tuple[Key, ...]:
        """Also that the port is published, for old flows to be forgotten."""
        version = self.to.version
        port = published(self.netns, self.protocol, version, self.port, self.address)
        return (*ElementsOp.provides(self), port)

    def reads(self) -> tuple[Facet, ...]:
        """The ruleset and what is listened on."""
        return (*ElementsOp.reads(self), Facet(self.netns, "ports", self.protocol))

    def obstacle(self, snapshot: Snapshot) -> str:
        """Also a process that holds the port, or another's publication of a port of the range."""
        if self.present and self.satisfied_by(snapshot):
            for listener in snapshot[self.netns].listeners:
                if self._clashes(listener):
                    where = f"{bracket(listener.address) or '*'}:{listener.port}"
                    return f"port {self.protocol} {where} is in use by a process"
            if found := self._taken(snapshot):
                return f"{shown(found)} is published already, with {found.comment or 'no mark'}"
        return ElementsOp.obstacle(self, snapshot)

    def _clashes(self, listener: Listener) -> bool:
        """Whether clients of that socket would be led elsewhere; any address may be of IPv6."""
        if listener.protocol != self.protocol:
            return False
        if not self.port <= listener.port < self.port + self.count:
            return False
        if not listener.address:
            return True
        if self.address is None:
            return IpAddress(listener.address).version == self.to.version
        return listener.address == self.address

    def _taken(self, snapshot: Snapshot) -> Element | None:
        """Somebody else's element for some of these ports, under another key than ours."""
        table = table_of(self.netns, snapshot)
        if table is None:
            return None
        ours = {one.key for one in self.elements()}
        host = () if self.address is None else (str(self.address),)
        for name in (names.ports, names.ranges):
            for found in table.elements.get(name(self.to.version, host=bool(host)), ()):
                first, _, last = found.key[-1].partition("-")
                apart = int(last or first) < self.port or int(first) >= self.port + self.count
                if found.key[:-1] != (*host, self.protocol) or apart or found.key in ours:
                    continue
                if found.comment != self.comment:
                    return found
        return None


def port_range(first: int, count: int) -> str:
    """``80``, or ``8000-8009`` for ten."""
    return str(first) if count == 1 else f"{first}-{first + count - 1}"


def bracket(address: str | None) -> str:
    """An address as it stands before a port."""
    return f"[{address}]" if address and ":" in address else address or ""
