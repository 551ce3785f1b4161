"""Attributes as data: one `Table` per message encodes, decodes, checks, locates and explains.

A row is a number, a name (the kernel's, without the prefix, in lower case), a wire type and a few
words. What no row describes is kept: as ``#<number>`` with its bytes, and encoded again so.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from glassnet.netlink.placeholder import Placeholder, Resolve
from glassnet.netlink.wire import (
    HEADER,
    NESTED,
    TYPE_MASK,
    Codec,
    Misfit,
    Value,
    attribute,
    bounds,
    settle,
    unpack_header,
)

_SUBSETS_MAX: Final = 64  # the sets of names that code asks for are few; a bound all the same
_Reader = tuple[str, Callable[[bytes, int, int], Value], bool]


class Row(NamedTuple):
    """One attribute; ``many`` where the kernel repeats it, which makes the value a list."""

    number: int
    name: str
    codec: Codec
    doc: str = ""
    many: bool = False


class Explained(NamedTuple):
    """One attribute in words: where it is, what the kernel calls it, its wire type and meaning."""

    path: str
    attribute: str
    wire: str
    value: Value
    doc: str


class Table:
    """The attributes of one message or nest; ``prefix`` is the kernel's, such as ``IFLA_``."""

    __slots__ = ("_readers", "_subsets", "by_name", "by_number", "prefix", "rows")

    def __init__(self, prefix: str, *rows: Row) -> None:
        self.prefix = prefix
        self.rows = rows
        self.by_name = {row.name: row for row in rows}
        self.by_number = {row.number: row for row in rows}
        self._readers: dict[int, _Reader] = {
            row.number: (row.name, row.codec.decode, row.many) for row in rows
        }
        self._subsets: dict[frozenset[str], tuple[dict[int, _Reader], int]] = {}

    def replacing(self, *rows: Row) -> Table:
        """A table like this one, with these rows in place of those of the same numbers."""
        return Table(self.prefix, *{**self.by_number, **{row.number: row for row in rows}}.values())

    def encode(self, attrs: Value, resolve: Resolve | None = None) -> bytes:
        """All attributes in the order given. Raises `Misfit` with the path to the bad one."""
        parts = []
        name = ""
        by_name = self.by_name
        if type(attrs) is not dict and not isinstance(attrs, Mapping):  # the first for speed
            raise Misfit(f"{attrs!r}", "a mapping of attributes")
        try:
            for name, value in attrs.items():
                row = by_name.get(name)
                if row is None:
                    parts.append(self._encode_unknown(name, value))
                elif row[4]:
                    parts += [row[2].encode(row[0], one, resolve) for one in _listed(value)]
                else:
                    parts.append(row[2].encode(row[0], value, resolve))
        except Misfit as misfit:
            misfit.path.insert(0, str(name))
            raise
        return b"".join(parts)

    def _encode_unknown(self, name: object, value: Value) -> bytes:
        number = name[1:] if isinstance(name, str) and name.startswith("#") else ""
        if not (number.isascii() and number.isdigit()) or int(number) > TYPE_MASK:
            raise Misfit(f"no attribute {name!r} in {self.prefix}*", self._names())
        if not isinstance(value, bytes):
            raise Misfit(f"{value!r}", "bytes")
        return attribute(int(number), value)

    def _names(self) -> str:
        return ", ".join(self.by_name) + ", or '#<number>' with bytes"

    def check(self, attrs: Mapping[str, Value]) -> None:
        """Raise `Misfit` for a name, type or number that does not fit; placeholders do."""
        self.encode(attrs, lambda _placeholder: 0)

    def decode(
        self, data: bytes, start: int, end: int, wanted: frozenset[str] | None = None
    ) -> dict[str, Value]:
        """The attributes between two offsets: all, or only those ``wanted``.

        Raises `Misfit` for a length that is too short or leads outside. Once all that is wanted
        has been found the rest is not looked at.
        """
        readers, enough = (self._readers, -1) if wanted is None else self._subset(wanted)
        find = readers.get
        found: dict[str, Value] = {}
        at = start
        number = 0
        try:
            while at < end:
                length, number = unpack_header(data, at)
                stop = at + length
                if length < HEADER or stop > end:
                    raise Misfit(
                        f"an attribute of {length} bytes with {end - at} left", "4 or more"
                    )
                reader = find(number & TYPE_MASK)
                if reader is not None:
                    name, decode, many = reader
                    if many:
                        found.setdefault(name, []).append(decode(data, at + HEADER, stop))
                    else:
                        found[name] = decode(data, at + HEADER, stop)
                        if len(found) == enough:
                            break
                elif wanted is None:
                    found[f"#{number & TYPE_MASK}"] = data[at + HEADER : stop]
                at += (length + 3) & -4
        except Misfit as misfit:
            misfit.path.insert(0, self.name_of(number & TYPE_MASK))
            raise
        except struct.error:
            raise Misfit(f"{end - at} bytes after the last attribute", "none") from None
        return found

    def _subset(self, wanted: frozenset[str]) -> tuple[dict[int, _Reader], int]:
        subset = self._subsets.get(wanted)
        if subset is None:
            rows = [row for row in self.rows if row.name in wanted]
            readers = {row.number: self._readers[row.number] for row in rows}
            subset = readers, -1 if any(row.many for row in rows) else len(readers)
            if len(self._subsets) >= _SUBSETS_MAX:
                self._subsets.clear()
            self._subsets[wanted] = subset
        return subset

    def name_of(self, number: int) -> str:
        """The name of an attribute number, or ``#<number>``."""
        row = self.by_number.get(number)
        return f"#{number}" if row is None else row.name

    def locate(
        self, data: bytes, start: int, end: int, offset: int
    ) -> tuple[list[str], Table | None]:
        """The path to the attribute at ``offset``, and the table of its inside if it is a nest.

        The path is as long as the bytes can be followed; empty if none lies there.
        """
        at = start
        while at + HEADER <= end:
            length, number = unpack_header(data, at)
            stop = at + length
            if length < HEADER or stop > end:
                break
            if at <= offset < stop:
                return self._descend(data, at, stop, number & TYPE_MASK, offset)
            at += (length + 3) & -4
        return [], None

    def _descend(
        self, data: bytes, at: int, stop: int, number: int, offset: int
    ) -> tuple[list[str], Table | None]:
        row = self.by_number.get(number)
        path = [self.name_of(number)]
        inside = None if row is None else row.codec.inside(data, at + HEADER, stop)
        if inside is None:
            return path, None
        table, begin = inside
        if offset < begin:
            return path, table
        deeper, last = table.locate(data, begin, stop, offset)
        return path + deeper, last if deeper else table

    def explain(self, attrs: Mapping[str, Value], path: str = "") -> Iterator[Explained]:
        """Each attribute in words, nests before what is in them."""
        for name, value in attrs.items():
            row = self.by_name.get(name)
            where = f"{path}.{name}" if path else name
            if row is None:
                yield Explained(where, name, "bytes", value, "not described by glassnet")
                continue
            yield Explained(where, self.prefix + name.upper(), row.codec.wire, value, row.doc)
            inner = row.codec.table_of(value)
            if inner is not None:
                yield from inner.explain(value, where)


