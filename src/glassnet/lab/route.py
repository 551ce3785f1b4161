"""Routes, rules and neighbour entries: from the file to specs, and from specs to operations."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.lab import schema, short
from glassnet.lab.blame import blaming
from glassnet.lab.fields import choice, flag, items, mac, number, optional
from glassnet.lab.model import NeighbourSpec, RouteSpec, RuleSpec, Space
from glassnet.lab.place import Place
from glassnet.ops.neigh import NeighOp
from glassnet.ops.route import MAIN, Hop, RouteOp
from glassnet.ops.rule import FULL_MASK, RuleOp
from glassnet.plan.model import Wanted
from glassnet.values import IfName, IpAddress, Netns, Prefix


def read_route(place: Place) -> RouteSpec:
    """A route, in either form."""
    if place.is_mapping:
        fields = place.fields(schema.ROUTE)
    else:
        words = place.short(short.split_route, short.ROUTE_FORM)
        fields = {name: place.word(name, word) for name, word in words.items()}
    return RouteSpec(
        origin=place.origin,
        dst=fields["to"].value(short.destination),
        via=optional(fields, "via", IpAddress),
        dev=optional(fields, "dev", IfName),
        hops=tuple(_hop(item) for item in items(fields, "nexthops")),
        type=choice(fields, "type", schema.ROUTE, "unicast"),
        scope=choice(fields, "scope", schema.ROUTE, ""),
        onlink=flag(fields, "onlink"),
        source=optional(fields, "src", IpAddress),
        metric=number(fields, "metric", schema.ROUTE) or 0,
        table=number(fields, "table", schema.ROUTE) or MAIN,
        mtu=number(fields, "mtu", schema.ROUTE),
        advmss=number(fields, "advmss", schema.ROUTE),
    )


def _hop(place: Place) -> Hop:
    fields = place.fields(schema.HOP)
    via, dev = optional(fields, "via", IpAddress), optional(fields, "dev", IfName)
    weight = number(fields, "weight", schema.HOP) or 1
    return place.blame(lambda: Hop(via=via, ifname=dev, weight=weight))


def read_rule(place: Place) -> RuleSpec:
    """A routing rule; of the family of its networks, where it names any."""
    fields = place.fields(schema.RULE)
    source, destination = (optional(fields, name, Prefix) for name in ("from", "to"))
    known = source or destination
    family = choice(fields, "family", schema.RULE, str(known.version if known else 4))
    mark, mask = number(fields, "mark", schema.RULE), number(fields, "mask", schema.RULE)
    if mask is not None and not mark:
        raise fields["mask"].error("a mask without a mark", "mark and mask, or neither")
    return RuleSpec(
        origin=place.origin,
        version=int(family),
        priority=number(fields, "priority", schema.RULE) or 0,
        table=number(fields, "table", schema.RULE) or 0,
        source=source,
        destination=destination,
        iif=optional(fields, "iif", IfName),
        oif=optional(fields, "oif", IfName),
        mark=mark or 0,
        mask=FULL_MASK if mask is None else mask,
    )


def read_neighbour(place: Place) -> NeighbourSpec:
    """A neighbour entry."""
    fields = place.fields(schema.NEIGHBOUR)
    address, dev = fields["address"].value(IpAddress), fields["dev"].value(IfName)
    return NeighbourSpec(place.origin, address, dev, mac(fields))


def routing(space: Space) -> Iterator[Wanted]:
    """The operations for what a namespace was given. Raises `InvalidRequest`."""
    for route in space.routes:
        with blaming(route.origin):
            route_op = _route_op(space.netns, route)
        yield Wanted(route_op, route.origin)
    for rule in space.rules:
        with blaming(rule.origin):
            rule_op = _rule_op(space.netns, rule)
        yield Wanted(rule_op, rule.origin)
    for entry in space.neighbours:
        neigh = NeighOp(netns=space.netns, ifname=entry.dev, address=entry.address, mac=entry.mac)
        yield Wanted(neigh, entry.origin)


def _route_op(netns: Netns, spec: RouteSpec) -> RouteOp:
    known = (spec.via, spec.source, *(hop.via for hop in spec.hops))
    version = next((address.version for address in known if address is not None), 4)
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


def _rule_op(netns: Netns, spec: RuleSpec) -> RuleOp:
    return RuleOp(
        netns=netns,
        version=spec.version,
        priority=spec.priority,
        table=spec.table,
        source=spec.source,
        destination=spec.destination,
        iif=spec.iif,
        oif=spec.oif,
        mark=spec.mark,
        mask=spec.mask,
    )
