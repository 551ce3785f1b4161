"""From a `Lab` to operations, in the order of the walk-through, each with its line of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from glassnet.errors import InvalidRequest, InvalidValue
from glassnet.lab.allocate import Addresses, allocate, bridge_of
from glassnet.lab.check import check_addresses, check_published
from glassnet.lab.model import Bridge, End, Lab, Link, PublishSpec, RouteSpec, Space
from glassnet.ops.addr import AddrOp
from glassnet.ops.bridge import BridgeOp, PortOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.masquerade import LocalNetOp, MasqueradeOp
from glassnet.ops.neigh import NeighOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.owner import mark
from glassnet.ops.publish import PublishOp
from glassnet.ops.route import RouteOp
from glassnet.ops.rule import RuleOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.plan.model import Wanted
from glassnet.values import HOST, Cidr, IfName, IpAddress, Netns, Prefix, SysctlKey

LO = IfName("lo")
T = TypeVar("T")


def compile_lab(lab: Lab) -> list[Wanted]:
    """Everything the lab wants of the host. Raises `InvalidRequest` that names the line."""
    return list(Compiler(lab).run())


class Compiler:
    """One lab on its way to operations."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._mark = mark(lab.name)
        self._addresses: Addresses = _blamed(lab.name, lambda: allocate(lab))
        check_addresses(lab, self._addresses)
        check_published(lab)
        self._published_to = {
            (space.netns, target)
            for space in lab.spaces
            for spec in space.publish
            for target in self._targets(spec)
        }

    def run(self) -> Iterator[Wanted]:
        """Namespaces, loopback, bridges, cables, addresses, routes, forwarding, nft."""
        yield from self._namespaces()
        yield from self._bridges()
        for link in self._lab.links:
            yield from self._link(link)
        yield from self._bridge_addresses()
        for space in self._lab.spaces:
            yield from self._routing(space)
        for bridge in self._lab.bridges:
            if bridge.gateway:
                yield from self._default_routes(bridge)
        for space in self._lab.spaces:
            yield from self._forwarding(space)
        for space in self._lab.spaces:
            yield from self._nft(space)

    def _namespaces(self) -> Iterator[Wanted]:
        named = [space for space in self._lab.spaces if not space.netns.is_host]
        for space in named:
            yield Wanted(NetnsOp(netns=space.netns), space.origin)
        for space in named:
            if space.loopback:
                yield Wanted(LinkSetOp(netns=space.netns, ifname=LO, up=True), space.origin)

    # Switches and cables.

    def _bridges(self) -> Iterator[Wanted]:
        for bridge in self._lab.bridges:
            op = _blamed(
                bridge.origin,
                lambda bridge=bridge: BridgeOp(  # type: ignore[misc]
                    netns=bridge.netns,
                    ifname=bridge.ifname,
                    mtu=bridge.mtu,
                    mac=bridge.mac,
                    alias=mark(self._lab.name, bridge.ifname),
                    up=True,
                    options=bridge.options,
                ),
            )
            yield Wanted(op, bridge.origin)

    def _link(self, link: Link) -> Iterator[Wanted]:
        near, far = _host_first(link.ends)
        yield Wanted(_blamed(link.origin, lambda: self._veth(link, near, far)), link.origin)
        near_port, far_port = self._port(near, far), self._port(far, near)
        if near_port.options:
            yield Wanted(near_port, near.origin)
        if far.bridge is not None:
            yield Wanted(far_port, far.origin)
        up = LinkSetOp(netns=far.netns, ifname=far.ifname, up=True)
        yield Wanted(up, far.origin)
        for end in (near, far):
            for cidr in self._addresses.get((end.netns, end.ifname), ()):
                yield Wanted(_address(end.netns, end.ifname, cidr), end.origin)

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
        published = any((end.netns, cidr.address) in self._published_to for cidr in cidrs)
        if published and end.bridge is not None:
            options = {"hairpin": 1, **options}
        return PortOp(netns=end.netns, ifname=end.ifname, master=end.bridge, options=options)

    def _bridge_addresses(self) -> Iterator[Wanted]:
        for bridge in self._lab.bridges:
            for cidr in self._addresses[(bridge.netns, bridge.ifname)]:
                yield Wanted(_address(bridge.netns, bridge.ifname, cidr), bridge.origin)

    # Routing.

    def _routing(self, space: Space) -> Iterator[Wanted]:
        for spec in space.routes:
            op = _blamed(spec.origin, lambda spec=spec: _route(space.netns, spec))  # type: ignore[misc]
            yield Wanted(op, spec.origin)
        for rule in space.rules:
            op_rule = _blamed(
                rule.origin,
                lambda rule=rule: RuleOp(  # type: ignore[misc]
                    netns=space.netns,
                    version=rule.version,
                    priority=rule.priority,
                    table=rule.table,
                    source=rule.source,
                    destination=rule.destination,
                    iif=rule.iif,
                    oif=rule.oif,
                    mark=rule.mark,
                    mask=rule.mask,
                ),
            )
            yield Wanted(op_rule, rule.origin)
        for entry in space.neighbours:
            neigh = NeighOp(
                netns=space.netns, ifname=entry.dev, address=entry.address, mac=entry.mac
            )
            yield Wanted(neigh, entry.origin)

    def _default_routes(self, bridge: Bridge) -> Iterator[Wanted]:
        for link in self._lab.links:
            if bridge_of(link, self._lab) is not bridge:
                continue
            end = next(end for end in link.ends if end.bridge is None)
            mine = self._addresses.get((end.netns, end.ifname), ())
            for gateway in self._addresses[(bridge.netns, bridge.ifname)]:
                if any(gateway.prefix.contains(cidr.address) for cidr in mine):
                    op = RouteOp(
                        netns=end.netns, dst=Prefix.default(gateway.version), via=gateway.address
                    )
                    yield Wanted(op, bridge.origin)

    def _forwarding(self, space: Space) -> Iterator[Wanted]:
        written = {spec.name for spec in space.sysctls}
        if space.forwarding:
            for version, key in (
                (4, "net.ipv4.ip_forward"),
                (6, "net.ipv6.conf.all.forwarding"),
            ):
                if version in self._versions() and key not in written:
                    yield Wanted(_sysctl(space.netns, key, "1"), space.origin)
        for spec in space.sysctls:
            yield Wanted(SysctlOp(netns=space.netns, name=spec.name, value=spec.value), spec.origin)

    def _versions(self) -> set[int]:
        """The IP versions that the lab uses: a v4-only network does not pay for IPv6."""
        found = {cidr.version for cidrs in self._addresses.values() for cidr in cidrs}
        return found or {4, 6}

    # Translation.

    def _nft(self, space: Space) -> Iterator[Wanted]:
        bridges = [bridge for bridge in self._lab.bridges if bridge.netns == space.netns]
        masked = [(prefix, space.origin) for prefix in space.masquerade]
        masked += [
            (prefix, bridge.origin)
            for bridge in bridges
            if bridge.masquerade
            for prefix in self._networks(bridge)
        ]
        if not masked and not space.publish:
            return
        yield Wanted(NftBaseOp(netns=space.netns), space.origin)
        local = [(prefix, bridge.origin) for bridge in bridges for prefix in self._networks(bridge)]
        known = {prefix for prefix, _ in local}
        local += [(prefix, origin) for prefix, origin in masked if prefix not in known]
        for prefix, origin in local:
            yield Wanted(LocalNetOp(netns=space.netns, prefix=prefix, comment=self._mark), origin)
        for prefix, origin in masked:
            yield Wanted(MasqueradeOp(netns=space.netns, prefix=prefix, comment=self._mark), origin)
        yield from self._published(space)

    def _networks(self, bridge: Bridge) -> Sequence[Prefix]:
        given = [cidr.prefix for cidr in self._addresses[(bridge.netns, bridge.ifname)]]
        return list(dict.fromkeys([*given, *bridge.prefixes]))

    def _published(self, space: Space) -> Iterator[Wanted]:
        opened: set[IfName] = set()
        for spec in space.publish:
            targets = self._targets(spec)
            for target in targets:
                way_in = self._way_to(space.netns, target)
                loopback = spec.address is None or spec.address.startswith("127.")
                if way_in and loopback and target.version == 4 and way_in not in opened:
                    opened.add(way_in)
                    key = f"net.ipv4.conf.{way_in.replace('.', '/')}.route_localnet"
                    yield Wanted(_sysctl(space.netns, key, "1"), spec.origin)
                op = _blamed(
                    spec.origin,
                    lambda spec=spec, target=target: PublishOp(  # type: ignore[misc]
                        netns=space.netns,
                        protocol=spec.protocol,
                        port=spec.port,
                        count=spec.count,
                        to=target,
                        to_port=spec.to_port,
                        address=spec.address,
                        comment=self._mark,
                    ),
                )
                yield Wanted(op, spec.origin)

    def _targets(self, spec: PublishSpec) -> list[IpAddress]:
        """The address of each family by which the target can be reached."""
        if isinstance(spec.target, IpAddress):
            found = [spec.target]
        else:
            found = [
                cidr.address
                for (netns, _), cidrs in self._addresses.items()
                if netns == spec.target
                for cidr in cidrs
            ]
        wanted = {spec.address.version} if spec.address is not None else {4, 6}
        first = {address.version: address for address in reversed(found)}
        out = [first[version] for version in sorted(wanted & first.keys())]
        if not out:
            raise InvalidRequest(
                f"{spec.origin}: {spec.target} has no address to lead port {spec.port} to",
                "give it an address of the published address's family",
            )
        return out

    def _way_to(self, netns: Netns, target: IpAddress) -> IfName | None:
        """The interface of ``netns`` in whose network the target lies, if the lab makes it."""
        for (where, ifname), cidrs in self._addresses.items():
            if where == netns and any(cidr.prefix.contains(target) for cidr in cidrs):
                return ifname
        return None


