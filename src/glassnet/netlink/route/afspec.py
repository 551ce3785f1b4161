"""IFLA_AF_SPEC: settings of a link by address family.

Numbers are those of linux/if_link.h, ip.h, ipv6.h and if_bridge.h.
"""

from __future__ import annotations

from typing import Final

from glassnet.netlink.schema import Nested, Row, Table
from glassnet.netlink.wire import BYTES, IP, U8, U16, U32, U64S, Record

INET_CONF: Final = Record(
    "array of u32 by IPV4_DEVCONF_*",
    "I",
    "forwarding mc_forwarding proxy_arp accept_redirects secure_redirects send_redirects"
    " shared_media rp_filter accept_source_route bootp_relay log_martians tag arp_filter"
    " medium_id disable_xfrm disable_policy force_igmp_version arp_announce arp_ignore"
    " promote_secondaries arp_accept arp_notify accept_local src_valid_mark proxy_arp_pvlan"
    " route_localnet igmpv2_unsolicited_report_interval igmpv3_unsolicited_report_interval"
    " ignore_routes_with_linkdown drop_unicast_in_l2_multicast drop_gratuitous_arp bc_forwarding"
    " arp_evict_nocarrier".split(),
)
INET6_CONF: Final = Record(
    "array of s32 by DEVCONF_*",
    "i",
    "forwarding hop_limit mtu accept_ra accept_redirects autoconf dad_transmits"
    " router_solicitations router_solicitation_interval router_solicitation_delay use_tempaddr"
    " temp_valid_lft temp_prefered_lft regen_max_retry max_desync_factor max_addresses"
    " force_mld_version accept_ra_defrtr accept_ra_pinfo accept_ra_rtr_pref"
    " router_probe_interval accept_ra_rt_info_max_plen proxy_ndp optimistic_dad"
    " accept_source_route mc_forwarding disable_ipv6 accept_dad force_tllao ndisc_notify"
    " mldv1_unsolicited_report_interval mldv2_unsolicited_report_interval suppress_frag_ndisc"
    " accept_ra_from_local use_optimistic accept_ra_mtu stable_secret use_oif_addrs_only"
    " accept_ra_min_hop_limit ignore_routes_with_linkdown drop_unicast_in_l2_multicast"
    " drop_unsolicited_na keep_addr_on_down router_solicitation_max_interval seg6_enabled"
    " seg6_require_hmac enhanced_dad addr_gen_mode disable_policy accept_ra_rt_info_min_plen"
    " ndisc_tclass rpl_seg_enabled ra_defrtr_metric ioam6_enabled ioam6_id ioam6_id_wide"
    " ndisc_evict_nocarrier accept_untracked_na accept_ra_min_lft".split(),
)
CACHEINFO: Final = Record(
    "struct ifla_cacheinfo", "I", "max_reasm_len tstamp reachable_time retrans_time".split()
)
INET: Final = Table(
    "IFLA_INET_", Row(1, "conf", INET_CONF, "net.ipv4.conf.*: read here, written by sysctl")
)
INET6: Final = Table(
    "IFLA_INET6_",
    Row(1, "flags", U32, "IF_READY and its like"),
    Row(2, "conf", INET6_CONF, "net.ipv6.conf.*"),
    Row(3, "stats", U64S),
    Row(5, "cacheinfo", CACHEINFO),
    Row(6, "icmp6stats", U64S),
    Row(7, "token", IP, "host part of addresses made from advertised prefixes"),
    Row(8, "addr_gen_mode", U8, "0 EUI-64, 1 none, 2 stable privacy, 3 random"),
    Row(9, "ra_mtu", U32, "MTU that a router advertised"),
)
AF_SPEC: Final = Table(
    "AF_",
    Row(2, "inet", Nested(INET), "IPv4"),
    Row(7, "bridge", BYTES),
    Row(10, "inet6", Nested(INET6), "IPv6"),
    Row(28, "mpls", BYTES),
    Row(45, "mctp", BYTES),
)
VLAN_INFO: Final = Record("struct bridge_vlan_info", "H", ("flags", "vid"))
BRIDGE_AF_SPEC: Final = Table(
    "IFLA_BRIDGE_",
    Row(0, "flags", U16, "1 master, 2 self: whom the request is for"),
    Row(1, "mode", U16, "0 VEB, 1 VEPA"),
    Row(2, "vlan_info", VLAN_INFO, "one VLAN it is a member of", many=True),
    Row(3, "vlan_tunnel_info", BYTES, many=True),
    Row(4, "mrp", BYTES),
    Row(5, "cfm", BYTES),
    Row(6, "mst", BYTES),
)
