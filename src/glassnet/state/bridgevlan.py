"""The VLANs that a bridge's port, or the bridge itself, is a member of (linux/if_bridge.h)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from glassnet.netlink.message import Message

PVID: Final = 1 << 1  # BRIDGE_VLAN_INFO_*
UNTAGGED: Final = 1 << 2
RANGE_BEGIN: Final = 1 << 3
RANGE_END: Final = 1 << 4

WANTED = frozenset({"ifname", "af_spec"})


class BridgeVlanState(msgspec.Struct, frozen=True):
    """A membership of the link ``ifname``: ``pvid`` is where untagged frames belong.

    ``untagged``: frames of this VLAN leave without a tag.
    """

    ifname: str
    vid: int
    pvid: bool = False
    untagged: bool = False


def from_message(message: Message) -> list[BridgeVlanState]:
    """Those of a decoded RTM_NEWLINK of family AF_BRIDGE, ranges written out."""
    attrs: Mapping[str, Any] = message.attrs
    spec: Mapping[str, Any] = attrs.get("af_spec") or {}
    found: list[BridgeVlanState] = []
    begin = 0
    for info in spec.get("vlan_info", ()):
        flags, vid = info["flags"], info["vid"]
        if flags & RANGE_BEGIN:
            begin = vid
            continue
        first = begin if flags & RANGE_END and begin else vid
        begin = 0
        for number in range(first, vid + 1):
            found.append(
                BridgeVlanState(
                    attrs.get("ifname", ""), number, bool(flags & PVID), bool(flags & UNTAGGED)
                )
            )
    return found
