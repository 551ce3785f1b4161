"""A link as seen in one namespace (RTM_NEWLINK, linux/if_link.h)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from glassnet.netlink.message import Message
from glassnet.netlink.route.link import IFF_LOWER_UP, IFF_UP
from glassnet.values import Mac

WANTED = frozenset(
    {
        "ifname",
        "mtu",
        "txqlen",
        "address",
        "master",
        "num_tx_queues",
        "group",
        "ifalias",
        "linkinfo",
        "link",
        "link_netnsid",
    }
)


class LinkState(msgspec.Struct, frozen=True):
    """Index, name, flags (IFF_*), mtu in bytes, and what the kind itself says in ``data``."""

    index: int
    ifname: str
    flags: int
    mtu: int = 0
    mac: Mac | None = None
    master: int = 0
    alias: str = ""
    kind: str = ""
    data: Mapping[str, Any] = {}
    slave_kind: str = ""
    slave_data: Mapping[str, Any] = {}
    link: int = 0
    link_netnsid: int | None = None
    queues: int = 0
    group: int = 0
    txqlen: int = 0

    @property
    def up(self) -> bool:
        """Administratively up."""
        return bool(self.flags & IFF_UP)

    @property
    def carrier(self) -> bool:
        """Able to pass packets: the other end is there and up."""
        return bool(self.flags & IFF_LOWER_UP)

    @classmethod
    def from_message(cls, message: Message) -> LinkState:
        """From a decoded RTM_NEWLINK."""
        attrs: Mapping[str, Any] = message.attrs
        header: Mapping[str, Any] = message.header
        info = attrs.get("linkinfo") or {}
        mac = attrs.get("address")
        return cls(
            index=header["index"],
            ifname=attrs.get("ifname", ""),
            flags=header["flags"],
            mtu=attrs.get("mtu", 0),
            mac=mac if isinstance(mac, Mac) else None,
            master=attrs.get("master", 0),
            alias=attrs.get("ifalias", ""),
            kind=info.get("kind", ""),
            data=info.get("data") or {},
            slave_kind=info.get("slave_kind", ""),
            slave_data=info.get("slave_data") or {},
            link=attrs.get("link", 0),
            link_netnsid=attrs.get("link_netnsid"),
            queues=attrs.get("num_tx_queues", 0),
            group=attrs.get("group", 0),
            txqlen=attrs.get("txqlen", 0),
        )
