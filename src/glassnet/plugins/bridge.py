"""bridge: a cable from the container to a port of a virtual switch on the host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import msgspec

from glassnet.cni.ask import Ask
from glassnet.cni.call import arguments
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Interface, Ip, Result, Route
from glassnet.ops.addr import AddrOp
from glassnet.ops.bridge import BridgeOp, PortOp
from glassnet.ops.guard import GuardBaseOp, GuardOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.owner import is_ours, mark
from glassnet.ops.pin import PinOp
from glassnet.ops.veth import VethOp
from glassnet.plugins import bridge_vlan, masquerade, names
from glassnet.plugins.bridge_vlan import Vlans
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
    configure,
    dotted,
    forwarding,
    numbered,
    setting,
)
from glassnet.plugins.masquerade import translation
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, Cidr, IfName, Mac, Prefix

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

_NO_MAC = "00:00:00:00:00:00"
_ARGS = frozenset({"MAC", "IP", "GATEWAY"})


class BridgeConf(msgspec.Struct, frozen=True):
    """The keys, read and checked."""

    bridge: IfName
    mac: Mac | None
    mtu: int | None
    gateway: bool
    default_gateway: bool
    force_address: bool
    masquerade: bool
    hairpin: bool
    promiscuous: bool
    isolated: bool
    guarded: bool
    vlans: Vlans
    dad: bool
    interface_up: bool
    ipam: Conf | None

    @property
    def gateway_ifname(self) -> IfName:
        """Where the gateway's addresses are."""
        vlans = self.vlans if self.gateway else Vlans()
        return bridge_vlan.gateway_ifname(self.bridge, vlans)


def read(ask: Ask) -> BridgeConf:
    """The configuration. Raises `CniError` in the reference's words."""
    conf = ask.conf
    ipam = delegate(ask)
    hairpin, promiscuous = conf.get("hairpinMode").flag(), conf.get("promiscMode").flag()
    if hairpin and promiscuous:
        raise CniError(
            INVALID_CONFIG, "cannot set hairpin mode and promiscuous mode at the same time"
        )
    disabled = conf.get("disableContainerInterface").flag()
    if disabled and ipam is not None:
        raise CniError(INVALID_CONFIG, "cannot use IPAM when DisableContainerInterface flag is set")
    default_gateway = conf.get("isDefaultGateway").flag()
    return BridgeConf(
        bridge=IfName("cni0") if not conf.get("bridge").text() else conf.get("bridge").as_(IfName),
        mac=mac_of(ask),
        mtu=conf.get("mtu").integer(0, 65535) or None,
        gateway=conf.get("isGateway").flag() or default_gateway,
        default_gateway=default_gateway,
        force_address=conf.get("forceAddress").flag(),
        masquerade=masquerade.read(conf),
        hairpin=hairpin,
        promiscuous=promiscuous,
        isolated=conf.get("portIsolation").flag(),
        guarded=conf.get("macspoofchk").flag(),
        vlans=bridge_vlan.read(conf),
        dad=conf.get("enabledad").flag(),
        interface_up=not disabled,
        ipam=ipam,
    )


def mac_of(ask: Ask) -> Mac | None:
    """The MAC asked for: by the runtime, else by ``args.cni``, else by CNI_ARGS."""
    said = arguments(ask.call.args, _ARGS).get("MAC")
    for conf in (ask.runtime("mac"), ask.arg("mac"), Conf(said, "CNI_ARGS MAC")):
        if conf and conf.text():
            return conf.as_(lambda text: Mac(text).check_unicast())
    return None


