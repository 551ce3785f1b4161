"""Entries of connection tracking: IPCTNL_MSG_CT_* (linux/netfilter/nfnetlink_conntrack.h).

An entry has two tuples: of its first packet as it came, and of the answer as it will come, which
is another where addresses are translated. Integers are in network byte order, all of them.
"""

from __future__ import annotations

from typing import Any, Final

from glassnet.netlink.message import MessageType
from glassnet.netlink.schema import Header, Nested, Row, Table
from glassnet.netlink.wire import BE16, BE32, BE64, BYTES, IP, U8, U32, String
from glassnet.values import IpAddress

AF_UNSPEC: Final = 0
FAMILIES: Final = {4: 2, 6: 10}  # AF_INET, AF_INET6
PROTOCOLS: Final = {"tcp": 6, "udp": 17, "sctp": 132}  # linux/in.h: IPPROTO_*

HEADER: Final = Header("BBH", "family", "version", "res_id")  # struct nfgenmsg
_SUBSYSTEM: Final = 1 << 8  # linux/netfilter/nfnetlink.h: NFNL_SUBSYS_CTNETLINK

_IP: Final = Table(
    "CTA_IP_",
    Row(1, "v4_src", IP),
    Row(2, "v4_dst", IP),
    Row(3, "v6_src", IP),
    Row(4, "v6_dst", IP),
)
_PROTO: Final = Table(
    "CTA_PROTO_",
    Row(1, "num", U8, "IPPROTO_*"),
    Row(2, "src_port", BE16),
    Row(3, "dst_port", BE16),
    Row(4, "icmp_id", BE16),
    Row(5, "icmp_type", U8),
    Row(6, "icmp_code", U8),
    Row(7, "icmpv6_id", BE16),
    Row(8, "icmpv6_type", U8),
    Row(9, "icmpv6_code", U8),
)
TUPLE: Final = Table(
    "CTA_TUPLE_",
    Row(1, "ip", Nested(_IP), "addresses"),
    Row(2, "proto", Nested(_PROTO), "protocol and ports"),
    Row(3, "zone", BE16, "zone of this direction"),
)
_COUNTERS: Final = Table(
    "CTA_COUNTERS_",
    Row(1, "packets", BE64),
    Row(2, "bytes", BE64),
    Row(3, "packets32", BE32),
    Row(4, "bytes32", BE32),
    Row(5, "pad", BYTES),
)
_TIMESTAMP: Final = Table(
    "CTA_TIMESTAMP_", Row(1, "start", BE64), Row(2, "stop", BE64), Row(3, "pad", BYTES)
)
_SECCTX: Final = Table("CTA_SECCTX_", Row(1, "name", String(0xFFFF)))
FILTER: Final = Table(
    "CTA_FILTER_",
    Row(1, "orig_flags", U32, "what of the first tuple is compared"),
    Row(2, "reply_flags", U32, "what of the answer's tuple is compared"),
)
TABLE: Final = Table(
    "CTA_",
    Row(1, "tuple_orig", Nested(TUPLE), "the first packet, as it came"),
    Row(2, "tuple_reply", Nested(TUPLE), "the answer, as it will come"),
    Row(3, "status", BE32, "IPS_*"),
    Row(4, "protoinfo", BYTES, "state of the protocol"),
    Row(5, "help", BYTES),
    Row(6, "nat_src", BYTES),
    Row(7, "timeout", BE32, "seconds left"),
    Row(8, "mark", BE32),
    Row(9, "counters_orig", Nested(_COUNTERS)),
    Row(10, "counters_reply", Nested(_COUNTERS)),
    Row(11, "use", BE32),
    Row(12, "id", BE32, "tells it from a later one of the same tuple"),
    Row(13, "nat_dst", BYTES),
    Row(14, "tuple_master", Nested(TUPLE), "the entry that expected this one"),
    Row(15, "seq_adj_orig", BYTES),
    Row(16, "seq_adj_reply", BYTES),
    Row(17, "secmark", BE32),
    Row(18, "zone", BE16, "which of several tables"),
    Row(19, "secctx", Nested(_SECCTX)),
    Row(20, "timestamp", Nested(_TIMESTAMP)),
    Row(21, "mark_mask", BE32),
    Row(22, "labels", BYTES),
    Row(23, "labels_mask", BYTES),
    Row(24, "synproxy", BYTES),
    Row(25, "filter", Nested(FILTER), "of a dump: which entries; kernels before 5.8 tell of all"),
    Row(26, "status_mask", BE32),
    Row(27, "timestamp_event", BE64),
)
NEW: Final = MessageType("IPCTNL_MSG_CT_NEW", _SUBSYSTEM | 0, HEADER, TABLE, asks=False)
GET: Final = MessageType("IPCTNL_MSG_CT_GET", _SUBSYSTEM | 1, HEADER, TABLE, asks=True)
DELETE: Final = MessageType("IPCTNL_MSG_CT_DELETE", _SUBSYSTEM | 2, HEADER, TABLE, asks=False)

# net/netfilter/nf_internals.h: CTA_FILTER_F_*, the flags of a filter.
FILTER_IP_SRC: Final = 1 << 0
FILTER_IP_DST: Final = 1 << 1
FILTER_PROTO_NUM: Final = 1 << 3
FILTER_PROTO_DST_PORT: Final = 1 << 5

IDENTITY: Final = frozenset({"tuple_orig", "zone", "id"})
"""The attributes by which an entry, and no other, is deleted."""


def filter_of(
    protocol: int,
    port: int | None = None,
    destination: IpAddress | None = None,
    reply_source: IpAddress | None = None,
) -> dict[str, Any]:
    """The attributes by which a dump tells of fewer entries: all that are meant, and some others.

    Those of a protocol, whose first packet was for a ``port`` and a ``destination``, and whose
    answers come from ``reply_source``. The header must name a family. IPv6 addresses are left out:
    the kernel (6.18 still) then tells of all entries but those of the address
    (net/netfilter/nf_conntrack_netlink.c, ctnetlink_filter_match_tuple).
    """
    proto: dict[str, int] = {"num": protocol}
    orig: dict[str, Any] = {"proto": proto}
    flags = FILTER_PROTO_NUM
    if port is not None:
        proto["dst_port"] = port
        flags |= FILTER_PROTO_DST_PORT
    if destination is not None and destination.version == 4:
        orig = {"ip": {"v4_dst": destination}, **orig}
        flags |= FILTER_IP_DST
    if reply_source is None or reply_source.version != 4:
        return {"tuple_orig": orig, "filter": {"orig_flags": flags}}
    reply = {"ip": {"v4_src": reply_source}}
    both = {"orig_flags": flags, "reply_flags": FILTER_IP_SRC}
    return {"tuple_orig": orig, "tuple_reply": reply, "filter": both}
