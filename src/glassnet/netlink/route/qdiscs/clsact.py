"""The place of filters for what comes in and what leaves (net/sched/sch_ingress.c). No options."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.route.tctable import TcKind
from glassnet.netlink.schema import Nested, Table

KIND: Final = TcKind("clsact", Nested(Table("TCA_CLSACT_")))
