"""Hypothesis strategies for what glassnet sends and receives, derived from its own tables.

The one module that needs hypothesis: `messages` draws any message of a type that can be encoded
and decoded again to the same value.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from glassnet.netlink.message import Message, MessageType
from glassnet.netlink.route.link import KINDS
from glassnet.netlink.route.linktable import LinkInfo
from glassnet.netlink.route.route import HOP_HEADER, HOP_TABLE, Multipath, Via
from glassnet.netlink.schema import Embedded, Header, Nested, Row, Table
from glassnet.netlink.wire import (
    Array,
    BigEndian,
    Bytes,
    Codec,
    Flag,
    Hardware,
    Integer,
    Ip,
    Record,
    String,
    bounds,
)
from glassnet.values import IpAddress, Mac

DEPTH = 2
"""How many messages may stand in a message: a veth's peer is a link, which may be a veth."""


def ips() -> st.SearchStrategy[IpAddress]:
    """IPv4 and IPv6 addresses."""
    return st.ip_addresses().map(lambda address: IpAddress(str(address)))


def macs() -> st.SearchStrategy[Mac]:
    """Six-byte hardware addresses."""
    return st.binary(min_size=6, max_size=6).map(Mac.from_bytes)


def _texts(limit: int) -> st.SearchStrategy[str]:
    alphabet = st.characters(min_codepoint=1, exclude_categories=["Cs"])
    text = st.text(alphabet, max_size=min(limit, 40))
    return text.filter(lambda t: len(t.encode()) <= limit)


@st.composite
def _records(draw: st.DrawFn, codec: Record) -> dict[str, Any]:
    count = draw(st.integers(0, len(codec.fields)))
    pairs = zip(codec.fields[:count], codec.codes[:count], strict=True)
    record: dict[str, Any] = {field: draw(st.integers(*bounds(code))) for field, code in pairs}
    if count == len(codec.fields) and draw(st.booleans()):
        record["#rest"] = draw(st.binary(min_size=1, max_size=9))
    return record


@st.composite
def _linkinfos(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    kind = draw(st.sampled_from([*KINDS.values(), None]))
    slave = draw(st.sampled_from([KINDS["bridge"], None]))
    info: dict[str, Any] = {"kind": kind.name if kind else "unheard-of"}
    info["data"] = draw(attributes(kind.data, depth) if kind else st.binary(max_size=20))
    if slave is not None and slave.slave_data is not None:
        info |= {"slave_kind": slave.name, "slave_data": draw(attributes(slave.slave_data, depth))}
    return info


@st.composite
def _hops(draw: st.DrawFn, depth: int) -> dict[str, Any]:
    hop = draw(headers(HOP_HEADER)) | draw(attributes(HOP_TABLE, depth))
    del hop["len"]
    return hop


def values(codec: Codec, depth: int = DEPTH) -> st.SearchStrategy[Any]:
    """Values of a wire type."""
    match codec:
        case Integer() | BigEndian():
            return st.integers(codec.low, codec.high)
        case String():
            return _texts(codec.limit)
        case Bytes():
            return st.binary(max_size=40)
        case Flag():
            return st.just(True)
        case Ip() | Via():
            return ips()
        case Hardware():
            return macs() | st.binary(max_size=32).filter(lambda raw: len(raw) != 6)
        case Array():
            return st.lists(st.integers(codec.low, codec.high), max_size=8)
        case _:
            return _compounds(codec, depth)


def _compounds(codec: Codec, depth: int) -> st.SearchStrategy[Any]:
    match codec:
        case Record():
            return _records(codec)
        case Nested():
            return attributes(codec.table, depth)
        case Embedded():
            attrs = attributes(codec.table, depth - 1)
            return st.fixed_dictionaries({"header": headers(codec.header), "attrs": attrs})
        case LinkInfo():
            return _linkinfos(depth)
        case Multipath():
            return st.lists(_hops(depth), max_size=3)
    raise NotImplementedError(codec.wire)


def _worth_drawing(row: Row, depth: int) -> bool:
    return depth > 0 or not isinstance(row.codec, Embedded | LinkInfo)


@st.composite
def attributes(draw: st.DrawFn, table: Table, depth: int = DEPTH) -> dict[str, Any]:
    """Some attributes of a table, and some that it does not have."""
    rows = [row for row in table.rows if _worth_drawing(row, depth)]
    chosen = draw(st.lists(st.sampled_from(rows), max_size=5, unique=True)) if rows else []
    attrs: dict[str, Any] = {}
    for row in chosen:
        value = values(row.codec, depth)
        attrs[row.name] = draw(st.lists(value, min_size=1, max_size=3) if row.many else value)
    for number in draw(st.sets(st.integers(0, 0x3FFF), max_size=1)):
        if number not in table.by_number:
            attrs[f"#{number}"] = draw(st.binary(max_size=9))
    return attrs


def headers(header: Header) -> st.SearchStrategy[dict[str, Any]]:
    """All fields of a header."""
    return st.fixed_dictionaries(
        {field: st.integers(*header.bounds[field]) for field in header.fields}
    )


@st.composite
def messages(draw: st.DrawFn, kind: MessageType) -> Message:
    """Whole messages of a type, of any address family."""
    header = draw(headers(kind.header))
    if kind.by_family:
        header["family"] = draw(st.sampled_from([0, *kind.by_family]))
    attrs = draw(attributes(kind.table_for(header["family"])))
    return Message(kind, draw(st.integers(0, 0xFFFF)), header, attrs)