def _host_first(ends: tuple[End, End]) -> tuple[End, End]:
    """The end from which the cable is made: the host's, else a bridge's port, else the first."""
    first, second = ends
    if second.netns == HOST and first.netns != HOST:
        return (second, first)
    if first.netns != HOST and second.bridge is not None and first.bridge is None:
        return (second, first)
    return (first, second)


def _address(netns: Netns, ifname: IfName, cidr: Cidr) -> AddrOp:
    return AddrOp(netns=netns, ifname=ifname, cidr=cidr, nodad=cidr.version == 6)


def _route(netns: Netns, spec: RouteSpec) -> RouteOp:
    gateways = [spec.via, *(hop.via for hop in spec.hops)]
    version = next((via.version for via in gateways if via is not None), 4)
    return RouteOp(
        netns=netns,
        dst=spec.dst if spec.dst is not None else Prefix.default(version),
        via=spec.via,
        ifname=spec.dev,
        hops=spec.hops,
        type=spec.type,
        scope=spec.scope,
        onlink=spec.onlink,
        source=spec.source,
        metric=spec.metric,
        table=spec.table,
        mtu=spec.mtu,
        advmss=spec.advmss,
    )


def _sysctl(netns: Netns, key: str, value: str) -> SysctlOp:
    return SysctlOp(netns=netns, name=SysctlKey(key), value=value)


def _blamed(origin: str, make: Callable[[], T]) -> T:
    """What ``make`` returns; an `InvalidValue` it raises gets the line of the file."""
    try:
        return make()
    except InvalidValue as error:
        raise InvalidRequest(f"{origin}: {error}") from None
