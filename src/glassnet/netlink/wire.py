"""Wire types: how one attribute's value is packed into bytes and read from them.

One codec object for each type the kernel uses (include/net/netlink.h, NLA_*). ``encode`` gives the
whole attribute: struct nlattr, the value, padding to four bytes. ``decode`` reads between two
offsets of a larger buffer and copies no more than the value itself.

What does not fit raises `Misfit`, which knows nothing of blame: the same bytes are our fault going
out and the kernel's coming in, so `glassnet.netlink.message` says whose it is.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from glassnet.netlink.placeholder import FdOf, IndexOf, Resolve
from glassnet.values import IpAddress, Mac

if TYPE_CHECKING:
    from glassnet.netlink.schema import Table

Value: TypeAlias = Any
"""What stands in an attribute: the table says which type, not the type checker."""

NESTED: Final = 0x8000  # linux/netlink.h: NLA_F_NESTED
TYPE_MASK: Final = 0x3FFF  # NLA_TYPE_MASK: without NLA_F_NESTED and NLA_F_NET_BYTEORDER
HEADER: Final = 4  # struct nlattr: length of all but the padding, type

pack_header: Final = struct.Struct("=HH").pack
unpack_header: Final = struct.Struct("=HH").unpack_from
_PLACEHOLDERS: Final = (IndexOf, FdOf)
_PADDING: Final = (b"", b"\0\0\0", b"\0\0", b"\0")
_pack_ip4: Final = struct.Struct("=HH4s").pack
_pack_mac: Final = struct.Struct("=HH6s2x").pack


class Misfit(Exception):
    """A value or bytes that do not fit: ``problem``, what is ``accepted``, the ``path`` to it."""

    def __init__(self, problem: str, accepted: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.accepted = accepted
        self.path: list[str] = []


def attribute(number: int, payload: bytes) -> bytes:
    """One attribute around its payload. Raises `Misfit` past 65,535 bytes."""
    size = len(payload)
    if size > 0xFFFF - HEADER:
        raise Misfit(f"{size} bytes in one attribute", f"{0xFFFF - HEADER} bytes at most")
    return pack_header(size + HEADER, number) + payload + _PADDING[size & 3]


class Codec:
    """One wire type; ``wire`` is its name for people."""

    __slots__ = ("wire",)

    def __init__(self, wire: str) -> None:
        self.wire = wire

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """The attribute ``number`` with this value. Raises `Misfit`."""
        raise NotImplementedError

    def decode(self, data: bytes, start: int, end: int) -> Value:
        """The value that lies between the two offsets. Raises `Misfit`."""
        raise NotImplementedError

    def inside(self, data: bytes, start: int, end: int) -> tuple[Table, int] | None:
        """For a nest: the table of what is inside and the offset where it begins."""
        del data, start, end
        return None

    def table_of(self, value: Value) -> Table | None:
        """For a nest: the table that its value is a mapping of."""
        del value
        return None


class Integer(Codec):
    """An integer in the host's byte order; a placeholder may stand for it."""

    __slots__ = ("_length", "_pack", "_size", "_unpack", "high", "low")

    def __init__(self, wire: str, code: str) -> None:
        super().__init__(wire)
        plain = struct.Struct("=" + code)
        self._size = plain.size
        self._length = plain.size + HEADER
        self._unpack = plain.unpack_from
        self._pack = struct.Struct(f"=HH{code}{-plain.size % 4}x").pack
        self.low, self.high = bounds(code)

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """Header, integer, padding in one go."""
        if type(value) is not int:
            value = settle(value, self.low, self.high, resolve)
        try:
            return self._pack(self._length, number, value)
        except struct.error:
            raise misfit_integer(value, self.low, self.high) from None

    def decode(self, data: bytes, start: int, end: int) -> int:
        """The integer; its size must be exact."""
        if end - start != self._size:
            raise Misfit(f"{end - start} bytes", f"{self._size} bytes ({self.wire})")
        number: int = self._unpack(data, start)[0]
        return number


def bounds(code: str) -> tuple[int, int]:
    """The lowest and the highest integer of a `struct` code."""
    bits = struct.calcsize("=" + code) * 8
    return (0, 2**bits - 1) if code.isupper() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def settle(value: Value, low: int, high: int, resolve: Resolve | None) -> int:
    """The integer behind a placeholder, within bounds. Raises `Misfit` for anything else."""
    if isinstance(value, _PLACEHOLDERS):
        if resolve is None:
            raise Misfit(f"{value} with nothing to find its number", "a number")
        value = resolve(value)
    if not isinstance(value, int) or not low <= value <= high:
        raise misfit_integer(value, low, high)
    return value


