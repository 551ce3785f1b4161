"""From a `Lab` to operations, in the order of the walk-through, each with its line of the file."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.lab.allocate import Place, allocate, on_bridges
from glassnet.lab.blame import blaming
from glassnet.lab.check import check_addresses, check_interfaces, check_published
from glassnet.lab.masquerade import translation
from glassnet.lab.model import Bridge, End, Lab, Link, Space
from glassnet.lab.publish import Published
from glassnet.lab.route import routing
from glassnet.ops.addr import AddrOp
from glassnet.ops.bridge import BridgeOp, PortOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.owner import mark
from glassnet.ops.route import RouteOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.plan.model import Wanted
from glassnet.values import HOST, IfName, Prefix, SysctlKey

LO = IfName("lo")
_FORWARDING = {
    4: SysctlKey("net.ipv4.ip_forward"),
    6: SysctlKey("net.ipv6.conf.all.forwarding"),
}


def compile_lab(lab: Lab) -> list[Wanted]:
    """Everything the lab wants of the host. Raises `InvalidRequest` that names the line."""
    return list(Compiler(lab).run())


class Compiler:
    """One lab on its way to operations."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        check_interfaces(lab)
        self._addresses = allocate(lab)
        check_addresses(lab, self._addresses)
        check_published(lab)
        self._published = Published(lab, self._addresses)
        found = {cidr.version for cidrs in self._addresses.values() for cidr in cidrs}
        self._versions = found or {4, 6}  # a v4-only network does not pay for IPv6

    def run(self) -> Iterator[Wanted]:
        """Namespaces, loopback, bridges, cables, addresses, routes, forwarding, nft."""
        yield from self._namespaces()
        yield from self._bridges()
        for link in self._lab.links:
            yield from self._link(link)
        for bridge in self._lab.bridges:
            yield from self._address((bridge.netns, bridge.ifname), bridge.origin)
        for space in self._lab.spaces:
            yield from routing(space)
        yield from self._default_routes()
        for space in self._lab.spaces:
            yield from self._sysctls(space)
        for space in self._lab.spaces:
            yield from translation(self._lab, space)
            yield from self._published.ops(space)

    def _namespaces(self) -> Iterator[Wanted]:
        named = [space for space in self._lab.spaces if not space.netns.is_host]
        for space in named:
            yield Wanted(NetnsOp(netns=space.netns), space.origin)
        for space in named:
            if space.loopback:
                yield Wanted(LinkSetOp(netns=space.netns, ifname=LO, up=True), space.origin)

    def _bridges(self) -> Iterator[Wanted]:
        for bridge in self._lab.bridges:
            op = BridgeOp(
                netns=bridge.netns,
                ifname=bridge.ifname,
                mtu=bridge.mtu,
                mac=bridge.mac,
                alias=mark(self._lab.name, bridge.ifname),
                up=True,
                options=bridge.options,
            )
            yield Wanted(op, bridge.origin)

    def _link(self, link: Link) -> Iterator[Wanted]:
        near, far = _host_first(link.ends)
        with blaming(link.origin):
            veth = self._veth(link, near, far)
        yield Wanted(veth, link.origin)
        near_port, far_port = self._port(near, far), self._port(far, near)
        if near_port.options:
            yield Wanted(near_port, near.origin)
        if far.bridge is not None:
            yield Wanted(far_port, far.origin)
        up = LinkSetOp(netns=far.netns, ifname=far.ifname, up=True)
        yield Wanted(up, far.origin)
        for end in (near, far):
            yield from self._address((end.netns, end.ifname), end.origin)

    def _veth(self, link: Link, near: End, far: End) -> VethOp:
        return VethOp(
            netns=near.netns,
            ifname=near.ifname,
            mtu=link.mtu,
            mac=near.mac,
            alias=mark(self._lab.name, f"{far.netns.label}:{far.ifname}"),
            up=True,
            master=near.bridge,
            peer=far.ifname,
            peer_netns=far.netns,
            peer_mac=far.mac,
        )

    def _port(self, end: End, other: End) -> PortOp:
        """A bridge's port; what has a published port must get back what it sent there itself.

        Where br_netfilter is on, as Docker and Kubernetes want it, the bridge translates such a
        frame before the host sees it, and it would have to leave by the port it came in by.
        """
        options = end.port
        cidrs = self._addresses.get((other.netns, other.ifname), ())
        published = any(self._published.leads(end.netns, cidr.address) for cidr in cidrs)
        if published and end.bridge is not None:
            options = {"hairpin": 1, **options}
        return PortOp(netns=end.netns, ifname=end.ifname, master=end.bridge, options=options)

    def _address(self, place: Place, origin: str) -> Iterator[Wanted]:
        netns, ifname = place
        for cidr in self._addresses.get(place, ()):
            nodad = cidr.version == 6
            yield Wanted(AddrOp(netns=netns, ifname=ifname, cidr=cidr, nodad=nodad), origin)

    def _default_routes(self) -> Iterator[Wanted]:
        """By bridge, for every end on it that has an address in its networks."""
        for bridge, ends in on_bridges(self._lab):
            for end in ends if bridge.gateway else ():
                yield from self._default_route(bridge, end)

    def _default_route(self, bridge: Bridge, end: End) -> Iterator[Wanted]:
        mine = self._addresses[end.netns, end.ifname]
        for gateway in self._addresses[bridge.netns, bridge.ifname]:
            if any(gateway.prefix.contains(cidr.address) for cidr in mine):
                dst = Prefix.default(gateway.version)
                op = RouteOp(netns=end.netns, dst=dst, via=gateway.address)
                yield Wanted(op, bridge.origin)

    def _sysctls(self, space: Space) -> Iterator[Wanted]:
        written = {spec.name for spec in space.sysctls}
        for version, key in _FORWARDING.items():
            if space.forwarding and version in self._versions and key not in written:
                yield Wanted(SysctlOp(netns=space.netns, name=key, value="1"), space.origin)
        for spec in space.sysctls:
            yield Wanted(SysctlOp(netns=space.netns, name=spec.name, value=spec.value), spec.origin)


def _host_first(ends: tuple[End, End]) -> tuple[End, End]:
    """The end from which the cable is made: the host's, else a bridge's port, else the first."""
    first, second = ends
    if second.netns == HOST and first.netns != HOST:
        return (second, first)
    if first.netns != HOST and second.bridge is not None and first.bridge is None:
        return (second, first)
    return (first, second)
