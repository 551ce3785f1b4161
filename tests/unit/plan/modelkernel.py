"""A kernel in memory, strict as the real one: what is there cannot be made, what is not cannot go.

It knows the operations that lab files use, and of the kernel's own doings those that plans must
reckon with: what goes along with a namespace, a link or the last IPv4 address of one.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import singledispatchmethod
from typing import Any, TypeVar

from msgspec.structs import replace

from glassnet.netlink.route.link import IFF_UP
from glassnet.nft.element import Element
from glassnet.nft.listing import Ruleset, Table
from glassnet.nft.names import FAMILY, TABLE
from glassnet.ops.addr import AddrOp
from glassnet.ops.base import ObjectOp, Op
from glassnet.ops.bridge import PORT_OPTIONS, PortOp
from glassnet.ops.link import LinkOp, LinkSetOp
from glassnet.ops.neigh import NeighOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.nft import ElementsOp, NftBaseOp
from glassnet.ops.owner import PROTOCOL
from glassnet.ops.route import IPV6_METRIC, TYPES, RouteOp
from glassnet.ops.rule import RuleOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.plan.model import Step
from glassnet.plan.newborn import PORT
from glassnet.state.addr import AddrState
from glassnet.state.link import LinkState
from glassnet.state.neigh import NeighState
from glassnet.state.route import RouteState
from glassnet.state.rule import RuleState
from glassnet.state.snapshot import Facet, NetnsState, Snapshot
from glassnet.values import HOST, IpAddress, Netns, SysctlKey

PERMANENT, PROXY = 0x80, 0x08  # linux/neighbour.h: NUD_PERMANENT, NTF_PROXY
BORN = {option.attribute: int(PORT[name]) for name, option in PORT_OPTIONS.items()}
T = TypeVar("T")


class Refused(Exception):
    """What the kernel answers to a request that does not fit what is there."""


class Space:
    """One namespace."""

    def __init__(self) -> None:
        self.links: dict[str, LinkState] = {}
        self.addrs: list[AddrState] = []
        self.routes: list[RouteState] = []
        self.rules: list[RuleState] = []
        self.neighbours: list[NeighState] = []
        self.sysctls: dict[SysctlKey, str] = {}
        self.elements: dict[tuple[str, ...], Element] | None = None

    def link(self, name: str) -> LinkState:
        """A link by its name; `Refused` if there is none."""
        if name not in self.links:
            raise Refused(f"ENODEV {name}")
        return self.links[name]

    def setting(self, key: SysctlKey) -> str | None:
        """A setting's value; None where it is about a link that is not there."""
        parts = key.split(".")
        there = parts[2] != "conf" or parts[3].replace("/", ".") in {"all", "default", *self.links}
        return self.sysctls.get(key, "0") if there else None

    def seen(self, netns: Netns, keys: Iterable[SysctlKey]) -> NetnsState:
        """It, as a look at it finds it."""
        state = NetnsState(netns)
        state.links, state.addrs, state.routes = dict(self.links), [*self.addrs], [*self.routes]
        state.rules, state.neighbours = [*self.rules], [*self.neighbours]
        state.sysctls = {key: self.setting(key) for key in keys}
        state.nft = Ruleset()
        if self.elements is not None:
            state.nft.tables[FAMILY, TABLE] = table = Table(FAMILY, TABLE)
            for element in self.elements.values():
                table.elements[element.set] = (*table.elements.get(element.set, ()), element)
        return state