def misfit_integer(value: Value, low: int, high: int) -> Misfit:
    """What to raise for a value that is no such integer."""
    return Misfit(f"{value!r}", f"an integer from {low} to {high}")


class BigEndian(Codec):
    """An unsigned integer in network byte order (__be16, __be32)."""

    __slots__ = ("_size", "high", "low")

    def __init__(self, wire: str, size: int) -> None:
        super().__init__(wire)
        self._size = size
        self.low, self.high = 0, 2 ** (8 * size) - 1

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """The integer, most significant byte first."""
        settled = settle(value, self.low, self.high, resolve)
        return attribute(number, settled.to_bytes(self._size, "big"))

    def decode(self, data: bytes, start: int, end: int) -> int:
        """The integer; its size must be exact."""
        if end - start != self._size:
            raise Misfit(f"{end - start} bytes", f"{self._size} bytes ({self.wire})")
        return int.from_bytes(data[start:end], "big")


class String(Codec):
    """Text of at most ``limit`` bytes; ``terminated`` by a NUL where iproute2 sends one.

    Bytes that are not UTF-8 (a name may hold any) survive as surrogate escapes.
    """

    __slots__ = ("_ending", "limit")

    def __init__(self, limit: int, *, terminated: bool = True) -> None:
        super().__init__("string")
        self.limit = limit
        self._ending = b"\0" if terminated else b""

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """The text in UTF-8."""
        try:
            raw: bytes = value.encode("utf-8", "surrogateescape")
        except (AttributeError, UnicodeEncodeError):
            raise Misfit(f"{value!r}", "text") from None
        if len(raw) > self.limit or b"\0" in raw:
            raise Misfit(f"{value!r}", f"at most {self.limit} bytes of text without a NUL")
        return attribute(number, raw + self._ending)

    def decode(self, data: bytes, start: int, end: int) -> str:
        """Everything up to the first NUL."""
        return data[start:end].partition(b"\0")[0].decode("utf-8", "surrogateescape")


class Bytes(Codec):
    """Bytes as they are: for what no table describes."""

    __slots__ = ()

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """The bytes themselves."""
        if not isinstance(value, bytes):
            raise Misfit(f"{value!r}", "bytes")
        return attribute(number, value)

    def decode(self, data: bytes, start: int, end: int) -> bytes:
        """A copy of them."""
        return data[start:end]


class Flag(Codec):
    """True by being there (NLA_FLAG); False leaves it out."""

    __slots__ = ()

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """An attribute without a payload, or nothing."""
        if not isinstance(value, bool):
            raise Misfit(f"{value!r}", "True or False")
        return pack_header(HEADER, number) if value else b""

    def decode(self, data: bytes, start: int, end: int) -> bool:
        """True, whatever is in it."""
        return True


class Ip(Codec):
    """An IPv4 or IPv6 address, told apart by its size."""

    __slots__ = ()

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """The 4 or 16 bytes of anything with ``packed``."""
        packed = getattr(value, "packed", None)
        if packed is None or len(packed) not in {4, 16}:
            raise Misfit(f"{value!r}", "an IP address")
        if len(packed) == 4:
            return _pack_ip4(8, number, packed)
        return attribute(number, packed)

    def decode(self, data: bytes, start: int, end: int) -> IpAddress:
        """The address; neither 4 nor 16 bytes is a misfit."""
        return read_ip(data[start:end])


class Hardware(Codec):
    """A link-layer address: `Mac` if it has six bytes, else the bytes (tunnels, InfiniBand)."""

    __slots__ = ()

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """The six bytes of a `Mac`, or any bytes."""
        packed = getattr(value, "packed", None)
        if packed is not None and len(packed) == 6:
            return _pack_mac(10, number, packed)
        if not isinstance(value, bytes) or len(value) > 32:  # linux/netdevice.h: MAX_ADDR_LEN
            raise Misfit(f"{value!r}", "a MAC address, or up to 32 bytes")
        return attribute(number, value)

    def decode(self, data: bytes, start: int, end: int) -> Mac | bytes:
        """A `Mac` from six bytes."""
        packed = data[start:end]
        return read_mac(packed) if end - start == 6 else packed


