"""Guards of a bridge's ports: frames that do not bear the port's own MAC are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from glassnet.nft import guard
from glassnet.nft.element import element
from glassnet.nft.names import WALLED
from glassnet.ops import require, shell
from glassnet.ops.base import Difference, Key, ObjectOp, place
from glassnet.ops.request import NftRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName, Mac, Netns

if TYPE_CHECKING:
    from glassnet.nft.listing import Table


def _table(netns: Netns, snapshot: Snapshot) -> Table | None:
    if not snapshot.exists(netns):
        return None
    ruleset = snapshot[netns].nft
    return ruleset.table(guard.FAMILY, guard.TABLE) if ruleset is not None else None


class GuardBaseOp(ObjectOp, frozen=True, kw_only=True, tag="guard-base"):
    """The table ``bridge glassnet``: its two rules, and empty sets."""

    noun: ClassVar[str] = "nft"

    def label(self) -> str:
        """``nft table bridge glassnet on the host``."""
        return f"nft table {guard.FAMILY} {guard.TABLE} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``nft -f -`` with the table as its input, or ``nft delete table bridge glassnet``."""
        return (shell.nft(self.netns, guard.BASE if self.present else guard.REMOVE),)

    def requests(self) -> tuple[Request, ...]:
        """The same text as one transaction."""
        return (NftRequest(self.netns, guard.BASE if self.present else guard.REMOVE),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether it has our sets, and our rules by their comments."""
        found = _table(self.netns, snapshot)
        if found is None:
            return self.missing() if self.present else ()
        if not self.present:
            return self.unwanted()
        sets = tuple((one.name, one.key) for one in found.sets)
        rules = tuple((rule.chain, rule.comment) for rule in found.rules)
        if (tuple(sorted(sets)), rules) == (tuple(sorted(guard.STATIC[0])), guard.STATIC[1]):
            return ()
        return (Difference(self.label(), "its own rules and sets", "others"),)

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """In one transaction the table anew, with the elements that are in it now."""
        found = _table(self.netns, snapshot)
        if found is None or not self.present:
            return self.requests()
        kept = [
            line
            for one in found.elements.get(guard.ALLOWED, ())
            if len(one.key) == 2
            for line in guard.add(*one.key, one.comment)
        ]
        return (NftRequest(self.netns, "\n".join([guard.REMOVE, guard.BASE, *kept])),)

    def requires(self) -> tuple[str, ...]:
        """Also somebody who speaks nft."""
        return (*ObjectOp.requires(self), require.NFT)

    def key(self) -> Key:
        """``("guard", netns)``."""
        return ("guard", self.netns)

    def reads(self) -> tuple[Facet, ...]:
        """The ruleset of its namespace."""
        return (Facet(self.netns, "nft"),)


class GuardOp(ObjectOp, frozen=True, kw_only=True, tag="guard"):
    """What comes in by the port ``ifname`` and does not bear ``mac`` is dropped.

    ``comment`` is the mark. Raises `InvalidValue` for a name or mark that nft could misread.
    """

    noun: ClassVar[str] = "nft"

    ifname: IfName
    mac: Mac
    comment: str = ""

    def __post_init__(self) -> None:
        element(WALLED, (self.ifname,), (), self.comment)
        self.mac.check_unicast()

    def label(self) -> str:
        """``guard of veth1, for 02:00:00:00:00:01, on the host``."""
        return f"guard of {self.ifname}, for {self.mac}, {place(self.netns)}"

    def _lines(self) -> tuple[str, ...]:
        if self.present:
            return guard.add(self.ifname, self.mac, self.comment)
        return guard.delete(self.ifname, self.mac)

    def commands(self) -> tuple[Command, ...]:
        """``nft add element bridge glassnet allowed { … }``, and the same for guarded."""
        return tuple(shell.nft(self.netns, line) for line in self._lines())

    def requests(self) -> tuple[Request, ...]:
        """Both in one transaction: at no time is the port's own MAC refused."""
        return (NftRequest(self.netns, "\n".join(self._lines())),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether the port is guarded, and for this MAC."""
        found = self._found(snapshot)
        if self.present and not found:
            return self.missing()
        if not self.present:
            return self.unwanted() if any(found.values()) else ()
        return tuple(
            Difference(self.label(), f"element {' . '.join(key)} of {name}")
            for (name, *key), there in found.items()
            if not there
        )

    def _found(self, snapshot: Snapshot) -> dict[tuple[str, ...], bool]:
        """Of each element whether it is there; empty where there is no table."""
        table = _table(self.netns, snapshot)
        if table is None:
            return {}
        wanted = ((guard.ALLOWED, self.ifname, str(self.mac)), (guard.GUARDED, self.ifname))
        return {
            (name, *key): any(one.key == tuple(key) for one in table.elements.get(name, ()))
            for name, *key in wanted
        }

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """Only what is missing, or is to go."""
        there = self._found(snapshot)
        if not there:
            return self.requests()
        lines = [
            line for line in self._lines() if there[self._element_of(line)] is not self.present
        ]
        return (NftRequest(self.netns, "\n".join(lines)),) if lines else ()

    def _element_of(self, line: str) -> tuple[str, ...]:
        if f" {guard.GUARDED} " in line:
            return (guard.GUARDED, self.ifname)
        return (guard.ALLOWED, self.ifname, str(self.mac))

    def requires(self) -> tuple[str, ...]:
        """Also somebody who speaks nft."""
        return (*ObjectOp.requires(self), require.NFT)

    def key(self) -> Key:
        """``("guard", netns, ifname, mac)``."""
        return ("guard", self.netns, self.ifname, self.mac)

    def needs(self) -> tuple[Key, ...]:
        """The table."""
        return (("netns", self.netns), ("guard", self.netns))

    def within(self) -> tuple[Key, ...]:
        """The table and the namespace; an element outlives the port."""
        return (("netns", self.netns), ("guard", self.netns))

    def reads(self) -> tuple[Facet, ...]:
        """The ruleset of its namespace."""
        return (Facet(self.netns, "nft"),)
