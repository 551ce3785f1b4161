"""Published ports: read from either form, and led to an address of each family of the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glassnet.errors import InvalidValue
from glassnet.lab import schema, short
from glassnet.lab.allocate import Addresses
from glassnet.lab.blame import blaming
from glassnet.lab.fields import Fields, choice, listed, optional
from glassnet.lab.model import Lab, PublishSpec, Space
from glassnet.lab.place import Place
from glassnet.ops.owner import mark
from glassnet.ops.publish import PROTOCOLS, PublishOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.plan.model import Wanted
from glassnet.values import IfName, IpAddress, Netns, SysctlKey


def read_publish(place: Place, spaces: Mapping[str, Netns]) -> PublishSpec:
    """A published port; ``spaces`` are the namespaces that it may lead to, and the host."""
    to = place
    if place.is_mapping:
        fields = place.fields(schema.PUBLISH)
        text, to = _long(fields), fields["to"]
    else:
        text = place.short(short.split_publish, short.PUBLISH_FORM)
    if text.protocol not in PROTOCOLS:
        raise place.error(f"no protocol {text.protocol!r}", ", ".join(PROTOCOLS))
    target = _target(to, text.target, spaces)
    return PublishSpec(
        place.origin, text.protocol, text.port, text.ports, text.to_port, target, text.address
    )


def _long(fields: Fields) -> short.PublishText:
    port, count = fields["port"].value(short.port_range)
    target, ports = fields["to"].value(short.split_target)
    to_port = fields["to"].blame(lambda: short.inner_port(ports, count)) if ports else port
    return short.PublishText(
        address=optional(fields, "address", IpAddress),
        port=port,
        ports=count,
        to_port=to_port,
        protocol=choice(fields, "protocol", schema.PUBLISH, "tcp"),
        target=target,
    )


def _target(place: Place, text: str, spaces: Mapping[str, Netns]) -> Netns | IpAddress:
    if text in spaces and not spaces[text].is_host:
        return spaces[text]
    try:
        return IpAddress(text)
    except InvalidValue:
        known = listed(name for name, netns in spaces.items() if not netns.is_host)
        raise place.error(
            f"{text!r} is neither a namespace nor an address", f"an address, or one of: {known}"
        ) from None


class Published:
    """The published ports of a lab, and what they lead to."""

    def __init__(self, lab: Lab, addresses: Addresses) -> None:
        self._mark = mark(lab.name)
        self._addresses = addresses
        self._own: dict[Netns, list[IpAddress]] = {}
        for (netns, _), cidrs in addresses.items():
            self._own.setdefault(netns, []).extend(cidr.address for cidr in cidrs)
        self._reached = {
            (space.netns, target)
            for space in lab.spaces
            for spec in space.publish
            for target in self._targets(spec)
        }

    def leads(self, netns: Netns, target: IpAddress) -> bool:
        """Whether a port of that namespace leads to that address."""
        return (netns, target) in self._reached

    def ops(self, space: Space) -> Iterator[Wanted]:
        """The ports, and what lets 127.0.0.1 reach them. Raises `InvalidRequest`."""
        written = {spec.name for spec in space.sysctls}
        for spec in space.publish:
            for target in self._targets(spec):
                way_in = self._way_to(space.netns, target)
                loopback = spec.address is None or spec.address.startswith("127.")
                if way_in and loopback and target.version == 4:
                    name = way_in.replace(".", "/")
                    key = SysctlKey(f"net.ipv4.conf.{name}.route_localnet")
                    if key not in written:
                        written.add(key)
                        yield Wanted(SysctlOp(netns=space.netns, name=key, value="1"), spec.origin)
                with blaming(spec.origin):
                    op = self._op(space.netns, spec, target)
                yield Wanted(op, spec.origin)

    def _op(self, netns: Netns, spec: PublishSpec, target: IpAddress) -> PublishOp:
        return PublishOp(
            netns=netns,
            protocol=spec.protocol,
            port=spec.port,
            count=spec.count,
            to=target,
            to_port=spec.to_port,
            address=spec.address,
            comment=self._mark,
        )

    def _targets(self, spec: PublishSpec) -> list[IpAddress]:
        """The address of each family by which the target can be reached."""
        if isinstance(spec.target, IpAddress):
            return [spec.target]
        found = self._own.get(spec.target, [])
        wanted = {spec.address.version} if spec.address is not None else {4, 6}
        first = {address.version: address for address in reversed(found)}
        out = [first[version] for version in sorted(wanted & first.keys())]
        if not out:
            families = " or ".join(f"IPv{version}" for version in sorted(wanted))
            with blaming(spec.origin):
                raise InvalidValue(
                    f"{spec.target} has no {families} address to lead port {spec.port} to",
                    "a namespace that has one",
                )
        return out

    def _way_to(self, netns: Netns, target: IpAddress) -> IfName | None:
        """The interface of ``netns`` in whose network the target lies, if the lab makes it."""
        for (where, ifname), cidrs in self._addresses.items():
            if where == netns and any(cidr.prefix.contains(target) for cidr in cidrs):
                return ifname
        return None
