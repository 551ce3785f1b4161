"""Every operation there is. `glassnet.ops.written` has their JSON, one kind at a time."""

from __future__ import annotations

from glassnet.ops.addr import AddrOp
from glassnet.ops.announce import AnnounceOp
from glassnet.ops.base import Op
from glassnet.ops.bridge import BridgeOp, PortOp
from glassnet.ops.bridgevlan import BridgeVlanOp
from glassnet.ops.conntrack import ForgetOp
from glassnet.ops.gate import AdmitOp, GateOp
from glassnet.ops.guard import GuardBaseOp, GuardOp
from glassnet.ops.ingress import IngressOp, RedirectOp
from glassnet.ops.ipvlan import IpvlanOp
from glassnet.ops.legacy import LegacyGateOp
from glassnet.ops.link import DummyOp, IfbOp, LinkSetOp
from glassnet.ops.macvlan import MacvlanOp
from glassnet.ops.masquerade import LocalNetOp, MasqueradeOp
from glassnet.ops.move import LinkMoveOp
from glassnet.ops.neigh import FdbOp, NeighOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.nft import ElementOp, NftBaseOp
from glassnet.ops.pin import PinOp
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
from glassnet.ops.zone import ZoneSourceOp

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
    AdmitOp,
    GateOp,
    LegacyGateOp,
    ZoneSourceOp,
    GuardBaseOp,
    GuardOp,
    TbfOp,
    HtbOp,
    ClassOp,
    IngressOp,
    RedirectOp,
    ForgetOp,
    AnnounceOp,
    PinOp,
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
    | AdmitOp
    | GateOp
    | LegacyGateOp
    | ZoneSourceOp
    | GuardBaseOp
    | GuardOp
    | TbfOp
    | HtbOp
    | ClassOp
    | IngressOp
    | RedirectOp
    | ForgetOp
    | AnnounceOp
    | PinOp
)
