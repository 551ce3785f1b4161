"""What a plugin is: it reads a configuration and says what is desired; it does no I/O.

DEL, CHECK, GC and STATUS are the engine's: what ADD desired is in the store, with its receipts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

from glassnet.cni import version as versions
from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG
from glassnet.cni.result import Result
from glassnet.ops.veth import VethOp
from glassnet.plugins import names
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName, Mac, Netns

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp


class Desired(msgspec.Struct, frozen=True):
    """What ADD wants.

    ``shared`` is what all attachments of the network, or all networks, need: it is made if it is
    not there, and outlives the attachment. ``own`` is the attachment's, in the order of its
    making: DEL takes it back. ``gates`` are what the host's own chains need to let it through.
    """

    result: Result
    shared: tuple[AnyOp, ...] = ()
    own: tuple[AnyOp, ...] = ()
    gates: tuple[AnyOp, ...] = ()


class Plugin:
    """One type of plugin. A subclass has no state: one object serves all calls."""

    type: ClassVar[str]
    versions: ClassVar[tuple[str, ...]] = versions.ALL
    repeats: ClassVar[bool] = False
    """Whether it may stand in a chain more than once: what makes an interface may not."""
    gives_addresses: ClassVar[bool] = False
    """Whether it asks IPAM for addresses, which DEL gives back in any case."""

    def ipam(self, ask: Ask) -> Conf | None:
        """The ``ipam`` section to be delegated to, or None if addresses are not wanted.

        This is where the whole configuration is read and checked: raises `CniError`.
        """
        raise NotImplementedError

    def facts(self, ask: Ask) -> tuple[str, ...]:
        """Paths of the host of which it wants to know, before all else, what is there."""
        del ask
        return ()

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """What must be looked up on the host before `add`."""
        raise NotImplementedError

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """What is desired, with the addresses that IPAM gave. Raises `CniError`."""
        raise NotImplementedError

    def link(self, ask: Ask, seen: Snapshot) -> Desired:
        """What is desired before there are addresses, where IPAM asks from the interface itself.

        It is part of what `add` wants then, and the interface is up. Raises `CniError`.
        """
        return self.add(ask, seen, None)

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """What DEL takes away of an attachment that the store knows nothing of."""
        raise NotImplementedError

    def looks_back(self, ask: Ask) -> tuple[Facet, ...]:
        """What must be looked up in the container before `back`."""
        del ask
        return ()

    def back(self, ask: Ask, seen: Snapshot) -> tuple[AnyOp, ...]:
        """What the host has lent an attachment that the store knows nothing of, given back."""
        del ask, seen
        return ()


def netns_of(ask: Ask) -> Netns:
    """CNI_NETNS; `CniError` (4) for what is no path."""
    return Conf(ask.call.netns, "CNI_NETNS").as_(Netns)


def mac_of_its_own(ask: Ask, given: Result | None) -> Mac:
    """A MAC of the container's end: its first address's, if that is known before it is made."""
    known = given is not None and given.ips and not ask.link_first
    first = given.ips[0].address.address if given is not None and known else None
    return names.container_mac(ask.network, ask.call.container, ask.call.ifname, first)


def delegate(ask: Ask, *, required: str = "") -> Conf | None:
    """The ``ipam`` section, or None where there is none or it names no plugin.

    ``required`` is what is said if there must be one.
    """
    section = ask.conf.get("ipam")
    if section and section.get("type").text():
        return section
    if required:
        raise section.error(required, 'an "ipam" section with a "type"', INVALID_CONFIG)
    return None


def interface_gone(ask: Ask) -> tuple[AnyOp, ...]:
    """The end of the container's interface, if there still is a namespace to look for it in."""
    if not ask.call.netns:
        return ()
    ifname = Conf(ask.call.ifname, "CNI_IFNAME").as_(IfName)
    far = names.host_ifname(ask.network, ask.call.container, ask.call.ifname)
    netns = netns_of(ask)
    return (VethOp(netns=netns, ifname=ifname, peer=far, peer_netns=netns, present=False),)
