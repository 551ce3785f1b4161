"""What macvlan, ipvlan and vlan have in common: a link in the container on a device of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Interface, Result
from glassnet.ops.derived import digest
from glassnet.ops.link import LinkSetOp
from glassnet.ops.owner import mark
from glassnet.plugins.contract import Desired, netns_of
from glassnet.plugins.inside import configure, numbered
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IfName, Mac, Netns

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

_MAIN = "254"
_INDEX_BASE, _INDEXES = 1 << 20, 1 << 28


class Lower(msgspec.Struct, frozen=True):
    """The device beneath: its name, its namespace, and the index for the link that is to be on it.

    ``index`` is None where the kernel may choose. Before Linux 6.15 it refuses a name that another
    link has in the namespace of the request, unless the index is given.
    """

    ifname: IfName
    netns: Netns
    mtu: int
    mac: Mac | None
    index: int | None


def lower_netns(ask: Ask) -> Netns:
    """Where the master is: on the host or, by ``linkInContainer``, in the container."""
    return netns_of(ask) if ask.conf.get("linkInContainer").flag() else HOST


def looks(ask: Ask, name: str) -> tuple[Facet, ...]:
    """The master by its name, or what tells the default one."""
    netns = lower_netns(ask)
    same = Facet(netns, "link", ifname_of(ask))
    if name:
        return (Facet(netns, "link", name), same)
    return (Facet(netns, "routes", _MAIN), Facet(netns, "links"))


def lower(ask: Ask, name: str, seen: Snapshot) -> Lower:
    """The master: the one that is named, or that of the default route. Raises `CniError`."""
    netns = lower_netns(ask)
    found = seen.link(netns, name) if name else _default(netns, seen)
    if found is None:
        problem = f'failed to lookup master "{name}": Link not found' if name else ""
        raise CniError(
            INVALID_CONFIG,
            problem or "no default route interface found",
            'a "master" that is there',
        )
    mtu = ask.conf.get("mtu").integer(0, 2**31 - 1)
    if mtu > found.mtu:
        raise CniError(
            INVALID_CONFIG, f"invalid MTU {mtu}, must be [0, master MTU({found.mtu})]", ""
        )
    taken = netns == HOST and seen.link(netns, ifname_of(ask)) is not None
    index = _INDEX_BASE + digest("index", *_who(ask)) % _INDEXES if taken else None
    return Lower(IfName(found.ifname), netns, mtu or found.mtu, found.mac, index)


def _default(netns: Netns, seen: Snapshot) -> LinkState | None:
    for route in seen[netns].routes:
        if route.dst.is_default and route.index:
            return seen[netns].link_by_index(route.index)
    return None


def _who(ask: Ask) -> tuple[str, str, str]:
    return (ask.network, ask.call.container, ask.call.ifname)


def ifname_of(ask: Ask) -> IfName:
    """CNI_IFNAME."""
    return Conf(ask.call.ifname, "CNI_IFNAME").as_(IfName)


def alias_of(ask: Ask) -> str:
    """The mark of an attachment's link."""
    return mark(ask.network, f"{ask.call.container}/{ask.call.ifname}")


def finish(ask: Ask, link: AnyOp, mac: str, given: Result | None) -> Desired:
    """The link with its addresses, or just up where there are none; the result of both.

    Of these types the configuration's ``dns`` counts alone, as the reference has it; but where
    a server of the network has been asked, its word is there if the configuration has none.
    """
    netns, ifname = netns_of(ask), ifname_of(ask)
    wanted = given or Result()
    inside: tuple[AnyOp, ...] = (LinkSetOp(netns=netns, ifname=ifname, up=True),)
    if given is not None:
        if not given.ips:
            raise CniError(INVALID_CONFIG, "IPAM plugin returned missing IP config")
        inside = configure(netns, ifname, given)
    interface = Interface(ifname, mac=mac, sandbox=ask.call.netns)
    result = wanted.replace(
        interfaces=(interface,),
        ips=numbered(wanted, 0),
        dns=ask.dns(wanted if ask.link_first else None),
    )
    return Desired(result, own=(link, *inside))
