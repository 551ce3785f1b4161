"""An operation as JSON and back: what the journal keeps and ``--json`` prints.

Of all the kinds of operations that there are, only those that are met are imported: a container
runtime waits for each process to start.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from glassnet.ops.base import Op

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "netns": ("netns", "NetnsOp"),
    "set": ("link", "LinkSetOp"),
    "veth": ("veth", "VethOp"),
    "bridge": ("bridge", "BridgeOp"),
    "port": ("bridge", "PortOp"),
    "bridge-vlan": ("bridgevlan", "BridgeVlanOp"),
    "dummy": ("link", "DummyOp"),
    "ifb": ("link", "IfbOp"),
    "macvlan": ("macvlan", "MacvlanOp"),
    "ipvlan": ("ipvlan", "IpvlanOp"),
    "vlan": ("vlan", "VlanOp"),
    "vrf": ("vrf", "VrfOp"),
    "vxlan": ("vxlan", "VxlanOp"),
    "tun": ("tun", "TunOp"),
    "move": ("move", "LinkMoveOp"),
    "addr": ("addr", "AddrOp"),
    "route": ("route", "RouteOp"),
    "rule": ("rule", "RuleOp"),
    "neigh": ("neigh", "NeighOp"),
    "fdb": ("neigh", "FdbOp"),
    "sysctl": ("sysctl", "SysctlOp"),
    "nft-base": ("nft", "NftBaseOp"),
    "element": ("nft", "ElementOp"),
    "masquerade": ("masquerade", "MasqueradeOp"),
    "local-net": ("masquerade", "LocalNetOp"),
    "publish": ("publish", "PublishOp"),
    "wall": ("wall", "WallOp"),
    "direct": ("wall", "DirectOp"),
    "pin": ("pin", "PinOp"),
    "admit": ("gate", "AdmitOp"),
    "gate": ("gate", "GateOp"),
    "legacy-gate": ("legacy", "LegacyGateOp"),
    "zone-source": ("zone", "ZoneSourceOp"),
    "guard-base": ("guard", "GuardBaseOp"),
    "guard": ("guard", "GuardOp"),
    "tbf": ("qdisc", "TbfOp"),
    "htb": ("qdisc", "HtbOp"),
    "class": ("tclass", "ClassOp"),
    "ingress": ("ingress", "IngressOp"),
    "redirect": ("ingress", "RedirectOp"),
    "forget": ("conntrack", "ForgetOp"),
    "announce": ("announce", "AnnounceOp"),
}
"""By tag, the module of `glassnet.ops` and the class. `glassnet.ops.registry` has all of them."""


class _Tagged(msgspec.Struct, frozen=True):
    op: str


_tagged: Final = msgspec.json.Decoder(_Tagged)


@cache
def _decoder(tag: str) -> msgspec.json.Decoder[Any]:
    if tag not in KINDS:
        raise msgspec.ValidationError(f"Invalid value {tag!r} - at `$.op`")
    module, name = KINDS[tag]
    kind: type[Op] = getattr(importlib.import_module(f"glassnet.ops.{module}"), name)
    return msgspec.json.Decoder(kind, dec_hook=decode_value)


def decode(data: bytes | msgspec.Raw, place: str) -> AnyOp:
    """An operation from its JSON; `msgspec.ValidationError`, at that place, if it is none."""
    try:
        return cast("AnyOp", _decoder(_tagged.decode(data).op).decode(data))
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `$")
        below = path.removesuffix("`")
        raise msgspec.ValidationError(f"{problem} - at `{place}{below}`") from error


def known(op: Op) -> AnyOp:
    """The same operation, as one of those that have JSON; `TypeError` if it is none of them."""
    kind = type(op)
    named = KINDS.get(str(kind.__struct_config__.tag))
    if named != (kind.__module__.removeprefix("glassnet.ops."), kind.__name__):
        raise TypeError(f"{kind.__name__} is not registered")
    return cast("AnyOp", op)


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
