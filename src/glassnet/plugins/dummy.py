"""dummy: an interface that is up and leads nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.result import Result
from glassnet.ops.link import DummyOp
from glassnet.plugins import upper
from glassnet.plugins.contract import (
    Desired,
    Plugin,
    delegate,
    interface_gone,
    mac_of_its_own,
    netns_of,
)
from glassnet.state.snapshot import Facet, Snapshot

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp


class Dummy(Plugin):
    """An address of the container's that no cable leads to."""

    type: ClassVar[str] = "dummy"
    gives_addresses: ClassVar[bool] = True

    def ipam(self, ask: Ask) -> Conf | None:
        """The ``ipam`` section, which there must be."""
        return delegate(ask, required="dummy interface requires an IPAM configuration")

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """Nothing."""
        del ask
        return ()

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """The link."""
        del seen
        mac = mac_of_its_own(ask, given)
        link = DummyOp(
            netns=netns_of(ask),
            ifname=upper.ifname_of(ask),
            mac=mac,
            alias=upper.alias_of(ask),
        )
        return upper.finish(ask, link, mac, given)

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """The container's interface."""
        return interface_gone(ask)
