"""ipvlan: an interface with the MAC of a device of the host, told apart by its addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Result
from glassnet.ops.ipvlan import IpvlanOp
from glassnet.plugins import upper
from glassnet.plugins.contract import Desired, Plugin, delegate, interface_gone, netns_of
from glassnet.state.snapshot import Facet, Snapshot

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

MODES = {name: name for name in ("l2", "l3", "l3s")}


class Ipvlan(Plugin):
    """In a chain the one interface before it is its master, and the addresses are its own."""

    type: ClassVar[str] = "ipvlan"
    gives_addresses: ClassVar[bool] = True

    def ipam(self, ask: Ask) -> Conf | None:
        """The ``ipam`` section; there must be one, unless an earlier plugin gave addresses."""
        ask.conf.get("mode").choice(MODES, "l2", "ipvlan mode")
        ask.conf.get("mtu").integer(0, 2**31 - 1)
        if self._chained(ask):
            return delegate(ask)
        return delegate(ask, required="no plugin name provided: ipvlan needs addresses")

    def _chained(self, ask: Ask) -> bool:
        return ask.prev is not None and bool(ask.prev.ips)

    def _master(self, ask: Ask) -> str:
        named = ask.conf.get("master").text()
        if named or ask.prev is None:
            return named
        if len(ask.prev.interfaces) != 1 or not ask.prev.interfaces[0].name:
            raise CniError(
                INVALID_CONFIG,
                "chained master failure. PrevResult lacks a single named interface",
                'say "master"',
            )
        return ask.prev.interfaces[0].name

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """The master."""
        return upper.looks(ask, self._master(ask))

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """The link, born in the container."""
        lower = upper.lower(ask, self._master(ask), seen)
        link = IpvlanOp(
            netns=netns_of(ask),
            ifname=upper.ifname_of(ask),
            lower=lower.ifname,
            lower_netns=lower.netns,
            index=lower.index,
            mode=ask.conf.get("mode").choice(MODES, "l2", "ipvlan mode"),
            mtu=lower.mtu,
            alias=upper.alias_of(ask),
        )
        return upper.finish(ask, link, lower.mac or "", given if given is not None else ask.prev)

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """The container's interface; the master need not be there."""
        return interface_gone(ask)