class Bridge(Plugin):
    """The container's interface is one end of a cable, the other is a port of a bridge."""

    type: ClassVar[str] = "bridge"
    gives_addresses: ClassVar[bool] = True

    def ipam(self, ask: Ask) -> Conf | None:
        """The ``ipam`` section, if there is one: without, the network is of layer 2."""
        return read(ask).ipam

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """The bridge, and what has the gateway's addresses, by name."""
        conf = read(ask)
        return (Facet(HOST, "link", conf.bridge), Facet(HOST, "addrs", conf.gateway_ifname))

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """Bridge, cable, addresses, gateway, forwarding, masquerade."""
        conf = read(ask)
        there = seen.link(HOST, conf.bridge)
        if there is not None and there.kind != "bridge":
            raise CniError(
                INVALID_CONFIG,
                f'"{conf.bridge}" already exists but is not a bridge',
                "another name",
            )
        if given is not None and not given.ips:
            raise CniError(INVALID_CONFIG, "IPAM plugin returned missing IP config")
        wanted = _with_gateways(conf, given) if given is not None else Result()
        call, network = ask.call, ask.network
        mac = conf.mac or mac_of_its_own(ask, given)
        bridge = _bridge(conf, there)
        pinned = _pinned(conf, there)
        cable = VethOp(
            ifname=names.host_ifname(network, call.container, call.ifname),
            mtu=conf.mtu,
            mac=names.host_mac(network, call.container, call.ifname),
            alias=mark(network, f"{call.container}/{call.ifname}"),
            up=True,
            master=conf.bridge,
            peer=Conf(call.ifname, "CNI_IFNAME").as_(IfName),
            peer_netns=netns_of(ask),
            peer_mac=mac,
            queues=1,
        )
        own = (
            *_around(cable, pinned, there),
            *_port(conf, cable),
            *bridge_vlan.port(conf.vlans, cable.ifname, there),
            *_container(cable, conf, wanted),
            *_replaced(conf, wanted, seen),
        )
        shared = (
            bridge,
            *(_quiet(conf.bridge) if there is None else ()),
            LinkSetOp(ifname=conf.bridge, up=True, promisc=conf.promiscuous or None),
            *_gateway_link(conf, there),
            *_gateway(conf, wanted, seen),
            *((GuardBaseOp(),) if conf.guarded else ()),
            *(translation(network, wanted) if conf.masquerade else ()),
        )
        bridge_mac = pinned.mac if pinned is not None else there.mac if there else bridge.mac
        return Desired(_result(ask, conf, wanted, bridge_mac, cable), shared, own)

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """The container's interface, whoever made it."""
        return interface_gone(ask)


def _with_gateways(conf: BridgeConf, given: Result) -> Result:
    """The addresses with the bridge's as gateway, .1 of the network where IPAM says none.

    With ``isDefaultGateway`` each family has a default route, unless IPAM gave one.
    """
    ips = tuple(_with_gateway(ip) for ip in given.ips) if conf.gateway else given.ips
    routes = list(given.routes)
    if conf.default_gateway:
        has = {route.dst.version for route in routes if route.dst.is_default and route.gw}
        for ip in ips:
            if ip.address.version not in has and ip.gateway is not None:
                has.add(ip.address.version)
                routes.append(Route(Prefix.default(ip.address.version), ip.gateway))
    return given.replace(ips=ips, routes=tuple(routes))


def _with_gateway(ip: Ip) -> Ip:
    if ip.gateway is not None or ip.address.host_bits < 1:
        return ip
    return Ip(ip.address, ip.address.prefix.nth(1).address, ip.interface)


def _bridge(conf: BridgeConf, there: LinkState | None) -> BridgeOp:
    """The bridge; one that is there is taken as it is."""
    if there is not None:
        return BridgeOp(ifname=conf.bridge)
    return BridgeOp(
        ifname=conf.bridge,
        mtu=conf.mtu,
        mac=names.bridge_mac(conf.bridge),
        alias=mark("cni", conf.bridge),
        options={"vlan_filtering": 1} if conf.vlans else {},
    )


def _around(cable: VethOp, pinned: PinOp | None, there: LinkState | None) -> tuple[AnyOp, ...]:
    """The cable, and before it comes the pin; after it where the bridge never had a port.

    Such a one has no bridge id yet, and gets it when its MAC changes: by the port, and back.
    """
    if pinned is None or there is None:
        return (cable,)
    has_id = any(there.data.get("bridge_id", b"")[2:])
    return (pinned, cable) if has_id else (cable, pinned)


def _pinned(conf: BridgeConf, there: LinkState | None) -> PinOp | None:
    """A bridge that others made keeps its MAC from now on; one without ports may have none."""
    if there is None or is_ours(there.alias):
        return None
    mac = there.mac if there.mac not in {None, _NO_MAC} else None
    return PinOp(ifname=conf.bridge, mac=mac or names.bridge_mac(conf.bridge))


def _quiet(bridge: IfName) -> Iterator[AnyOp]:
    """Its address is used at once, and no router is heard from a container (CVE-2020-10749)."""
    yield at_once(HOST, bridge)
    yield setting(HOST, f"net.ipv6.conf.{dotted(bridge)}.accept_ra", "0")


def _port(conf: BridgeConf, cable: VethOp) -> Iterator[AnyOp]:
    yield setting(HOST, f"net.ipv6.conf.{dotted(cable.ifname)}.accept_ra", "0")
    options = {"hairpin": 1} if conf.hairpin else {}
    options |= {"isolated": 1} if conf.isolated else {}
    if options:
        yield PortOp(ifname=cable.ifname, master=conf.bridge, options=options)
    if conf.guarded and cable.peer_mac is not None:
        yield GuardOp(ifname=cable.ifname, mac=cable.peer_mac, comment=cable.alias)


