"""Ids by which one namespace knows another: RTM_NEWNSID… (linux/net_namespace.h)."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.message import MessageType
from glassnet.netlink.schema import Header, Row, Table
from glassnet.netlink.wire import S32, U32

HEADER: Final = Header("Bxxx", "family")  # struct rtgenmsg, padded to four
NOT_ASSIGNED: Final = -1  # NETNSA_NSID_NOT_ASSIGNED

TABLE: Final = Table(
    "NETNSA_",
    Row(1, "nsid", S32, "the id; -1 where it has none"),
    Row(2, "pid", U32, "namespace of this process"),
    Row(3, "fd", U32, "namespace, by an open descriptor of it"),
    Row(4, "target_nsid", S32, "ask from this namespace's point of view"),
    Row(5, "current_nsid", S32),
)
NEWNSID: Final = MessageType("RTM_NEWNSID", 88, HEADER, TABLE)
DELNSID: Final = MessageType("RTM_DELNSID", 89, HEADER, TABLE)
GETNSID: Final = MessageType("RTM_GETNSID", 90, HEADER, TABLE)
