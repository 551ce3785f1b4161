"""Masquerade: what leaves a network leaves with the host's address."""

from __future__ import annotations

from glassnet.nft.element import Element, element
from glassnet.nft.names import LOCAL4, LOCAL6, MASQUERADE4, MASQUERADE6
from glassnet.ops.base import place
from glassnet.ops.nft import ElementsOp, table_of
from glassnet.state.snapshot import Snapshot
from glassnet.values import IpAddress, Prefix


class MasqueradeOp(ElementsOp, frozen=True, kw_only=True, tag="masquerade"):
    """Packets from ``prefix`` to elsewhere get the address of the interface they leave by."""

    prefix: Prefix

    def label(self) -> str:
        """``masquerade of 10.0.0.0/24 on the host``."""
        return f"masquerade of {self.prefix} {place(self.netns)}"

    def elements(self) -> tuple[Element, ...]:
        """The prefix in the set of masqueraded sources."""
        name = MASQUERADE4 if self.prefix.version == 4 else MASQUERADE6
        return (element(name, (str(self.prefix),), (), self.comment),)

    def obstacle(self, snapshot: Snapshot) -> str:
        """Also a network of somebody else's that overlaps: intervals of a set may not."""
        return overlap(self, self.prefix, snapshot) or ElementsOp.obstacle(self, snapshot)


class LocalNetOp(ElementsOp, frozen=True, kw_only=True, tag="local-net"):
    """``prefix`` is one network: traffic within it keeps its addresses.

    The exception is hairpin: who reaches a neighbour by a published port of the host is
    masqueraded, so that the answer comes back the same way.
    """

    prefix: Prefix

    def label(self) -> str:
        """``network 10.0.0.0/24 on the host``."""
        return f"network {self.prefix} {place(self.netns)}"

    def elements(self) -> tuple[Element, ...]:
        """The pair of the prefix with itself."""
        name = LOCAL4 if self.prefix.version == 4 else LOCAL6
        return (element(name, (str(self.prefix), str(self.prefix)), (), self.comment),)

    def obstacle(self, snapshot: Snapshot) -> str:
        """Also a network of somebody else's that overlaps: intervals of a set may not."""
        return overlap(self, self.prefix, snapshot) or ElementsOp.obstacle(self, snapshot)


def overlap(op: ElementsOp, prefix: Prefix, snapshot: Snapshot) -> str:
    """What in the op's set overlaps ``prefix`` and is not just it, as a sentence; else empty."""
    table = table_of(op.netns, snapshot)
    if table is None or not op.present:
        return ""
    first, last = _bounds(prefix)
    [wanted] = op.elements()
    for found in table.elements.get(wanted.set, ()):
        bounds = [_bounds(part) for part in found.key]
        if found.key != wanted.key and all(low <= last and first <= high for low, high in bounds):
            return f"{prefix} overlaps {found.key[0]} ({found.comment or 'with no mark'})"
    return ""


def _bounds(part: str) -> tuple[int, int]:
    """The first and last address of a part of a key: an address, a prefix or a range."""
    low, _, high = part.partition("-")
    if high:
        return (IpAddress(low).number, IpAddress(high).number)
    prefix = Prefix(part) if "/" in part else Prefix.single(IpAddress(part))
    first = prefix.address.number
    return (first, first | ((1 << prefix.host_bits) - 1))
