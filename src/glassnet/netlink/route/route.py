"""Routes: RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE (linux/rtnetlink.h, RTA_*)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from glassnet.netlink.message import MessageType
from glassnet.netlink.placeholder import Resolve
from glassnet.netlink.schema import Header, Nested, Row, Table
from glassnet.netlink.wire import (
    BE16,
    BE32,
    BYTES,
    IP,
    U8,
    U16,
    U32,
    Codec,
    Misfit,
    Record,
    String,
    Value,
    attribute,
    pack_header,
    read_ip,
)
from glassnet.values import IpAddress

HEADER: Final = Header(  # struct rtmsg
    "BBBBBBBBI",
    "family",
    "dst_len",
    "src_len",
    "tos",
    "table",
    "protocol",
    "scope",
    "type",
    "flags",
)

METRICS: Final = Table(
    "RTAX_",
    Row(1, "lock", U32, "bit per metric that path discovery may not change"),
    Row(2, "mtu", U32, "largest packet in bytes"),
    Row(3, "window", U32),
    Row(4, "rtt", U32),
    Row(5, "rttvar", U32),
    Row(6, "ssthresh", U32),
    Row(7, "cwnd", U32),
    Row(8, "advmss", U32, "TCP segment size to advertise"),
    Row(9, "reordering", U32),
    Row(10, "hoplimit", U32),
    Row(11, "initcwnd", U32),
    Row(12, "features", U32),
    Row(13, "rto_min", U32),
    Row(14, "initrwnd", U32),
    Row(15, "quickack", U32),
    Row(16, "cc_algo", String(15), "congestion control"),
    Row(17, "fastopen_no_cookie", U32),
)
CACHEINFO: Final = Record(
    "struct rta_cacheinfo", "IIiIIIII", "clntref lastuse expires error used id ts tsage".split()
)
MFC_STATS: Final = Record("struct rta_mfc_stats", "Q", "packets bytes wrong_if".split())


class Via(Codec):
    """RTA_VIA: a gateway of another family than the route's (struct rtvia)."""

    __slots__ = ()

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """Family and address; bytes as they are."""
        if isinstance(value, bytes):
            return attribute(number, value)
        packed = getattr(value, "packed", b"")
        family = _FAMILIES.get(len(packed))
        if family is None:
            raise Misfit(f"{value!r}", "an IP address, or struct rtvia as bytes")
        return attribute(number, family.to_bytes(2, _HOST_ORDER) + packed)

    def decode(self, data: bytes, start: int, end: int) -> IpAddress | bytes:
        """The address; of a family that is not IP, all the bytes."""
        family = int.from_bytes(data[start : start + 2], _HOST_ORDER)
        if family not in _FAMILIES.values():
            return data[start:end]
        if _FAMILIES.get(end - start - 2) != family:
            raise Misfit(f"{end - start} bytes of family {family}", "an address of that family")
        return read_ip(data[start + 2 : end])


_FAMILIES: Final = {4: 2, 16: 10}  # bytes of an address: AF_INET, AF_INET6
_HOST_ORDER: Final = "little" if pack_header(1, 0)[0] else "big"

HOP_HEADER: Final = Header("HBBi", "len", "flags", "hops", "ifindex")  # struct rtnexthop
_HOP_FIELDS: Final = frozenset(HOP_HEADER.fields[1:])
HOP_TABLE: Final = Table(
    "RTA_",
    Row(5, "gateway", IP, "next router"),
    Row(11, "flow", U32, "realms"),
    Row(18, "via", Via("struct rtvia"), "next router of another family"),
    Row(19, "newdst", BYTES),
    Row(21, "encap_type", U16),
    Row(22, "encap", BYTES),
)


class Multipath(Codec):
    """RTA_MULTIPATH: next hops as a list of mappings.

    Each holds the fields of struct rtnexthop (flags, hops: the weight less one, ifindex) beside
    its attributes (gateway, via, flow, encap_type, encap).
    """

    __slots__ = ()

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """The hops one after another."""
        if not isinstance(value, list | tuple) or not all(isinstance(v, Mapping) for v in value):
            raise Misfit(f"{value!r}", "a list of next hops")
        parts = []
        for at, hop in enumerate(value):
            try:
                parts.append(_encode_hop(hop, resolve))
            except Misfit as misfit:
                misfit.path.insert(0, str(at))
                raise
        return attribute(number, b"".join(parts))

    def decode(self, data: bytes, start: int, end: int) -> list[dict[str, Value]]:
        """The hops in order."""
        hops = []
        at = start
        while at < end:
            fields: dict[str, Value] = dict(HOP_HEADER.decode(data, at))
            length = fields.pop("len")
            if length < HOP_HEADER.size or at + length > end:
                raise Misfit(f"a hop of {length} bytes with {end - at} left", "8 or more")
            hops.append(fields | HOP_TABLE.decode(data, at + HOP_HEADER.size, at + length))
            at += (length + 3) & -4
        return hops


