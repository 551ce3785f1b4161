"""Masquerade: what leaves a network leaves with the host's address."""

from __future__ import annotations

from glassnet.nft.element import Element, element
from glassnet.nft.names import LOCAL4, LOCAL6, MASQUERADE4, MASQUERADE6
from glassnet.ops.base import place
from glassnet.ops.nft import ElementsOp, table_of
from glassnet.state.snapshot import Snapshot
from glassnet.values import Prefix


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
        table = table_of(self.netns, snapshot)
        if table is not None and self.present:
            [element] = self.elements()
            for found in table.elements.get(element.set, ()):
                if found.key != element.key and self.prefix.overlaps(_prefix(found.key[0])):
                    return f"{self.prefix} overlaps {found.key[0]} ({found.comment})"
        return ElementsOp.obstacle(self, snapshot)


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


def _prefix(text: str) -> Prefix:
    if "/" in text:
        return Prefix(text)
    return Prefix(f"{text}/{128 if ':' in text else 32}")
