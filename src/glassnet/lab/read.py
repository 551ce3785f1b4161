"""From the text of a lab file to a `Lab`: every part checked where it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from glassnet.errors import InvalidValue
from glassnet.lab import schema, short
from glassnet.lab.model import (
    Bridge,
    End,
    Lab,
    Link,
    NeighbourSpec,
    PublishSpec,
    RouteSpec,
    RuleSpec,
    Space,
    SysctlSpec,
)
from glassnet.lab.place import Place, parse
from glassnet.ops.bridge import BRIDGE_OPTIONS, PORT_OPTIONS, Option
from glassnet.ops.owner import check_name
from glassnet.ops.publish import PROTOCOLS
from glassnet.ops.route import Hop
from glassnet.values import HOST, Cidr, IfName, IpAddress, Mac, Netns, Prefix, SysctlKey

T = TypeVar("T")

MTU = (68, 65535)
WORD = 2**32 - 1


def read(text: str, file: str) -> Lab:
    """The lab that a file describes. ``file`` is its name, for messages and the default name.

    Raises `ConfigError` for the first thing that is wrong, as ``file:line:column: $.path: …``.
    """
    return Reader(parse(text, file)).lab()


class Reader:
    """Reads one file; knows the names that its parts may refer to."""

    def __init__(self, root: Place) -> None:
        self._root = root
        self._fields = root.fields(schema.SCHEMA)
        self._mtu = self._mtu_of(self._fields)
        self._spaces: dict[str, Netns] = {"host": HOST}
        self._bridges: dict[str, Bridge] = {}

    def lab(self) -> Lab:
        """The whole."""
        fields = self._fields
        name = self._name()
        named = self._namespaces()
        self._spaces |= {netns: Netns(netns) for netns in named}
        host = fields.get("host")
        for bridge in self._read_bridges():
            self._bridges[bridge.ifname] = bridge
        spaces = [self._space(HOST, host, self._root, schema.HOST)]
        for netns, place in named.items():
            body = None if place.path.endswith("]") or place.is_null else place
            spaces.append(self._space(Netns(netns), body, place, schema.NAMESPACE))
        links = tuple(self._link(place) for place in _items(fields.get("links")))
        description = fields["description"].text() if "description" in fields else ""
        return Lab(name, tuple(spaces), tuple(self._bridges.values()), links, description)

    def _name(self) -> str:
        place = self._fields.get("name")
        if place is not None:
            return place.value(check_name)
        stem = self._root.file.rpartition("/")[2].partition(".")[0]
        return self._root.blame(lambda: check_name(stem))

    def _namespaces(self) -> dict[str, Place]:
        place = self._fields.get("namespaces")
        if place is None:
            return {}
        if place.is_sequence:
            found: dict[str, Place] = {}
            for item in place.items():
                name = item.text()
                if name in found:
                    raise item.error(f"the namespace {name!r} is there twice", "each name once")
                found[name] = item
        else:
            found = place.entries()
        for name, item in found.items():
            item.blame(lambda name=name: _netns_name(name))  # type: ignore[misc]
        return found

    def _read_bridges(self) -> list[Bridge]:
        place = self._fields.get("bridges")
        return [] if place is None else [self._bridge(n, p) for n, p in place.entries().items()]

    def _bridge(self, name: str, place: Place) -> Bridge:
        ifname = place.blame(lambda: IfName(name))
        if name in self._spaces:
            raise place.error(f"{name!r} is a namespace too", "a name of its own")
        fields = {} if place.is_null else place.fields(schema.BRIDGE)
        if "addresses" in fields and "prefixes" in fields:
            raise fields["prefixes"].error(
                "both addresses and prefixes", "addresses to give them, prefixes to have them given"
            )
        return Bridge(
            origin=place.origin,
            ifname=ifname,
            netns=self._netns(fields["in"]) if "in" in fields else HOST,
            addresses=fields["addresses"].values(Cidr) if "addresses" in fields else (),
            prefixes=fields["prefixes"].values(Prefix) if "prefixes" in fields else (),
            gateway=_flag(fields, "gateway"),
            masquerade=_flag(fields, "masquerade"),
            mtu=self._mtu_of(fields) or self._mtu,
            mac=_mac(fields),
            options=_options(fields.get("options"), "bridge-options", BRIDGE_OPTIONS),
        )

    def _netns(self, place: Place) -> Netns:
        name = place.text()
        if name not in self._spaces:
            raise place.error(f"no namespace {name!r}", ", ".join(self._spaces))
        return self._spaces[name]

    # Links.

    def _link(self, place: Place) -> Link:
        if not place.is_mapping:
            ends = place.value(short.split_link)
            mtu: int | None = None
            prefixes: tuple[Prefix, ...] = ()
            first, second = (self._end(place, end, {}) for end in ends)
        else:
            fields = place.fields(schema.LINK)
            items = list(fields["ends"].items())
            if len(items) != 2:
                raise fields["ends"].error(f"a cable with {len(items)} ends", "two ends")
            first, second = (self._long_end(item) for item in items)
            mtu = self._mtu_of(fields)
            prefixes = fields["prefixes"].values(Prefix) if "prefixes" in fields else ()
        ends_named = _name_ports(place, first, second)
        return Link(place.origin, ends_named, mtu or self._mtu, prefixes)

    def _long_end(self, place: Place) -> End:
        if not place.is_mapping:
            return self._end(place, place.value(short.split_end), {})
        fields = place.fields(schema.END)
        return self._end(fields["at"], fields["at"].value(short.split_end), fields)

    def _end(self, place: Place, text: short.EndText, fields: Mapping[str, Place]) -> End:
        addresses = text.addresses
        if "addresses" in fields:
            addresses += fields["addresses"].values(Cidr)
        port = _options(fields.get("port"), "port-options", PORT_OPTIONS)
        mac = _mac(fields)
        ifname = place.blame(lambda: IfName(text.ifname)) if text.ifname else None
        bridge = self._bridges.get(text.where)
        if bridge is not None:
            if addresses:
                raise place.error(
                    f"addresses on a port of {text.where}",
                    f"addresses under $.bridges.{text.where}",
                )
            name = ifname or IfName("?")
            return End(place.origin, bridge.netns, name, bridge.ifname, (), mac, port)
        if text.where not in self._spaces:
            known = ", ".join([*self._spaces, *self._bridges])
            raise place.error(f"{text.where!r} is neither a namespace nor a bridge", known)
        if ifname is None:
            raise place.error(f"which interface of {text.where}?", f"{text.where}:eth0")
        if port:
            raise fields["port"].error(f"{text.where}:{ifname} is no port of a bridge", "a bridge")
        return End(place.origin, self._spaces[text.where], ifname, None, addresses, mac)

    # Namespaces and the host.

    def _space(
        self, netns: Netns, body: Place | None, origin: Place, known: schema.Schema
    ) -> Space:
        fields = {} if body is None else body.fields(known)
        return Space(
            origin=(body or origin).origin,
            netns=netns,
            loopback=not netns.is_host and _flag(fields, "loopback", default=True),
            routes=tuple(self._route(place) for place in _items(fields.get("routes"))),
            rules=tuple(_rule(place) for place in _items(fields.get("rules"))),
            neighbours=tuple(_neighbour(place) for place in _items(fields.get("neighbours"))),
            sysctls=_sysctls(fields.get("sysctls")),
            forwarding=_flag(fields, "forwarding"),
            masquerade=fields["masquerade"].values(Prefix) if "masquerade" in fields else (),
            publish=tuple(self._publish(place) for place in _items(fields.get("publish"))),
        )

    def _route(self, place: Place) -> RouteSpec:
        if place.is_mapping:
            fields = place.fields(schema.ROUTE)
        else:
            words = place.value(short.split_route)
            fields = {name: place.word(word) for name, word in words.items()}
        hops = tuple(_hop(item) for item in _items(fields.get("nexthops")))
        return RouteSpec(
            origin=place.origin,
            dst=fields["to"].value(short.destination),
            via=_optional(fields, "via", IpAddress),
            dev=_optional(fields, "dev", IfName),
            hops=hops,
            type=_choice(fields, "type", schema.ROUTE, "unicast"),
            scope=_choice(fields, "scope", schema.ROUTE, ""),
            onlink=_flag(fields, "onlink"),
            source=_optional(fields, "src", IpAddress),
            metric=_number(fields, "metric", 0, WORD, 0),
            table=_number(fields, "table", 1, WORD, 254),
            mtu=_number(fields, "mtu", *MTU, 0) or None,
            advmss=_number(fields, "advmss", 1, 65535, 0) or None,
        )

    def _publish(self, place: Place) -> PublishSpec:
        if not place.is_mapping:
            text = place.value(short.split_publish)
        else:
            fields = place.fields(schema.PUBLISH)
            port, count = fields["port"].value(short.port_range)
            target, to_port = fields["to"].value(_target)
            text = short.PublishText(
                address=_optional(fields, "address", IpAddress),
                port=port,
                ports=count,
                to_port=to_port or port,
                protocol=_choice(fields, "protocol", schema.PUBLISH, "tcp"),
                target=target,
            )
        if text.protocol not in PROTOCOLS:
            raise place.error(f"no protocol {text.protocol!r}", ", ".join(PROTOCOLS))
        return PublishSpec(
            place.origin,
            text.protocol,
            text.port,
            text.ports,
            text.to_port,
            self._target(place, text.target),
            text.address,
        )

    def _target(self, place: Place, text: str) -> Netns | IpAddress:
        if text in self._spaces and text != "host":
            return self._spaces[text]
        try:
            return IpAddress(text)
        except InvalidValue:
            names = ", ".join(name for name in self._spaces if name != "host") or "none"
            raise place.error(
                f"{text!r} is neither a namespace nor an address", f"an address, or one of: {names}"
            ) from None

    def _mtu_of(self, fields: Mapping[str, Place]) -> int | None:
        return fields["mtu"].integer(*MTU) if "mtu" in fields else None


def _netns_name(name: str) -> Netns:
    if "/" in name or not name or name == "host":
        raise InvalidValue(f"{name!r} cannot name a namespace", "a file name other than 'host'")
    return Netns(name)


def _name_ports(place: Place, first: End, second: End) -> tuple[End, End]:
    """Ports without a name get theirs from the other end."""
    if first.bridge is not None and second.bridge is not None:
        if "?" in {first.ifname, second.ifname}:
            raise place.error(
                "a cable between two bridges must name its ends", "br0:port1 -- br1:port2"
            )
        return (first, second)
    return (_named(first, second), _named(second, first))


def _named(end: End, other: End) -> End:
    if end.ifname != "?":
        return end
    name = short.host_ifname(other.netns.label, other.ifname)
    return End(end.origin, end.netns, name, end.bridge, (), end.mac, end.port)


def _items(place: Place | None) -> list[Place]:
    return [] if place is None else list(place.items())


def _flag(fields: Mapping[str, Place], name: str, *, default: bool = False) -> bool:
    return fields[name].boolean() if name in fields else default


def _number(fields: Mapping[str, Place], name: str, low: int, high: int, default: int) -> int:
    return fields[name].integer(low, high) if name in fields else default


def _optional(fields: Mapping[str, Place], name: str, kind: type[T]) -> T | None:
    return fields[name].value(kind) if name in fields else None


def _choice(fields: Mapping[str, Place], name: str, known: schema.Schema, default: str) -> str:
    if name not in fields:
        return default
    text, choices = fields[name].text(), known["properties"][name]["enum"]
    if text not in choices:
        raise fields[name].error(f"no {name} {text!r}", ", ".join(choices))
    return text


def _mac(fields: Mapping[str, Place]) -> Mac | None:
    if "mac" not in fields:
        return None
    return fields["mac"].value(lambda text: Mac(text).check_unicast())


def _options(place: Place | None, known: str, table: Mapping[str, Option]) -> Mapping[str, int]:
    if place is None:
        return {}
    out: dict[str, int] = {}
    for name, item in place.fields(schema.SCHEMA["$defs"][known]).items():
        option = table[name]
        text = item.text().lower()
        if option.high == 1 and not text.isdigit():
            out[name] = int(item.boolean())
        else:
            out[name] = item.integer(option.low, option.high)
    return out


def _hop(place: Place) -> Hop:
    fields = place.fields(schema.ROUTE["properties"]["nexthops"]["items"])
    return place.blame(
        lambda: Hop(
            via=_optional(fields, "via", IpAddress),
            ifname=_optional(fields, "dev", IfName),
            weight=_number(fields, "weight", 1, 256, 1),
        )
    )


def _rule(place: Place) -> RuleSpec:
    fields = place.fields(schema.RULE)
    source, destination = (_optional(fields, name, Prefix) for name in ("from", "to"))
    known = source or destination
    version = known.version if known else 4
    if "family" in fields:
        version = fields["family"].integer(4, 6)
    return RuleSpec(
        origin=place.origin,
        version=version,
        priority=fields["priority"].integer(1, 32765),
        table=fields["table"].integer(1, WORD),
        source=source,
        destination=destination,
        iif=_optional(fields, "iif", IfName),
        oif=_optional(fields, "oif", IfName),
        mark=_number(fields, "mark", 0, WORD, 0),
        mask=_number(fields, "mask", 0, WORD, WORD),
    )


def _neighbour(place: Place) -> NeighbourSpec:
    fields = place.fields(schema.NEIGHBOUR)
    return NeighbourSpec(
        place.origin, fields["address"].value(IpAddress), fields["dev"].value(IfName), _mac(fields)
    )


def _sysctls(place: Place | None) -> tuple[SysctlSpec, ...]:
    if place is None:
        return ()
    out: list[SysctlSpec] = []
    for name, item in place.entries().items():
        key = item.blame(lambda name=name: SysctlKey(name))  # type: ignore[misc]
        text = item.text()
        value = {"true": "1", "false": "0"}.get(text.lower(), text)
        out.append(SysctlSpec(item.origin, key, value))
    return tuple(out)


def _target(text: str) -> tuple[str, int]:
    """``ns1:80``, ``[fd00::2]:80``, ``10.0.0.2``: the target, and the port or 0."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]:")
        return (host.rstrip("]"), short.port_range(port)[0] if port else 0)
    host, colon, port = text.partition(":")
    if ":" in port:
        return (text, 0)
    return (host, short.port_range(port)[0] if colon else 0)
