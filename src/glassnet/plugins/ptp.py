"""ptp: a cable from the container to the host, and routes in place of a switch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Interface, Ip, Result
from glassnet.ops.addr import AddrOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.owner import mark
from glassnet.ops.route import RouteOp
from glassnet.ops.veth import VethOp
from glassnet.plugins import masquerade, names
from glassnet.plugins.contract import (
    Desired,
    Plugin,
    delegate,
    interface_gone,
    mac_of_its_own,
    netns_of,
)
from glassnet.plugins.inside import (
    at_once,
    broadcast_of,
    dotted,
    forwarding,
    ipv6_on,
    numbered,
    routes,
    setting,
)
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import Cidr, IfName, IpAddress, Netns, Prefix

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp


class Ptp(Plugin):
    """The host's end has the gateway's address; all that the container sends goes to it."""

    type: ClassVar[str] = "ptp"
    gives_addresses: ClassVar[bool] = True

    def ipam(self, ask: Ask) -> Conf | None:
        """The ``ipam`` section, which there must be."""
        masquerade.read(ask.conf)
        ask.conf.get("mtu").integer(0, 65535)
        return delegate(ask, required="no plugin name provided: ptp needs addresses")

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """Nothing: all of it is the attachment's own."""
        del ask
        return ()

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """The cable, an address with its gateway at either end, routes."""
        del seen
        wanted = given or Result()
        if not wanted.ips:
            raise CniError(INVALID_CONFIG, "IPAM plugin returned missing IP config")
        cable = _cable(ask, wanted)
        own = (
            cable,
            *_near(cable, wanted),
            *_inside(cable.peer_netns, cable.peer, wanted),
            *_outside(cable, wanted),
        )
        shared = (
            *forwarding(ip.address.version for ip in wanted.ips),
            *(masquerade.translation(ask.network, wanted) if masquerade.read(ask.conf) else ()),
        )
        interfaces = (
            Interface(cable.ifname, mac=cable.mac or ""),
            Interface(cable.peer, mac=cable.peer_mac or "", sandbox=ask.call.netns),
        )
        result = wanted.replace(interfaces=interfaces, ips=numbered(wanted, 1), dns=ask.dns(wanted))
        return Desired(result, shared, own)

    def link(self, ask: Ask, seen: Snapshot) -> Desired:
        """The cable, up at both ends."""
        del seen
        cable = _cable(ask, Result())
        up = LinkSetOp(netns=cable.peer_netns, ifname=cable.peer, up=True)
        return Desired(Result(), own=(cable, *_near(cable, Result()), up))

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """The container's interface."""
        return interface_gone(ask)


def _cable(ask: Ask, wanted: Result) -> VethOp:
    call, network = ask.call, ask.network
    return VethOp(
        ifname=names.host_ifname(network, call.container, call.ifname),
        mtu=ask.conf.get("mtu").integer(0, 65535) or None,
        mac=names.host_mac(network, call.container, call.ifname),
        alias=mark(network, f"{call.container}/{call.ifname}"),
        peer=Conf(call.ifname, "CNI_IFNAME").as_(IfName),
        peer_netns=netns_of(ask),
        peer_mac=mac_of_its_own(ask, wanted),
        queues=1,
    )


def _near(cable: VethOp, wanted: Result) -> Iterator[AnyOp]:
    """No router is to be heard from the container (CVE-2020-10749)."""
    yield setting(cable.netns, f"net.ipv6.conf.{dotted(cable.ifname)}.accept_ra", "0")
    if any(ip.address.version == 6 for ip in wanted.ips):
        yield at_once(cable.netns, cable.ifname)
    yield LinkSetOp(ifname=cable.ifname, up=True)


def _inside(netns: Netns, ifname: IfName, wanted: Result) -> Iterator[AnyOp]:
    """Addresses without a network of their own: even neighbours are reached by the gateway."""
    yield from ipv6_on(netns, ifname, wanted)
    yield LinkSetOp(netns=netns, ifname=ifname, up=True)
    for ip in wanted.ips:
        nodad = ip.address.version == 6
        yield AddrOp(
            netns=netns,
            ifname=ifname,
            cidr=ip.address,
            nodad=nodad,
            prefix_route=False,
            broadcast=broadcast_of(ip.address),
        )
    for ip in wanted.ips:
        gateway, address = _gateway(ip), ip.address.address
        yield RouteOp(
            netns=netns,
            dst=Prefix.single(gateway),
            ifname=ifname,
            scope="link" if gateway.version == 4 else "",
            source=address,
        )
        if ip.address.host_bits:
            yield RouteOp(
                netns=netns, dst=ip.address.prefix, via=gateway, ifname=ifname, source=address
            )
    yield from routes(netns, ifname, wanted)


def _outside(cable: VethOp, wanted: Result) -> Iterator[AnyOp]:
    """The gateway's address on the host's end, and the way to the container's."""
    for ip in wanted.ips:
        gateway, address = _gateway(ip), ip.address.address
        nodad = gateway.version == 6
        yield AddrOp(ifname=cable.ifname, cidr=Cidr.of(gateway, gateway.bits), nodad=nodad)
        yield RouteOp(
            dst=Prefix.single(address),
            ifname=cable.ifname,
            scope="host" if address.version == 4 else "",
        )


def _gateway(ip: Ip) -> IpAddress:
    if ip.gateway is None:
        raise CniError(
            INVALID_CONFIG,
            f"IPAM gave {ip.address} without a gateway, which a ptp network is made of",
            'a "gateway" in the ipam section',
        )
    return ip.gateway
