"""Links that share a lower device and its MAC (linux/if_link.h, IFLA_IPVLAN_*)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.route.linktable import LinkKind
from glassnet.netlink.schema import Row, Table
from glassnet.netlink.wire import U16

# enum ipvlan_mode.
L2: Final = 0
L3: Final = 1
L3S: Final = 2

# IPVLAN_F_*.
PRIVATE: Final = 1
VEPA: Final = 2

KIND: Final = LinkKind(
    "ipvlan",
    Table(
        "IFLA_IPVLAN_",
        Row(1, "mode", U16, "0 l2, 1 l3, 2 l3s; one for all on the lower device"),
        Row(2, "flags", U16, "0 bridge, 1 private, 2 vepa; one for all on the lower device"),
    ),
)
