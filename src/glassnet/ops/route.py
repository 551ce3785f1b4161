"""A route: where packets for a prefix go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from glassnet.errors import InvalidValue
from glassnet.netlink.message import CREATE, EXCL, REPLACE, Message
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route.route import DELROUTE, NEWROUTE, RT_SCOPE_NOWHERE, RTNH_F_ONLINK
from glassnet.ops import shell
from glassnet.ops.addr import family
from glassnet.ops.base import Difference, Key, ObjectOp, compare, place
from glassnet.ops.link import link_needs, link_within
from glassnet.ops.owner import PROTOCOL
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.route import HopState, RouteState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName, IpAddress, Netns, Prefix

MAIN = 254
IPV6_METRIC = 1024  # net/ipv6: IP6_RT_PRIO_USER, what metric 0 becomes
TYPES: Mapping[str, int] = {"unicast": 1, "blackhole": 6, "unreachable": 7, "prohibit": 8}
SCOPES: Mapping[str, int] = {"global": 0, "link": 253, "host": 254}
# The kernel lowers what is larger (net/ipv4/metrics.c, ip_metrics_convert); 68: RFC 791.
METRICS: Mapping[str, tuple[int, int]] = {"mtu": (68, 65520), "advmss": (1, 65495)}


class Hop(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of several next hops; ``weight`` is 1 to 256."""

    via: IpAddress | None = None
    ifname: IfName | None = None
    weight: int = 1

    def __post_init__(self) -> None:
        if self.via is None and self.ifname is None:
            raise InvalidValue("a next hop leads nowhere", "a gateway, an interface or both")
        if not 1 <= self.weight <= 256:
            raise InvalidValue(f"weight {self.weight} of a next hop", "1 to 256")


