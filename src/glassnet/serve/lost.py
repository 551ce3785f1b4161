"""What bears an attachment's mark and is in no record: left by a death, or by a store that is lost.

The kernel's objects say whose they are (`glassnet.ops.owner`), so they can be found without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from glassnet.engine.engine import Engine
from glassnet.errors import GlassnetError
from glassnet.ops.link import DummyOp
from glassnet.ops.nft import ElementOp, table_of
from glassnet.ops.owner import PREFIX
from glassnet.ops.registry import AnyOp
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IfName

Wanted = Callable[[str, str], bool]
"""Whether the objects of a container's interface are to go."""

_LINKS: Final = {
    "bandwidth": ("ifb",),
    "bridge": ("veth",),
    "ptp": ("veth",),
    "glassnet": ("veth", "ifb"),
}
_ELEMENTS: Final = ("portmap", "glassnet")


def take_away(engine: Engine, type_: str, network: str, wanted: Wanted) -> list[GlassnetError]:
    """Remove what a type of plugin makes of a network's attachments that are ``wanted``.

    Those that the store knows are left to it. Returns the kernel's refusals.
    """
    kinds = _LINKS.get(type_, ())
    facets = {Facet(HOST, "links")} if kinds else set()
    facets |= {Facet(HOST, "nft")} if type_ in _ELEMENTS else set()
    if not facets:
        return []
    snapshot = engine.kernel.snapshot(facets)
    found = [*_links(snapshot, network, kinds), *_elements(snapshot, network, type_)]
    gone = [op for who, op in found if wanted(*who) and not _is_known(engine, network, *who)]
    requests = [request for op in gone for request in op.requests()]
    return [error for error in engine.kernel.perform(requests) if error is not None]


def _links(
    snapshot: Snapshot, network: str, kinds: tuple[str, ...]
) -> Iterator[tuple[tuple[str, str], AnyOp]]:
    for link in snapshot[HOST].links.values():
        who = owner(link.alias, network)
        if who is not None and link.kind in kinds:
            yield who, _end_of(link)


def _end_of(link: LinkState) -> AnyOp:
    """The end of a link of any kind is asked for by its name alone."""
    return DummyOp(ifname=IfName(link.ifname), present=False)


def _elements(
    snapshot: Snapshot, network: str, type_: str
) -> Iterator[tuple[tuple[str, str], AnyOp]]:
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
