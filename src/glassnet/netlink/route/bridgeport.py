"""A bridge port's settings (linux/if_link.h, IFLA_BRPORT_*), as slave data and as IFLA_PROTINFO."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.schema import Row, Table
from glassnet.netlink.wire import BYTES, FLAG, U8, U16, U32, U64

BRIDGE_PORT: Final = Table(
    "IFLA_BRPORT_",
    Row(1, "state", U8, "spanning tree state: 0 disabled, 3 forwarding, 4 blocking"),
    Row(2, "priority", U16),
    Row(3, "cost", U32, "path cost in the spanning tree"),
    Row(4, "mode", U8, "hairpin: may send a frame back through the port it came in by"),
    Row(5, "guard", U8, "refuses spanning tree messages"),
    Row(6, "protect", U8, "may not become the root port"),
    Row(7, "fast_leave", U8, "leaves a multicast group at the first word"),
    Row(8, "learning", U8, "learns source addresses"),
    Row(9, "unicast_flood", U8, "sends out frames for unknown addresses"),
    Row(10, "proxyarp", U8),
    Row(11, "learning_sync", U8),
    Row(12, "proxyarp_wifi", U8),
    Row(13, "root_id", BYTES, "struct ifla_bridge_id"),
    Row(14, "bridge_id", BYTES, "struct ifla_bridge_id"),
    Row(15, "designated_port", U16),
    Row(16, "designated_cost", U16),
    Row(17, "id", U16),
    Row(18, "no", U16),
    Row(19, "topology_change_ack", U8),
    Row(20, "config_pending", U8),
    Row(21, "message_age_timer", U64),
    Row(22, "forward_delay_timer", U64),
    Row(23, "hold_timer", U64),
    Row(24, "flush", FLAG, "forget the addresses learnt here"),
    Row(25, "multicast_router", U8),
    Row(27, "mcast_flood", U8, "sends out multicast for unknown groups"),
    Row(28, "mcast_to_ucast", U8),
    Row(29, "vlan_tunnel", U8),
    Row(30, "bcast_flood", U8, "sends out broadcast"),
    Row(31, "group_fwd_mask", U16),
    Row(32, "neigh_suppress", U8, "ARP and ND are answered by the bridge"),
    Row(33, "isolated", U8, "may talk to ports that are not isolated only"),
    Row(34, "backup_port", U32),
    Row(35, "mrp_ring_open", U8),
    Row(36, "mrp_in_open", U8),
    Row(37, "mcast_eht_hosts_limit", U32),
    Row(38, "mcast_eht_hosts_cnt", U32),
    Row(39, "locked", U8, "forwards only from addresses in the forwarding database"),
    Row(40, "mab", U8),
    Row(41, "mcast_n_groups", U32),
    Row(42, "mcast_max_groups", U32),
    Row(43, "neigh_vlan_suppress", U8),
    Row(44, "backup_nhid", U32),
)