class RouteOp(ObjectOp, frozen=True, kw_only=True, tag="route"):
    """To ``dst`` by ``via`` and ``ifname``, or by several ``hops``, or refused (``type``).

    ``beside`` others to the same destination it comes before them (IPv4) or takes turns with them
    (IPv6). ``onlink`` takes the gateway's word for being on the link; ``mtu`` and ``advmss`` are in
    bytes; ``table`` 254 is main; ``metric`` 0 is the kernel's default. ``protocol`` is who made
    it (RTPROT_*), by which alone the kernel's own, 2, are taken away.
    """

    noun: ClassVar[str] = "route"

    dst: Prefix
    via: IpAddress | None = None
    ifname: IfName | None = None
    hops: tuple[Hop, ...] = ()
    type: str = "unicast"
    scope: str = ""
    onlink: bool = False
    beside: bool = False
    source: IpAddress | None = None
    metric: int = 0
    table: int = MAIN
    mtu: int | None = None
    advmss: int | None = None
    protocol: int = PROTOCOL

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise InvalidValue(f"no route type {self.type!r}", ", ".join(TYPES))
        if self.scope and self.scope not in SCOPES:
            raise InvalidValue(f"no route scope {self.scope!r}", ", ".join(SCOPES))
        leads = self.via is not None or self.ifname is not None
        if (self.type == "unicast") != (leads or bool(self.hops)) or (leads and self.hops):
            raise InvalidValue(
                f"route to {self.dst} of type {self.type} has the wrong way out",
                "for unicast a gateway, an interface, or several hops; for the others none",
            )
        if len(self.hops) == 1:
            raise InvalidValue(f"one next hop to {self.dst}", "a gateway for one, several for more")
        if self.onlink and (self.via is None or self.ifname is None):
            raise InvalidValue(f"onlink route to {self.dst}", "a gateway and an interface with it")
        for address in (self.via, self.source, *(hop.via for hop in self.hops)):
            if address is not None and address.version != self.dst.version:
                raise InvalidValue(f"route to {self.dst} by {address}", "one address family")
        if not 1 <= self.table < 2**32 or not 0 <= self.metric < 2**32:
            raise InvalidValue(
                f"route to {self.dst} in table {self.table}, metric {self.metric}",
                "a table from 1 and a metric from 0, below 2^32",
            )
        if not 1 <= self.protocol <= 255:
            raise InvalidValue(f"route to {self.dst} of protocol {self.protocol}", "1 to 255")
        for name, value in self._metrics().items():
            low, high = METRICS[name]
            if not low <= value <= high:
                raise InvalidValue(f"route to {self.dst} with {name} {value}", f"{low} to {high}")

    def label(self) -> str:
        """``route to 10.1.0.0/24 by 10.0.0.1 in ns1``."""
        way = " ".join(self._way()) or self.type
        table = f" in table {self.table}" if self.table != MAIN else ""
        return f"route to {self._target()} {way}{table} {place(self.netns)}"

    def _target(self) -> str:
        return "default" if self.dst.is_default else str(self.dst)

    def _way(self) -> list[str]:
        words = ["via", str(self.via)] if self.via is not None else []
        words += ["dev", str(self.ifname)] if self.ifname is not None else []
        for hop in self.hops:
            words.append("nexthop")
            words += ["via", str(hop.via)] if hop.via is not None else []
            words += ["dev", str(hop.ifname)] if hop.ifname is not None else []
            words += ["weight", str(hop.weight)]
        return words

    def commands(self) -> tuple[Command, ...]:
        """``ip [-6] route add …`` or ``ip [-6] route del …``."""
        words = ["-6"] if self.dst.version == 6 else []
        words += ["route", self._verb() if self.present else "del"]
        words += [self.type] if self.type != "unicast" else []
        words.append(self._target())
        words += self._way() if not self.hops else []
        words += ["table", str(self.table)] if self.table != MAIN else []
        words += ["metric", str(self.metric)] if self.metric else []
        words += ["proto", str(self.protocol)]
        words += ["scope", self.scope] if self.scope else []
        words += ["src", str(self.source)] if self.source is not None else []
        words += ["mtu", str(self.mtu)] if self.mtu is not None else []
        words += ["advmss", str(self.advmss)] if self.advmss is not None else []
        words += ["onlink"] if self.onlink else []
        words += self._way() if self.hops else []
        return (shell.ip(self.netns, *words),)

    def _verb(self) -> str:
        return "prepend" if self.beside else "add"

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWROUTE or RTM_DELROUTE."""
        if not self.present:
            return (NetlinkRequest(self.netns, self._message(DELROUTE, 0)),)
        flags = CREATE if self.beside else CREATE | EXCL
        return (NetlinkRequest(self.netns, self._message(NEWROUTE, flags)),)

    def _message(self, kind: Any, flags: int) -> Message:
        small = self.table <= 255
        header: dict[str, Any] = {
            "family": family(self.dst.version),
            "dst_len": self.dst.prefixlen,
            "table": self.table if small else 0,
            "protocol": self.protocol,
            "scope": self._scope() if self.present else self._scope_to_delete(),
            "type": TYPES[self.type] if self.present or self.type != "unicast" else 0,
            "flags": RTNH_F_ONLINK if self.onlink else 0,
        }
        attrs: dict[str, Any] = {}
        if not self.dst.is_default or self.dst.version == 6:
            attrs["dst"] = self.dst.address
        if self.via is not None:
            attrs["gateway"] = self.via
        if not small:
            attrs["table"] = self.table
        if self.metric:
            attrs["priority"] = self.metric
        if self.source is not None:
            attrs["prefsrc"] = self.source
        if self.ifname is not None:
            attrs["oif"] = IndexOf(self.ifname)
        if metrics := self._metrics():
            attrs["metrics"] = metrics
        if self.hops:
            attrs["multipath"] = [_hop_message(hop) for hop in self.hops]
        return Message(kind, flags, header, attrs)

    def _metrics(self) -> dict[str, int]:
        out = {} if self.mtu is None else {"mtu": self.mtu}
        if self.advmss is not None:
            out["advmss"] = self.advmss
        return out

    def _scope(self) -> int:
        if self.scope:
            return SCOPES[self.scope]
        direct = self.type == "unicast" and self.via is None and not self.hops
        return SCOPES["link"] if direct and self.dst.version == 4 else SCOPES["global"]

    def _scope_to_delete(self) -> int:
        """As ``ip`` has it: where none is said, of whatever scope. IPv6 has no scopes."""
        return self._scope() if self.scope or self.dst.version == 6 else RT_SCOPE_NOWHERE

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether a route of that prefix, table and metric leads the same way."""
        found = self._found(snapshot)
        if not found:
            return self.missing() if self.present else ()
        if not self.present:
            return self.unwanted()
        if self.beside and any(one.hops for one in found):
            return ()
        candidates = [compare(self.label(), *self._both(one, snapshot)) for one in found]
        return min(candidates, key=len)

    def _found(self, snapshot: Snapshot) -> list[RouteState]:
        if not snapshot.exists(self.netns):
            return []
        metric = self.metric or (IPV6_METRIC if self.dst.version == 6 else 0)
        return [
            route
            for route in snapshot[self.netns].routes_to(self.dst)
            if route.table == self.table and route.metric == metric
            if not self.beside or self._leads(route, snapshot)
        ]

    def _leads(self, route: RouteState, snapshot: Snapshot) -> bool:
        """Whether a route, or one of the ways that the kernel has joined into one, is this way."""
        ways = [(route.via, route.index), *((hop.via, hop.index) for hop in route.hops)]
        names = ((via, _name(index, snapshot, self.netns)) for via, index in ways)
        return any(via == self.via and self.ifname in {None, name} for via, name in names)

    def _both(self, found: RouteState, snapshot: Snapshot) -> tuple[dict[str, Any], dict[str, Any]]:
        wanted: dict[str, Any] = {"type": self.type, "via": self.via}
        seen: dict[str, Any] = {
            "type": next((n for n, code in TYPES.items() if code == found.type), found.type),
            "via": found.via,
        }
        if self.ifname is not None:
            wanted["dev"], seen["dev"] = self.ifname, _name(found.index, snapshot, self.netns)
        if self.hops:
            wanted["hops"] = [(h.via, h.ifname, h.weight) for h in self.hops]
            seen["hops"] = [_seen_hop(h, self.hops, snapshot, self.netns) for h in found.hops]
        if self.dst.version == 4:
            wanted["scope"], seen["scope"] = self._scope(), found.scope
        if self.source is not None:
            wanted["src"], seen["src"] = self.source, found.source
        for name, value in self._metrics().items():
            wanted[name], seen[name] = value, found.metrics.get(name)
        if self.onlink:
            wanted["onlink"], seen["onlink"] = True, bool(found.flags & RTNH_F_ONLINK)
        return wanted, seen

    def obstacle(self, snapshot: Snapshot) -> str:
        """A route of that prefix, table and metric that is not ours and leads elsewhere."""
        found = self._found(snapshot)
        wanted = self if self.present else self.flipped()
        if not found or not wanted.satisfied_by(snapshot):
            return ""
        if any(route.protocol == self.protocol for route in found):
            return ""
        return f"a {self._target()} route that is not glassnet's leads another way already"

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """Replaced in place, where it is there."""
        if self.present and self._found(snapshot):
            if self.beside:  # the kernel would replace another one
                here = not self.satisfied_by(snapshot)
                return () if here else (*self.flipped().requests(), *self.requests())
            return (NetlinkRequest(self.netns, self._message(NEWROUTE, CREATE | REPLACE)),)
        return self.requests()

    def ifnames(self) -> tuple[IfName, ...]:
        """The interfaces that it names."""
        names = (self.ifname, *(hop.ifname for hop in self.hops))
        return tuple(name for name in names if name is not None)

    def gateways(self) -> tuple[IpAddress, ...]:
        """The gateways that it names."""
        names = (self.via, *(hop.via for hop in self.hops))
        return tuple(name for name in names if name is not None)

    def key(self) -> Key:
        """``("route", netns, dst, table, metric)``; beside others also the way."""
        way = self._way() if self.beside else []
        return ("route", self.netns, self.dst, str(self.table), str(self.metric), *way)

    def provides(self) -> tuple[Key, ...]:
        """The route; one without a gateway makes a network for gateways of others to be on."""
        direct = self.via is None and self.type == "unicast" and not self.hops
        more: tuple[Key, ...] = (("onlink-routes", self.netns),) if direct else ()
        return (self.key(), *more)

    def needs(self) -> tuple[Key, ...]:
        """Its interfaces."""
        links = [key for name in self.ifnames() for key in link_needs(self.netns, name)]
        return tuple(links) or (("netns", self.netns),)

    def after(self) -> tuple[Key, ...]:
        """Its interfaces with their masters, up, and with their addresses; gateways' own routes."""
        keys: list[Key] = []
        for name in self.ifnames():
            keys += [(noun, self.netns, name) for noun in ("port", "up", "addrs")]
        if self.via is not None or self.hops:
            keys.append(("onlink-routes", self.netns))
        return tuple(keys)

    def within(self) -> tuple[Key, ...]:
        """Its interface, where it has one, and its namespace."""
        if self.ifname is None:
            return (("netns", self.netns),)
        return link_within(self.netns, self.ifname)

    def reads(self) -> tuple[Facet, ...]:
        """Links and routes of its namespace."""
        return (Facet(self.netns, "links"), Facet(self.netns, "routes", str(self.table)))


def _name(index: int, snapshot: Snapshot, netns: Netns) -> str:
    link = snapshot[netns].link_by_index(index)
    return link.ifname if link else f"index {index}"


def _hop_message(hop: Hop) -> dict[str, Any]:
    out: dict[str, Any] = {"hops": hop.weight - 1}
    if hop.ifname is not None:
        out["ifindex"] = IndexOf(hop.ifname)
    if hop.via is not None:
        out["gateway"] = hop.via
    return out


def _seen_hop(
    found: HopState, wanted: tuple[Hop, ...], snapshot: Snapshot, netns: Netns
) -> tuple[IpAddress | None, str | None, int]:
    """A hop as found; its interface only where the wanted one of that gateway names one."""
    named = any(hop.ifname for hop in wanted if hop.via == found.via)
    return (found.via, _name(found.index, snapshot, netns) if named else None, found.weight)