def _listed(value: Value) -> list[Value]:
    if not isinstance(value, list | tuple):
        raise Misfit(f"{value!r}", "a list, for the attribute may be repeated")
    return list(value)


class Header:
    """The fixed structure in front of the attributes: struct ifinfomsg and its like."""

    __slots__ = ("_known", "_layout", "bounds", "fields", "size")

    def __init__(self, layout: str, *fields: str) -> None:
        """``layout`` as `struct` writes it, in the host's byte order; padding is zeroed."""
        self._layout = struct.Struct("=" + layout)
        self.fields = fields
        self.size = self._layout.size
        self._known = frozenset(fields)
        codes = layout.replace("x", "")
        self.bounds = {field: bounds(code) for field, code in zip(fields, codes, strict=True)}

    def encode(self, values: Mapping[str, int | Placeholder], resolve: Resolve | None) -> bytes:
        """The structure; fields that are missing are 0. Raises `Misfit`."""
        if not values.keys() <= self._known:
            unknown = sorted(values.keys() - self._known)[0]
            raise Misfit(f"no header field {unknown!r}", ", ".join(self.fields))
        get = values.get
        numbers = [get(field, 0) for field in self.fields]
        try:
            return self._layout.pack(*numbers)
        except struct.error:
            return self._layout.pack(*self._settled(numbers, resolve))

    def _settled(self, numbers: list[int | Placeholder], resolve: Resolve | None) -> Iterator[int]:
        for field, number in zip(self.fields, numbers, strict=True):
            try:
                yield settle(number, *self.bounds[field], resolve)
            except Misfit as misfit:
                misfit.path.insert(0, field)
                raise

    def decode(self, data: bytes, at: int = 0) -> dict[str, int | Placeholder]:
        """All fields by name. Raises `Misfit` if the bytes end before the structure does."""
        try:
            return dict(zip(self.fields, self._layout.unpack_from(data, at), strict=True))
        except struct.error:
            raise Misfit(f"{len(data) - at} bytes", f"a header of {self.size}") from None


class Nested(Codec):
    """Attributes in an attribute, marked NLA_F_NESTED."""

    __slots__ = ("table",)

    def __init__(self, table: Table) -> None:
        super().__init__("nest")
        self.table = table

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """The nest around its encoded attributes."""
        return attribute(number | NESTED, self.table.encode(value, resolve))

    def decode(self, data: bytes, start: int, end: int) -> dict[str, Value]:
        """The attributes in it."""
        return self.table.decode(data, start, end)

    def inside(self, data: bytes, start: int, end: int) -> tuple[Table, int]:
        """The table, from the very beginning."""
        return self.table, start

    def table_of(self, value: Value) -> Table | None:
        """The table, for an explanation."""
        return self.table


_PARTS: Final = frozenset({"header", "attrs"})


class Embedded(Codec):
    """A whole message in an attribute: ``{"header": {...}, "attrs": {...}}``."""

    __slots__ = ("header", "table")

    def __init__(self, header: Header, table: Table) -> None:
        super().__init__("message")
        self.header = header
        self.table = table

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """The structure and the attributes."""
        if not isinstance(value, Mapping) or not value.keys() <= _PARTS:
            raise Misfit(f"{value!r}", "a mapping of 'header' and 'attrs'")
        body = self.header.encode(value.get("header", {}), resolve)
        return attribute(number | NESTED, body + self.table.encode(value.get("attrs", {}), resolve))

    def decode(self, data: bytes, start: int, end: int) -> dict[str, Value]:
        """Both parts."""
        begin = start + self.header.size
        if begin > end:
            raise Misfit(f"{end - start} bytes", f"a header of {self.header.size}")
        header = self.header.decode(data, start)
        return {"header": header, "attrs": self.table.decode(data, begin, end)}

    def inside(self, data: bytes, start: int, end: int) -> tuple[Table, int]:
        """The attributes behind the structure."""
        return self.table, start + self.header.size
