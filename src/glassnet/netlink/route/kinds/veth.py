"""Pairs of virtual Ethernet links (linux/veth.h). The kernel never says the peer back."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.route.linktable import LINK_HEADER, LINK_TABLE, LinkKind
from glassnet.netlink.schema import Embedded, Row, Table

KIND: Final = LinkKind(
    "veth",
    Table(
        "VETH_INFO_",
        Row(1, "peer", Embedded(LINK_HEADER, LINK_TABLE), "the other end, as a link message"),
    ),
)
