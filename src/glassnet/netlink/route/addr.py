"""Addresses: RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR (linux/if_addr.h)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.message import MessageType
from glassnet.netlink.schema import Header, Row, Table
from glassnet.netlink.wire import IP, S32, U8, U32, Record, String

HEADER: Final = Header("BBBBI", "family", "prefixlen", "flags", "scope", "index")  # ifaddrmsg
CACHEINFO: Final = Record("struct ifa_cacheinfo", "I", "prefered valid cstamp tstamp".split())

TABLE: Final = Table(
    "IFA_",
    Row(1, "address", IP, "the address, or the peer's on a point-to-point link"),
    Row(2, "local", IP, "the address, where `address` is the peer's (always in IPv4)"),
    Row(3, "label", String(15), "the link's name, with a suffix perhaps"),
    Row(4, "broadcast", IP),
    Row(5, "anycast", IP),
    Row(6, "cacheinfo", CACHEINFO, "lifetimes in seconds, stamps in hundredths"),
    Row(7, "multicast", IP),
    Row(8, "flags", U32, "IFA_F_*, all 32 bits"),
    Row(9, "rt_priority", U32, "metric of the prefix route"),
    Row(10, "target_netnsid", S32, "answer for this namespace"),
    Row(11, "proto", U8, "who added it"),
)
NEWADDR: Final = MessageType("RTM_NEWADDR", 20, HEADER, TABLE)
DELADDR: Final = MessageType("RTM_DELADDR", 21, HEADER, TABLE)
GETADDR: Final = MessageType("RTM_GETADDR", 22, HEADER, TABLE)

IFA_F_SECONDARY: Final = 0x1
IFA_F_TEMPORARY: Final = 0x1
IFA_F_NODAD: Final = 0x2
IFA_F_OPTIMISTIC: Final = 0x4
IFA_F_DADFAILED: Final = 0x8
IFA_F_HOMEADDRESS: Final = 0x10
IFA_F_DEPRECATED: Final = 0x20
IFA_F_TENTATIVE: Final = 0x40
IFA_F_PERMANENT: Final = 0x80
IFA_F_MANAGETEMPADDR: Final = 0x100
IFA_F_NOPREFIXROUTE: Final = 0x200
IFA_F_MCAUTOJOIN: Final = 0x400
IFA_F_STABLE_PRIVACY: Final = 0x800
