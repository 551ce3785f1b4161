"""Links whose egress queue shapes other links' ingress (drivers/net/ifb.c). No options."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.route.linktable import LinkKind
from glassnet.netlink.schema import Table

KIND: Final = LinkKind("ifb", Table("IFLA_IFB_"))
