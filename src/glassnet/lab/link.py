"""Bridges and cables: read from either form, their ports named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from glassnet.lab import schema, short
from glassnet.lab.fields import Fields, addresses, flag, listed, mac, networks, number, options
from glassnet.lab.model import Bridge, End, Link
from glassnet.lab.place import Place
from glassnet.ops.bridge import BRIDGE_OPTIONS, PORT_OPTIONS
from glassnet.values import HOST, Cidr, IfName, Mac, Netns


class _Half(NamedTuple):
    """An end that may have no name yet."""

    place: Place
    netns: Netns
    ifname: IfName | None
    bridge: IfName | None = None
    addresses: tuple[Cidr, ...] = ()
    mac: Mac | None = None
    port: Mapping[str, int] = {}

    def end(self, ifname: IfName) -> End:
        """The end, of that name."""
        origin = self.place.origin
        return End(origin, self.netns, ifname, self.bridge, self.addresses, self.mac, self.port)


class Wiring:
    """Reads what is between the namespaces; knows the names that it may refer to."""

    def __init__(self, spaces: Mapping[str, Netns], mtu: int | None) -> None:
        self._spaces = spaces
        self._mtu = mtu
        self.bridges: dict[str, Bridge] = {}

    def read_bridge(self, name: str, place: Place) -> None:
        """Add a bridge to those that ends may be on."""
        ifname = place.key.blame(lambda: IfName(name))
        if name in self._spaces:
            raise place.key.error(f"{name!r} is a namespace too", "a name of its own")
        fields: Fields = {} if place.is_null else place.fields(schema.BRIDGE)
        if "addresses" in fields and "prefixes" in fields:
            raise fields["prefixes"].error(
                "both addresses and prefixes", "addresses to give them, prefixes to have them given"
            )
        bridge = Bridge(
            origin=place.origin,
            ifname=ifname,
            netns=self._netns(fields["in"]) if "in" in fields else HOST,
            addresses=addresses(fields),
            prefixes=networks(fields, "prefixes"),
            gateway=flag(fields, "gateway"),
            masquerade=flag(fields, "masquerade"),
            mtu=number(fields, "mtu", schema.BRIDGE) or self._mtu,
            mac=mac(fields),
            options=options(fields, "options", schema.SWITCH_OPTIONS, BRIDGE_OPTIONS),
        )
        for key, wanted in (("gateway", bridge.gateway), ("masquerade", bridge.masquerade)):
            if wanted and not bridge.networks:
                raise fields[key].error(
                    f"{key} on a bridge without networks", "addresses, prefixes"
                )
        self.bridges[name] = bridge

    def _netns(self, place: Place) -> Netns:
        name = place.text()
        if name not in self._spaces:
            raise place.error(f"no namespace {name!r}", listed(self._spaces))
        return self._spaces[name]

    def read_link(self, place: Place) -> Link:
        """A cable."""
        fields: Fields = {}
        if place.is_mapping:
            fields = place.fields(schema.LINK)
            items = list(fields["ends"].items())
            if len(items) != 2:
                raise fields["ends"].error(f"a cable with {len(items)} ends", "two ends")
            first, second = (self._half(item) for item in items)
        else:
            texts = place.short(short.split_link, short.LINK_FORM)
            first, second = (self._wire(place, text, {}) for text in texts)
        for half in (first, second):
            if half.bridge is not None and "prefixes" in fields:
                raise fields["prefixes"].error(
                    "prefixes of a cable to a bridge", f"prefixes under $.bridges.{half.bridge}"
                )
        return Link(
            place.origin,
            _named(place, first, second),
            number(fields, "mtu", schema.LINK) or self._mtu,
            networks(fields, "prefixes"),
        )

    def _half(self, place: Place) -> _Half:
        if not place.is_mapping:
            return self._wire(place, place.short(short.split_end, short.END_FORM), {})
        fields = place.fields(schema.END)
        return self._wire(fields["at"], fields["at"].value(short.split_end), fields)

    def _wire(self, place: Place, text: short.EndText, fields: Fields) -> _Half:
        own = text.addresses + addresses(fields)
        port = options(fields, "port", schema.SWITCH_PORT_OPTIONS, PORT_OPTIONS)
        ifname = place.blame(lambda: IfName(text.ifname)) if text.ifname else None
        bridge = self.bridges.get(text.where)
        if bridge is not None:
            if own:
                raise place.error(
                    f"addresses on a port of {text.where}",
                    f"addresses under $.bridges.{text.where}",
                )
            return _Half(place, bridge.netns, ifname, bridge.ifname, (), mac(fields), port)
        if text.where not in self._spaces:
            known = listed([*self._spaces, *self.bridges])
            raise place.error(f"{text.where!r} is neither a namespace nor a bridge", known)
        if ifname is None:
            raise place.error(f"which interface of {text.where}?", f"{text.where}:eth0")
        if port:
            raise fields["port"].error(f"{text.where}:{ifname} is no port of a bridge", "a bridge")
        return _Half(place, self._spaces[text.where], ifname, None, own, mac(fields))


def _named(place: Place, first: _Half, second: _Half) -> tuple[End, End]:
    """Ports without a name get theirs from the other end."""
    between_bridges = first.bridge is not None and second.bridge is not None
    if between_bridges and None in {first.ifname, second.ifname}:
        raise place.error(
            "a cable between two bridges must name its ends", "br0:port1 -- br1:port2"
        )
    return (first.end(_name(first, second)), second.end(_name(second, first)))


def _name(half: _Half, other: _Half) -> IfName:
    if half.ifname is not None:
        return half.ifname
    assert other.ifname is not None, "only a bridge's port may be unnamed, and one of them"
    return short.host_ifname(other.netns.label, other.ifname)
