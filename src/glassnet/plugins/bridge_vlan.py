"""bridge's VLANs: what a port is a member of, and where the gateway of a VLAN is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.ops.bridgevlan import VID_MAX, BridgeVlanOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.owner import mark
from glassnet.ops.veth import VethOp
from glassnet.plugins import names
from glassnet.state.link import LinkState
from glassnet.values import HOST, IfName

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

_NUMBER_MIN, _NUMBER_MAX = -(2**31), 2**31 - 1
_DEFAULT: Final = 1
"""The VLAN that the kernel makes every port a member of, where the bridge names no other."""


class Vlans(msgspec.Struct, frozen=True):
    """The keys: ``vlan`` is 0 for none; ``trunk`` are ranges of VLANs that come tagged."""

    vlan: int = 0
    trunk: tuple[tuple[int, int], ...] = ()
    keep_default: bool = False

    def __bool__(self) -> bool:
        return bool(self.vlan or self.trunk)


def read(conf: Conf) -> Vlans:
    """``vlan``, ``vlanTrunk``, ``preserveDefaultVlan``; `CniError` in the reference's words."""
    vlan = conf.get("vlan").integer(_NUMBER_MIN, _NUMBER_MAX)
    if not 0 <= vlan <= VID_MAX:
        raise CniError(INVALID_CONFIG, f"invalid VLAN ID {vlan} (must be between 0 and {VID_MAX})")
    return Vlans(
        vlan,
        tuple(_range(one) for one in conf.get("vlanTrunk").items()),
        conf.get("preserveDefaultVlan").flag(),
    )


def _range(conf: Conf) -> tuple[int, int]:
    """``{"id": N}``, or ``{"minID": N, "maxID": M}``."""
    low, high, one = (conf.get(name) for name in ("minID", "maxID", "id"))
    for name, here, there in (("minID", low, high), ("maxID", high, low)):
        if there and not here:
            raise conf.error(
                f"minID and maxID should be configured simultaneously, {name} is missing"
            )
    for name, place in (("minID", low), ("maxID", high), ("id", one)):
        if place and not 1 <= place.integer(_NUMBER_MIN, _NUMBER_MAX) <= VID_MAX:
            raise place.error(f"incorrect trunk {name} parameter", f"1 to {VID_MAX}")
    if low and high:
        if low.value > high.value:
            raise conf.error("minID is greater than maxID in trunk parameter")
        return (low.value, high.value)
    if not one:
        raise conf.error("incorrect trunk id parameter", "an id, or minID and maxID")
    return (one.value, one.value)


def port(vlans: Vlans, ifname: IfName, bridge: LinkState | None) -> Iterator[AnyOp]:
    """The memberships of a port.

    It comes with that of the bridge's default VLAN, which goes unless it is to be kept. Untagged
    frames of a trunk that names no VLAN for them belong to the first.
    """
    if not vlans:
        return
    default = _DEFAULT if bridge is None else int(bridge.data.get("vlan_default_pvid", _DEFAULT))
    if default and not vlans.keep_default:
        yield BridgeVlanOp(ifname=ifname, vid=default, pvid=True, untagged=True, present=False)
    own = vlans.vlan or _DEFAULT
    if not (vlans.keep_default and own == default):
        yield BridgeVlanOp(ifname=ifname, vid=own, pvid=True, untagged=True)
    for low, high in vlans.trunk:
        for first, last in _around(own, low, high):
            yield BridgeVlanOp(ifname=ifname, vid=first, last=last if last > first else None)


def _around(own: int, low: int, high: int) -> Iterator[tuple[int, int]]:
    """A range without the VLAN of untagged frames, which it would make a tagged one."""
    if not low <= own <= high:
        yield (low, high)
        return
    if low < own:
        yield (low, own - 1)
    if own < high:
        yield (own + 1, high)


def gateway_ifname(bridge: IfName, vlans: Vlans) -> IfName:
    """Where a gateway's addresses are: on the bridge or, in a VLAN, on ``BRIDGE.VLAN``."""
    if not vlans.vlan:
        return bridge
    name = f"{bridge}.{vlans.vlan}"
    return Conf(name, "$.bridge").as_(IfName)


def gateway_link(bridge: IfName, vlans: Vlans, there: LinkState | None) -> Iterator[AnyOp]:
    """A cable from a port of the bridge in that VLAN to the host itself."""
    inner = gateway_ifname(bridge, vlans)
    outer = names.host_ifname("", bridge, inner)
    yield VethOp(
        ifname=outer,
        mac=names.host_mac("", bridge, inner),
        alias=mark("cni", inner),
        up=True,
        master=bridge,
        peer=inner,
        peer_netns=HOST,
        peer_mac=names.bridge_mac(inner),
        queues=1,
    )
    yield from port(Vlans(vlans.vlan, (), vlans.keep_default), outer, there)
    yield LinkSetOp(ifname=inner, up=True)
