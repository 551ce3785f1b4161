"""An address as seen in one namespace (RTM_NEWADDR, linux/if_addr.h)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from glassnet.netlink.message import Message
from glassnet.values import Cidr, IpAddress

WANTED = frozenset({"local", "address", "flags", "broadcast", "label", "cacheinfo"})


class AddrState(msgspec.Struct, frozen=True):
    """An address on the link of ifindex ``index``; ``flags`` IFA_F_*, ``scope`` RT_SCOPE_*."""

    index: int
    cidr: Cidr
    scope: int = 0
    flags: int = 0
    peer: IpAddress | None = None
    broadcast: IpAddress | None = None

    @classmethod
    def from_message(cls, message: Message) -> AddrState:
        """From an RTM_NEWADDR: IFA_LOCAL is ours and IFA_ADDRESS the peer, if they differ."""
        attrs: Mapping[str, Any] = message.attrs
        header: Mapping[str, Any] = message.header
        address: IpAddress = attrs["address"]
        local: IpAddress = attrs.get("local", address)
        return cls(
            index=header["index"],
            cidr=Cidr.of(local, header["prefixlen"]),
            scope=header["scope"],
            flags=attrs.get("flags", header["flags"]),
            peer=address if address != local else None,
            broadcast=attrs.get("broadcast"),
        )
