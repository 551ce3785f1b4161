"""Classes of a queueing discipline: RTM_NEWTCLASS, RTM_DELTCLASS, RTM_GETTCLASS."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.message import MessageType
from glassnet.netlink.route.qdisc import KINDS
from glassnet.netlink.route.tctable import ROWS, TC_HEADER, ByKind

TCLASS_TABLE: Final = ByKind("TCA_", *ROWS)
for _kind in KINDS.values():
    TCLASS_TABLE.learn(_kind.name, _kind.class_options)

NEWTCLASS: Final = MessageType("RTM_NEWTCLASS", 40, TC_HEADER, TCLASS_TABLE)
DELTCLASS: Final = MessageType("RTM_DELTCLASS", 41, TC_HEADER, TCLASS_TABLE)
GETTCLASS: Final = MessageType("RTM_GETTCLASS", 42, TC_HEADER, TCLASS_TABLE)
