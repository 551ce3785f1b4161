"""Queueing disciplines: RTM_NEWQDISC, RTM_DELQDISC, RTM_GETQDISC (linux/rtnetlink.h)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.message import MessageType
from glassnet.netlink.route.qdiscs import clsact, fq_codel, htb, ingress, tbf
from glassnet.netlink.route.tctable import ROWS, TC_HEADER, ByKind, TcKind

KINDS: Final[dict[str, TcKind]] = {
    module.KIND.name: module.KIND for module in (tbf, htb, ingress, clsact, fq_codel)
}
QDISC_TABLE: Final = ByKind("TCA_", *ROWS)
for _kind in KINDS.values():
    QDISC_TABLE.learn(_kind.name, _kind.options)

NEWQDISC: Final = MessageType("RTM_NEWQDISC", 36, TC_HEADER, QDISC_TABLE)
DELQDISC: Final = MessageType("RTM_DELQDISC", 37, TC_HEADER, QDISC_TABLE)
GETQDISC: Final = MessageType("RTM_GETQDISC", 38, TC_HEADER, QDISC_TABLE)
