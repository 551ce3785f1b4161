"""Rules that choose a routing table: RTM_NEWRULE, RTM_DELRULE, RTM_GETRULE (linux/fib_rules.h)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.message import MessageType
from glassnet.netlink.schema import Header, Row, Table
from glassnet.netlink.wire import BE32, BE64, IP, U8, U16, U32, Record, String

HEADER: Final = Header(  # struct fib_rule_hdr
    "BBBBBxxBI", "family", "dst_len", "src_len", "tos", "table", "action", "flags"
)
_PORTS: Final = Record("struct fib_rule_port_range", "H", ("start", "end"))
_UIDS: Final = Record("struct fib_rule_uid_range", "I", ("start", "end"))

TABLE: Final = Table(
    "FRA_",
    Row(1, "dst", IP, "destination, with the header's dst_len"),
    Row(2, "src", IP, "source, with the header's src_len"),
    Row(3, "iifname", String(15), "link it came in by"),
    Row(4, "goto", U32, "rule to go on with"),
    Row(6, "priority", U32, "place among the rules: the lowest is tried first"),
    Row(10, "fwmark", U32, "firewall mark"),
    Row(11, "flow", U32, "realms"),
    Row(12, "tun_id", BE64),
    Row(13, "suppress_ifgroup", U32),
    Row(14, "suppress_prefixlen", U32, "refuse routes no longer than this"),
    Row(15, "table", U32, "routing table, beyond the header's 8 bits"),
    Row(16, "fwmask", U32, "which bits of the mark count"),
    Row(17, "oifname", String(15), "link a local socket is bound to"),
    Row(19, "l3mdev", U8),
    Row(20, "uid_range", _UIDS),
    Row(21, "protocol", U8, "who added it"),
    Row(22, "ip_proto", U8),
    Row(23, "sport_range", _PORTS),
    Row(24, "dport_range", _PORTS),
    Row(25, "dscp", U8),
    Row(26, "flowlabel", BE32),
    Row(27, "flowlabel_mask", BE32),
    Row(28, "sport_mask", U16),
    Row(29, "dport_mask", U16),
    Row(30, "dscp_mask", U8),
)
NEWRULE: Final = MessageType("RTM_NEWRULE", 32, HEADER, TABLE)
DELRULE: Final = MessageType("RTM_DELRULE", 33, HEADER, TABLE)
GETRULE: Final = MessageType("RTM_GETRULE", 34, HEADER, TABLE)

FR_ACT_TO_TBL: Final = 1
FR_ACT_GOTO: Final = 2
FR_ACT_NOP: Final = 3
FR_ACT_BLACKHOLE: Final = 6
FR_ACT_UNREACHABLE: Final = 7
FR_ACT_PROHIBIT: Final = 8

FIB_RULE_PERMANENT: Final = 0x1
FIB_RULE_INVERT: Final = 0x2
FIB_RULE_UNRESOLVED: Final = 0x4
FIB_RULE_IIF_DETACHED: Final = 0x8
FIB_RULE_OIF_DETACHED: Final = 0x10
FIB_RULE_FIND_SADDR: Final = 0x10000
