"""Every operation there is, and their JSON: what the journal keeps and ``--json`` prints."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from glassnet.ops.addr import AddrOp
from glassnet.ops.announce import AnnounceOp
from glassnet.ops.base import Op
from glassnet.ops.bridge import BridgeOp, PortOp
from glassnet.ops.bridgevlan import BridgeVlanOp
from glassnet.ops.conntrack import ForgetOp
from glassnet.ops.guard import GuardBaseOp, GuardOp
from glassnet.ops.ingress import IngressOp, RedirectOp
from glassnet.ops.ipvlan import IpvlanOp
from glassnet.ops.link import DummyOp, IfbOp, LinkSetOp
from glassnet.ops.macvlan import MacvlanOp
from glassnet.ops.masquerade import LocalNetOp, MasqueradeOp
from glassnet.ops.move import LinkMoveOp
from glassnet.ops.neigh import FdbOp, NeighOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.nft import ElementOp, NftBaseOp
from glassnet.ops.publish import PublishOp
from glassnet.ops.qdisc import HtbOp, TbfOp
from glassnet.ops.route import RouteOp
from glassnet.ops.rule import RuleOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.tclass import ClassOp
from glassnet.ops.tun import TunOp
from glassnet.ops.veth import VethOp
from glassnet.ops.vlan import VlanOp
from glassnet.ops.vrf import VrfOp
from glassnet.ops.vxlan import VxlanOp
from glassnet.ops.wall import DirectOp, WallOp

ALL: tuple[type[Op], ...] = (
    NetnsOp,
    LinkSetOp,
    VethOp,
    BridgeOp,
    PortOp,
    BridgeVlanOp,
    DummyOp,
    IfbOp,
    MacvlanOp,
    IpvlanOp,
    VlanOp,
    VrfOp,
    VxlanOp,
    TunOp,
    LinkMoveOp,
    AddrOp,
    RouteOp,
    RuleOp,
    NeighOp,
    FdbOp,
    SysctlOp,
    NftBaseOp,
    ElementOp,
    MasqueradeOp,
    LocalNetOp,
    PublishOp,
    WallOp,
    DirectOp,
    GuardBaseOp,
    GuardOp,
    TbfOp,
    HtbOp,
    ClassOp,
    IngressOp,
    RedirectOp,
    ForgetOp,
    AnnounceOp,
)
"""The order is that of the walk-through: namespaces, links, addresses, routes, rules of nft; then
what shapes traffic, and what is done once."""

AnyOp = (
    NetnsOp
    | LinkSetOp
    | VethOp
    | BridgeOp
    | PortOp
    | BridgeVlanOp
    | DummyOp
    | IfbOp
    | MacvlanOp
    | IpvlanOp
    | VlanOp
    | VrfOp
    | VxlanOp
    | TunOp
    | LinkMoveOp
    | AddrOp
    | RouteOp
    | RuleOp
    | NeighOp
    | FdbOp
    | SysctlOp
    | NftBaseOp
    | ElementOp
    | MasqueradeOp
    | LocalNetOp
    | PublishOp
    | WallOp
    | DirectOp
    | GuardBaseOp
    | GuardOp
    | TbfOp
    | HtbOp
    | ClassOp
    | IngressOp
    | RedirectOp
    | ForgetOp
    | AnnounceOp
)


_KNOWN = frozenset(ALL)


def known(op: Op) -> AnyOp:
    """The same operation, as one of those that have JSON; `TypeError` if it is none of them."""
    if type(op) not in _KNOWN:
        raise TypeError(f"{type(op).__name__} is not registered")
    return cast(AnyOp, op)


def encode_value(value: object) -> object:
    """msgspec's hook for our checked strings: their plain text."""
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def decode_value(kind: type[Any], value: object) -> object:
    """msgspec's hook for our checked strings: checked once more."""
    if isinstance(value, str) and issubclass(kind, str):
        return kind(value)
    raise TypeError(f"expected text for {kind.__name__}")


def to_builtins(value: object) -> Any:
    """A value as dicts, lists and plain strings, ready for any JSON encoder."""
    return msgspec.to_builtins(value, enc_hook=encode_value)
