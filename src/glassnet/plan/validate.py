"""Everything that can be known to be wrong before anything is touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from glassnet.errors import Conflict, NotFound, PlanError
from glassnet.netlink.route.tctable import INGRESS, ROOT
from glassnet.ops.addr import AddrOp
from glassnet.ops.base import Key, place
from glassnet.ops.nft import ElementsOp
from glassnet.ops.route import RouteOp
from glassnet.plan.model import Wanted
from glassnet.plan.order import providers
from glassnet.state.snapshot import Snapshot
from glassnet.values import Cidr, IpAddress, Netns, Prefix


def validate(
    fresh: Sequence[Wanted],
    wanted: Sequence[Wanted],
    snapshot: Snapshot,
    going: AbstractSet[Key] = frozenset(),
) -> None:
    """Raise `PlanError`, `NotFound` or `Conflict` for what cannot work.

    ``fresh`` are those of ``wanted`` that do not replace something of our own; ``going`` is what
    of our own is there and is taken away before.
    """
    _check_duplicates(wanted)
    _check_needs(wanted, snapshot)
    _check_gateways(wanted, snapshot)
    _check_overlaps(wanted)
    ours = going | {key for item in wanted for key in item.op.provides()}
    _check_networks(fresh, ours, snapshot)
    for item in fresh:
        if reason := item.op.obstacle(snapshot):
            raise Conflict(
                f"{_where(item)}{item.op}: {reason}",
                "remove it, or choose another name, address or port; nothing was changed",
            )


def _where(item: Wanted) -> str:
    return f"{item.origin}: " if item.origin else ""


def _check_duplicates(wanted: Sequence[Wanted]) -> None:
    seen: dict[Key, Wanted] = {}
    for item in wanted:
        op = item.op
        links = tuple(key for key in op.provides() if key[0] == "link")
        for key in {op.key(), *links, *_element_keys(op)}:
            if key in seen:
                raise PlanError(
                    f"{_where(item)}{op} is asked for twice: also by "
                    f"{_where(seen[key])}{seen[key].op}",
                    "give each object one name and one place",
                )
            seen[key] = item


def _element_keys(op: object) -> Iterable[Key]:
    if isinstance(op, ElementsOp):
        return [("element", op.netns, element.set, *element.key) for element in op.elements()]
    return ()


def _check_needs(wanted: Sequence[Wanted], snapshot: Snapshot) -> None:
    provided = providers(wanted)
    for item in wanted:
        for key in item.op.needs():
            if key not in provided and not _exists(key, snapshot):
                noun, netns, *rest = key
                what = f"{noun} {' '.join(rest) or netns}"
                raise NotFound(
                    f"{_where(item)}{item.op}: there is no {what} {place(Netns(netns))}",
                    f"declare the {noun}, or make it first",
                )


def _exists(key: Key, snapshot: Snapshot) -> bool:
    noun, netns = key[0], Netns(key[1])
    if netns.is_host and noun == "netns":
        return True
    if noun == "netns":
        return snapshot.exists(netns)
    if noun == "link":
        return snapshot.exists(netns) and snapshot.link(netns, key[2]) is not None
    if noun == "qdisc":
        return snapshot.exists(netns) and _has_qdisc(snapshot, netns, *key[2:])
    if noun == "nft":
        return snapshot.exists(netns) and snapshot[netns].nft is not None
    return False


def _has_qdisc(snapshot: Snapshot, netns: Netns, ifname: str, spot: str) -> bool:
    link = snapshot.link(netns, ifname)
    parent = ROOT if spot == "root" else INGRESS
    return link is not None and any(
        (one.index, one.parent) == (link.index, parent) and not one.is_default
        for one in snapshot[netns].qdiscs
    )


def _check_gateways(wanted: Sequence[Wanted], snapshot: Snapshot) -> None:
    networks = _networks(wanted, snapshot)
    for item in wanted:
        op = item.op
        if not isinstance(op, RouteOp) or op.onlink or not op.present:
            continue
        near = networks.get(op.netns, [])
        for gateway in op.gateways():
            link_local = gateway.version == 6 and gateway.is_link_local
            if not link_local and not any(_reaches(one, gateway) for one in near):
                known = ", ".join(str(one) for one in near) or "none"
                raise PlanError(
                    f"{_where(item)}{op}: the gateway {gateway} is on no network of "
                    f"{op.netns.label} (it is on: {known})",
                    "give an interface an address in the gateway's network, or say onlink",
                )


def _networks(wanted: Sequence[Wanted], snapshot: Snapshot) -> dict[Netns, list[Prefix]]:
    out: dict[Netns, list[Prefix]] = {}
    for state in snapshot.states():
        if state.exists and state.is_namespace:
            near = out.setdefault(state.netns, [])
            near += [addr.cidr.prefix for addr in state.addrs]
            near += [route.dst for route in state.routes if route.via is None and not route.hops]
    for item in wanted:
        if isinstance(item.op, AddrOp) and item.op.present:
            out.setdefault(item.op.netns, []).append(item.op.cidr.prefix)
        elif isinstance(item.op, RouteOp) and item.op.present and not item.op.gateways():
            out.setdefault(item.op.netns, []).append(item.op.dst)
    return out


def _reaches(prefix: Prefix, gateway: IpAddress) -> bool:
    return not prefix.is_default and prefix.contains(gateway)


def _check_overlaps(wanted: Sequence[Wanted]) -> None:
    """One namespace with two links in overlapping networks cannot tell where to send."""
    seen: dict[Netns, list[tuple[Cidr, Wanted]]] = {}
    for item in wanted:
        op = item.op
        if not isinstance(op, AddrOp) or not _has_network(op):
            continue
        for other, there in seen.get(op.netns, []):
            assert isinstance(there.op, AddrOp)
            if there.op.ifname != op.ifname and other.prefix.overlaps(op.cidr.prefix):
                raise PlanError(
                    f"{_where(item)}{op}: its network overlaps that of {there.op}",
                    "give each link of a namespace a network of its own",
                )
        seen.setdefault(op.netns, []).append((op.cidr, item))


def _has_network(op: AddrOp) -> bool:
    return op.present and op.prefix_route and op.cidr.prefixlen < op.cidr.address.bits


def _check_networks(fresh: Sequence[Wanted], ours: AbstractSet[Key], snapshot: Snapshot) -> None:
    """The same with addresses that are there and none of ours, nor on links of ours."""
    for item in fresh:
        op = item.op
        if not isinstance(op, AddrOp) or not _has_network(op) or not snapshot.exists(op.netns):
            continue
        for addr in snapshot[op.netns].addrs:
            link = snapshot[op.netns].link_by_index(addr.index)
            if link is None or not ours.isdisjoint(_names(op.netns, link.ifname, addr.cidr)):
                continue
            alone = addr.cidr.prefixlen == addr.cidr.address.bits
            link_local = addr.cidr.version == 6 and addr.cidr.address.is_link_local
            if alone or link_local or not addr.cidr.prefix.overlaps(op.cidr.prefix):
                continue
            raise Conflict(
                f"{_where(item)}{op}: its network overlaps that of {addr.cidr}, which "
                f"{link.ifname} {place(op.netns)} has already",
                "choose another network, or take that address away; nothing was changed",
            )


def _names(netns: Netns, ifname: str, cidr: Cidr) -> tuple[Key, Key]:
    """The keys of a link and of an address on it."""
    return (("link", netns, ifname), ("addr", netns, ifname, cidr))
