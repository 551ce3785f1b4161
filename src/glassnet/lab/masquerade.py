"""Masquerade: which networks leave a namespace with its own address, and which are one network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from glassnet.lab.model import Lab, Space
from glassnet.ops.masquerade import LocalNetOp, MasqueradeOp
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.owner import mark
from glassnet.plan.model import Wanted
from glassnet.values import Prefix

Networks = list[tuple[Prefix, str]]
"""Each with where it was written."""


def translation(lab: Lab, space: Space) -> Iterator[Wanted]:
    """The table of a namespace that masquerades or publishes, and the networks in it."""
    bridges = [bridge for bridge in lab.bridges if bridge.netns == space.netns]
    masked = _widest(
        [
            *((network, space.origin) for network in space.masquerade),
            *((n, b.origin) for b in bridges if b.masquerade for n in b.networks),
        ]
    )
    if not masked and not space.publish:
        return
    local = _widest([*((n, b.origin) for b in bridges for n in b.networks), *masked])
    yield Wanted(NftBaseOp(netns=space.netns), space.origin)
    comment = mark(lab.name)
    for network, origin in local:
        yield Wanted(LocalNetOp(netns=space.netns, prefix=network, comment=comment), origin)
    for network, origin in masked:
        yield Wanted(MasqueradeOp(netns=space.netns, prefix=network, comment=comment), origin)


def _widest(networks: Networks) -> Networks:
    """Those that lie in no other, each once: the intervals of a set may not overlap."""
    out: Networks = []
    for network, origin in networks:
        if not _within(network, (one for one, _ in out)):
            out = [item for item in out if not network.contains(item[0])]
            out.append((network, origin))
    return out


def _within(network: Prefix, others: Iterable[Prefix]) -> bool:
    return any(other.contains(network) for other in others)
