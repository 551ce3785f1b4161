"""macvlan: an interface with a MAC of its own on a device of the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from glassnet.cni.ask import Ask
from glassnet.cni.call import arguments
from glassnet.cni.conf import Conf
from glassnet.cni.result import Result
from glassnet.ops.macvlan import MacvlanOp
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
from glassnet.values import Mac

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

MODES = {name: name for name in ("bridge", "private", "vepa", "passthru")}
_ARGS = frozenset({"MAC", "IP", "GATEWAY"})


class Macvlan(Plugin):
    """Containers on one master reach each other as ``mode`` says, but never the host itself."""

    type: ClassVar[str] = "macvlan"
    gives_addresses: ClassVar[bool] = True

    def ipam(self, ask: Ask) -> Conf | None:
        """The ``ipam`` section, if there is one: without, the network is of layer 2."""
        ask.conf.get("mode").choice(MODES, "bridge", "macvlan mode")
        ask.conf.get("bcqueuelen").integer(0, 2**32 - 1)
        ask.conf.get("mtu").integer(0, 2**31 - 1)
        mac_of(ask)
        return delegate(ask)

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """The master."""
        return upper.looks(ask, ask.conf.get("master").text())

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """The link, born in the container."""
        lower = upper.lower(ask, ask.conf.get("master").text(), seen)
        mode = ask.conf.get("mode").choice(MODES, "bridge", "macvlan mode")
        queue = ask.conf.get("bcqueuelen")
        passthru = mode == "passthru"
        mac = lower.mac if passthru else mac_of(ask) or mac_of_its_own(ask, given)
        link = MacvlanOp(
            netns=netns_of(ask),
            ifname=upper.ifname_of(ask),
            lower=lower.ifname,
            lower_netns=lower.netns,
            index=lower.index,
            mode=mode,
            bc_queue_len=queue.integer(0, 2**32 - 1) if queue else None,
            mtu=lower.mtu,
            mac=None if passthru else mac,
            alias=upper.alias_of(ask),
        )
        return upper.finish(ask, link, mac or "", given)

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """The container's interface; the master need not be there."""
        return interface_gone(ask)


def mac_of(ask: Ask) -> Mac | None:
    """The MAC asked for: by the runtime, else by CNI_ARGS, else by the configuration."""
    said = arguments(ask.call.args, _ARGS).get("MAC")
    for conf in (ask.runtime("mac"), Conf(said, "CNI_ARGS MAC"), ask.conf.get("mac")):
        if conf and conf.text():
            return conf.as_(lambda text: Mac(text).check_unicast())
    return None
