"""Attributes of queueing disciplines, classes and filters (linux/rtnetlink.h, TCA_*).

The three have one header and one table. What is in their options depends on the kind, which is an
attribute beside them: `ByKind` is a table that looks for it first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from glassnet.netlink.placeholder import Resolve
from glassnet.netlink.schema import Explained, Header, Nested, Row, Table
from glassnet.netlink.wire import (
    BYTES,
    FLAG,
    HEADER,
    TYPE_MASK,
    U8,
    U32,
    U64,
    Codec,
    Record,
    String,
    Value,
    unpack_header,
)

TC_HEADER: Final = Header(  # struct tcmsg; of a filter, info is its priority and protocol
    "BxxxiIII", "family", "ifindex", "handle", "parent", "info"
)
TC_NAME: Final = String(15)  # IFNAMSIZ, as everything that tc names

ROOT: Final = 0xFFFFFFFF  # TC_H_ROOT: parent of the discipline for what leaves a link
INGRESS: Final = 0xFFFFFFF1  # TC_H_INGRESS and TC_H_CLSACT: parent of that for what comes in
INGRESS_HANDLE: Final = 0xFFFF0000  # ``ffff:``, which the one below TC_H_INGRESS always has
ETH_P_ALL: Final = 0x0003

RATESPEC_CODES: Final = "BBHhHI"
"""struct tc_ratespec: how packets are counted, and bytes a second."""


class TcKind(NamedTuple):
    """What is particular to a kind of discipline: its options, and those of its classes."""

    name: str
    options: Codec
    class_options: Codec = BYTES


def ratespec(rate: str) -> list[str]:
    """The fields of a struct tc_ratespec that is part of a larger structure."""
    fields = "cell_log linklayer overhead cell_align mpu".split()
    return [*(f"{rate}_{field}" for field in fields), rate]


class ByKind(Table):
    """A table whose row ``options`` is read and written as its attribute ``kind`` has it.

    Options of kinds that are not known stay bytes.
    """

    __slots__ = ("_kind", "_options", "_tables")

    def __init__(self, prefix: str, *rows: Row) -> None:
        """The rows ``kind`` and ``options`` are among them."""
        super().__init__(prefix, *rows)
        self._kind = self.by_name["kind"].number
        self._options = self.by_name["options"]
        self._tables: dict[str, Table] = {}

    def learn(self, kind: str, options: Codec) -> None:
        """Know a kind's options from now on."""
        self._tables[kind] = self.replacing(self._options._replace(codec=options))

    def of(self, kind: object) -> Table | None:
        """The table of a kind, or None for one that is not known."""
        return self._tables.get(kind) if isinstance(kind, str) else None

    def encode(self, attrs: Value, resolve: Resolve | None = None) -> bytes:
        """As the kind in ``attrs`` has it."""
        table = self.of(attrs.get("kind")) if isinstance(attrs, Mapping) else None
        return (table.encode if table is not None else super().encode)(attrs, resolve)

    def decode(
        self, data: bytes, start: int, end: int, wanted: frozenset[str] | None = None
    ) -> dict[str, Value]:
        """As the kind in the bytes has it."""
        table = self.of(self._found(data, start, end))
        decode = table.decode if table is not None else super().decode
        return decode(data, start, end, wanted)

    def locate(
        self, data: bytes, start: int, end: int, offset: int
    ) -> tuple[list[str], Table | None]:
        """As the kind in the bytes has it."""
        table = self.of(self._found(data, start, end))
        locate = table.locate if table is not None else super().locate
        return locate(data, start, end, offset)

    def explain(self, attrs: Mapping[str, Value], path: str = "") -> Iterator[Explained]:
        """As the kind in ``attrs`` has it."""
        table = self.of(attrs.get("kind"))
        return (table.explain if table is not None else super().explain)(attrs, path)

    def _found(self, data: bytes, start: int, end: int) -> str:
        """The kind, as far as the bytes can be followed; what is wrong with them is said later."""
        at = start
        while at + HEADER <= end:
            length, number = unpack_header(data, at)
            if length < HEADER or at + length > end:
                break
            if number & TYPE_MASK == self._kind:
                return TC_NAME.decode(data, at + HEADER, at + length)
            at += (length + 3) & -4
        return ""


STATS: Final = Record(
    "struct tc_stats", "QIIIIIII", "bytes packets drops overlimits bps pps qlen backlog".split()
)
STATS2: Final = Table(
    "TCA_STATS_",
    Row(1, "basic", Record("struct gnet_stats_basic", "QI", ("bytes", "packets"))),
    Row(2, "rate_est", Record("struct gnet_stats_rate_est", "I", ("bps", "pps"))),
    Row(
        3,
        "queue",
        Record("struct gnet_stats_queue", "I", "qlen backlog drops requeues overlimits".split()),
    ),
    Row(4, "app", BYTES, "statistics of this kind"),
    Row(5, "rate_est64", Record("struct gnet_stats_rate_est64", "Q", ("bps", "pps"))),
    Row(6, "pad", BYTES),
    Row(7, "basic_hw", Record("struct gnet_stats_basic", "QI", ("bytes", "packets"))),
    Row(8, "pkt64", U64),
)
_DUMP_FLAGS: Final = Record("struct nla_bitfield32", "I", ("value", "selector"))

ROWS: Final = (
    Row(1, "kind", TC_NAME, "what sort of discipline or filter it is"),
    Row(2, "options", BYTES, "options of this kind"),
    Row(3, "stats", STATS, "counters of 32 bits"),
    Row(4, "xstats", BYTES, "statistics of this kind"),
    Row(5, "rate", BYTES, "struct tc_estimator: how to measure the rate"),
    Row(6, "fcnt", U32),
    Row(7, "stats2", Nested(STATS2), "counters"),
    Row(8, "stab", BYTES, "how packets are counted whose headers are others on the wire"),
    Row(9, "pad", BYTES),
    Row(10, "dump_invisible", FLAG, "tell also of those that a link has by default"),
    Row(11, "chain", U32, "which of several lists of filters"),
    Row(12, "hw_offload", U8, "whether the device does it"),
    Row(13, "ingress_block", U32, "filters shared with other links, of what comes in"),
    Row(14, "egress_block", U32, "filters shared with other links, of what leaves"),
    Row(15, "dump_flags", _DUMP_FLAGS, "TCA_DUMP_FLAGS_TERSE: less in the answer"),
    Row(16, "ext_warn_msg", String(0xFFFF), "the kernel's words about what it took all the same"),
)


def handle(major: int, minor: int = 0) -> int:
    """The number of ``major:minor``, which tc writes in hexadecimal."""
    return major << 16 | minor


def handle_text(number: int) -> str:
    """``1:``, ``1:10``, ``ffff:``, as tc shows it."""
    return f"{number >> 16:x}:{number & 0xFFFF:x}" if number & 0xFFFF else f"{number >> 16:x}:"
