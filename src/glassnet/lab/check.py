"""What is wrong between the parts of a lab, although each part is well-formed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glassnet.errors import InvalidRequest
from glassnet.lab.allocate import Addresses, Place, bridge_of, bridges_by_place
from glassnet.lab.model import Bridge, Lab, Link, PublishSpec
from glassnet.values import Cidr, IpAddress, Netns, Prefix

IPV6_MTU = 1280  # RFC 8200, 5: a link with less has no IPv6


def _error(origin: str, problem: str, accepted: str) -> InvalidRequest:
    return InvalidRequest(f"{origin}: {problem}; accepted: {accepted}")


def check_interfaces(lab: Lab) -> None:
    """Raise `InvalidRequest` for an interface that is there twice, or is the loopback."""
    seen: dict[Place, str] = {}
    for place, origin in _interfaces(lab):
        netns, ifname = place
        if ifname == "lo":
            raise _error(origin, f"lo of {netns.label} is its loopback", "another name")
        if place in seen:
            raise _error(
                origin,
                f"the interface {ifname} of {netns.label} is there twice: also at {seen[place]}",
                "a name of its own",
            )
        seen[place] = origin


def _interfaces(lab: Lab) -> Iterator[tuple[Place, str]]:
    for bridge in lab.bridges:
        yield ((bridge.netns, bridge.ifname), bridge.origin)
    for link in lab.links:
        for end in link.ends:
            yield ((end.netns, end.ifname), end.origin)


def check_addresses(lab: Lab, addresses: Addresses) -> None:
    """Raise `InvalidRequest` for an address outside its network, or given to two ends.

    Also for an IPv6 address on a link whose mtu is too small for any.
    """
    bridges = bridges_by_place(lab)
    for bridge in lab.bridges:
        place = (bridge.netns, bridge.ifname)
        _check_mtu(bridge.mtu, bridge.origin, {place: addresses[place]})
    for link in lab.links:
        near = bridge_of(link, bridges)
        _check_within(link, near, near.networks if near is not None else link.prefixes)
        ends = [(end.netns, end.ifname) for end in link.ends if end.bridge is None]
        _check_mtu(link.mtu, link.origin, {place: addresses[place] for place in ends})
    _check_duplicates(lab, addresses)


def _check_within(link: Link, bridge: Bridge | None, networks: tuple[Prefix, ...]) -> None:
    of = bridge.ifname if bridge is not None else "its cable"
    for end in link.ends:
        for cidr in end.addresses:
            near = [one for one in networks if one.version == cidr.version]
            if near and not any(one.contains(cidr.address) for one in near):
                raise _error(
                    end.origin,
                    f"the address {cidr} lies outside the networks of {of}",
                    f"one in {', '.join(near)}",
                )


def _check_mtu(mtu: int | None, origin: str, addresses: Mapping[Place, tuple[Cidr, ...]]) -> None:
    if mtu is None or mtu >= IPV6_MTU:
        return
    for (netns, ifname), cidrs in addresses.items():
        for cidr in cidrs:
            if cidr.version == 6:
                raise _error(
                    origin,
                    f"mtu {mtu} is too small for IPv6, and {ifname} of {netns.label} has {cidr}",
                    f"an mtu from {IPV6_MTU}, or no IPv6",
                )


def _check_duplicates(lab: Lab, addresses: Addresses) -> None:
    """One network segment may hold an address once."""
    origins = dict(_interfaces(lab))
    segments = _Segments(lab)
    seen: dict[tuple[Place, IpAddress], Place] = {}
    for place, cidrs in addresses.items():
        for cidr in cidrs:
            key = (segments.of(place), cidr.address)
            if key in seen:
                netns, ifname = seen[key]
                also = f": also to {ifname} of {netns.label}, at {origins[seen[key]]}"
                raise _error(
                    origins[place],
                    f"the address {cidr.address} is given twice{also * (seen[key] != place)}",
                    "an address of its own",
                )
            seen[key] = place


class _Segments:
    """Interfaces that hear each other: joined by cables and bridges, each known by one of them."""

    def __init__(self, lab: Lab) -> None:
        self._towards: dict[Place, Place] = {}
        for link in lab.links:
            first, second = (self.of((end.netns, end.bridge or end.ifname)) for end in link.ends)
            if first != second:
                self._towards[second] = first

    def of(self, place: Place) -> Place:
        """The one by which the segment of an interface is known."""
        root = place
        while root in self._towards:
            root = self._towards[root]
        while place != root:  # the next time it is one step
            self._towards[place], place = root, self._towards[place]
        return root


def check_published(lab: Lab) -> None:
    """Raise `InvalidRequest` where a port of one address is published twice in a namespace."""
    for space in lab.spaces:
        for number, spec in enumerate(space.publish):
            for other in space.publish[:number]:
                same = (other.protocol, other.address) == (spec.protocol, spec.address)
                apart = (
                    other.port + other.count <= spec.port or spec.port + spec.count <= other.port
                )
                if same and not apart and _families(other) & _families(spec):
                    port = max(spec.port, other.port)
                    raise _error(
                        spec.origin,
                        f"port {port} of {spec.protocol} is published twice: also by "
                        f"{other.origin}",
                        "a port of its own",
                    )


def _families(spec: PublishSpec) -> set[int]:
    """Of a namespace as target, whichever it has."""
    return {4, 6} if isinstance(spec.target, Netns) else {spec.target.version}
