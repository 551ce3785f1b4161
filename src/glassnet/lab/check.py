"""What is wrong between the parts of a lab, although each part is well-formed."""

from __future__ import annotations

from glassnet.errors import InvalidRequest
from glassnet.lab.allocate import Addresses, bridge_of
from glassnet.lab.model import Lab, PublishSpec
from glassnet.values import IfName, IpAddress, Netns


def check_addresses(lab: Lab, addresses: Addresses) -> None:
    """Raise `InvalidRequest` for an address outside its network, or given to two ends."""
    for link in lab.links:
        bridge = bridge_of(link, lab)
        if bridge is None:
            continue
        networks = [cidr.prefix for cidr in addresses[(bridge.netns, bridge.ifname)]]
        networks += [prefix for prefix in bridge.prefixes if prefix not in networks]
        for end in link.ends:
            for cidr in end.addresses:
                near = [one for one in networks if one.version == cidr.version]
                if near and not any(one.contains(cidr.address) for one in near):
                    raise InvalidRequest(
                        f"{end.origin}: the address {cidr} lies outside the networks of "
                        f"{bridge.ifname}; accepted: one in {', '.join(near)}"
                    )
    _check_duplicates(lab, addresses)


def _check_duplicates(lab: Lab, addresses: Addresses) -> None:
    """One network segment may hold an address once."""
    origins = {(end.netns, end.ifname): end.origin for link in lab.links for end in link.ends}
    origins |= {(bridge.netns, bridge.ifname): bridge.origin for bridge in lab.bridges}
    seen: dict[tuple[object, IpAddress], tuple[Netns, IfName]] = {}
    for place, cidrs in addresses.items():
        segment = _segment(lab, place)
        for cidr in cidrs:
            other = seen.setdefault((segment, cidr.address), place)
            if other != place:
                raise InvalidRequest(
                    f"{origins[place]}: the address {cidr.address} is given twice: also to "
                    f"{other[1]} of {other[0].label} ({origins[other]}); "
                    "accepted: an address of its own"
                )


def _segment(lab: Lab, place: tuple[Netns, IfName]) -> object:
    """What joins interfaces into one network segment: their bridge, else their cable."""
    for link in lab.links:
        if place in {(end.netns, end.ifname) for end in link.ends}:
            bridge = bridge_of(link, lab)
            return (bridge.netns, bridge.ifname) if bridge is not None else link.origin
    return place


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
                    raise InvalidRequest(
                        f"{spec.origin}: port {port} of {spec.protocol} is published twice: also "
                        f"by {other.origin}; accepted: a port of its own"
                    )


def _families(spec: PublishSpec) -> set[int]:
    """Of a namespace as target, whichever it has."""
    return {spec.target.version} if isinstance(spec.target, IpAddress) else {4, 6}
