"""vrf: the container's interface has a routing table to itself, with others of the same VRF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Result
from glassnet.ops.bridge import PortOp
from glassnet.ops.owner import mark
from glassnet.ops.route import MAIN, RouteOp
from glassnet.ops.vrf import VrfOp
from glassnet.plugins.contract import Desired, Plugin, netns_of
from glassnet.plugins.inside import dotted, setting
from glassnet.plugins.upper import ifname_of
from glassnet.state.link import LinkState
from glassnet.state.route import RouteState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

_TABLE_MAX: Final = 2**32 - 1
_UNICAST: Final = 1
_KERNEL: Final = 2


class Vrf(Plugin):
    """A VRF of the container's, made by the first interface in it, and gone with the last.

    An interface that joins goes down and up again: its IPv6 addresses are told to outlive that, and
    the kernel's own routes follow them; the others are made anew in the VRF's table.
    """

    type: ClassVar[str] = "vrf"
    versions: ClassVar[tuple[str, ...]] = ("0.3.1", "0.4.0", "1.0.0", "1.1.0")

    def ipam(self, ask: Ask) -> Conf | None:
        """No addresses of its own; the configuration is checked."""
        _name(ask)
        _table(ask)
        return None

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """The container's links, and its main routes."""
        netns = netns_of(ask)
        return (Facet(netns, "links"), Facet(netns, "routes", str(MAIN)))

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """The VRF if it is not there, the interface in it, and its routes; the result stays."""
        del given
        result = ask.chained()
        netns, ifname, name = netns_of(ask), ifname_of(ask), _name(ask)
        link = seen.link(netns, ifname)
        if link is None:
            raise CniError(INVALID_CONFIG, f"cmdAdd failed: interface {ifname}: Link not found")
        if link.master:
            master = seen[netns].link_by_index(link.master)
            raise CniError(
                INVALID_CONFIG,
                f"cmdAdd failed: interface {ifname} has already a master set: "
                f"{master.ifname if master else link.master}",
            )
        table = _wanted_table(ask, seen)
        own: list[AnyOp] = []
        if any(ip.address.version == 6 for ip in result.ips):
            own.append(setting(netns, f"net.ipv6.conf.{dotted(ifname)}.keep_addr_on_down", "1"))
        own += (
            VrfOp(netns=netns, ifname=name, table=table, alias=mark("cni", name), up=True),
            PortOp(netns=netns, ifname=ifname, master=name),
            *_moved(ask, link, seen, table),
        )
        return Desired(result, own=tuple(own))

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """Nothing: the interface leaves with its own end."""
        del ask
        return ()


def _name(ask: Ask) -> IfName:
    conf = ask.conf.get("vrfname")
    if not conf.text():
        raise CniError(INVALID_CONFIG, "configuration is expected to have a valid vrf name")
    return conf.as_(IfName)


def _table(ask: Ask) -> int:
    return ask.conf.get("table").integer(0, _TABLE_MAX)


def _wanted_table(ask: Ask, seen: Snapshot) -> int:
    """That of the VRF that is there, else the one that is named, else the first that is free."""
    links = seen[netns_of(ask)].links
    there, wanted = links.get(_name(ask)), _table(ask)
    used = {int(one.data.get("table", 0)) for one in links.values() if one.kind == "vrf"}
    if there is None:
        return wanted or next(n for n in range(1, _TABLE_MAX) if n not in used)
    if there.kind != "vrf":
        raise CniError(INVALID_CONFIG, f"cmdAdd failed: {there.ifname} is there and is no VRF")
    found = int(there.data.get("table", 0))
    if wanted not in {0, found}:
        raise CniError(
            INVALID_CONFIG,
            f"cmdAdd failed: VRF {there.ifname} already exist with different routing table {found}",
        )
    return found


def _moved(ask: Ask, link: LinkState, seen: Snapshot, table: int) -> Iterator[RouteOp]:
    """What somebody made of the interface's routes, those without a gateway first."""
    netns, ifname = netns_of(ask), ifname_of(ask)
    mine = [route for route in seen[netns].routes if _is_moved(route, link.index)]
    for route in sorted(mine, key=lambda one: one.via is not None):
        yield RouteOp(
            netns=netns,
            dst=route.dst,
            via=route.via,
            ifname=ifname,
            source=route.source,
            metric=route.metric,
            table=table,
        )


def _is_moved(route: RouteState, index: int) -> bool:
    plain = (route.index, route.table, route.type) == (index, MAIN, _UNICAST) and not route.hops
    return plain and route.protocol != _KERNEL
