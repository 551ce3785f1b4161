"""glassnet: what a chain of plugins does, in one step: the engine makes all of it or nothing.

It is bridge or ptp with portmap, firewall, bandwidth and tuning behind it. What those want is put
together, so that one process and one run serve a container, and one CHECK sees all that there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from msgspec.structs import replace

from glassnet.cni.ask import Ask
from glassnet.cni.call import arguments
from glassnet.cni.conf import Conf
from glassnet.cni.result import Result, as_data
from glassnet.cni.version import NEWEST
from glassnet.ops.base import Key
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.veth import VethOp
from glassnet.plugins.bandwidth import Bandwidth
from glassnet.plugins.bridge import Bridge
from glassnet.plugins.contract import Desired, Plugin
from glassnet.plugins.firewall import Firewall
from glassnet.plugins.portmap import PortMap
from glassnet.plugins.ptp import Ptp
from glassnet.plugins.tuning import Tuning
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import Mac

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

MODES: Final[Mapping[str, type[Bridge | Ptp]]] = {"bridge": Bridge, "routed": Ptp}
_ARGS: Final = frozenset({"MAC", "IP", "GATEWAY"})
_WALLS: Final = ("ingressPolicy", "iptablesAdminChainName", "backend", "firewalldZone")
_TUNED: Final = ("sysctl", "promisc", "allmulti", "txQLen")
_MTU: Final = 1500
"""A cable's, where none is said (net/ethernet: ETH_DATA_LEN)."""


class Glassnet(Plugin):
    """``mode`` bridge or routed, with the keys of the types that it stands for.

    ``bandwidth`` is an object of that type's keys. In a bridged network with addresses the bridge
    is the way out, unless ``isDefaultGateway`` says otherwise.
    """

    type: ClassVar[str] = "glassnet"
    gives_addresses: ClassVar[bool] = True

    def ipam(self, ask: Ask) -> Conf | None:
        """The ``ipam`` section; all parts of the configuration are checked."""
        mode = _mode(ask)
        policy = ask.conf.get("ingressPolicy")
        if mode is Ptp and policy.text("open") not in {"", "open"}:
            raise policy.error("a routed network has no bridge to wall in", "mode bridge")
        for part, asked in _parts(ask, Result()):
            part.ipam(asked)
        return mode().ipam(_base(ask))

    def facts(self, ask: Ask) -> tuple[str, ...]:
        """What tuning wants to know."""
        return Tuning().facts(ask)

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """What bridge or ptp wants to see."""
        return (*_mode(ask)().looks(_base(ask)), *Firewall().looks(ask))

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """What the parts want, one after the other, each as if the ones before had been done."""
        made = _mode(ask)().add(_base(ask), seen, given)
        made = _with_mac(ask, made)
        result, shared, own = made.result, list(made.shared), list(made.own)
        gates: list[AnyOp] = []
        imagined = _imagined(seen, own)
        for part, asked in _parts(ask, result):
            now = _ask(ask, part.type, asked.conf.value, result, asked.conf.path)
            wanted = part.add(now, imagined, None)
            result = wanted.result
            shared += wanted.shared
            own += wanted.own
            gates += wanted.gates
        return Desired(result, tuple(_once(shared)), tuple(own), tuple(gates))

    def link(self, ask: Ask, seen: Snapshot) -> Desired:
        """What bridge or ptp wants of it, and the table that parts behind have elements in.

        All else that they want is of addresses.
        """
        link = _with_mac(ask, _mode(ask)().link(_base(ask), seen))
        base = NftBaseOp()
        return link if base in link.shared else replace(link, shared=(*link.shared, base))

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """The container's interface, and what shaped it."""
        return (*Bridge().rest(ask), *Bandwidth().rest(ask))


def _mode(ask: Ask) -> type[Bridge | Ptp]:
    return ask.conf.get("mode").choice(MODES, "bridge", "mode")