def _container(cable: VethOp, conf: BridgeConf, wanted: Result) -> tuple[AnyOp, ...]:
    if not conf.interface_up:
        return ()
    if not wanted.ips:
        return (LinkSetOp(netns=cable.peer_netns, ifname=cable.peer, up=True),)
    return configure(cable.peer_netns, cable.peer, wanted, dad=conf.dad)


def _gateway_link(conf: BridgeConf, there: LinkState | None) -> Iterator[AnyOp]:
    if conf.gateway and conf.vlans.vlan:
        yield from bridge_vlan.gateway_link(conf.bridge, conf.vlans, there)


def _gateway(conf: BridgeConf, wanted: Result, seen: Snapshot) -> Iterator[AnyOp]:
    """The bridge's own addresses, and that the host passes packets on."""
    if not conf.gateway:
        return
    for ip in wanted.ips:
        if ip.gateway is not None:
            cidr = Cidr.of(ip.gateway, ip.address.prefixlen)
            _check_address(conf, cidr, seen)
            yield _gateway_address(conf, cidr, seen)
    yield from forwarding(ip.address.version for ip in wanted.ips)


def _gateway_address(conf: BridgeConf, cidr: Cidr, seen: Snapshot) -> AddrOp:
    """One that is there already is taken as it is."""
    there = seen.link(HOST, conf.gateway_ifname)
    found = () if there is None else seen[HOST].addrs
    is_there = any(a.cidr == cidr and there is not None and a.index == there.index for a in found)
    return AddrOp(
        ifname=conf.gateway_ifname,
        cidr=cidr,
        nodad=cidr.version == 6,
        broadcast=None if is_there else broadcast_of(cidr),
    )


def _check_address(conf: BridgeConf, wanted: Cidr, seen: Snapshot) -> None:
    """IPv4 networks on a bridge are one at a time; of IPv6 they may be several that differ."""
    for other in [] if conf.force_address else _differing(conf, wanted, seen):
        raise CniError(
            INVALID_CONFIG,
            f'"{conf.gateway_ifname}" already has an IP address different from {wanted}',
            f"it has {other}: say forceAddress, or use another bridge",
        )


def _differing(conf: BridgeConf, wanted: Cidr, seen: Snapshot) -> list[Cidr]:
    """Addresses of the gateway's that cannot be there beside the wanted one."""
    there = seen.link(HOST, conf.gateway_ifname)
    if there is None:
        return []
    others = [addr.cidr for addr in seen[HOST].addrs if addr.index == there.index]
    return [
        other
        for other in others
        if other.version == wanted.version
        and other != wanted
        and (
            wanted.version == 4
            or (not other.address.is_link_local and other.prefix.overlaps(wanted.prefix))
        )
    ]


def _replaced(conf: BridgeConf, wanted: Result, seen: Snapshot) -> Iterator[AnyOp]:
    """With ``forceAddress`` the addresses that differ go, and do not take ours along.

    IPv4 addresses of the network of one that goes do, but where they are promoted.
    """
    if not (conf.gateway and conf.force_address):
        return
    gateways = [
        Cidr.of(ip.gateway, ip.address.prefixlen) for ip in wanted.ips if ip.gateway is not None
    ]
    going = dict.fromkeys(
        other
        for gateway in gateways
        for other in _differing(conf, gateway, seen)
        if other not in gateways
    )
    if any(other.version == 4 for other in going):
        yield setting(HOST, f"net.ipv4.conf.{dotted(conf.gateway_ifname)}.promote_secondaries", "1")
    for other in going:
        yield AddrOp(ifname=conf.gateway_ifname, cidr=other, present=False)


def _result(ask: Ask, conf: BridgeConf, wanted: Result, mac: Mac | None, cable: VethOp) -> Result:
    interfaces: tuple[Interface, ...] = (
        Interface(conf.bridge, mac=mac or ""),
        Interface(cable.ifname, mac=cable.mac or ""),
        Interface(cable.peer, mac=cable.peer_mac or "", sandbox=ask.call.netns),
    )
    if conf.gateway and conf.vlans.vlan:
        name = conf.gateway_ifname
        interfaces += (Interface(name, mac=names.bridge_mac(name)),)
    return wanted.replace(interfaces=interfaces, ips=numbered(wanted, 2), dns=ask.dns(wanted))
