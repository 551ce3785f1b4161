"""firewall: the containers pass through the host's firewall, and what may come in to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, TRY_AGAIN_LATER, CniError
from glassnet.cni.result import Result
from glassnet.errors import InvalidValue
from glassnet.ops.bridge import PortOp
from glassnet.ops.gate import AdmitOp, is_name
from glassnet.ops.gates import needed
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.owner import mark
from glassnet.ops.wall import WallOp
from glassnet.ops.zone import ZoneSourceOp
from glassnet.plugins.contract import Desired, Plugin
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IfName, Prefix

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

POLICIES = {name: name for name in ("open", "same-bridge", "isolated")}
ADMIN: Final = "CNI-ADMIN"
ZONE: Final = "trusted"


class Firewall(Plugin):
    """Its addresses are admitted, and the host's forward chains have gates for what is.

    ``ingressPolicy``: open; from the same bridge alone; not even from there (isolated).
    ``iptablesAdminChainName``: where the host has its say first. ``backend``: where firewalld runs
    the addresses are sources of its ``firewalldZone`` as well, unless it is iptables.
    """

    type: ClassVar[str] = "firewall"
    versions: ClassVar[tuple[str, ...]] = ("0.4.0", "1.0.0", "1.1.0")

    def ipam(self, ask: Ask) -> Conf | None:
        """No addresses; the configuration is checked."""
        _policy(ask)
        _admin(ask)
        ask.conf.get("backend").text()
        _zone(ask)
        return None

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """The host's forward chains, and whether firewalld runs."""
        forward = (Facet(HOST, "forward"), Facet(HOST, "legacy"))
        asks = () if _backend(ask) == "iptables" else (Facet(HOST, "zone"),)
        return (*forward, *asks)

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """A wall round the bridge; within an isolated one, ports that see the host alone."""
        del given
        result = ask.chained()
        policy = _policy(ask)
        shared: tuple[AnyOp, ...] = (NftBaseOp(netns=HOST),)
        own: tuple[AnyOp, ...] = tuple(_admitted(ask, result))
        if seen[HOST].zones is not None:
            own += tuple(_sources(ask, result))
        elif _backend(ask) == "firewalld":
            raise CniError(TRY_AGAIN_LATER, "firewalld does not run", "backend iptables")
        if policy != "open":
            bridge = _bridge(ask, result, policy)
            apart = policy == "isolated"
            shared += (WallOp(bridge=bridge, apart=apart, comment=mark(ask.network)),)
            port = next((one.name for one in result.interfaces[1:] if not one.sandbox), "")
            if apart and port:
                own += (PortOp(ifname=IfName(port), master=bridge, options={"isolated": 1}),)
        elif not own:
            return Desired(result)
        return Desired(result, shared, own, needed(seen, (_admin(ask),)))

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """Nothing: the port goes with the cable."""
        del ask
        return ()


def _admitted(ask: Ask, result: Result) -> Iterator[AnyOp]:
    """The container's addresses, each once."""
    comment = mark(ask.network, f"{ask.call.container}/{ask.call.ifname}")
    for address in dict.fromkeys(ip.address.address for ip in result.ips):
        yield AdmitOp(address=address, admin=_admin(ask), comment=comment)


def _sources(ask: Ask, result: Result) -> Iterator[AnyOp]:
    for address in dict.fromkeys(ip.address.address for ip in result.ips):
        yield ZoneSourceOp(zone=_zone(ask), source=Prefix.single(address))


def _backend(ask: Ask) -> str:
    """``iptables``, ``firewalld``, or anything for what there is, as the reference has it."""
    return ask.conf.get("backend").text()


def _zone(ask: Ask) -> str:
    conf = ask.conf.get("firewalldZone")
    name = conf.text() or ZONE
    try:
        ZoneSourceOp(zone=name, source=Prefix.default(4))
    except InvalidValue as error:
        raise conf.error(error.problem, error.accepted) from None
    return name


def _policy(ask: Ask) -> str:
    return ask.conf.get("ingressPolicy").choice(POLICIES, "open", "ingress policy")


def _admin(ask: Ask) -> str:
    conf = ask.conf.get("iptablesAdminChainName")
    name = conf.text() or ADMIN
    if not is_name(name):
        raise conf.error(f"{name!r} is no name of a chain", "up to 28 letters, digits, '-' and '_'")
    return name


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
