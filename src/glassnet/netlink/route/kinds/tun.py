"""Links whose other end is a program (linux/if_link.h, IFLA_TUN_*).

They are made by ioctl on /dev/net/tun; rtnetlink only tells of them and deletes them.
"""

from __future__ import annotations

from typing import Final

from glassnet.netlink.route.linktable import LinkKind
from glassnet.netlink.schema import Row, Table
from glassnet.netlink.wire import U8, U32

KIND: Final = LinkKind(
    "tun",
    Table(
        "IFLA_TUN_",
        Row(1, "owner", U32, "user who may open it"),
        Row(2, "group", U32, "group that may open it"),
        Row(3, "type", U8, "1 tun (packets), 2 tap (frames)"),
        Row(4, "pi", U8, "whether packets carry a protocol header"),
        Row(5, "vnet_hdr", U8, "whether packets carry an offload header"),
        Row(6, "persist", U8, "whether it outlives its program"),
        Row(7, "multi_queue", U8),
        Row(8, "num_queues", U32),
        Row(9, "num_disabled_queues", U32),
    ),
)
