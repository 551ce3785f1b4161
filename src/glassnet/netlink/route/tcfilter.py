"""Filters of packets: RTM_NEWTFILTER… (linux/rtnetlink.h), their kind u32 and the action mirred.

u32 compares 32-bit words of a packet under a mask (linux/pkt_cls.h, TCA_U32_*); mirred sends it,
or a copy, elsewhere (linux/tc_act/tc_mirred.h).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

from glassnet.netlink.message import MessageType
from glassnet.netlink.placeholder import Placeholder, Resolve
from glassnet.netlink.route.tctable import ROWS, STATS2, TC_HEADER, TC_NAME, ByKind
from glassnet.netlink.schema import Nested, Row, Table
from glassnet.netlink.wire import (
    BYTES,
    U32,
    U64S,
    Codec,
    Misfit,
    Record,
    String,
    Value,
    attribute,
)

_HEAD: Final = struct.Struct("=BBBx2sHhh4s")  # struct tc_u32_sel; masks are as on the wire
_KEY: Final = struct.Struct("=4s4sii")  # struct tc_u32_key
_FIELDS: Final = frozenset("flags offshift offmask off offoff hoff hmask keys".split())
_KEY_FIELDS: Final = frozenset("mask value off offmask".split())

TC_U32_TERMINAL: Final = 1  # flags of a selector: what matches is looked at no further


class Selector(Codec):
    """What u32 compares: a mapping with ``keys``, a list of a ``mask`` and ``value`` ``off`` bytes
    into the packet; ``mask`` and ``value`` as one reads them on the wire."""

    __slots__ = ()

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """The structure and its keys."""
        if not isinstance(value, Mapping) or not value.keys() <= _FIELDS:
            raise Misfit(f"{value!r}", f"a mapping of {', '.join(sorted(_FIELDS))}")
        keys = value.get("keys", ())
        try:
            head = _HEAD.pack(
                value.get("flags", 0),
                value.get("offshift", 0),
                len(keys),
                int.to_bytes(value.get("offmask", 0), 2),
                *(value.get(field, 0) for field in ("off", "offoff", "hoff")),
                int.to_bytes(value.get("hmask", 0), 4),
            )
            return attribute(number, head + b"".join(map(_encode_key, keys)))
        except (struct.error, OverflowError, TypeError, AttributeError):
            raise Misfit(f"{value!r}", "integers in range (struct tc_u32_sel)") from None

    def decode(self, data: bytes, start: int, end: int) -> dict[str, Any]:
        """The fields that are not 0, and all keys."""
        if end - start < _HEAD.size:
            raise Misfit(f"{end - start} bytes", f"a selector of {_HEAD.size} and more")
        flags, offshift, count, offmask, off, offoff, hoff, hmask = _HEAD.unpack_from(data, start)
        begin = start + _HEAD.size
        if end - begin < count * _KEY.size:
            raise Misfit(f"{end - begin} bytes", f"{count} keys of {_KEY.size}")
        fields = {
            "flags": flags,
            "offshift": offshift,
            "offmask": int.from_bytes(offmask),
            "off": off,
            "offoff": offoff,
            "hoff": hoff,
            "hmask": int.from_bytes(hmask),
        }
        keys = [_decode_key(data, begin + at * _KEY.size) for at in range(count)]
        return {**{name: one for name, one in fields.items() if one}, "keys": keys}


def _encode_key(key: Mapping[str, int]) -> bytes:
    if not key.keys() <= _KEY_FIELDS:
        raise Misfit(f"{key!r}", f"a mapping of {', '.join(sorted(_KEY_FIELDS))}")
    mask, value = (int.to_bytes(key.get(name, 0), 4) for name in ("mask", "value"))
    return _KEY.pack(mask, value, key.get("off", 0), key.get("offmask", 0))


def _decode_key(data: bytes, at: int) -> dict[str, int]:
    mask, value, off, offmask = _KEY.unpack_from(data, at)
    found = {"mask": int.from_bytes(mask), "value": int.from_bytes(value)}
    return {**found, "off": off, "offmask": offmask}


MIRRED: Final = Table(
    "TCA_MIRRED_",
    Row(1, "tm", Record("struct tcf_t", "Q", "install lastuse expires firstuse".split())),
    Row(
        2,
        "parms",
        Record(
            "struct tc_mirred",
            "IIiiiiI",
            "index capab action refcnt bindcnt eaction ifindex".split(),
        ),
        "what to do, and the link to send to",
    ),
    Row(3, "pad", BYTES),
    Row(4, "blockid", U32),
)
TC_ACT_STOLEN: Final = 4  # linux/pkt_cls.h: the packet is the action's now
TCA_EGRESS_REDIR: Final = 1  # linux/tc_act/tc_mirred.h
TCA_EGRESS_MIRROR: Final = 2
TCA_INGRESS_REDIR: Final = 3
TCA_INGRESS_MIRROR: Final = 4

ACTION: Final = ByKind(
    "TCA_ACT_",
    Row(1, "kind", TC_NAME, "what sort of action it is"),
    Row(2, "options", BYTES, "options of this kind"),
    Row(3, "index", U32),
    Row(4, "stats", Nested(STATS2), "counters"),
    Row(5, "pad", BYTES),
    Row(6, "cookie", BYTES),
    Row(7, "flags", BYTES, "struct nla_bitfield32"),
    Row(8, "hw_stats", BYTES, "struct nla_bitfield32"),
    Row(9, "used_hw_stats", BYTES, "struct nla_bitfield32"),
    Row(10, "in_hw_count", U32),
)
ACTION.learn("mirred", Nested(MIRRED))
ACTIONS: Final = Table(
    "TCA_ACT_", *(Row(number, f"{number}", Nested(ACTION)) for number in range(1, 33))
)
U32_OPTIONS: Final = Table(
    "TCA_U32_",
    Row(1, "classid", U32, "class that the packet goes to"),
    Row(2, "hash", U32, "which list of keys it is in"),
    Row(3, "link", U32, "list of keys to go on with"),
    Row(4, "divisor", U32, "how many lists"),
    Row(5, "sel", Selector("struct tc_u32_sel"), "what it compares"),
    Row(6, "police", BYTES),
    Row(7, "act", Nested(ACTIONS), "what is done with what matches, in order"),
    Row(8, "indev", String(15), "link it came in by"),
    Row(9, "pcnt", U64S, "how often it was tried and matched"),
    Row(10, "mark", BYTES, "struct tc_u32_mark"),
    Row(11, "flags", U32, "TCA_CLS_FLAGS_*: whether the device does it"),
    Row(12, "pad", BYTES),
)
FILTER_TABLE: Final = ByKind("TCA_", *ROWS)
FILTER_TABLE.learn("u32", Nested(U32_OPTIONS))

NEWTFILTER: Final = MessageType("RTM_NEWTFILTER", 44, TC_HEADER, FILTER_TABLE)
DELTFILTER: Final = MessageType("RTM_DELTFILTER", 45, TC_HEADER, FILTER_TABLE)
GETTFILTER: Final = MessageType("RTM_GETTFILTER", 46, TC_HEADER, FILTER_TABLE)

EVERYTHING: Final[Mapping[str, Any]] = {
    "flags": TC_U32_TERMINAL,
    "keys": [{"mask": 0, "value": 0, "off": 0, "offmask": 0}],
}
"""The selector of ``match u32 0 0``: of no bit it matters what it is."""


def info(priority: int, protocol: int) -> int:
    """The header's ``info``: a priority, and a protocol (ETH_P_*) in network byte order."""
    return priority << 16 | int.from_bytes(protocol.to_bytes(2), _native())


def split_info(number: int) -> tuple[int, int]:
    """The priority and the protocol of a header's ``info``."""
    return number >> 16, int.from_bytes((number & 0xFFFF).to_bytes(2), _native())


def _native() -> Any:
    return "little" if struct.pack("=H", 1)[0] else "big"


def redirection(target: int | Placeholder) -> dict[str, Any]:
    """Options of u32 by which every packet leaves by the link with this index instead."""
    parms = {
        "index": 0,
        "capab": 0,
        "action": TC_ACT_STOLEN,
        "refcnt": 0,
        "bindcnt": 0,
        "eaction": TCA_EGRESS_REDIR,
        "ifindex": target,
    }
    action = {"kind": "mirred", "options": {"parms": parms}}
    return {"act": {"1": action}, "sel": EVERYTHING}
