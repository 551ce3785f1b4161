"""Links that are one VLAN of a lower device (linux/if_link.h, IFLA_VLAN_*; linux/if_vlan.h)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.route.linktable import LinkKind
from glassnet.netlink.schema import Nested, Row, Table
from glassnet.netlink.wire import BE16, U16, Record

# linux/if_ether.h.
ETH_P_8021Q: Final = 0x8100
ETH_P_8021AD: Final = 0x88A8

# VLAN_FLAG_*.
REORDER_HDR: Final = 1
GVRP: Final = 2
LOOSE_BINDING: Final = 4
MVRP: Final = 8
BRIDGE_BINDING: Final = 16

_FLAGS: Final = Record("struct ifla_vlan_flags", "I", ("flags", "mask"))
_MAPPING: Final = Record("struct ifla_vlan_qos_mapping", "I", ("from", "to"))
_QOS: Final = Table(
    "IFLA_VLAN_QOS_", Row(1, "mapping", _MAPPING, "a number for another", many=True)
)

KIND: Final = LinkKind(
    "vlan",
    Table(
        "IFLA_VLAN_",
        Row(1, "id", U16, "number of the VLAN"),
        Row(2, "flags", _FLAGS, "VLAN_FLAG_*, and which of them are meant"),
        Row(3, "egress_qos", Nested(_QOS), "packet priority to priority in the tag"),
        Row(4, "ingress_qos", Nested(_QOS), "priority in the tag to packet priority"),
        Row(5, "protocol", BE16, "0x8100 802.1Q, 0x88a8 802.1ad"),
    ),
)
