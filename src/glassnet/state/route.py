"""A route as seen in one namespace (RTM_NEWROUTE, linux/rtnetlink.h)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from glassnet.netlink.message import Message
from glassnet.values import IpAddress, Prefix

WANTED = frozenset(
    {"dst", "gateway", "via", "oif", "priority", "table", "prefsrc", "metrics", "multipath", "pref"}
)
AF_INET = 2
_ANY4, _ANY6 = (Prefix.default(version).address for version in (4, 6))


class HopState(msgspec.Struct, frozen=True):
    """One next hop of a multipath route; ``weight`` is 1 to 256, ``flags`` are RTNH_F_*."""

    index: int
    via: IpAddress | None
    weight: int
    flags: int = 0


class RouteState(msgspec.Struct, frozen=True):
    """A route: ``index`` is the outgoing ifindex (0: none), ``metric`` RTA_PRIORITY."""

    dst: Prefix
    table: int
    metric: int = 0
    via: IpAddress | None = None
    index: int = 0
    scope: int = 0
    type: int = 1
    protocol: int = 0
    flags: int = 0
    source: IpAddress | None = None
    metrics: Mapping[str, int] = {}
    hops: tuple[HopState, ...] = ()

    @classmethod
    def from_message(cls, message: Message) -> RouteState:
        """From a decoded RTM_NEWROUTE of family AF_INET or AF_INET6."""
        attrs: Mapping[str, Any] = message.attrs
        header: Mapping[str, Any] = message.header
        default = _ANY4 if header["family"] == AF_INET else _ANY6
        hops = attrs.get("multipath") or ()
        return cls(
            dst=Prefix.of(attrs.get("dst", default), header["dst_len"]),
            table=attrs.get("table", header["table"]),
            metric=attrs.get("priority", 0),
            via=_gateway(attrs),
            index=attrs.get("oif", 0),
            scope=header["scope"],
            type=header["type"],
            protocol=header["protocol"],
            flags=header["flags"],
            source=attrs.get("prefsrc"),
            metrics=attrs.get("metrics") or {},
            hops=tuple(
                HopState(hop["ifindex"], _gateway(hop), hop["hops"] + 1, hop["flags"])
                for hop in hops
            ),
        )


def _gateway(attrs: Mapping[str, Any]) -> IpAddress | None:
    """The gateway, also one of the other family: ``via inet6 fe80::1``."""
    gateway = attrs.get("gateway", attrs.get("via"))
    return gateway if isinstance(gateway, IpAddress) else None
