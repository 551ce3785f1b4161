"""A named network namespace, pinned in /run/netns as ``ip netns add`` does."""

from __future__ import annotations

from typing import ClassVar

from glassnet.errors import InvalidValue
from glassnet.ops import require
from glassnet.ops.base import Difference, Key, ObjectOp
from glassnet.ops.request import NetnsRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.snapshot import Facet, Snapshot


class NetnsOp(ObjectOp, frozen=True, kw_only=True, tag="netns"):
    """A namespace by name. Raises `InvalidValue` for a path, or the host: they cannot be made."""

    noun: ClassVar[str] = "netns"

    def __post_init__(self) -> None:
        if self.netns.is_host or "/" in self.netns:
            raise InvalidValue(f"{self.netns.label} cannot be made a namespace", "a name")

    def label(self) -> str:
        """``namespace ns1``."""
        return f"namespace {self.netns}"

    def commands(self) -> tuple[Command, ...]:
        """``ip netns add NAME`` or ``ip netns del NAME``."""
        return (Command(("ip", "netns", "add" if self.present else "del", self.netns)),)

    def requests(self) -> tuple[Request, ...]:
        """One request to make or unpin it."""
        return (NetnsRequest(self.netns, self.present),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether a namespace of that name is pinned."""
        if self.present:
            return () if snapshot.exists(self.netns) else self.missing()
        return self.unwanted() if snapshot[self.netns].exists else ()

    def key(self) -> Key:
        """``("netns", name)``."""
        return ("netns", self.netns)

    def needs(self) -> tuple[Key, ...]:
        """Nothing."""
        return ()

    def within(self) -> tuple[Key, ...]:
        """Nothing holds it."""
        return ()

    def reads(self) -> tuple[Facet, ...]:
        """Whether it exists."""
        return (Facet(self.netns, "netns"),)

    def lookups(self) -> tuple[Facet, ...]:
        """Whether it exists."""
        return self.reads()

    def requires(self) -> tuple[str, ...]:
        """The right to make namespaces, and to mount them."""
        return (require.SYS_ADMIN,)

    def obstacle(self, snapshot: Snapshot) -> str:
        """A file of that name that is no namespace, nor what a death left of one."""
        state = snapshot[self.netns]
        if state.exists and not state.is_namespace and not state.is_remnant:
            return f"{self.netns.path} is there and is no network namespace"
        return ""
