"""sbr: what comes from an address of the interface leaves by it, by a routing table of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Ip, Result
from glassnet.errors import InvalidValue
from glassnet.netlink.route.route import RTNH_F_ONLINK
from glassnet.ops.owner import PROTOCOL
from glassnet.ops.route import MAIN, METRICS, SCOPES, RouteOp
from glassnet.ops.rule import RuleOp
from glassnet.plugins.contract import Desired, Plugin, netns_of
from glassnet.plugins.upper import ifname_of
from glassnet.state.route import RouteState
from glassnet.state.rule import RuleState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IpAddress, Netns, Prefix

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

FIRST_TABLE: Final = 100
_UNICAST: Final = 1
_LAST_PRIORITY: Final = 32766
"""Of the kernel's rule for main: a new rule comes just before the first that is there."""
_TABLE_MAX: Final = 2**32 - 1
_LINK_LOCAL: Final = Prefix("fe80::/10")
_HINTED: Final = 255
"""A metric before that of the kernel's own route to a network, 256."""
_SCOPE_NAMES: Final = {number: name for name, number in SCOPES.items()}


class Sbr(Plugin):
    """Source based routing, for containers with more than one interface.

    The interface's routes go from the main table to one of each address's own. IPv6's link-local
    ones stay: they are of no use for anything else.
    """

    type: ClassVar[str] = "sbr"

    def ipam(self, ask: Ask) -> Conf | None:
        """No addresses of its own; the configuration is checked."""
        _table(ask)
        _gateways(ask)
        ask.conf.get("addSourceHints").flag()
        return None

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """All rules and routes of the container."""
        netns = netns_of(ask)
        return (Facet(netns, "links"), Facet(netns, "rules"), Facet(netns, "routes", "0"))

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """For each address a rule and a table; the result stays as it was."""
        del given
        if ask.prev is None:
            raise CniError(
                INVALID_CONFIG,
                "This plugin must be called as chained plugin",
                "put it behind a plugin that makes an interface",
            )
        link = seen.link(netns_of(ask), ask.call.ifname)
        if link is None:
            raise CniError(
                INVALID_CONFIG,
                f"Cannot find network interface {ask.call.ifname}: Link not found",
                "sbr comes after the plugin that makes it",
            )
        ips = _addresses(ask, ask.prev)
        if not ips:
            raise CniError(
                INVALID_CONFIG, f"No IP addresses supplied on interface: {ask.call.ifname}"
            )
        there = [route for route in seen[netns_of(ask)].routes if _is_of(route, link.index)]
        return Desired(ask.prev, own=tuple(_own(ask, ips, there, seen)))

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """Nothing: rules of addresses that nobody knows any more lead to empty tables."""
        del ask
        return ()


def _table(ask: Ask) -> int | None:
    table = ask.conf.get("table")
    return table.integer(1, _TABLE_MAX) if table else None


def _gateways(ask: Ask) -> dict[int, IpAddress]:
    """The static gateways by family. Raises `CniError` in the reference's words."""
    found: dict[int, IpAddress] = {}
    for one in ask.conf.get("gateways").items():
        try:
            gateway = IpAddress(one.text())
        except InvalidValue:
            raise one.error(f"invalid static gateway IP address: {one.text()}") from None
        if gateway.version in found:
            raise one.error("gateways list cannot contain more than 2 entries (one IPv4, one IPv6)")
        found[gateway.version] = gateway
    return found


def _addresses(ask: Ask, result: Result) -> list[Ip]:
    """Those that the result has on the container's interface."""
    indexes = [
        n
        for n, one in enumerate(result.interfaces)
        if one.name == ask.call.ifname and one.sandbox == ask.call.netns
    ]
    return [ip for ip in result.ips if ip.interface in indexes]


def _is_of(route: RouteState, index: int) -> bool:
    """Whether it is a route of the interface in the main table, to be moved."""
    if (route.index, route.table, route.type) != (index, MAIN, _UNICAST) or route.hops:
        return False
    return route.dst.is_default or not _LINK_LOCAL.contains(route.dst)


