"""Link statistics: RTM_GETSTATS, answered by RTM_NEWSTATS (linux/if_link.h, IFLA_STATS_*)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.message import MessageType
from glassnet.netlink.route.linktable import STATS64
from glassnet.netlink.schema import Header, Row, Table
from glassnet.netlink.wire import BYTES

HEADER: Final = Header("BxxxII", "family", "ifindex", "filter_mask")  # struct if_stats_msg

TABLE: Final = Table(
    "IFLA_STATS_",
    Row(1, "link_64", STATS64, "the counters that every link has"),
    Row(2, "link_xstats", BYTES),
    Row(3, "link_xstats_slave", BYTES),
    Row(4, "link_offload_xstats", BYTES),
    Row(5, "af_spec", BYTES),
)
NEWSTATS: Final = MessageType("RTM_NEWSTATS", 92, HEADER, TABLE)
GETSTATS: Final = MessageType("RTM_GETSTATS", 94, HEADER, TABLE)

FILTER_LINK_64: Final = 1  # IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64)
