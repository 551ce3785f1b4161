"""What CHECK expects: what this plugin made, as the result has it and later plugins have left it.

The spec has CHECK go by prevResult, which is the result of the whole chain, and allow what later
plugins have changed (SPEC 1.1.0, section 2). What a later one of ours has set is in the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from glassnet.cni.ask import Ask
from glassnet.cni.result import Interface, Result
from glassnet.ops.addr import AddrOp
from glassnet.ops.base import Key
from glassnet.ops.link import DummyOp, LinkSetOp
from glassnet.ops.macvlan import MacvlanOp
from glassnet.ops.route import IPV6_METRIC, RouteOp
from glassnet.ops.tun import TunOp
from glassnet.ops.upper import UpperOp
from glassnet.ops.veth import VethOp
from glassnet.plugins.inside import routes
from glassnet.values import IfName, Mac, Netns

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp


def expected(ask: Ask, mine: Sequence[AnyOp], later: Sequence[AnyOp], prev: Result) -> list[AnyOp]:
    """What there should be now of what a plugin made, ``later`` ones having had their say."""
    inside = inside_of(ask, prev)
    made = list(mine)
    if inside is not None and any(_is_interface(op, ask) for op in mine):
        keys = {op.key() for op in made}
        made += [op for op in _given(ask, prev) if op.key() not in keys]
    overruled = {_key_of(op) for op in later if not isinstance(op, LinkSetOp)}
    changes = [op for op in later if isinstance(op, LinkSetOp)]
    return [
        one
        for op in made
        if _key_of(op) not in overruled
        for one in _as_left(op, ask, inside, changes)
    ]


def _key_of(op: AnyOp) -> Key:
    """A route is the same to those that let it stand beside others, or name no metric for it."""
    if not isinstance(op, RouteOp):
        return op.key()
    assumed = IPV6_METRIC if op.dst.version == 6 else 0
    return replace(op, beside=False, metric=op.metric or assumed).key()


def inside_of(ask: Ask, prev: Result) -> Interface | None:
    """The container's interface as the result has it."""
    named = (one for one in prev.interfaces if one.sandbox and one.name == ask.call.ifname)
    return next(named, None)


def _key(ask: Ask) -> Key:
    return ("link", ask.call.netns, ask.call.ifname)


def _is_interface(op: AnyOp, ask: Ask) -> bool:
    """Whether it makes the container's interface."""
    return not isinstance(op, LinkSetOp) and _key(ask) in op.provides()


def _given(ask: Ask, prev: Result) -> Iterator[AnyOp]:
    """The result's addresses on this interface, and its routes if it has any."""
    netns, ifname = Netns(ask.call.netns), IfName(ask.call.ifname)
    ips = tuple(ip for ip in prev.ips if _is_on(ip.interface, ask, prev))
    for ip in ips:
        yield AddrOp(netns=netns, ifname=ifname, cidr=ip.address)
    if ips:
        yield from routes(netns, ifname, prev.replace(ips=ips))


def _is_on(index: int | None, ask: Ask, prev: Result) -> bool:
    if index is None or not 0 <= index < len(prev.interfaces):
        return index is None
    one = prev.interfaces[index]
    return bool(one.sandbox) and one.name == ask.call.ifname


def _as_left(
    op: AnyOp, ask: Ask, inside: Interface | None, changes: Iterable[LinkSetOp]
) -> Iterator[AnyOp]:
    """An operation with the result's MAC, and without what another may have set after it."""
    mac = Mac(inside.mac) if inside is not None and inside.mac else None
    if isinstance(op, LinkSetOp):
        yield from _set_as_left(op, mac if op.ifname == ask.call.ifname else None, changes)
    elif not _is_interface(op, ask):
        yield op
    elif isinstance(op, VethOp):
        yield replace(op, mtu=None, peer_mac=mac or op.peer_mac)
        if op.mtu is not None:
            yield LinkSetOp(netns=op.netns, ifname=op.ifname, mtu=op.mtu)
    elif isinstance(op, DummyOp | MacvlanOp | TunOp):
        yield replace(op, mtu=None, mac=None if op.mac is None else mac or op.mac)
    elif isinstance(op, UpperOp):
        yield replace(op, mtu=None)
    else:
        yield op


_SETTINGS = ("up", "mtu", "mac", "promisc", "allmulti", "txqlen")


def _set_as_left(op: LinkSetOp, mac: Mac | None, changes: Iterable[LinkSetOp]) -> Iterator[AnyOp]:
    over = [one for one in changes if (one.netns, one.ifname) == (op.netns, op.ifname)]
    left = {
        name: getattr(op, name)
        for name in _SETTINGS
        if all(getattr(one, name) is None for one in over)
    }
    if left.get("mac") is not None and mac is not None:
        left["mac"] = mac
    if any(value is not None for value in left.values()):
        yield LinkSetOp(netns=op.netns, ifname=op.ifname, **left)
