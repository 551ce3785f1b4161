"""The gate in the forward chain of iptables as it was before nftables: it has tables of its own."""

from __future__ import annotations

from typing import ClassVar

from glassnet.errors import InvalidValue
from glassnet.nft import gate
from glassnet.ops import shell
from glassnet.ops.base import Difference, Key, ObjectOp, place
from glassnet.ops.gate import is_name
from glassnet.ops.request import ProgramRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.snapshot import Facet, Snapshot

_MARK = f"{gate.MARK}/{gate.MASK}"


class LegacyGateOp(ObjectOp, frozen=True, kw_only=True, tag="legacy-gate"):
    """iptables-legacy's forward chain, or ip6tables', lets through what is admitted.

    As `glassnet.ops.gate.GateOp`; but nothing but its program can change those tables rule by rule.
    It is run when the first container comes and when the last has gone. Where there is no such
    table any more there is nothing to be let through.
    """

    noun: ClassVar[str] = "iptables"

    version: int
    admins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.version not in {4, 6}:
            raise InvalidValue(f"IP version {self.version}", "4 or 6")
        for name in self.admins:
            if not is_name(name):
                raise InvalidValue(f"{name!r} is no name of a chain", "letters, digits, '-', '_'")

    @property
    def program(self) -> str:
        """What edits that table."""
        return "iptables-legacy" if self.version == 4 else "ip6tables-legacy"

    def label(self) -> str:
        """``gate in iptables-legacy's chain FORWARD on the host``."""
        return f"gate in {self.program}'s chain FORWARD {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``iptables-legacy -w -I FORWARD … -j GLASSNET-FORWARD``, and that chain."""
        return tuple(
            shell.inside(self.netns, *words)._replace(may_fail=may_fail)
            for words, may_fail in self._lines()
        )

    def _lines(self) -> tuple[tuple[tuple[str, ...], bool], ...]:
        run = (self.program, "-w")
        jump = ("FORWARD", *_comment(gate.JUMP), "-j", gate.CHAIN)
        if not self.present:
            return (
                ((*run, "-D", *jump), True),
                ((*run, "-F", gate.CHAIN), True),
                ((*run, "-X", gate.CHAIN), True),
            )
        return (
            *(((*run, "-N", admin), True) for admin in self.admins),
            ((*run, "-N", gate.CHAIN), False),
            *(((*run, "-A", *rule), False) for rule in self._rules()),
            ((*run, "-I", *jump), False),
        )

    def _rules(self) -> tuple[tuple[str, ...], ...]:
        """Those of our chain."""
        accept = ("-m", "mark", "--mark", _MARK, *_comment(gate.ACCEPT), "-j", "ACCEPT")
        return (
            *((gate.CHAIN, *_comment(gate.ADMIN), "-j", admin) for admin in self.admins),
            (gate.CHAIN, *accept),
        )

    def requests(self) -> tuple[Request, ...]:
        """The same commands, one after the other."""
        return tuple(
            ProgramRequest(self.netns, words, may_fail) for words, may_fail in self._lines()
        )

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether the table has our chain, and the way there, as we make them."""
        found = snapshot[self.netns].legacy.get(self.version) if self._exists(snapshot) else None
        if found is None:
            return ()
        ours = [line for line in found if gate.CHAIN in line and line.startswith("-A ")]
        there = bool(ours) or f"-N {gate.CHAIN}" in found
        if not self.present:
            return self.unwanted() if there else ()
        if not there:
            return self.missing()
        ends = [f"-j {name}" for name in (gate.CHAIN, *self.admins, "ACCEPT")]
        same = len(ours) == len(ends) and all(map(str.endswith, ours, ends))
        return () if same else (Difference(self.label(), "its own rules", "others"),)

    def _exists(self, snapshot: Snapshot) -> bool:
        return snapshot.exists(self.netns)

    def key(self) -> Key:
        """``("legacy-gate", netns, version)``."""
        return ("legacy-gate", self.netns, str(self.version))

    def after(self) -> tuple[Key, ...]:
        """The base ruleset, which marks what is admitted."""
        return (("nft", self.netns),)

    def reads(self) -> tuple[Facet, ...]:
        """The rules of that table."""
        return (Facet(self.netns, "legacy", str(self.version)),)


def _comment(text: str) -> tuple[str, ...]:
    return ("-m", "comment", "--comment", text)
