"""What every type does in the container: the link up, addresses, routes, settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from glassnet.cni.result import Ip, Result, Route
from glassnet.ops.addr import AddrOp
from glassnet.ops.announce import AnnounceOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.route import MAIN, SCOPES, RouteOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.values import Cidr, IfName, IpAddress, Netns, SysctlKey

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

_SCOPE_NAMES = {number: name for name, number in SCOPES.items()}


def configure(
    netns: Netns, ifname: IfName, given: Result, *, dad: bool = False
) -> tuple[AnyOp, ...]:
    """Up, with the addresses and routes that were given, and neighbours told of it.

    Duplicate address detection is off for what IPAM gave us, for nobody else has it, unless ``dad``
    asks for it (RFC 4862, RFC 7527): such an address announces itself. One that is used again has
    a new MAC behind it, of which those that remember the old one must hear.
    """
    return (
        *ipv6_on(netns, ifname, given, dad=dad),
        LinkSetOp(netns=netns, ifname=ifname, up=True),
        *(
            AddrOp(
                netns=netns,
                ifname=ifname,
                cidr=ip.address,
                nodad=_at_once(ip, dad),
                broadcast=broadcast_of(ip.address),
            )
            for ip in given.ips
        ),
        *routes(netns, ifname, given),
        *(
            AnnounceOp(netns=netns, ifname=ifname, address=ip.address.address)
            for ip in given.ips
            if ip.address.version == 4 or _at_once(ip, dad)
        ),
    )


def broadcast_of(cidr: Cidr) -> IpAddress | None:
    """The last address of an IPv4 network, which programs take from the interface."""
    if cidr.version == 6 or cidr.host_bits < 2:
        return None
    return cidr.prefix.nth(2**cidr.host_bits - 1).address


def _at_once(ip: Ip, dad: bool) -> bool:
    return ip.address.version == 6 and not dad


def ipv6_on(
    netns: Netns, ifname: IfName, given: Result, *, dad: bool = False
) -> Iterator[SysctlOp]:
    """IPv6 may be off by default there; and addresses are to outlive a link that goes down."""
    if any(ip.address.version == 6 for ip in given.ips):
        for name in ("lo", ifname):
            yield setting(netns, f"net.ipv6.conf.{dotted(name)}.disable_ipv6", "0")
        yield setting(netns, f"net.ipv6.conf.{dotted(ifname)}.keep_addr_on_down", "1")
        if dad:
            for name in ("enhanced_dad", "accept_dad"):
                yield setting(netns, f"net.ipv6.conf.{dotted(ifname)}.{name}", "1")
        else:
            yield at_once(netns, ifname)


def at_once(netns: Netns, ifname: IfName) -> SysctlOp:
    """Also the link-local address is used at once, if this comes before the link is up.

    While it is tentative, for one or two seconds, no neighbour is asked for (RFC 4862).
    """
    return setting(netns, f"net.ipv6.conf.{dotted(ifname)}.accept_dad", "0")


def routes(netns: Netns, ifname: IfName, given: Result) -> Iterator[RouteOp]:
    """The routes, each once; one without a gateway takes the first of its family."""
    made = (
        _route(netns, ifname, route, gateway_of(given, route.dst.version)) for route in given.routes
    )
    yield from dict.fromkeys(made)


def gateway_of(given: Result, version: int) -> IpAddress | None:
    """The first gateway of a family among the addresses."""
    gateways = (ip.gateway for ip in given.ips if ip.address.version == version)
    return next((one for one in gateways if one is not None), None)


def _route(netns: Netns, ifname: IfName, route: Route, fallback: IpAddress | None) -> RouteOp:
    scope = _SCOPE_NAMES.get(route.scope, "") if route.scope is not None else ""
    direct = scope == "link" and route.gw is None
    return RouteOp(
        netns=netns,
        dst=route.dst,
        via=None if direct else route.gw or fallback,
        ifname=ifname,
        scope=scope,
        beside=True,
        metric=route.priority,
        table=route.table or MAIN,
        mtu=route.mtu or None,
        advmss=route.advmss or None,
    )


def numbered(given: Result, index: int) -> tuple[Ip, ...]:
    """The addresses as those of one of the result's interfaces."""
    return tuple(Ip(ip.address, ip.gateway, index) for ip in given.ips)


def setting(netns: Netns, key: str, value: str) -> SysctlOp:
    """A setting by its key in dots."""
    return SysctlOp(netns=netns, name=SysctlKey(key), value=value)


def dotted(ifname: str) -> str:
    """An interface's name as an element of a key: its dots as slashes, as sysctl(8) has it."""
    return ifname.replace(".", "/")


def forwarding(versions: Iterable[int]) -> Iterator[SysctlOp]:
    """The host passes packets on."""
    keys = {4: "net.ipv4.ip_forward", 6: "net.ipv6.conf.all.forwarding"}
    for version in sorted(set(versions)):
        yield setting(Netns(""), keys[version], "1")
