"""Links whose members have a routing table to themselves (linux/if_link.h, IFLA_VRF_*)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.route.linktable import LinkKind
from glassnet.netlink.schema import Row, Table
from glassnet.netlink.wire import U32

KIND: Final = LinkKind(
    "vrf",
    Table("IFLA_VRF_", Row(1, "table", U32, "the members' routing table")),
    Table("IFLA_VRF_PORT_", Row(1, "table", U32, "the routing table of the VRF it is in")),
)
