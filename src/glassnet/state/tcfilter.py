"""A filter of packets as seen in one namespace (RTM_NEWTFILTER, linux/pkt_cls.h)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from glassnet.netlink.message import Message
from glassnet.netlink.route.tcfilter import EVERYTHING, TCA_EGRESS_REDIR, split_info

WANTED = frozenset({"kind", "options"})


class FilterState(msgspec.Struct, frozen=True):
    """A filter at ``parent`` of the link ``index``, tried in the order of ``priority``.

    ``protocol`` is ETH_P_*. ``target`` is the index of the link to which the first action of a
    u32 filter redirects: 0 if that link is gone, None if it does something else.
    """

    index: int
    parent: int
    priority: int
    protocol: int
    kind: str
    handle: int
    selector: Mapping[str, Any] = {}
    target: int | None = None

    @property
    def takes_everything(self) -> bool:
        """Whether it compares nothing, so that every packet matches."""
        return self.selector == EVERYTHING

    @classmethod
    def from_message(cls, message: Message) -> FilterState | None:
        """From a decoded RTM_NEWTFILTER; None for the parts of one that match nothing.

        u32 tells of its lists before the keys in them.
        """
        header: Mapping[str, Any] = message.header
        options = message.attrs.get("options")
        kind = message.attrs.get("kind", "")
        if not isinstance(options, dict):
            options = {}
        if kind == "u32" and "sel" not in options:
            return None
        priority, protocol = split_info(header["info"])
        return cls(
            index=header["ifindex"],
            parent=header["parent"],
            priority=priority,
            protocol=protocol,
            kind=kind,
            handle=header["handle"],
            selector=options.get("sel", {}),
            target=_target(options),
        )


def _target(options: Mapping[str, Any]) -> int | None:
    action = options.get("act", {}).get("1", {})
    if action.get("kind") != "mirred":
        return None
    parms = action.get("options", {}).get("parms", {})
    index: int = parms.get("ifindex", 0)
    return index if parms.get("eaction") == TCA_EGRESS_REDIR else None
