"""Addresses for the ends that were given none: the first free ones of their network, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from glassnet.errors import InvalidValue
from glassnet.lab.blame import blaming
from glassnet.lab.model import Bridge, End, Lab, Link
from glassnet.values import Cidr, IfName, IpAddress, Netns, Prefix

Place = tuple[Netns, IfName]
Addresses = dict[Place, tuple[Cidr, ...]]
"""The addresses of each interface: what was written, or what was given."""


def allocate(lab: Lab) -> Addresses:
    """Addresses of every bridge and end. Raises `InvalidRequest` where a network is full."""
    out: Addresses = {}
    for bridge, ends in on_bridges(lab):
        written = [*bridge.addresses, *(cidr for end in ends for cidr in end.addresses)]
        pool = _Pool(bridge.prefixes, written)
        out[bridge.netns, bridge.ifname] = bridge.addresses or pool.take(bridge.origin)
        for end in ends:
            out[end.netns, end.ifname] = end.addresses or pool.take(end.origin)
    for link in lab.links:
        pool = _Pool(link.prefixes, (cidr for end in link.ends for cidr in end.addresses))
        for end in link.ends:
            if end.bridge is None and (end.netns, end.ifname) not in out:
                out[end.netns, end.ifname] = end.addresses or pool.take(end.origin)
    return out


def bridges_by_place(lab: Lab) -> Mapping[Place, Bridge]:
    """The bridges, by namespace and name."""
    return {(bridge.netns, bridge.ifname): bridge for bridge in lab.bridges}


def bridge_of(link: Link, bridges: Mapping[Place, Bridge]) -> Bridge | None:
    """The bridge that one end of the link is a port of, if only one is."""
    ports = [end for end in link.ends if end.bridge is not None]
    if len(ports) != 1 or ports[0].bridge is None:
        return None
    return bridges[ports[0].netns, ports[0].bridge]


def on_bridges(lab: Lab) -> list[tuple[Bridge, list[End]]]:
    """The bridges, each with the ends across from its ports."""
    bridges = bridges_by_place(lab)
    out: dict[Place, list[End]] = {place: [] for place in bridges}
    for link in lab.links:
        bridge = bridge_of(link, bridges)
        if bridge is not None:
            out[bridge.netns, bridge.ifname] += (end for end in link.ends if end.bridge is None)
    return [(bridge, out[place]) for place, bridge in bridges.items()]


class _Pool:
    """The free addresses of some networks."""

    def __init__(self, networks: Iterable[Prefix], written: Iterable[Cidr]) -> None:
        taken = {cidr.address for cidr in written}
        self._free = {network: _free(network, taken) for network in networks}

    def take(self, origin: str) -> tuple[Cidr, ...]:
        """One of each network. Raises `InvalidRequest` that blames ``origin`` if one is full."""
        out: list[Cidr] = []
        for network, free in self._free.items():
            address = next(free, None)
            if address is None:
                with blaming(origin):
                    raise InvalidValue(f"{network} has no address left", "a larger network")
            out.append(address)
        return tuple(out)


def _free(network: Prefix, taken: set[IpAddress]) -> Iterator[Cidr]:
    """The addresses of a network that nobody has, first to last."""
    point_to_point = network.host_bits <= 1  # RFC 3021, RFC 6164: both addresses count
    first = 0 if point_to_point else 1
    size = 1 << network.host_bits
    last = size if point_to_point or network.version == 6 else size - 1
    for n in range(first, last):
        cidr = network.nth(n)
        if cidr.address not in taken:
            yield cidr
