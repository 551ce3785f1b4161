"""Links with MACs of their own on a lower device (linux/if_link.h, IFLA_MACVLAN_*)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.route.linktable import LinkKind
from glassnet.netlink.schema import Nested, Row, Table
from glassnet.netlink.wire import MAC, S32, U16, U32

# enum macvlan_mode.
PRIVATE: Final = 1
VEPA: Final = 2
BRIDGE: Final = 4
PASSTHRU: Final = 8
SOURCE: Final = 16

# MACVLAN_FLAG_*.
NOPROMISC: Final = 1
NODST: Final = 2

# enum macvlan_macaddr_mode: what is done with the sources given.
ADD: Final = 0
DEL: Final = 1
FLUSH: Final = 2
SET: Final = 3

_SOURCES: Final = Table("IFLA_MACVLAN_", Row(4, "macaddr", MAC, "one source", many=True))

KIND: Final = LinkKind(
    "macvlan",
    Table(
        "IFLA_MACVLAN_",
        Row(1, "mode", U32, "1 private, 2 vepa, 4 bridge, 8 passthru, 16 source"),
        Row(
            2, "flags", U16, "1 passthru without promiscuity, 2 not to whom it is addressed as well"
        ),
        Row(3, "macaddr_mode", U32, "the sources given are: 0 added, 1 removed, 2 none, 3 all"),
        Row(4, "macaddr", MAC, "a source to add or remove"),
        Row(5, "macaddr_data", Nested(_SOURCES), "whose frames it receives in mode source"),
        Row(6, "macaddr_count", U32, "how many sources it has"),
        Row(7, "bc_queue_len", U32, "broadcast frames queued at most, asked for"),
        Row(8, "bc_queue_len_used", U32, "the most that any on the lower device asked for"),
        Row(9, "bc_cutoff", S32, "groups of so many members are queued as broadcast is"),
    ),
)