def _ask(
    ask: Ask, type_: str, conf: dict[str, Any], prev: Result | None = None, path: str = "$"
) -> Ask:
    """The question as a part of the whole is asked it, in the newest words."""
    whole = {**conf, "cniVersion": NEWEST, "name": ask.network, "type": type_}
    whole.pop("prevResult", None)
    if prev is not None:
        whole["prevResult"] = as_data(prev, NEWEST)
    part = Ask(type_, replace(ask.call, args=""), Conf(whole, path))
    part.facts = ask.facts
    part.link_first = ask.link_first
    return part


def _mac(ask: Ask) -> Mac | None:
    """By the runtime, else ``args.cni``, else CNI_ARGS, else the configuration."""
    said = Conf(arguments(ask.call.args, _ARGS).get("MAC"), "CNI_ARGS MAC")
    for conf in (ask.runtime("mac"), ask.arg("mac"), said, ask.conf.get("mac")):
        if conf and conf.text():
            return conf.as_(lambda text: Mac(text).check_unicast())
    return None


def _base(ask: Ask) -> Ask:
    """What bridge or ptp is asked."""
    conf = dict(ask.conf.value)
    conf["args"] = None
    mac = _mac(ask)
    conf["runtimeConfig"] = None if mac is None else {"mac": str(mac)}
    if not ask.conf.get("isDefaultGateway") and ask.conf.get("ipam").get("type").text():
        conf["isDefaultGateway"] = True
    mtu = ask.arg("mtu")
    if mtu:
        conf["mtu"] = mtu.integer(0, 65535)
    return _ask(ask, "bridge" if _mode(ask) is Bridge else "ptp", conf)


def _parts(ask: Ask, result: Result) -> Iterator[tuple[Plugin, Ask]]:
    """The parts behind it, with what each is asked."""
    conf, args = ask.conf, ask.conf.get("args").get("cni")
    ports = {"runtimeConfig": {"portMappings": ask.runtime("portMappings").value}}
    ports |= {"snat": conf.get("snat").value}
    yield PortMap(), _ask(ask, "portmap", ports, result)
    walls = {name: conf.get(name).value for name in _WALLS}
    yield Firewall(), _ask(ask, "firewall", walls, result)
    written = conf.get("bandwidth")
    limits = {name: one.value for name, one in written.keys()}  # noqa: SIM118  not a dict's
    limits["runtimeConfig"] = {"bandwidth": ask.runtime("bandwidth").value}
    yield Bandwidth(), _ask(ask, "bandwidth", limits, result, written.path if written else "$")
    tuned: dict[str, Any] = {name: conf.get(name).value for name in _TUNED}
    tuned["args"] = {"cni": {name: args.get(name).value for name in _TUNED}}
    yield Tuning(), _ask(ask, "tuning", tuned, result)


def _with_mac(ask: Ask, made: Desired) -> Desired:
    """With the MAC that is asked for, of which ptp knows nothing."""
    mac = _mac(ask)
    if mac is None:
        return made
    own = tuple(replace(op, peer_mac=mac) if isinstance(op, VethOp) else op for op in made.own)
    interfaces = tuple(
        replace(one, mac=str(mac)) if one.sandbox else one for one in made.result.interfaces
    )
    return replace(made, result=made.result.replace(interfaces=interfaces), own=own)


def _imagined(seen: Snapshot, own: Iterable[AnyOp]) -> Snapshot:
    """What will be seen once the cable is there."""
    states = {state.netns: state for state in seen.states()}
    for op in own:
        if isinstance(op, VethOp):
            for netns, ifname, mac in (
                (op.netns, op.ifname, op.mac),
                (op.peer_netns, op.peer, op.peer_mac),
            ):
                there = states.get(netns) or NetnsState(netns)
                states[netns] = NetnsState(netns)
                link = LinkState(0, ifname, 0, mtu=op.mtu or _MTU, mac=mac, kind="veth")
                states[netns].links = {**there.links, ifname: link}
                states[netns].forward, states[netns].zones = there.forward, there.zones
                states[netns].legacy = there.legacy
    return Snapshot(states)


def _once(ops: Iterable[AnyOp]) -> Iterator[AnyOp]:
    """Each once, where several parts want the same."""
    known: set[Key] = set()
    for op in ops:
        if op.key() not in known:
            known.add(op.key())
            yield op