class ModelKernel:
    """All namespaces of one machine; the host's loopback is up."""

    def __init__(self) -> None:
        self._indexes = 0
        self.spaces: dict[Netns, Space] = {}
        self._new(HOST).links["lo"] = self._link("lo", flags=IFF_UP)

    def snapshot(self, facets: Iterable[Facet]) -> Snapshot:
        """The namespaces of these facets, as they are now; settings only where asked for."""
        keys: dict[Netns, list[SysctlKey]] = {}
        for facet in facets:
            of_it = keys.setdefault(facet.netns, [])
            of_it += [SysctlKey(facet.key)] if facet.kind == "sysctl" else []
        return Snapshot(
            {
                netns: self.spaces[netns].seen(netns, of_it)
                if netns in self.spaces
                else NetnsState(netns, exists=False)
                for netns, of_it in keys.items()
            },
            Table(FAMILY, TABLE),
        )

    def dump(self) -> dict[str, object]:
        """All there is, without the numbers that the kernel chose."""
        out: dict[str, object] = {}
        names = {
            i.index: f"{n}:{i.ifname}" for n, s in self.spaces.items() for i in s.links.values()
        }
        for netns, space in self.spaces.items():
            out[netns] = "is there"
            for link in space.links.values():
                ends = {"master": names.get(link.master), "link": names.get(link.link)}
                out[names[link.index]] = (ends, replace(link, index=0, master=0, link=0))
            sitting: list[AddrState | RouteState | NeighState] = [*space.addrs, *space.routes]
            for one in (*sitting, *space.neighbours):
                out[f"{netns} {names.get(one.index)} {replace(one, index=0)}"] = "is there"
            for rule in space.rules:
                out[f"{netns} {rule}"] = "is there"
            if space.elements is not None:
                out[f"{netns} nft"] = dict(space.elements)
            out |= {f"{netns} {key}": text for key, text in space.sysctls.items() if text != "0"}
        return out

    def perform(self, step: Step) -> None:
        """Carry out one step as the executor would; `Refused` where the kernel says no."""
        if step.action == "mend":
            self._mend(step.op)
        elif step.acts:
            self.do(step.op)

    def _mend(self, op: Op) -> None:
        seen = self.snapshot(op.reads())
        if isinstance(op, ElementsOp):
            held = self.spaces[op.netns].elements or {}
            for one in op.elements():
                held[one.set, *one.key] = one
            return
        if isinstance(op, LinkOp) and (found := op.found(seen)) is not None:
            near_only = op.differences(found, seen) == LinkOp.differences(op, found, seen)
            if found.kind == op.kind and near_only:
                master = self.spaces[op.netns].link(op.master).index if op.master else found.master
                port = found.slave_data if master == found.master else BORN
                changed = _amended(found, op.up or None, op.mtu, op.mac)
                changed = replace(changed, master=master, slave_data=port, alias=op.alias)
                self.spaces[op.netns].links[op.ifname] = changed
                return
        if isinstance(op, ObjectOp):
            with suppress(Refused):  # it may have gone meanwhile, as routes do
                self.do(op.flipped())
        self.do(op)

    @singledispatchmethod
    def do(self, op: Op) -> None:
        """What an operation's plain requests do."""
        raise NotImplementedError(op)

    @do.register
    def _(self, op: NetnsOp) -> None:
        if op.present:
            self._new(op.netns).links["lo"] = self._link("lo")
        else:
            for name in list(self._space(op.netns).links):
                self._unlink(op.netns, name)
            del self.spaces[op.netns]

    @do.register
    def _(self, op: LinkOp) -> None:
        space = self._space(op.netns)
        if not op.present:
            space.link(op.ifname)
            self._unlink(op.netns, op.ifname)
            return
        master = space.link(op.master).index if op.master else 0
        near = self._link(op.ifname, kind=op.kind, alias=op.alias, data=dict(op.kind_wanted()))
        near = replace(near, master=master, slave_data=BORN if master else {})
        near = _amended(near, op.up or None, op.mtu, op.mac)
        if isinstance(op, VethOp):
            far = _amended(self._link(op.peer, kind=op.kind), None, op.mtu, op.peer_mac)
            self._join(self._space(op.peer_netns), replace(far, link=near.index))
            near = replace(near, link=far.index)
        self._join(space, near)

    @do.register
    def _(self, op: LinkSetOp) -> None:
        space = self._space(op.netns)
        link = space.link(op.ifname)
        space.links[op.ifname] = _amended(link, op.up, op.mtu, op.mac)
        if op.up is False:
            space.routes = [route for route in space.routes if route.index != link.index]

    @do.register
    def _(self, op: PortOp) -> None:
        space = self._space(op.netns)
        link = space.link(op.ifname)
        master = space.link(op.master).index if op.master else 0
        port = dict(link.slave_data if master == link.master else BORN) if master else {}
        port |= {PORT_OPTIONS[name].attribute: value for name, value in op.options.items()}
        space.links[op.ifname] = replace(link, master=master, slave_data=port)

    @do.register
    def _(self, op: AddrOp) -> None:
        space = self._space(op.netns)
        index = space.link(op.ifname).index
        flags = 0x02 if op.nodad else 0  # IFA_F_NODAD
        _put_or_take(space.addrs, AddrState(index, op.cidr, flags=flags), present=op.present)
        left = [a for a in space.addrs if a.index == index and a.cidr.version == 4]
        if not op.present and op.cidr.version == 4 and not left:
            space.routes = [r for r in space.routes if r.index != index or r.dst.version == 6]

    @do.register
    def _(self, op: RouteOp) -> None:
        space = self._space(op.netns)
        metric = op.metric or (IPV6_METRIC if op.dst.version == 6 else 0)
        key = (op.dst, op.table, metric)
        there = [route for route in space.routes if (route.dst, route.table, route.metric) == key]
        if bool(there) == op.present:
            raise Refused(f"EEXIST or ESRCH {op}")
        if not op.present:
            space.routes.remove(there[0])
            return
        link = space.link(op.ifname) if op.ifname else None
        if op.via is not None:
            link = self._towards(space, op.via)
        if link is not None and not link.up:
            raise Refused(f"ENETDOWN {op}")
        space.routes.append(
            RouteState(
                *key,
                via=op.via,
                index=link.index if link is not None else 0,
                scope=253 if link is not None and op.via is None else 0,
                type=TYPES[op.type],
                protocol=PROTOCOL,
            )
        )

    @do.register
    def _(self, op: RuleOp) -> None:
        rule = RuleState(
            op.version, op.priority, op.table, 1, op.source, op.destination, mark=op.mark
        )
        _put_or_take(self._space(op.netns).rules, rule, present=op.present)

    @do.register
    def _(self, op: NeighOp) -> None:
        space = self._space(op.netns)
        flags = PROXY if op.mac is None else 0
        entry = NeighState(space.link(op.ifname).index, op.mac, op.address, PERMANENT, flags)
        _put_or_take(space.neighbours, entry, present=op.present)

    @do.register
    def _(self, op: SysctlOp) -> None:
        if self._space(op.netns).setting(op.name) is None:
            raise Refused(f"ENOENT {op}")
        self.spaces[op.netns].sysctls[op.name] = op.value

    @do.register
    def _(self, op: NftBaseOp) -> None:
        if (self._space(op.netns).elements is not None) == op.present:
            raise Refused(f"EEXIST or ENOENT {op}")
        self.spaces[op.netns].elements = {} if op.present else None

    @do.register
    def _(self, op: ElementsOp) -> None:
        held = self._space(op.netns).elements
        for one in op.elements():
            key = (one.set, *one.key)
            if held is None or (key in held) == op.present:
                raise Refused(f"EEXIST or ENOENT {op}")
            if op.present:
                held[key] = one
            else:
                del held[key]

    def _space(self, netns: Netns) -> Space:
        if netns not in self.spaces:
            raise Refused(f"ENOENT {netns}")
        return self.spaces[netns]

    def _new(self, netns: Netns) -> Space:
        if netns in self.spaces:
            raise Refused(f"EEXIST {netns}")
        self.spaces[netns] = Space()
        return self.spaces[netns]

    def _link(self, ifname: str, **more: Any) -> LinkState:
        self._indexes += 1  # as if one count served all namespaces
        return LinkState(self._indexes, ifname, more.pop("flags", 0), mtu=1500, **more)

    def _join(self, space: Space, link: LinkState) -> None:
        if link.ifname in space.links:
            raise Refused(f"EEXIST {link.ifname}")
        space.links[link.ifname] = link

    def _unlink(self, netns: Netns, ifname: str) -> None:
        """A link goes: with it its other end, and all that sits on it."""
        space = self.spaces[netns]
        gone = space.links.pop(ifname).index
        space.addrs = [one for one in space.addrs if one.index != gone]
        space.routes = [one for one in space.routes if one.index != gone]
        space.neighbours = [one for one in space.neighbours if one.index != gone]
        about = f".conf.{ifname.replace('.', '/')}."
        space.sysctls = {key: text for key, text in space.sysctls.items() if about not in key}
        for name, link in list(space.links.items()):
            if link.master == gone:
                space.links[name] = replace(link, master=0, slave_data={})
        for other, held in self.spaces.items():
            for name in [name for name, link in held.links.items() if link.link == gone]:
                self._unlink(other, name)

    def _towards(self, space: Space, gateway: IpAddress) -> LinkState:
        for addr in space.addrs:
            if addr.cidr.prefix.contains(gateway):
                return next(link for link in space.links.values() if link.index == addr.index)
        raise Refused(f"ENETUNREACH {gateway}")


def _amended(link: LinkState, up: bool | None, mtu: int | None, mac: Any) -> LinkState:
    flags = link.flags if up is None else IFF_UP * up
    return replace(link, flags=flags, mtu=mtu or link.mtu, mac=mac or link.mac)


def _put_or_take(things: list[T], thing: T, *, present: bool) -> None:
    if (thing in things) == present:
        raise Refused(f"EEXIST or ENOENT {thing}")
    if present:
        things.append(thing)
    else:
        things.remove(thing)
