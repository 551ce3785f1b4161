"""Neighbours and, in family bridge, forwarding entries: RTM_NEWNEIGH… (linux/neighbour.h)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.message import MessageType
from glassnet.netlink.schema import Header, Nested, Row, Table
from glassnet.netlink.wire import BE16, FLAG, IP, MAC, S32, U8, U16, U32, Record

HEADER: Final = Header("BxxxiHBB", "family", "ifindex", "state", "flags", "type")  # struct ndmsg
CACHEINFO: Final = Record("struct nda_cacheinfo", "I", "confirmed used updated refcnt".split())
_FDB: Final = Table("NFEA_", Row(1, "activity_notify", U8), Row(2, "dont_refresh", FLAG))

TABLE: Final = Table(
    "NDA_",
    Row(1, "dst", IP, "the neighbour's address"),
    Row(2, "lladdr", MAC, "hardware address it is at"),
    Row(3, "cacheinfo", CACHEINFO, "times in hundredths of a second"),
    Row(4, "probes", U32, "questions asked so far"),
    Row(5, "vlan", U16),
    Row(6, "port", BE16),
    Row(7, "vni", U32),
    Row(8, "ifindex", U32),
    Row(9, "master", U32, "index of the bridge"),
    Row(10, "link_netnsid", S32),
    Row(11, "src_vni", U32),
    Row(12, "protocol", U8, "who added it"),
    Row(13, "nh_id", U32),
    Row(14, "fdb_ext_attrs", Nested(_FDB)),
    Row(15, "flags_ext", U32),
    Row(16, "ndm_state_mask", U16, "which states to flush"),
    Row(17, "ndm_flags_mask", U8, "which flags to flush"),
)
NEWNEIGH: Final = MessageType("RTM_NEWNEIGH", 28, HEADER, TABLE)
DELNEIGH: Final = MessageType("RTM_DELNEIGH", 29, HEADER, TABLE)
GETNEIGH: Final = MessageType("RTM_GETNEIGH", 30, HEADER, TABLE)

NUD_NONE: Final = 0x0
NUD_INCOMPLETE: Final = 0x1
NUD_REACHABLE: Final = 0x2
NUD_STALE: Final = 0x4
NUD_DELAY: Final = 0x8
NUD_PROBE: Final = 0x10
NUD_FAILED: Final = 0x20
NUD_NOARP: Final = 0x40
NUD_PERMANENT: Final = 0x80

NTF_USE: Final = 0x1
NTF_SELF: Final = 0x2
NTF_MASTER: Final = 0x4
NTF_PROXY: Final = 0x8
NTF_EXT_LEARNED: Final = 0x10
NTF_OFFLOADED: Final = 0x20
NTF_STICKY: Final = 0x40
NTF_ROUTER: Final = 0x80
