"""Bridges (linux/if_link.h, IFLA_BR_*). Times are in hundredths of a second (USER_HZ)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.route.bridgeport import BRIDGE_PORT
from glassnet.netlink.route.linktable import LinkKind
from glassnet.netlink.schema import Nested, Row, Table
from glassnet.netlink.wire import BE16, BYTES, FLAG, IP, MAC, U8, U16, U32, U64, Record

_QUERIER: Final = Table(
    "BRIDGE_QUERIER_",
    Row(1, "ip_address", IP),
    Row(2, "ip_port", U32),
    Row(3, "ip_other_timer", U64),
    Row(5, "ipv6_address", IP),
    Row(6, "ipv6_port", U32),
    Row(7, "ipv6_other_timer", U64),
)
_BOOLOPT: Final = Record("struct br_boolopt_multi", "I", ("optval", "optmask"))

KIND: Final = LinkKind(
    "bridge",
    Table(
        "IFLA_BR_",
        Row(1, "forward_delay", U32, "time in each spanning tree state"),
        Row(2, "hello_time", U32, "time between spanning tree hellos"),
        Row(3, "max_age", U32, "how long a spanning tree message is good"),
        Row(4, "ageing_time", U32, "how long an address is kept"),
        Row(5, "stp_state", U32, "spanning tree: 0 off, 1 the kernel's, 2 user space's"),
        Row(6, "priority", U16, "priority in the spanning tree"),
        Row(7, "vlan_filtering", U8, "whether ports are members of VLANs"),
        Row(8, "vlan_protocol", BE16, "0x8100 802.1Q, 0x88a8 802.1ad"),
        Row(9, "group_fwd_mask", U16, "link-local groups to forward"),
        Row(10, "root_id", BYTES, "struct ifla_bridge_id"),
        Row(11, "bridge_id", BYTES, "struct ifla_bridge_id"),
        Row(12, "root_port", U16),
        Row(13, "root_path_cost", U32),
        Row(14, "topology_change", U8),
        Row(15, "topology_change_detected", U8),
        Row(16, "hello_timer", U64),
        Row(17, "tcn_timer", U64),
        Row(18, "topology_change_timer", U64),
        Row(19, "gc_timer", U64),
        Row(20, "group_addr", MAC, "where spanning tree messages are sent"),
        Row(21, "fdb_flush", FLAG, "forget the addresses learnt"),
        Row(22, "mcast_router", U8),
        Row(23, "mcast_snooping", U8, "whether multicast goes only where it is wanted"),
        Row(24, "mcast_query_use_ifaddr", U8),
        Row(25, "mcast_querier", U8, "whether the bridge asks for members itself"),
        Row(26, "mcast_hash_elasticity", U32),
        Row(27, "mcast_hash_max", U32),
        Row(28, "mcast_last_member_cnt", U32),
        Row(29, "mcast_startup_query_cnt", U32),
        Row(30, "mcast_last_member_intvl", U64),
        Row(31, "mcast_membership_intvl", U64),
        Row(32, "mcast_querier_intvl", U64),
        Row(33, "mcast_query_intvl", U64),
        Row(34, "mcast_query_response_intvl", U64),
        Row(35, "mcast_startup_query_intvl", U64),
        Row(36, "nf_call_iptables", U8),
        Row(37, "nf_call_ip6tables", U8),
        Row(38, "nf_call_arptables", U8),
        Row(39, "vlan_default_pvid", U16, "VLAN of untagged frames"),
        Row(41, "vlan_stats_enabled", U8),
        Row(42, "mcast_stats_enabled", U8),
        Row(43, "mcast_igmp_version", U8),
        Row(44, "mcast_mld_version", U8),
        Row(45, "vlan_stats_per_port", U8),
        Row(46, "multi_boolopt", _BOOLOPT),
        Row(47, "mcast_querier_state", Nested(_QUERIER)),
        Row(48, "fdb_n_learned", U32, "addresses learnt"),
        Row(49, "fdb_max_learned", U32, "addresses learnt at most; 0 for no limit"),
    ),
    BRIDGE_PORT,
)
