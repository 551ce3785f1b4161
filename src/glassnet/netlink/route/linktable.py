"""Attributes of links (linux/if_link.h, IFLA_*): the tables, apart from the messages.

They stand alone because kinds need them (a veth holds its peer as a whole link message) and they
need the kinds: `glassnet.netlink.route.link` brings the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from glassnet.netlink.placeholder import Resolve
from glassnet.netlink.route.afspec import AF_SPEC, BRIDGE_AF_SPEC, INET6
from glassnet.netlink.route.bridgeport import BRIDGE_PORT
from glassnet.netlink.schema import Header, Nested, Row, Table
from glassnet.netlink.wire import (
    BYTES,
    HEADER,
    MAC,
    NESTED,
    S32,
    TYPE_MASK,
    U8,
    U16,
    U32,
    Codec,
    Misfit,
    Record,
    String,
    Value,
    attribute,
    unpack_header,
)

AF_BRIDGE: Final = 7
AF_INET6: Final = 10

LINK_HEADER: Final = Header("BxHiII", "family", "type", "index", "flags", "change")  # ifinfomsg


class LinkKind(NamedTuple):
    """What is particular to a kind of link: IFLA_INFO_DATA, and IFLA_INFO_SLAVE_DATA of ports."""

    name: str
    data: Table
    slave_data: Table | None = None


_NOTHING: Final = Table("IFLA_INFO_")


class LinkInfo(Codec):
    """IFLA_LINKINFO: what is in its ``data`` depends on its ``kind``, so the kind is read first."""

    __slots__ = ("_kinds", "_tables")

    def __init__(self) -> None:
        super().__init__("nest")
        self._kinds: dict[str, LinkKind] = {}
        self._tables: dict[tuple[str, str], Table] = {}

    def learn(self, kind: LinkKind) -> None:
        """Know a kind from now on; data of kinds that are not known stay bytes."""
        self._kinds[kind.name] = kind
        self._tables.clear()

    def table(self, kind: object, slave_kind: object) -> Table:
        """The table of the nest for a link of one kind that is a port of another.

        iproute2 names the other as a kind too: ``bridge_slave``, with slave data beside it.
        """
        known = self._known(kind)
        slave = self._known(slave_kind)
        if not known and not slave:
            slave = self._known(str(kind).removesuffix("_slave"))
        table = self._tables.get((known, slave))
        if table is None:
            table = self._tables[known, slave] = self._build(known, slave)
        return table

    def _known(self, kind: object) -> str:
        return kind if isinstance(kind, str) and kind in self._kinds else ""

    def _build(self, kind: str, slave_kind: str) -> Table:
        data = self._kinds[kind].data if kind else _NOTHING
        slave_data = (self._kinds[slave_kind].slave_data if slave_kind else None) or _NOTHING
        return Table(
            "IFLA_INFO_",
            Row(1, "kind", KIND_NAME, "what sort of link it is"),
            Row(2, "data", Nested(data) if kind else BYTES, "options of this kind"),
            Row(3, "xstats", BYTES, "statistics of this kind"),
            Row(4, "slave_kind", KIND_NAME, "what sort of master it is a port of"),
            Row(5, "slave_data", Nested(slave_data) if slave_kind else BYTES, "port options"),
        )

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """The nest, its data by the kinds that the value names."""
        table = self.table_of(value)
        if table is None:
            raise Misfit(f"{value!r}", "a mapping with 'kind' or 'slave_kind'")
        return attribute(number | NESTED, table.encode(value, resolve))

    def decode(self, data: bytes, start: int, end: int) -> dict[str, Value]:
        """The nest, its data by the kinds found in it."""
        return self.inside(data, start, end)[0].decode(data, start, end)

    def inside(self, data: bytes, start: int, end: int) -> tuple[Table, int]:
        """The table of the kinds that the bytes name."""
        names = {1: "", 4: ""}
        at = start
        while at + HEADER <= end:
            length, number = unpack_header(data, at)
            if length < HEADER or at + length > end:
                break
            if number & TYPE_MASK in names:
                names[number & TYPE_MASK] = KIND_NAME.decode(data, at + HEADER, at + length)
            at += (length + 3) & -4
        return self.table(names[1], names[4]), start

    def table_of(self, value: Value) -> Table | None:
        """The table of the kinds that the value names."""
        if type(value) is not dict and not isinstance(value, Mapping):  # the first for speed
            return None
        return self.table(value.get("kind"), value.get("slave_kind"))


KIND_NAME: Final = String(31, terminated=False)
LINKINFO: Final = LinkInfo()
IFNAME: Final = String(15)
ALTNAME: Final = String(127)

STATS_FIELDS: Final = (
    "rx_packets tx_packets rx_bytes tx_bytes rx_errors tx_errors rx_dropped tx_dropped multicast"
    " collisions rx_length_errors rx_over_errors rx_crc_errors rx_frame_errors rx_fifo_errors"
    " rx_missed_errors tx_aborted_errors tx_carrier_errors tx_fifo_errors tx_heartbeat_errors"
    " tx_window_errors rx_compressed tx_compressed rx_nohandler rx_otherhost_dropped"
).split()
STATS64: Final = Record("struct rtnl_link_stats64", "Q", STATS_FIELDS)
STATS32: Final = Record("struct rtnl_link_stats", "I", STATS_FIELDS[:-1])
IFMAP: Final = Record(
    "struct rtnl_link_ifmap", "QQQHBBI", "mem_start mem_end base_addr irq dma port pad".split()
)

XDP: Final = Table(
    "IFLA_XDP_",
    Row(1, "fd", S32, "the program to attach"),
    Row(2, "attached", U8, "0 none, 1 driver, 2 generic, 3 hardware, 4 several"),
    Row(3, "flags", U32),
    Row(4, "prog_id", U32),
    Row(5, "drv_prog_id", U32),
    Row(6, "skb_prog_id", U32),
    Row(7, "hw_prog_id", U32),
    Row(8, "expected_fd", S32),
)
PROP_LIST: Final = Table("IFLA_", Row(53, "alt_ifname", ALTNAME, "another name", many=True))
PROTO_DOWN: Final = Table("IFLA_PROTO_DOWN_REASON_", Row(1, "mask", U32), Row(2, "value", U32))

LINK_TABLE: Final = Table(
    "IFLA_",
    Row(1, "address", MAC, "hardware address"),
    Row(2, "broadcast", MAC, "hardware address of everybody"),
    Row(3, "ifname", IFNAME, "name, unique in its namespace"),
    Row(4, "mtu", U32, "largest packet in bytes"),
    Row(5, "link", U32, "index of the link beneath, or of the veth's other end"),
    Row(6, "qdisc", String(31), "root queueing discipline"),
    Row(7, "stats", STATS32, "counters of 32 bits"),
    Row(10, "master", U32, "index of the bridge (or bond…) it is a port of; 0 for none"),
    Row(12, "protinfo", Nested(BRIDGE_PORT), "port settings, seen in family bridge"),
    Row(13, "txqlen", U32, "transmit queue length in packets"),
    Row(14, "map", IFMAP, "hardware resources"),
    Row(16, "operstate", U8, "RFC 2863 state: 2 down, 6 up"),
    Row(17, "linkmode", U8),
    Row(18, "linkinfo", LINKINFO, "kind and its options"),
    Row(19, "net_ns_pid", U32, "namespace of this process"),
    Row(20, "ifalias", String(255, terminated=False), "free text: the owner's mark"),
    Row(21, "num_vf", U32, "virtual functions"),
    Row(22, "vfinfo_list", BYTES),
    Row(23, "stats64", STATS64, "counters of 64 bits"),
    Row(24, "vf_ports", BYTES),
    Row(25, "port_self", BYTES),
    Row(26, "af_spec", Nested(AF_SPEC), "settings by address family"),
    Row(27, "group", U32, "number by which links are deleted or changed together"),
    Row(28, "net_ns_fd", U32, "namespace, by an open descriptor of it"),
    Row(29, "ext_mask", U32, "RTEXT_FILTER_*: more or less in the answer"),
    Row(30, "promiscuity", U32, "how many want all frames"),
    Row(31, "num_tx_queues", U32),
    Row(32, "num_rx_queues", U32),
    Row(33, "carrier", U8, "whether there is a signal"),
    Row(34, "phys_port_id", BYTES),
    Row(35, "carrier_changes", U32),
    Row(36, "phys_switch_id", BYTES),
    Row(37, "link_netnsid", S32, "where `link` is, as the id of another namespace"),
    Row(38, "phys_port_name", String(255)),
    Row(39, "proto_down", U8),
    Row(40, "gso_max_segs", U32),
    Row(41, "gso_max_size", U32),
    Row(43, "xdp", Nested(XDP), "the BPF program at the driver"),
    Row(44, "event", U32, "why this notification was sent"),
    Row(45, "new_netnsid", S32),
    Row(46, "target_netnsid", S32, "answer for this namespace"),
    Row(47, "carrier_up_count", U32),
    Row(48, "carrier_down_count", U32),
    Row(49, "new_ifindex", S32, "index wanted in the new namespace"),
    Row(50, "min_mtu", U32),
    Row(51, "max_mtu", U32),
    Row(52, "prop_list", Nested(PROP_LIST), "alternative names"),
    Row(53, "alt_ifname", ALTNAME, "another name to find it by"),
    Row(54, "perm_address", MAC, "hardware address burnt in"),
    Row(55, "proto_down_reason", Nested(PROTO_DOWN)),
    Row(56, "parent_dev_name", String(255)),
    Row(57, "parent_dev_bus_name", String(255)),
    Row(58, "gro_max_size", U32),
    Row(59, "tso_max_size", U32),
    Row(60, "tso_max_segs", U32),
    Row(61, "allmulti", U32, "how many want all multicast"),
    Row(62, "devlink_port", BYTES),
    Row(63, "gso_ipv4_max_size", U32),
    Row(64, "gro_ipv4_max_size", U32),
    Row(65, "dpll_pin", BYTES),
    Row(67, "netns_immutable", U8, "whether it may not leave its namespace"),
    Row(68, "headroom", U16, "bytes drivers want in front of a packet"),
    Row(69, "tailroom", U16),
)
BRIDGE_LINK_TABLE: Final = LINK_TABLE.replacing(
    Row(26, "af_spec", Nested(BRIDGE_AF_SPEC), "flags and VLANs of a bridge or port")
)
INET6_LINK_TABLE: Final = LINK_TABLE.replacing(
    Row(12, "protinfo", Nested(INET6), "IPv6 settings, seen in family inet6")
)
