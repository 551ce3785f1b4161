"""loopback: lo up."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.result import Interface, Ip, Result
from glassnet.ops.link import LinkSetOp
from glassnet.plugins.contract import Desired, Plugin, netns_of
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import Cidr, IfName

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

LO = IfName("lo")


class Loopback(Plugin):
    """The interface behind localhost, which every namespace has, down at first."""

    type: ClassVar[str] = "loopback"

    def ipam(self, ask: Ask) -> Conf | None:
        """No addresses but its own."""
        del ask
        return None

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """Whether it is up."""
        return (Facet(netns_of(ask), "link", LO),)

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """Up; an earlier plugin's result is passed on."""
        del seen, given
        up = LinkSetOp(netns=netns_of(ask), ifname=LO, up=True)
        return Desired(ask.prev if ask.prev is not None else self._result(ask), own=(up,))

    def _result(self, ask: Ask) -> Result:
        addresses = (Ip(Cidr("127.0.0.1/8"), interface=0), Ip(Cidr("::1/128"), interface=0))
        lo = Interface(LO, mac="00:00:00:00:00:00", sandbox=ask.call.netns)
        return Result(interfaces=(lo,), ips=addresses)

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """Down again, as the reference has it; without a namespace it would be the host's."""
        if not ask.call.netns:
            return ()
        return (LinkSetOp(netns=netns_of(ask), ifname=LO, up=False),)
