"""A routing rule as seen in one namespace (RTM_NEWRULE, linux/fib_rules.h)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from glassnet.netlink.message import Message
from glassnet.values import Prefix

WANTED = frozenset(
    {"priority", "table", "src", "dst", "iifname", "oifname", "fwmark", "fwmask", "protocol"}
)
AF_INET = 2


class RuleState(msgspec.Struct, frozen=True):
    """A rule: lower ``priority`` first; ``action`` is FR_ACT_* (1: look up ``table``)."""

    version: int
    priority: int
    table: int
    action: int = 1
    source: Prefix | None = None
    destination: Prefix | None = None
    iif: str = ""
    oif: str = ""
    mark: int = 0
    mask: int = 0xFFFFFFFF
    protocol: int = 0

    @classmethod
    def from_message(cls, message: Message) -> RuleState:
        """From a decoded RTM_NEWRULE of family AF_INET or AF_INET6."""
        attrs: Mapping[str, Any] = message.attrs
        header: Mapping[str, Any] = message.header
        source, destination = attrs.get("src"), attrs.get("dst")
        return cls(
            version=4 if header["family"] == AF_INET else 6,
            priority=attrs.get("priority", 0),
            table=attrs.get("table", header["table"]),
            action=header["action"],
            source=Prefix(f"{source}/{header['src_len']}") if source else None,
            destination=Prefix(f"{destination}/{header['dst_len']}") if destination else None,
            iif=attrs.get("iifname", ""),
            oif=attrs.get("oifname", ""),
            mark=attrs.get("fwmark", 0),
            mask=attrs.get("fwmask", 0xFFFFFFFF),
            protocol=attrs.get("protocol", 0),
        )
