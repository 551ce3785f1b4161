"""Ethernet over UDP (RFC 7348; linux/if_link.h, IFLA_VXLAN_*)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.route.linktable import LinkKind
from glassnet.netlink.schema import Row, Table
from glassnet.netlink.wire import BE16, BE32, BYTES, FLAG, IP, U8, U32, Record

_PORTS: Final = Record("struct ifla_vxlan_port_range", "H", ("low", "high"), order="!")

KIND: Final = LinkKind(
    "vxlan",
    Table(
        "IFLA_VXLAN_",
        Row(1, "id", U32, "VXLAN network identifier, 24 bits"),
        Row(2, "group", IP, "IPv4 group, or far end, of what has no entry of its own"),
        Row(3, "link", U32, "index of the device beneath, in the tunnel's namespace"),
        Row(4, "local", IP, "IPv4 address to send from"),
        Row(5, "ttl", U8, "time to live of the tunnel's packets; 0 as the kernel sees fit"),
        Row(6, "tos", U8, "type of service; 1 as the packet within"),
        Row(7, "learning", U8, "whether far ends are learnt from what they send"),
        Row(8, "ageing", U32, "seconds that what was learnt is kept; 0 for ever"),
        Row(9, "limit", U32, "addresses kept at most; 0 for no limit"),
        Row(10, "port_range", _PORTS, "UDP ports to send from"),
        Row(11, "proxy", U8, "answers ARP and ND itself"),
        Row(12, "rsc", U8, "routes between VXLANs by the neighbour table"),
        Row(13, "l2miss", U8, "tells user space of MACs that it does not find"),
        Row(14, "l3miss", U8, "tells user space of addresses that it does not find"),
        Row(15, "port", BE16, "UDP port to send to and listen on"),
        Row(16, "group6", IP, "IPv6 group, or far end, of what has no entry of its own"),
        Row(17, "local6", IP, "IPv6 address to send from"),
        Row(18, "udp_csum", U8, "UDP checksums over IPv4"),
        Row(19, "udp_zero_csum6_tx", U8, "no UDP checksums over IPv6 in what it sends"),
        Row(20, "udp_zero_csum6_rx", U8, "takes packets over IPv6 that have none"),
        Row(21, "remcsum_tx", U8, "remote checksum offload in what it sends"),
        Row(22, "remcsum_rx", U8, "remote checksum offload in what it receives"),
        Row(23, "gbp", FLAG, "group policy extension: carries the mark of packets"),
        Row(24, "remcsum_nopartial", FLAG),
        Row(25, "collect_metadata", U8, "each packet's route says its far end ('external')"),
        Row(26, "label", BE32, "IPv6 flow label"),
        Row(27, "gpe", FLAG, "generic protocol extension: carries more than Ethernet"),
        Row(28, "ttl_inherit", FLAG, "time to live as of the packet within"),
        Row(29, "df", U8, "don't fragment: 0 not set, 1 set, 2 as of the packet within"),
        Row(30, "vnifilter", U8, "receives only network identifiers that it was told"),
        Row(31, "localbypass", U8, "hands packets for a local far end over without sending"),
        Row(32, "label_policy", U32, "0 the flow label given, 1 as of the packet within"),
        Row(33, "reserved_bits", BYTES, "struct vxlanhdr: bits that received packets may set"),
        Row(34, "mc_route", U8, "sends to groups by multicast routing"),
    ),
)
