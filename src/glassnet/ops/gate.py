"""What lets a network's containers through the host: whom, and by which of the host's chains."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from glassnet.errors import InvalidValue
from glassnet.nft import gate, names
from glassnet.nft.element import Element, element
from glassnet.ops import require, shell
from glassnet.ops.base import Difference, Key, ObjectOp, place
from glassnet.ops.nft import ElementsOp
from glassnet.ops.request import GateRequest, NftRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IpAddress

if TYPE_CHECKING:
    from glassnet.nft.listing import Table


class AdmitOp(ElementsOp, frozen=True, kw_only=True, tag="admit"):
    """``address`` may begin what it likes; what comes to it is answers, and by published ports.

    It says so to the host's own chains, which have the last word: see `GateOp`. ``admin`` is the
    chain of iptables' in which the host has its say of it.
    """

    address: IpAddress
    admin: str = ""

    def label(self) -> str:
        """``admission of 10.0.0.2 on the host``."""
        return f"admission of {self.address} {place(self.netns)}"

    def elements(self) -> tuple[Element, ...]:
        """The address in the set of the admitted."""
        name = names.admitted(self.address.version)
        return (element(name, (str(self.address),), (), self.comment),)


class GateOp(ObjectOp, frozen=True, kw_only=True, tag="gate"):
    """A forward chain of somebody else's lets through what is admitted.

    ``admins`` are chains of that table in which the host has its say first; they are made where
    they are not there, and stay. ``ahead_of`` is the handle of the rule ahead of which the way to
    ours stands; 0: at the end, or at the head of iptables' chain. A chain that is gone needs none.
    """

    noun: ClassVar[str] = "nft"

    family: str
    table: str
    chain: str
    admins: tuple[str, ...] = ()
    ahead_of: int = 0

    def __post_init__(self) -> None:
        for name in (self.table, self.chain, *self.admins):
            if not is_name(name):
                raise InvalidValue(f"{name!r} is no name of nft's", "letters, digits, '-' and '_'")

    def label(self) -> str:
        """``gate in chain ip filter FORWARD on the host``."""
        where = f"{self.family} {self.table} {self.chain}"
        return f"gate in chain {where} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``nft insert rule ip filter FORWARD … jump GLASSNET-FORWARD``, and that chain."""
        if self.present:
            return tuple(shell.nft(self.netns, line) for line in self._opening())
        where = f"{self.family} {self.table}"
        find = f"s/.*jump {gate.CHAIN}.* # handle /delete rule {where} {self.chain} handle /p"
        script = f"nft -a list chain {where} {self.chain} | sed -n '{find}' | nft -f -"
        lines = (f"flush chain {where} {gate.CHAIN}", f"delete chain {where} {gate.CHAIN}")
        return (
            shell.inside(self.netns, "sh", "-c", script),
            *(shell.nft(self.netns, line) for line in lines),
        )

    def requests(self) -> tuple[Request, ...]:
        """The same text as one transaction; to take it away, handles are asked for first."""
        if self.present:
            return (NftRequest(self.netns, "\n".join(self._opening())),)
        return (GateRequest(self.netns, self.family, self.table, self.chain),)

    def _opening(self) -> tuple[str, ...]:
        return gate.opening(self.family, self.table, self.chain, self.admins, self.ahead_of)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether the way there and our chain are as we make them; by a glance, that chain."""
        if not snapshot.exists(self.netns):
            return self.missing() if self.present else ()
        if snapshot[self.netns].nft is None:
            return self._at_a_glance(snapshot)
        table = self._table(snapshot)
        if table is None:
            return ()
        there = bool(gate.jumps(table, self.chain)) or _has(table, gate.CHAIN)
        if not self.present:
            return self.unwanted() if there else ()
        if not there:
            return self.missing()
        if gate.is_whole(table, self.chain, self.admins):
            return ()
        return (Difference(self.label(), "its own rules", "others"),)

    def _at_a_glance(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        found = snapshot[self.netns].chains.get(self._ours())
        if not self.present:
            return self.unwanted() if found is not None else ()
        return () if found == gate.uses(self.admins) else self.missing()

    def _table(self, snapshot: Snapshot) -> Table | None:
        """The other table, if it has the chain."""
        ruleset = snapshot[self.netns].nft
        table = ruleset.table(self.family, self.table) if ruleset is not None else None
        return table if table is not None and _has(table, self.chain) else None

    def _ours(self) -> str:
        return f"{self.family} {self.table} {gate.CHAIN}"

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """What there is of it away, and it made anew, in one transaction."""
        table = self._table(snapshot)
        if table is None:
            return ()
        lines = gate.closing(table, self.chain)
        lines += self._opening() if self.present else ()
        return (NftRequest(self.netns, "\n".join(lines)),) if lines else ()

    def requires(self) -> tuple[str, ...]:
        """Also somebody who speaks nft."""
        return (*ObjectOp.requires(self), require.NFT)

    def key(self) -> Key:
        """``("gate", netns, family, table, chain)``."""
        return ("gate", self.netns, self.family, self.table, self.chain)

    def after(self) -> tuple[Key, ...]:
        """The base ruleset, which marks what is admitted."""
        return (("nft", self.netns),)

    def reads(self) -> tuple[Facet, ...]:
        """The ruleset of its namespace."""
        return (Facet(self.netns, "nft"),)

    def lookups(self) -> tuple[Facet, ...]:
        """Our chain in the other table."""
        return (Facet(self.netns, "chain", self._ours()),)


def is_name(text: str) -> bool:
    """Whether nft takes it for the name of a table or a chain, and iptables too."""
    plain = text.replace("-", "").replace("_", "")
    return 0 < len(text) < 29 and plain.isascii() and plain.isalnum() and text[0].isalpha()


def _has(table: Table, chain: str) -> bool:
    return any(one.name == chain for one in table.chains)