def _encode_hop(hop: Mapping[str, Value], resolve: Resolve | None) -> bytes:
    attrs = HOP_TABLE.encode({k: v for k, v in hop.items() if k not in _HOP_FIELDS}, resolve)
    fields = {k: v for k, v in hop.items() if k in _HOP_FIELDS}
    return HOP_HEADER.encode({**fields, "len": HOP_HEADER.size + len(attrs)}, resolve) + attrs


TABLE: Final = Table(
    "RTA_",
    Row(1, "dst", IP, "destination, with the header's dst_len"),
    Row(2, "src", IP, "source, with the header's src_len"),
    Row(3, "iif", U32, "index of the link it came in by"),
    Row(4, "oif", U32, "index of the link to send it out by"),
    Row(5, "gateway", IP, "next router"),
    Row(6, "priority", U32, "metric: the lowest wins"),
    Row(7, "prefsrc", IP, "source address to prefer"),
    Row(8, "metrics", Nested(METRICS), "properties of the path"),
    Row(9, "multipath", Multipath("array of struct rtnexthop"), "several next hops"),
    Row(11, "flow", U32, "realms"),
    Row(12, "cacheinfo", CACHEINFO),
    Row(15, "table", U32, "routing table, beyond the header's 8 bits"),
    Row(16, "mark", U32, "firewall mark"),
    Row(17, "mfc_stats", MFC_STATS),
    Row(18, "via", Via("struct rtvia"), "next router of another family"),
    Row(19, "newdst", BYTES),
    Row(20, "pref", U8, "router preference, RFC 4191"),
    Row(21, "encap_type", U16),
    Row(22, "encap", BYTES),
    Row(23, "expires", U32, "seconds left"),
    Row(25, "uid", U32),
    Row(26, "ttl_propagate", U8),
    Row(27, "ip_proto", U8),
    Row(28, "sport", BE16),
    Row(29, "dport", BE16),
    Row(30, "nh_id", U32, "next hop object"),
    Row(31, "flowlabel", BE32),
)
NEWROUTE: Final = MessageType("RTM_NEWROUTE", 24, HEADER, TABLE)
DELROUTE: Final = MessageType("RTM_DELROUTE", 25, HEADER, TABLE)
GETROUTE: Final = MessageType("RTM_GETROUTE", 26, HEADER, TABLE)

RTN_UNSPEC: Final = 0  # types
RTN_UNICAST: Final = 1
RTN_LOCAL: Final = 2
RTN_BROADCAST: Final = 3
RTN_ANYCAST: Final = 4
RTN_MULTICAST: Final = 5
RTN_BLACKHOLE: Final = 6
RTN_UNREACHABLE: Final = 7
RTN_PROHIBIT: Final = 8
RTN_THROW: Final = 9

RT_SCOPE_UNIVERSE: Final = 0
RT_SCOPE_SITE: Final = 200
RT_SCOPE_LINK: Final = 253
RT_SCOPE_HOST: Final = 254
RT_SCOPE_NOWHERE: Final = 255

RTPROT_UNSPEC: Final = 0
RTPROT_REDIRECT: Final = 1
RTPROT_KERNEL: Final = 2
RTPROT_BOOT: Final = 3
RTPROT_STATIC: Final = 4
RTPROT_RA: Final = 9
RTPROT_DHCP: Final = 16

RT_TABLE_UNSPEC: Final = 0
RT_TABLE_COMPAT: Final = 252
RT_TABLE_DEFAULT: Final = 253
RT_TABLE_MAIN: Final = 254
RT_TABLE_LOCAL: Final = 255

RTNH_F_DEAD: Final = 1  # flags of a next hop, and of a route with a single one
RTNH_F_PERVASIVE: Final = 2
RTNH_F_ONLINK: Final = 4
RTNH_F_OFFLOAD: Final = 8
RTNH_F_LINKDOWN: Final = 16
RTNH_F_UNRESOLVED: Final = 32
RTNH_F_TRAP: Final = 64

RTM_F_NOTIFY: Final = 0x100  # flags of a route
RTM_F_CLONED: Final = 0x200
RTM_F_PREFIX: Final = 0x800
RTM_F_LOOKUP_TABLE: Final = 0x1000
RTM_F_FIB_MATCH: Final = 0x2000
