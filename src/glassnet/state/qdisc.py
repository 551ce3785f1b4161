"""A queueing discipline or a class of one as seen in one namespace (linux/rtnetlink.h, TCA_*)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from glassnet.netlink.message import Message

WANTED = frozenset({"kind", "options"})


class QdiscState(msgspec.Struct, frozen=True):
    """A discipline, or a class, of the link ``index``; ``options`` as its kind tells of them.

    ``handle`` and ``parent`` are numbers of ``major:minor``; the handle is 0 for what a link has
    by default, and nobody gave it.
    """

    index: int
    kind: str
    handle: int
    parent: int
    options: Mapping[str, Any] = {}

    @property
    def is_default(self) -> bool:
        """Whether the kernel put it there by itself."""
        return not self.handle

    @property
    def parms(self) -> Mapping[str, Any]:
        """The structure of parameters that shapers have."""
        found: Mapping[str, Any] = self.options.get("parms", {})
        return found

    def rate(self, name: str = "rate") -> int:
        """A rate in bytes a second, also one that 32 bits are too few for."""
        number: int = self.options.get(f"{name}64", self.parms.get(name, 0))
        return number

    @classmethod
    def from_message(cls, message: Message) -> QdiscState:
        """From a decoded RTM_NEWQDISC or RTM_NEWTCLASS."""
        header: Mapping[str, Any] = message.header
        options = message.attrs.get("options")
        return cls(
            index=header["ifindex"],
            kind=message.attrs.get("kind", ""),
            handle=header["handle"],
            parent=header["parent"],
            options=options if isinstance(options, dict) else {},
        )
