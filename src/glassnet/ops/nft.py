"""The base ruleset of a host, made once; and elements of its sets and maps, one an attachment."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from glassnet.nft import base, names
from glassnet.nft.element import Element, element
from glassnet.nft.element import add as add_text
from glassnet.nft.element import delete as delete_text
from glassnet.ops import require, shell
from glassnet.ops.base import Difference, Key, ObjectOp, place
from glassnet.ops.request import NftRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import Netns

if TYPE_CHECKING:
    from glassnet.nft.listing import Table


def table_of(netns: Netns, snapshot: Snapshot) -> Table | None:
    """The table ``inet glassnet`` as found in that namespace, or None."""
    if not snapshot.exists(netns):
        return None
    ruleset = snapshot[netns].nft
    return ruleset.table(names.FAMILY, names.TABLE) if ruleset is not None else None


class NftBaseOp(ObjectOp, frozen=True, kw_only=True, tag="nft-base"):
    """The table ``inet glassnet``: every rule there will ever be in it, and empty sets and maps."""

    noun: ClassVar[str] = "nft"

    def label(self) -> str:
        """``nft table inet glassnet on the host``."""
        return f"nft table {names.FAMILY} {names.TABLE} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``nft -f -`` with the table as its input, or ``nft delete table inet glassnet``."""
        return (shell.nft(self.netns, base.BASE if self.present else base.REMOVE),)

    def requests(self) -> tuple[Request, ...]:
        """The same text as one transaction."""
        return (NftRequest(self.netns, base.BASE if self.present else base.REMOVE),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether its chains, rules, sets and maps are those this kernel makes of our text."""
        found = table_of(self.netns, snapshot)
        if found is None:
            return self.missing() if self.present else ()
        if not self.present:
            return self.unwanted()
        if snapshot.reference is None or found.static() == snapshot.reference.static():
            return ()
        return (Difference(self.label(), "its own rules, sets and maps", "others"),)

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """In one transaction the table anew, with every element that is in it now."""
        found = table_of(self.netns, snapshot)
        if found is None or not self.present:
            return self.requests()
        known = snapshot.reference.elements if snapshot.reference is not None else {}
        kept = [
            add_text(element)
            for name, elements in found.elements.items()
            if name in known
            for element in elements
        ]
        return (NftRequest(self.netns, "\n".join([base.REMOVE, base.BASE, *kept])),)

    def obstacle(self, snapshot: Snapshot) -> str:
        """A table of that name that has nothing of ours in it."""
        found, known = table_of(self.netns, snapshot), snapshot.reference
        if found is None or known is None:
            return ""
        theirs = [*(one.name for one in found.chains), *(one.name for one in found.sets)]
        ours = {*(one.name for one in known.chains), *(one.name for one in known.sets)}
        if not theirs or ours & set(theirs):
            return ""
        return f"a table {names.FAMILY} {names.TABLE} is there already, with nothing of glassnet's"

    def requires(self) -> tuple[str, ...]:
        """Also somebody who speaks nft."""
        return (*ObjectOp.requires(self), require.NFT)

    def key(self) -> Key:
        """``("nft", netns)``."""
        return ("nft", self.netns)

    def reads(self) -> tuple[Facet, ...]:
        """The ruleset of its namespace."""
        return (Facet(self.netns, "nft"),)


class ElementsOp(ObjectOp, frozen=True, kw_only=True):
    """What is said by elements of the base ruleset's sets and maps; ``comment`` is the mark."""

    noun: ClassVar[str] = "nft"

    comment: str = ""

    def elements(self) -> tuple[Element, ...]:
        """The elements."""
        raise NotImplementedError

    def commands(self) -> tuple[Command, ...]:
        """``nft add element inet glassnet SET { … }`` for each."""
        verb = add_text if self.present else delete_text
        return tuple(shell.nft(self.netns, verb(one)) for one in self.elements())

    def requests(self) -> tuple[Request, ...]:
        """All of them in one transaction."""
        verb = add_text if self.present else delete_text
        return (NftRequest(self.netns, "\n".join(verb(one) for one in self.elements())),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether each is there, and leads where it should."""
        table = table_of(self.netns, snapshot)
        if table is None:
            return self.missing() if self.present else ()
        out: list[Difference] = []
        for one in self.elements():
            found = _same_key(table, one)
            if found is None and self.present:
                out.append(Difference(self.label(), f"element {shown(one)}"))
            elif found is not None and not self.present:
                out.append(Difference(self.label(), "not to be there", shown(found)))
            elif found is not None and found.value != one.value:
                out.append(Difference(self.label(), shown(one), shown(found)))
        return tuple(out)

    def obstacle(self, snapshot: Snapshot) -> str:
        """An element of that key that is somebody else's."""
        table = table_of(self.netns, snapshot)
        if table is None:
            return ""
        for one in self.elements():
            found = _same_key(table, one)
            if found is None or found.comment == one.comment:
                continue
            if not self.present or found.value != one.value:
                owner = found.comment or "nobody's mark"
                return f"set {one.set} has {shown(found)} already, with {owner}"
        return ""

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """Only what is missing or leads elsewhere, in one transaction."""
        table = table_of(self.netns, snapshot)
        if table is None:
            return self.requests()
        lines: list[str] = []
        for one in self.elements():
            found = _same_key(table, one)
            if found is not None and (not self.present or found.value != one.value):
                lines.append(delete_text(one))
            if self.present and (found is None or found.value != one.value):
                lines.append(add_text(one))
        return (NftRequest(self.netns, "\n".join(lines)),) if lines else ()

    def requires(self) -> tuple[str, ...]:
        """Also somebody who speaks nft."""
        return (*ObjectOp.requires(self), require.NFT)

    def key(self) -> Key:
        """``("element", netns, set, key…)`` of the first."""
        first = self.elements()[0]
        return ("element", self.netns, first.set, *first.key)

    def needs(self) -> tuple[Key, ...]:
        """The base ruleset."""
        return (("netns", self.netns), ("nft", self.netns))

    def within(self) -> tuple[Key, ...]:
        """The base ruleset and the namespace."""
        return (("netns", self.netns), ("nft", self.netns))

    def reads(self) -> tuple[Facet, ...]:
        """The ruleset of its namespace."""
        return (Facet(self.netns, "nft"),)


class ElementOp(ElementsOp, frozen=True, kw_only=True, tag="element"):
    """Any one element, as nft text: ``set``, the parts of its key, the parts of its value."""

    set: str
    parts: tuple[str, ...]
    value: tuple[str, ...] = ()

    def elements(self) -> tuple[Element, ...]:
        """The one."""
        return (element(self.set, self.parts, self.value, self.comment),)

    def label(self) -> str:
        """``element 10.0.0.0/24 of masquerade4 on the host``."""
        [one] = self.elements()
        return f"element {shown(one)} of {self.set} {place(self.netns)}"


def _same_key(table: Table, wanted: Element) -> Element | None:
    for found in table.elements.get(wanted.set, ()):
        if found.key == wanted.key:
            return found
    return None


def shown(one: Element) -> str:
    """``tcp . 8080 : 10.0.0.2 . 80``."""
    key = " . ".join(one.key)
    return f"{key} : {' . '.join(one.value)}" if one.value else key