def _own(
    ask: Ask, ips: Sequence[Ip], there: Sequence[RouteState], seen: Snapshot
) -> Iterator[AnyOp]:
    netns, fixed, gateways = netns_of(ask), _table(ask), _gateways(ask)
    state = seen[netns]
    priorities = {version: _next_priority(state.rules, version) for version in (4, 6)}
    taken = {rule.table for rule in state.rules} | {route.table for route in state.routes}
    for ip in ips:
        version = ip.address.version
        table = fixed
        if table is None:
            table = next(n for n in range(FIRST_TABLE, _TABLE_MAX) if n not in taken)
            taken.add(table)
            yield from _filled(ask, ip, table, there, gateways.get(version, ip.gateway))
        yield RuleOp(
            netns=netns,
            version=version,
            priority=priorities[version],
            table=table,
            source=Prefix.single(ip.address.address),
        )
        priorities[version] -= 1
    if fixed is None:
        hints = ask.conf.get("addSourceHints").flag()
        yield from _left(ask, netns, ips, there, hints=hints)


def _next_priority(rules: Sequence[RuleState], version: int) -> int:
    """As the kernel would choose: before the first rule but that for local."""
    others = [rule.priority for rule in rules if rule.version == version and rule.priority]
    number = min(others, default=_LAST_PRIORITY) - 1
    if number < 1:
        raise CniError(INVALID_CONFIG, f"no room before the IPv{version} rules of the container")
    return number


def _filled(
    ask: Ask,
    ip: Ip,
    table: int,
    there: Sequence[RouteState],
    gateway: IpAddress | None,
) -> Iterator[AnyOp]:
    """The address's table: the interface's routes, and the gateway for all else.

    Routes without a gateway come first, for the others are reached by them.
    """
    version, address = ip.address.version, ip.address.address
    mine = [
        route
        for route in sorted(there, key=lambda route: route.via is not None)
        if route.dst.version == version and route.source in {None, address}
    ]
    default = any(route.dst.is_default and gateway == route.via for route in mine)
    for route in mine:
        replaced = route.dst.is_default and gateway is not None and route.via != gateway
        if not replaced:
            yield _op(ask, route, table=table)
    if gateway is not None and not default:
        yield RouteOp(
            netns=netns_of(ask),
            dst=Prefix.default(version),
            via=gateway,
            ifname=ifname_of(ask),
            table=table,
        )


def _left(
    ask: Ask, netns: Netns, ips: Sequence[Ip], there: Sequence[RouteState], *, hints: bool
) -> Iterator[AnyOp]:
    """What becomes of the main table: with hints the networks stay, by their addresses."""
    for route in sorted(there, key=lambda route: route.via is None):
        if not any(route.dst.version == ip.address.version for ip in ips):
            continue
        if not hints or route.via is not None:
            yield _op(ask, route, table=MAIN, protocol=route.protocol, present=False)
            continue
        if route.source is not None:
            continue
        source = next((ip.address for ip in ips if route.dst.contains(ip.address.address)), None)
        yield _op(ask, route, table=MAIN, protocol=route.protocol, present=False)
        if source is not None:
            yield RouteOp(
                netns=netns,
                dst=route.dst,
                ifname=ifname_of(ask),
                source=source.address,
                metric=_HINTED,
            )


def _op(
    ask: Ask, route: RouteState, *, table: int, protocol: int = PROTOCOL, present: bool = True
) -> RouteOp:
    """A route that is there, as an operation."""
    v4 = route.dst.version == 4
    numbers = {
        name: route.metrics[name]
        for name, (low, high) in METRICS.items()
        if low <= route.metrics.get(name, 0) <= high
    }
    return RouteOp(
        present=present,
        netns=netns_of(ask),
        dst=route.dst,
        via=route.via,
        ifname=ifname_of(ask),
        scope=_SCOPE_NAMES.get(route.scope, "") if v4 else "",
        onlink=bool(route.flags & RTNH_F_ONLINK) and route.via is not None,
        source=route.source,
        metric=route.metric,
        table=table,
        mtu=numbers.get("mtu"),
        advmss=numbers.get("advmss"),
        protocol=protocol,
    )
