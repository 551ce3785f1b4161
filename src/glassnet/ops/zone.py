"""An address as a source of a zone of firewalld's, by which it may pass the host's firewall."""

from __future__ import annotations

from typing import ClassVar

from glassnet.errors import InvalidValue
from glassnet.ops.base import Difference, Key, ObjectOp
from glassnet.ops.request import Request, ZoneRequest
from glassnet.ops.shell import Command
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import Prefix


class ZoneSourceOp(ObjectOp, frozen=True, kw_only=True, tag="zone-source"):
    """What comes from ``source`` is treated as ``zone`` says, until firewalld is reloaded.

    Without firewalld there is none to be taken away, nor one to be missed.
    """

    noun: ClassVar[str] = "zone"

    zone: str
    source: Prefix

    def __post_init__(self) -> None:
        plain = self.zone.replace("-", "").replace("_", "").replace("/", "")
        if not (plain.isascii() and plain.isalnum()):
            raise InvalidValue(f"{self.zone!r} is no zone", "letters, digits, '-' and '_'")

    def label(self) -> str:
        """``source 10.0.0.2/32 of firewalld's zone trusted``."""
        return f"source {self.source} of firewalld's zone {self.zone}"

    def commands(self) -> tuple[Command, ...]:
        """``firewall-cmd --zone=trusted --add-source=10.0.0.2/32``."""
        verb = "add" if self.present else "remove"
        words = (f"--zone={self.zone}", f"--{verb}-source={self.source}")
        return (Command(("firewall-cmd", "--quiet", *words)),)

    def requests(self) -> tuple[Request, ...]:
        """One call of the zone's addSource or removeSource."""
        return (ZoneRequest(self.netns, self.zone, str(self.source), self.present),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether firewalld says so."""
        zones = snapshot[self.netns].zones if snapshot.exists(self.netns) else None
        if zones is None:
            return ()
        there = zones.get(self._asked(), False)
        if self.present:
            return () if there else self.missing()
        return self.unwanted() if there else ()

    def _asked(self) -> str:
        return f"{self.zone} {self.source}"

    def key(self) -> Key:
        """``("zone", netns, zone, source)``."""
        return ("zone", self.netns, self.zone, str(self.source))

    def reads(self) -> tuple[Facet, ...]:
        """Whether the zone has the source."""
        return (Facet(self.netns, "zone", self._asked()),)

    def lookups(self) -> tuple[Facet, ...]:
        """The same."""
        return self.reads()
