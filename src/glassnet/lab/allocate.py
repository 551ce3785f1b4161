"""Addresses for the ends that were given none: the first free ones of their network, in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from glassnet.errors import InvalidValue
from glassnet.lab.model import Bridge, End, Lab, Link
from glassnet.values import Cidr, IfName, IpAddress, Netns, Prefix

Place = tuple[Netns, IfName]
Addresses = dict[Place, tuple[Cidr, ...]]
"""The addresses of each interface: what was written, or what was given."""


def allocate(lab: Lab) -> Addresses:
    """Addresses of every bridge and end. Raises `InvalidValue` where a network is full."""
    out: Addresses = {}
    for bridge in lab.bridges:
        taken = _taken(lab, bridge)
        own = bridge.addresses or tuple(_next(prefix, taken) for prefix in bridge.prefixes)
        out[(bridge.netns, bridge.ifname)] = own
        for link in lab.links:
            for end in _ends_on(link, bridge):
                given = end.addresses or tuple(_next(prefix, taken) for prefix in bridge.prefixes)
                out[(end.netns, end.ifname)] = given
    for link in lab.links:
        taken = {address.address for end in link.ends for address in end.addresses}
        for end in link.ends:
            if end.bridge is None and (end.netns, end.ifname) not in out:
                given = end.addresses or tuple(_next(prefix, taken) for prefix in link.prefixes)
                out[(end.netns, end.ifname)] = given
    return out


def bridges_by_place(lab: Lab) -> Mapping[Place, Bridge]:
    """The bridges, by namespace and name."""
    return {(bridge.netns, bridge.ifname): bridge for bridge in lab.bridges}


def bridge_of(link: Link, lab: Lab) -> Bridge | None:
    """The bridge that one end of the link is a port of, if only one is."""
    ports = [end for end in link.ends if end.bridge is not None]
    if len(ports) != 1 or ports[0].bridge is None:
        return None
    return bridges_by_place(lab)[(ports[0].netns, ports[0].bridge)]


def _ends_on(link: Link, bridge: Bridge) -> Sequence[End]:
    """The ends across from ports of that bridge."""
    out = []
    for port, end in (link.ends, link.ends[::-1]):
        if port.bridge == bridge.ifname and port.netns == bridge.netns and end.bridge is None:
            out.append(end)
    return out


def _taken(lab: Lab, bridge: Bridge) -> set[IpAddress]:
    own: Iterable[Cidr] = bridge.addresses
    written = [
        cidr for link in lab.links for end in _ends_on(link, bridge) for cidr in end.addresses
    ]
    return {cidr.address for cidr in (*own, *written)}


def _next(prefix: Prefix, taken: set[IpAddress]) -> Cidr:
    """The first address of a network that nobody has, which it thereby gets."""
    bits = prefix.address.bits
    point_to_point = prefix.prefixlen >= bits - 1  # RFC 3021, RFC 6164: both addresses count
    first = 0 if point_to_point else 1
    size = 1 << (bits - prefix.prefixlen)
    last = size if point_to_point or prefix.version == 6 else size - 1
    for n in range(first, min(last, first + len(taken) + 1)):
        cidr = prefix.nth(n)
        if cidr.address not in taken:
            taken.add(cidr.address)
            return cidr
    raise InvalidValue(f"{prefix} has no address left", "a larger network")
