"""What bears an attachment's mark and is in no record: left by a death, or by a store that is lost.

The kernel's objects say whose they are (`glassnet.ops.owner`), so they can be found without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from glassnet.engine.engine import Engine
from glassnet.errors import GlassnetError, NotFound
from glassnet.kernel import netns as namespaces
from glassnet.ops.link import DummyOp
from glassnet.ops.nft import ElementOp, table_of
from glassnet.ops.owner import PREFIX
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IfName, Netns

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

Wanted = Callable[[str, str], bool]
"""Whether the objects of a container's interface are to go."""

_LINKS: Final = {
    "bandwidth": ("ifb",),
    "bridge": ("veth",),
    "ptp": ("veth",),
    "glassnet": ("veth", "ifb"),
}
_WITHIN: Final = {
    "dummy": ("dummy",),
    "ipvlan": ("ipvlan",),
    "macvlan": ("macvlan",),
    "tap": ("tun",),
    "vlan": ("vlan",),
}
"""Of types whose links are in the container alone, or where somebody has moved them."""
_ELEMENTS: Final = ("portmap", "firewall", "glassnet")


def take_away(engine: Engine, type_: str, network: str, wanted: Wanted) -> list[GlassnetError]:
    """Remove what a type of plugin makes on the host of attachments that are ``wanted``.

    Those that the store knows are left to it. Returns the kernel's refusals.
    """
    facets = {Facet(HOST, "links")} if type_ in _LINKS else set()
    facets |= {Facet(HOST, "nft")} if type_ in _ELEMENTS else set()
    if not facets:
        return []
    snapshot = engine.kernel.snapshot(facets)
    found = [
        *_links(snapshot, HOST, network, _LINKS.get(type_, ())),
        *_elements(snapshot, network, type_),
    ]
    return _remove(engine, network, found, wanted)


def take_away_within(
    engine: Engine, type_: str, network: str, wanted: Wanted
) -> list[GlassnetError]:
    """The same of links in containers: in every namespace that has a name, and on the host.

    A device that host-device has moved bears its own name and not a network's: it stays.
    """
    kinds = _WITHIN.get(type_, ())
    if not kinds:
        return []
    places = [HOST, *(Netns(f"{namespaces.NETNS_DIR}/{name}") for name in namespaces.names())]
    problems: list[GlassnetError] = []
    for netns in places:
        snapshot = engine.kernel.snapshot([Facet(netns, "links")])
        if snapshot.exists(netns):
            found = _links(snapshot, netns, network, kinds)
            problems += _remove(engine, network, found, wanted)
    return [one for one in problems if not isinstance(one, NotFound)]


Found = tuple[tuple[str, str], "AnyOp"]
"""Whose something is, container and interface, and what takes it away."""


def _remove(
    engine: Engine, network: str, found: Iterable[Found], wanted: Wanted
) -> list[GlassnetError]:
    gone = [op for who, op in found if wanted(*who) and not _is_known(engine, network, *who)]
    requests = [request for op in gone for request in op.requests()]
    return [error for error in engine.kernel.perform(requests) if error is not None]


def _links(
    snapshot: Snapshot, netns: Netns, network: str, kinds: tuple[str, ...]
) -> Iterator[Found]:
    for link in snapshot[netns].links.values():
        who = owner(link.alias, network)
        if who is not None and link.kind in kinds:
            # The end of a link of any kind is asked for by its name alone.
            yield who, DummyOp(netns=netns, ifname=IfName(link.ifname), present=False)


def _elements(snapshot: Snapshot, network: str, type_: str) -> Iterator[Found]:
    table = table_of(HOST, snapshot) if type_ in _ELEMENTS else None
    for name, elements in table.elements.items() if table is not None else ():
        for one in elements:
            who = owner(one.comment, network)
            if who is not None:
                gone = ElementOp(
                    set=name, parts=one.key, value=one.value, comment=one.comment, present=False
                )
                yield who, gone


def owner(mark: str, network: str) -> tuple[str, str] | None:
    """Container and interface that a mark names, or None if it names none of this network's."""
    begin = f"{PREFIX}{network}/"
    container, slash, ifname = mark.removeprefix(begin).partition("/")
    if not mark.startswith(begin) or not slash or not container or not ifname or "/" in ifname:
        return None
    return (container, ifname)


def _is_known(engine: Engine, network: str, container: str, ifname: str) -> bool:
    """Whether an attachment has it, made by a container runtime or by hand."""
    by_runtime = engine.attachments.names(f"cni:{network}/{container}/{ifname}/")
    by_hand = engine.attachments.netns(f"{network}/{container}/{ifname}")
    return bool(by_runtime) or by_hand is not None
