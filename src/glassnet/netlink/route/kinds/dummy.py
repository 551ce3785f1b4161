"""Links that drop what is sent to them (drivers/net/dummy.c). No options."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.route.linktable import LinkKind
from glassnet.netlink.schema import Table

KIND: Final = LinkKind("dummy", Table("IFLA_DUMMY_"))
