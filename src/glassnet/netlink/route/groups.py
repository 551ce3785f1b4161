"""Multicast groups of rtnetlink (linux/rtnetlink.h, RTNLGRP_*): what a monitor may listen to."""

from __future__ import annotations

from typing import Final

LINK: Final = 1
NEIGH: Final = 3
TC: Final = 4
IPV4_IFADDR: Final = 5
IPV4_ROUTE: Final = 7
IPV4_RULE: Final = 8
IPV6_IFADDR: Final = 9
IPV6_ROUTE: Final = 11
IPV6_IFINFO: Final = 12
IPV6_RULE: Final = 19
NSID: Final = 28
NEXTHOP: Final = 32
BRVLAN: Final = 33
STATS: Final = 36

EVERYTHING: Final = (
    LINK,
    NEIGH,
    IPV4_IFADDR,
    IPV6_IFADDR,
    IPV4_ROUTE,
    IPV6_ROUTE,
    IPV4_RULE,
    IPV6_RULE,
    NSID,
)
"""All groups whose messages glassnet can decode."""
