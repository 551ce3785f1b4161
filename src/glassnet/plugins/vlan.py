"""vlan: an interface for one VLAN of a device of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Result
from glassnet.ops.vlan import VlanOp
from glassnet.plugins import upper
from glassnet.plugins.contract import Desired, Plugin, delegate, interface_gone, netns_of
from glassnet.state.snapshot import Facet, Snapshot

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp


class Vlan(Plugin):
    """Tagged frames of the master's are this interface's, untagged."""

    type: ClassVar[str] = "vlan"
    gives_addresses: ClassVar[bool] = True

    def ipam(self, ask: Ask) -> Conf | None:
        """The ``ipam`` section, which there must be."""
        self._master(ask)
        self._vlan(ask)
        return delegate(ask, required="no plugin name provided: vlan needs addresses")

    def _master(self, ask: Ask) -> str:
        named = ask.conf.get("master").text()
        if not named:
            raise CniError(
                INVALID_CONFIG,
                '"master" field is required. It specifies the host interface name to create the '
                "VLAN for",
            )
        return named

    def _vlan(self, ask: Ask) -> int:
        number = ask.conf.get("vlanId").integer(-(2**31), 2**31 - 1)
        if not 0 <= number <= 4094:
            raise CniError(
                INVALID_CONFIG,
                f"invalid VLAN ID {number} (must be between 0 and 4095 inclusive)",
                "0 to 4094: 4095 is reserved (IEEE 802.1Q)",
            )
        return number

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """The master."""
        return upper.looks(ask, self._master(ask))

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """The link, born in the container."""
        lower = upper.lower(ask, self._master(ask), seen)
        link = VlanOp(
            netns=netns_of(ask),
            ifname=upper.ifname_of(ask),
            lower=lower.ifname,
            lower_netns=lower.netns,
            index=lower.index,
            id=self._vlan(ask),
            mtu=lower.mtu,
            alias=upper.alias_of(ask),
        )
        return upper.finish(ask, link, lower.mac or "", given)

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """The container's interface; the master need not be there."""
        return interface_gone(ask)
