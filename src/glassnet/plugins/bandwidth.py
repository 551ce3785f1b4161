"""bandwidth: how fast the container may be sent to, and may send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Interface, Result
from glassnet.ops.ingress import IngressOp, RedirectOp
from glassnet.ops.link import IfbOp
from glassnet.ops.owner import mark
from glassnet.ops.qdisc import TbfOp
from glassnet.plugins import names
from glassnet.plugins.contract import Desired, Plugin
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IfName

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

LATENCY: Final = 25_000
"""Microseconds that a packet may wait in a bucket, as the reference has it."""
_BURST_MAX: Final = 4 * 1024**3 * 8
_RATE_MAX: Final = 2**63 - 1


class Limits(msgspec.Struct, frozen=True):
    """Bits a second and bits; 0 is no limit. As the container sees it: ingress comes to it."""

    ingress_rate: int = 0
    ingress_burst: int = 0
    egress_rate: int = 0
    egress_burst: int = 0

    def __bool__(self) -> bool:
        return bool(self.ingress_rate or self.egress_rate)


class Bandwidth(Plugin):
    """A token bucket on the host's end for what goes in; for what comes out one on an ifb.

    The kernel shapes only what leaves a link: what comes from the container is led through an ifb
    before the host takes it.
    """

    type: ClassVar[str] = "bandwidth"
    versions: ClassVar[tuple[str, ...]] = ("0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0")

    def ipam(self, ask: Ask) -> Conf | None:
        """No addresses; the limits are checked."""
        limits(ask)
        return None

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """The host's end."""
        if ask.prev is None or not limits(ask):
            return ()
        return (Facet(HOST, "link", _near(ask, ask.prev)),)

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """The buckets that are wanted; the ifb joins the result's interfaces."""
        del given
        result = ask.chained()
        wanted = limits(ask)
        if not wanted:
            return Desired(result)
        near = _near(ask, result)
        link = seen.link(HOST, near)
        if link is None:
            raise CniError(
                INVALID_CONFIG,
                f"container interface {ask.call.ifname} has no veth peer: "
                f"there is no interface {near} on the host",
            )
        own: list[AnyOp] = []
        if wanted.ingress_rate:
            own.append(_bucket(near, wanted.ingress_rate, wanted.ingress_burst))
        if wanted.egress_rate:
            shaper = names.ifb_ifname(ask.network, ask.call.container, ask.call.ifname)
            mac = names.ifb_mac(ask.network, ask.call.container, ask.call.ifname)
            own += _egress(ask, wanted, near, link, shaper)
            interfaces = (*result.interfaces, Interface(shaper, mac=mac))
            result = result.replace(interfaces=interfaces)
        return Desired(result, own=tuple(own))

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """The ifb; the rest goes with the host's end."""
        shaper = names.ifb_ifname(ask.network, ask.call.container, ask.call.ifname)
        return (IfbOp(ifname=shaper, present=False),)


def limits(ask: Ask) -> Limits:
    """The configuration's, or else the runtime's. Raises `CniError` in the reference's words."""
    section = ask.conf
    if not any(ask.conf.get(name) for name in _KEYS):
        section = ask.runtime("bandwidth")
    numbers = {name: section.get(name).integer(0, _RATE_MAX) for name in _KEYS}
    for way in ("ingress", "egress"):
        rate, burst = numbers[f"{way}Rate"], numbers[f"{way}Burst"]
        if rate and not burst:
            raise section.error("if rate is set, burst must also be set", f"{way}Burst")
        if burst and not rate:
            raise section.error("if burst is set, rate must also be set", f"{way}Rate")
        if burst >= _BURST_MAX:
            raise section.error("burst cannot be more than 4GB", f"{way}Burst {burst}")
    return Limits(*numbers.values())


_KEYS = ("ingressRate", "ingressBurst", "egressRate", "egressBurst")


def _near(ask: Ask, result: Result) -> IfName:
    """The host's end of the container's interface: the last of the host's before it."""
    near = ""
    for one in result.interfaces:
        if one.sandbox and one.name == ask.call.ifname:
            if not near:
                break
            return IfName(near)
        if not one.sandbox:
            near = one.name
    raise CniError(
        INVALID_CONFIG,
        "no veth peer of container interface found in host ns",
        "bandwidth comes after a plugin that makes a cable: bridge or ptp",
    )


def _bucket(ifname: IfName, rate: int, burst: int) -> TbfOp:
    """A burst of bits is so many bytes; a packet must fit into it."""
    return TbfOp(ifname=ifname, rate=rate, burst=max(burst // 8, 1), latency=LATENCY)


def _egress(
    ask: Ask, wanted: Limits, near: IfName, link: LinkState, shaper: IfName
) -> Iterator[AnyOp]:
    yield IfbOp(
        ifname=shaper,
        mtu=link.mtu,
        mac=names.ifb_mac(ask.network, ask.call.container, ask.call.ifname),
        alias=mark(ask.network, f"{ask.call.container}/{ask.call.ifname}"),
        up=True,
    )
    yield _bucket(shaper, wanted.egress_rate, wanted.egress_burst)
    yield IngressOp(ifname=near)
    yield RedirectOp(ifname=near, target=shaper)
