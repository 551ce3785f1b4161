"""A routing rule: which table is looked up for which packets."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from glassnet.errors import InvalidValue
from glassnet.netlink.message import CREATE, EXCL, Message
from glassnet.netlink.route.rule import DELRULE, NEWRULE
from glassnet.ops import shell
from glassnet.ops.addr import family
from glassnet.ops.base import Difference, Key, ObjectOp, place
from glassnet.ops.owner import PROTOCOL
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.rule import RuleState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName, Prefix

FR_ACT_TO_TBL = 1
FULL_MASK = 0xFFFFFFFF


class RuleOp(ObjectOp, frozen=True, kw_only=True, tag="rule"):
    """Look up ``table`` for packets that match; of family ``version`` 4 or 6.

    ``priority`` is 1 to 32765 (lower first; the kernel's own are 0, 32766, 32767); ``mark`` and
    ``mask`` match the packet's firewall mark, if either is given. A prefix of length 0 is as none.
    """

    noun: ClassVar[str] = "rule"

    version: int
    priority: int
    table: int
    source: Prefix | None = None
    destination: Prefix | None = None
    iif: IfName | None = None
    oif: IfName | None = None
    mark: int = 0
    mask: int = FULL_MASK

    def __post_init__(self) -> None:
        if self.version not in {4, 6}:
            raise InvalidValue(f"rule of IP version {self.version}", "4 or 6")
        if not 1 <= self.priority <= 32765:
            raise InvalidValue(f"rule priority {self.priority}", "1 to 32765")
        if not 1 <= self.table < 2**32:
            raise InvalidValue(f"rule for table {self.table}", "1 to 4294967295")
        for prefix in (self.source, self.destination):
            if prefix is not None and prefix.version != self.version:
                raise InvalidValue(f"IPv{self.version} rule for {prefix}", "one address family")
        if not 0 <= self.mark <= FULL_MASK or not 1 <= self.mask <= FULL_MASK:
            raise InvalidValue(
                f"rule for mark {self.mark}, mask {self.mask}", "up to 4294967295, a mask from 1"
            )
        if self.source is not None and self.source.is_default:
            msgspec.structs.force_setattr(self, "source", None)
        if self.destination is not None and self.destination.is_default:
            msgspec.structs.force_setattr(self, "destination", None)

    def label(self) -> str:
        """``rule 100: from 10.0.0.0/24 lookup 100 in ns1``."""
        return f"rule {self.priority}: {' '.join(self._match())} {place(self.netns)}"

    @property
    def _marked(self) -> bool:
        return self.mark != 0 or self.mask != FULL_MASK

    def _match(self) -> list[str]:
        words = ["from", str(self.source) if self.source is not None else "all"]
        words += ["to", str(self.destination)] if self.destination is not None else []
        words += ["iif", str(self.iif)] if self.iif is not None else []
        words += ["oif", str(self.oif)] if self.oif is not None else []
        if self._marked:
            mask = "" if self.mask == FULL_MASK else f"/{self.mask:#x}"
            words += ["fwmark", f"{self.mark:#x}{mask}"]
        return [*words, "lookup", str(self.table)]

    def commands(self) -> tuple[Command, ...]:
        """``ip [-6] rule add priority N from … lookup TABLE protocol 103``."""
        words = ["-6"] if self.version == 6 else []
        words += ["rule", "add" if self.present else "del", "priority", str(self.priority)]
        match = self._match() if self.source is not None else self._match()[2:]
        return (shell.ip(self.netns, *words, *match, "protocol", str(PROTOCOL)),)

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWRULE or RTM_DELRULE."""
        small = self.table <= 255
        header: dict[str, Any] = {
            "family": family(self.version),
            "table": self.table if small else 0,
            "action": FR_ACT_TO_TBL if self.present else 0,
        }
        attrs: dict[str, Any] = {"priority": self.priority}
        for name, prefix in (("src", self.source), ("dst", self.destination)):
            if prefix is not None:
                attrs[name] = prefix.address
                header[f"{name}_len"] = prefix.prefixlen
        if self.iif is not None:
            attrs["iifname"] = self.iif
        if self.oif is not None:
            attrs["oifname"] = self.oif
        if self._marked:
            attrs["fwmark"] = self.mark
            if self.mask != FULL_MASK:
                attrs["fwmask"] = self.mask
        if not small:
            attrs["table"] = self.table
        attrs["protocol"] = PROTOCOL
        kind, flags = (NEWRULE, CREATE | EXCL) if self.present else (DELRULE, 0)
        return (NetlinkRequest(self.netns, Message(kind, flags, header, attrs)),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether there is a rule that matches the same and looks up the same table."""
        there = snapshot.exists(self.netns) and any(
            self._same(rule) for rule in snapshot[self.netns].rules
        )
        if there == self.present:
            return ()
        return self.missing() if self.present else self.unwanted()

    def _same(self, rule: RuleState) -> bool:
        return (
            rule.version == self.version
            and rule.priority == self.priority
            and rule.table == self.table
            and rule.action == FR_ACT_TO_TBL
            and rule.source == self.source
            and rule.destination == self.destination
            and rule.iif == (self.iif or "")
            and rule.oif == (self.oif or "")
            and (rule.mark, rule.mask) == (self.mark, self.mask)
        )

    def key(self) -> Key:
        """``("rule", netns, version, priority, match…)``."""
        return ("rule", self.netns, str(self.version), str(self.priority), *self._match())

    def reads(self) -> tuple[Facet, ...]:
        """The rules of its namespace."""
        return (Facet(self.netns, "rules"),)
