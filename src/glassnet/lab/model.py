"""A lab file as values: what was written, checked part by part, with where it was written."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from glassnet.ops.route import Hop
from glassnet.values import Cidr, IfName, IpAddress, Mac, Netns, Prefix, SysctlKey


class RouteSpec(msgspec.Struct, frozen=True):
    """A route as written; ``dst`` None is the default route of the gateway's family."""

    origin: str
    dst: Prefix | None
    via: IpAddress | None = None
    dev: IfName | None = None
    hops: tuple[Hop, ...] = ()
    type: str = "unicast"
    scope: str = ""
    onlink: bool = False
    source: IpAddress | None = None
    metric: int = 0
    table: int = 254
    mtu: int | None = None
    advmss: int | None = None


class RuleSpec(msgspec.Struct, frozen=True):
    """A routing rule as written."""

    origin: str
    version: int
    priority: int
    table: int
    source: Prefix | None = None
    destination: Prefix | None = None
    iif: IfName | None = None
    oif: IfName | None = None
    mark: int = 0
    mask: int = 0xFFFFFFFF


class NeighbourSpec(msgspec.Struct, frozen=True):
    """A neighbour entry as written; without a MAC by proxy."""

    origin: str
    address: IpAddress
    dev: IfName
    mac: Mac | None = None


class PublishSpec(msgspec.Struct, frozen=True):
    """A published port as written: ``target`` is a namespace's name, or an address."""

    origin: str
    protocol: str
    port: int
    count: int
    to_port: int
    target: Netns | IpAddress
    address: IpAddress | None = None


class SysctlSpec(msgspec.Struct, frozen=True):
    """A setting as written."""

    origin: str
    name: SysctlKey
    value: str


class Space(msgspec.Struct, frozen=True):
    """A namespace, or the host (whose name is empty), and what it does as a router."""

    origin: str
    netns: Netns
    loopback: bool = True
    routes: tuple[RouteSpec, ...] = ()
    rules: tuple[RuleSpec, ...] = ()
    neighbours: tuple[NeighbourSpec, ...] = ()
    sysctls: tuple[SysctlSpec, ...] = ()
    forwarding: bool = False
    masquerade: tuple[Prefix, ...] = ()
    publish: tuple[PublishSpec, ...] = ()


class Bridge(msgspec.Struct, frozen=True):
    """A virtual switch."""

    origin: str
    ifname: IfName
    netns: Netns
    addresses: tuple[Cidr, ...] = ()
    prefixes: tuple[Prefix, ...] = ()
    gateway: bool = False
    masquerade: bool = False
    mtu: int | None = None
    mac: Mac | None = None
    options: Mapping[str, int] = {}

    @property
    def networks(self) -> tuple[Prefix, ...]:
        """The networks on it: those of its own addresses, and those it gives addresses from."""
        given = [cidr.prefix for cidr in self.addresses]
        return tuple(dict.fromkeys([*given, *self.prefixes]))


class End(msgspec.Struct, frozen=True):
    """One end of a cable: an interface of a namespace, or a port of a bridge (``bridge``)."""

    origin: str
    netns: Netns
    ifname: IfName
    bridge: IfName | None = None
    addresses: tuple[Cidr, ...] = ()
    mac: Mac | None = None
    port: Mapping[str, int] = {}


class Link(msgspec.Struct, frozen=True):
    """A virtual cable."""

    origin: str
    ends: tuple[End, End]
    mtu: int | None = None
    prefixes: tuple[Prefix, ...] = ()


class Lab(msgspec.Struct, frozen=True):
    """A whole file. ``spaces`` has the host first."""

    name: str
    spaces: tuple[Space, ...]
    bridges: tuple[Bridge, ...]
    links: tuple[Link, ...]
    description: str = ""
