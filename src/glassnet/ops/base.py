"""The operation: a frozen value that names one kernel object or setting in one namespace.

It does no I/O. It has four faces (commands, requests, satisfied_by, inverse) and says what the
planner must know of it: its key, what it provides, what it needs, what to look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

import msgspec

from glassnet.ops import require
from glassnet.ops.request import Request
from glassnet.ops.shell import Command
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, Netns

Key = tuple[str, ...]
"""What an operation is about: ``("link", "ns1", "eth0")``. First the noun, then the namespace."""


class Difference(NamedTuple):
    """What was wanted of an object and what was found; ``found`` is empty where it is missing."""

    what: str
    wanted: str
    found: str = ""

    def __str__(self) -> str:
        """One line, for people."""
        return f"{self.what}: wanted {self.wanted}, found {self.found or 'nothing'}"


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What applying an operation meant: whether anything ``changed``, and what was ``before``."""

    changed: bool
    before: Mapping[str, str] = {}


KEPT = Receipt(changed=False)
MADE = Receipt(changed=True)


class Op(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="op"):
    """One object that should be there (or not), or one setting that should have a value."""

    netns: Netns = HOST

    noun: ClassVar[str]

    # The four faces.

    def commands(self) -> tuple[Command, ...]:
        """The exact commands a person would type."""
        raise NotImplementedError

    def requests(self) -> tuple[Request, ...]:
        """The messages, nft text or writes that do the same."""
        raise NotImplementedError

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Nothing if the snapshot has it as wanted; else how it differs."""
        raise NotImplementedError

    def inverse(self, receipt: Receipt) -> tuple[Op, ...]:
        """The operations that take it back, given what applying it meant."""
        raise NotImplementedError

    # For the planner.

    def key(self) -> Key:
        """The identity of what it is about: two operations of a plan may not share it."""
        raise NotImplementedError

    def __str__(self) -> str:
        """In words: ``address 10.0.0.2/24 on veth1 in ns1``."""
        raise NotImplementedError

    def provides(self) -> tuple[Key, ...]:
        """Keys that others may wait for."""
        return (self.key(),)

    def needs(self) -> tuple[Key, ...]:
        """Keys that must be there before: made by the plan, or already on the host."""
        return (("netns", self.netns),)

    def after(self) -> tuple[Key, ...]:
        """Keys to wait for if the plan provides them."""
        return ()

    def within(self) -> tuple[Key, ...]:
        """Keys whose removal, any one of them, removes this too."""
        return (("netns", self.netns),)

    def reads(self) -> tuple[Facet, ...]:
        """What a snapshot must hold for `satisfied_by` and `obstacle`."""
        raise NotImplementedError

    def lookups(self) -> tuple[Facet, ...]:
        """What to look up, never to dump, in place of `reads`; nothing: it is tried unseen."""
        return ()

    def requires(self) -> tuple[str, ...]:
        """What the kernel, and whoever runs it, must be capable of: `glassnet.ops.require`."""
        return (require.NET_ADMIN,)

    def obstacle(self, snapshot: Snapshot) -> str:
        """Why this may not be applied over what is there (somebody else's), or nothing."""
        del snapshot
        return ""

    def before(self, snapshot: Snapshot) -> Mapping[str, str]:
        """What the inverse will want to know of the state before: values of settings."""
        del snapshot
        return {}

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """Requests that bring what the snapshot shows to what is wanted."""
        del snapshot
        return self.requests()


class ObjectOp(Op, frozen=True, kw_only=True):
    """An operation on an object, which is there or is not: ``present`` says which is wanted."""

    present: bool = True

    def inverse(self, receipt: Receipt) -> tuple[Op, ...]:
        """The same object with ``present`` turned round, if applying changed anything."""
        return (self.flipped(),) if receipt.changed else ()

    def flipped(self) -> Self:
        """The removal of what this makes, or the making of what this removes."""
        return msgspec.structs.replace(self, present=not self.present)

    def stands(self, snapshot: Snapshot) -> bool:
        """Whether something is in its place already, so that to make it is to mend it."""
        return bool(self.flipped().satisfied_by(snapshot))

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """Make it; one that is there but differs is taken away first.

        Nouns that the kernel can change in place say how.
        """
        if self.present and not self.flipped().satisfied_by(snapshot):
            return self.requests()
        return (*self.flipped().requests(), *self.requests()) if self.present else self.requests()

    def missing(self) -> tuple[Difference, ...]:
        """The difference of an object that is not there at all."""
        return (Difference(self.label(), "to be there"),)

    def unwanted(self) -> tuple[Difference, ...]:
        """The difference of an object that is there and should not be."""
        return (Difference(self.label(), "not to be there", "it"),)

    def label(self) -> str:
        """The object in words, whether wanted or not."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.label() if self.present else f"no {self.label()}"


class ActionOp(Op, frozen=True, kw_only=True):
    """Something that is done, and leaves nothing of its own to be compared or taken back.

    It is due when it is first asked for, and again when something is made anew that it comes
    `after`, or is `within`.
    """

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Nothing: it is no state that a host could differ from."""
        del snapshot
        return ()

    def inverse(self, receipt: Receipt) -> tuple[Op, ...]:
        """Nothing."""
        del receipt
        return ()


def place(netns: Netns) -> str:
    """``in ns1``, ``on the host``: the end of a label."""
    return "on the host" if netns.is_host else f"in {netns}"


def compare(
    label: str, wanted: Mapping[str, Any], found: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """A difference for each key of ``wanted`` whose value in ``found`` is another."""
    return tuple(
        Difference(label, f"{name} {value}", f"{name} {found.get(name, 'unset')}")
        for name, value in wanted.items()
        if found.get(name) != value
    )
