"""Tables, chains and rules of nf_tables (linux/netfilter/nf_tables.h), as far as we ask for them.

Changes are made by text (`glassnet.nft`). What is asked here is what must cost little: whether a
chain is there, which chains there are, and what the kernel tells of changes. Integers are in
network byte order.
"""

from __future__ import annotations

from typing import Final

from glassnet.netlink.message import MessageType
from glassnet.netlink.netfilter.conntrack import HEADER
from glassnet.netlink.schema import Nested, Row, Table
from glassnet.netlink.wire import BE32, BE64, BYTES, String

GROUP: Final = 7
"""linux/netfilter/nfnetlink.h: NFNLGRP_NFTABLES, which tells of every change."""

_SUBSYSTEM: Final = 10 << 8  # NFNL_SUBSYS_NFTABLES
_NAME_MAX: Final = 256  # NFT_NAME_MAXLEN

FAMILIES: Final = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}  # NFPROTO_*
NUMBERS: Final = {name: number for number, name in FAMILIES.items()}

FORWARD: Final = 2  # linux/netfilter.h: NF_INET_FORWARD
DROP: Final = 0  # NF_DROP

TABLE: Final = Table(
    "NFTA_TABLE_",
    Row(1, "name", String(_NAME_MAX)),
    Row(2, "flags", BE32, "NFT_TABLE_F_*"),
    Row(3, "use", BE32, "chains in it"),
    Row(4, "handle", BE64),
    Row(5, "pad", BYTES),
    Row(6, "userdata", BYTES),
    Row(7, "owner", BE32, "the only port that may change it"),
)
_HOOK: Final = Table(
    "NFTA_HOOK_",
    Row(1, "hooknum", BE32, "NF_INET_*"),
    Row(2, "priority", BE32, "a signed number"),
    Row(3, "dev", String(_NAME_MAX)),
    Row(4, "devs", BYTES),
)
CHAIN: Final = Table(
    "NFTA_CHAIN_",
    Row(1, "table", String(_NAME_MAX)),
    Row(2, "handle", BE64),
    Row(3, "name", String(_NAME_MAX)),
    Row(4, "hook", Nested(_HOOK), "of a base chain"),
    Row(5, "policy", BE32, "NF_DROP or NF_ACCEPT"),
    Row(6, "use", BE32, "rules in it, and what leads to it"),
    Row(7, "type", String(_NAME_MAX), "filter, nat or route"),
    Row(8, "counters", BYTES),
    Row(9, "pad", BYTES),
    Row(10, "flags", BE32),
    Row(11, "id", BE32),
    Row(12, "userdata", BYTES),
)
RULE: Final = Table(
    "NFTA_RULE_",
    Row(1, "table", String(_NAME_MAX)),
    Row(2, "chain", String(_NAME_MAX)),
    Row(3, "handle", BE64),
)
"""Where a rule is; what it says is told by libnftables."""
ELEMENTS: Final = Table(
    "NFTA_SET_ELEM_LIST_",
    Row(1, "table", String(_NAME_MAX)),
    Row(2, "set", String(_NAME_MAX)),
)
SET: Final = Table(
    "NFTA_SET_", Row(1, "table", String(_NAME_MAX)), Row(2, "name", String(_NAME_MAX))
)


def _type(name: str, number: int, table: Table, *, asks: bool = False) -> MessageType:
    return MessageType(f"NFT_MSG_{name}", _SUBSYSTEM | number, HEADER, table, asks=asks)


NEWTABLE: Final = _type("NEWTABLE", 0, TABLE)
DELTABLE: Final = _type("DELTABLE", 2, TABLE)
NEWCHAIN: Final = _type("NEWCHAIN", 3, CHAIN)
GETCHAIN: Final = _type("GETCHAIN", 4, CHAIN, asks=True)
DELCHAIN: Final = _type("DELCHAIN", 5, CHAIN)
NEWRULE: Final = _type("NEWRULE", 6, RULE)
DELRULE: Final = _type("DELRULE", 8, RULE)
DELSET: Final = _type("DELSET", 11, SET)
DELSETELEM: Final = _type("DELSETELEM", 14, ELEMENTS)