class Array(Codec):
    """Integers of one size side by side: a list, however long."""

    __slots__ = ("_code", "_size", "high", "low")

    def __init__(self, wire: str, code: str) -> None:
        super().__init__(wire)
        self.low, self.high = bounds(code)
        self._code = code
        self._size = struct.calcsize("=" + code)

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """All of them."""
        try:
            return attribute(number, struct.pack(f"={len(value)}{self._code}", *value))
        except (struct.error, TypeError):
            raise Misfit(f"{value!r}", f"a list of integers ({self.wire})") from None

    def decode(self, data: bytes, start: int, end: int) -> list[int]:
        """All of them."""
        count, rest = divmod(end - start, self._size)
        if rest:
            raise Misfit(f"{end - start} bytes", f"a multiple of {self._size}")
        return list(struct.unpack_from(f"={count}{self._code}", data, start))


class Record(Codec):
    """A C structure of integers, as a mapping by field; ``order`` as `struct` writes it.

    Kernels append fields: one that is shorter than we know has fewer keys, the tail of one that is
    longer is kept under ``#rest``.
    """

    __slots__ = ("codes", "fields", "order")

    def __init__(self, wire: str, codes: str, fields: Sequence[str], order: str = "=") -> None:
        super().__init__(wire)
        self.order = order
        self.codes = codes if len(codes) == len(fields) else codes * len(fields)
        self.fields = tuple(fields)

    def encode(self, number: int, value: Value, resolve: Resolve | None) -> bytes:
        """The fields from the first to the last that is given; those between are 0."""
        if not isinstance(value, Mapping):
            raise Misfit(f"{value!r}", f"a mapping of {', '.join(self.fields)}")
        given = [at for at, field in enumerate(self.fields, 1) if field in value]
        rest = value.get("#rest", b"")
        count = len(self.fields) if rest else max(given, default=0)
        if unknown := value.keys() - {*self.fields, "#rest"}:
            raise Misfit(f"no field {sorted(unknown)[0]!r}", ", ".join(self.fields))
        numbers = [self._number(value, at, resolve) for at in range(count)]
        try:
            return attribute(number, struct.pack(self.order + self.codes[:count], *numbers) + rest)
        except (struct.error, TypeError):
            raise Misfit(f"{value!r}", f"integers in range ({self.codes})") from None

    def _number(self, value: Value, at: int, resolve: Resolve | None) -> Value:
        """A field's value, or what is behind the placeholder that stands for it."""
        one = value.get(self.fields[at], 0)
        if isinstance(one, _PLACEHOLDERS):
            return settle(one, *bounds(self.codes[at]), resolve)
        return one

    def decode(self, data: bytes, start: int, end: int) -> dict[str, int | bytes]:
        """The fields that are there."""
        count, room = 0, end - start
        size = 0
        for code in self.codes:
            size += struct.calcsize("=" + code)
            if size > room:
                break
            count += 1
        layout = self.order + self.codes[:count]
        found: dict[str, int | bytes] = dict(
            zip(self.fields, struct.unpack_from(layout, data, start), strict=False)
        )
        if used := room - struct.calcsize(layout):
            found["#rest"] = data[end - used : end]
        return found


def read_ip(packed: bytes) -> IpAddress:
    """An address from its bytes; IPv4 the short way, for dumps hold thousands."""
    if len(packed) == 4:
        address = str.__new__(IpAddress, ".".join(map(str, packed)))  # canonical by itself
        address.packed = packed
        address.version = 4
        return address
    if len(packed) == 16:
        return IpAddress.from_bytes(packed)
    raise Misfit(f"{len(packed)} bytes", "4 or 16 bytes (an IP address)")


def read_mac(packed: bytes) -> Mac:
    """A MAC address from its six bytes, which are canonical as they are."""
    mac = str.__new__(Mac, packed.hex(":"))
    mac.packed = packed
    return mac


U8: Final = Integer("u8", "B")
U16: Final = Integer("u16", "H")
U32: Final = Integer("u32", "I")
U64: Final = Integer("u64", "Q")
S32: Final = Integer("s32", "i")
BE16: Final = BigEndian("be16", 2)
BE32: Final = BigEndian("be32", 4)
BE64: Final = BigEndian("be64", 8)
BYTES: Final = Bytes("bytes")
FLAG: Final = Flag("flag")
IP: Final = Ip("ip")
MAC: Final = Hardware("mac")
U32S: Final = Array("array of u32", "I")
U64S: Final = Array("array of u64", "Q")
