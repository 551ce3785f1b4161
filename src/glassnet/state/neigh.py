"""A neighbour or forwarding entry as seen in one namespace (RTM_NEWNEIGH, linux/neighbour.h)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from glassnet.netlink.message import Message
from glassnet.values import IpAddress, Mac

WANTED = frozenset({"dst", "lladdr", "vlan", "master", "protocol", "flags_ext"})
AF_BRIDGE = 7


class NeighState(msgspec.Struct, frozen=True):
    """``address`` is at ``mac`` behind ``index``; a forwarding entry (``is_fdb``) has no address.

    ``state`` is NUD_*, ``flags`` NTF_*.
    """

    index: int
    mac: Mac | None
    address: IpAddress | None = None
    state: int = 0
    flags: int = 0
    vlan: int = 0
    master: int = 0
    is_fdb: bool = False

    @classmethod
    def from_message(cls, message: Message) -> NeighState:
        """From a decoded RTM_NEWNEIGH."""
        attrs: Mapping[str, Any] = message.attrs
        header: Mapping[str, Any] = message.header
        mac, address = attrs.get("lladdr"), attrs.get("dst")
        return cls(
            index=header["ifindex"],
            mac=mac if isinstance(mac, Mac) else None,
            address=address if isinstance(address, IpAddress) else None,
            state=header["state"],
            flags=header["flags"],
            vlan=attrs.get("vlan", 0),
            master=attrs.get("master", 0),
            is_fdb=header["family"] == AF_BRIDGE,
        )
