"""firewall: what may come in to the network, as far as its bridge is concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Result
from glassnet.ops.bridge import PortOp
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.owner import mark
from glassnet.ops.wall import WallOp
from glassnet.plugins.contract import Desired, Plugin
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IfName

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

POLICIES = {name: name for name in ("open", "same-bridge", "isolated")}


class Firewall(Plugin):
    """``ingressPolicy``: open; from the same bridge alone; not even from there (isolated).

    glassnet's own chains drop nothing else, so that the reference's rules that let packets pass
    have nothing to do here; a host firewall that drops what it does not know stays in charge.
    """

    type: ClassVar[str] = "firewall"
    versions: ClassVar[tuple[str, ...]] = ("0.4.0", "1.0.0", "1.1.0")

    def ipam(self, ask: Ask) -> Conf | None:
        """No addresses; the configuration is checked."""
        _policy(ask)
        for name in ("backend", "iptablesAdminChainName", "firewalldZone"):
            ask.conf.get(name).text()
        return None

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """Nothing."""
        del ask
        return ()

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """A wall round the bridge; within an isolated one, ports that see the host alone."""
        del seen, given
        result = ask.chained()
        policy = _policy(ask)
        if policy == "open":
            return Desired(result)
        bridge = _bridge(ask, result, policy)
        apart = policy == "isolated"
        wall = WallOp(bridge=bridge, apart=apart, comment=mark(ask.network))
        own: tuple[AnyOp, ...] = ()
        port = next((one.name for one in result.interfaces[1:] if not one.sandbox), "")
        if apart and port:
            own = (PortOp(ifname=IfName(port), master=bridge, options={"isolated": 1}),)
        return Desired(result, (NftBaseOp(netns=HOST), wall), own)

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """Nothing: the port goes with the cable."""
        del ask
        return ()


def _policy(ask: Ask) -> str:
    return ask.conf.get("ingressPolicy").choice(POLICIES, "open", "ingress policy")


def _bridge(ask: Ask, result: Result, policy: str) -> IfName:
    """The first interface of the result, as the reference has it."""
    first = result.interfaces[0] if result.interfaces else None
    if first is None or first.sandbox or not first.name:
        raise CniError(
            INVALID_CONFIG,
            f'interface needs to be set for ingress policy "{policy}", make sure to chain '
            '"firewall" plugin with "bridge"',
            f"the network {ask.network} has no bridge before it",
        )
    return IfName(first.name)
