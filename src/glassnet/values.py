"""Values that cannot be wrong: checked once at the edge, canonical text ever after.

Each class is a ``str`` that has been checked and brought to its canonical form, so values
compare, hash, sort and serialise as the text a person would type. Building one from bad text
raises `glassnet.errors.InvalidValue`, which says what is wrong and what is accepted.
"""

from __future__ import annotations

import struct
from typing import Self

from glassnet.errors import InvalidValue

IFNAMSIZ = 16  # linux/if.h: 15 bytes and a NUL
_NO_IFNAMES = frozenset({".", "..", "all", "default"})  # the last two: net/ipv4/devinet.c
_BLANK = 0xA0  # a blank of Latin-1, in which the kernel reads names: no 'à' in UTF-8
_HEX = frozenset("0123456789abcdefABCDEF")


class IfName(str):
    """An interface name the kernel accepts (net/core/dev.c, dev_valid_name): 1 to 15 bytes."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        try:
            raw = text.encode()
        except UnicodeEncodeError:
            raise InvalidValue(f"interface name {text!r} is no UTF-8", "a name in UTF-8") from None
        if not 0 < len(raw) < IFNAMSIZ:
            raise InvalidValue(f"interface name {text!r} has {len(raw)} bytes", "1 to 15 bytes")
        bad = any(c in "/:%" or c.isspace() or c == "\0" for c in text) or _BLANK in raw
        if bad or text in _NO_IFNAMES:
            raise InvalidValue(
                f"interface name {text!r} is not one the kernel takes",
                "a name without '/', ':', '%' and blanks, and not '.', '..', 'all' or 'default'",
            )
        return super().__new__(cls, text)


class Mac(str):
    """A 48-bit hardware address as ``02:00:00:00:00:01``; `packed` holds its 6 bytes."""

    __slots__ = ("packed",)
    packed: bytes

    def __new__(cls, text: str) -> Self:
        parts = text.replace("-", ":").split(":")
        hexes = all(0 < len(part) <= 2 and _HEX.issuperset(part) for part in parts)
        if len(parts) != 6 or not hexes:
            raise InvalidValue(f"{text!r} is no MAC address", "six bytes such as 02:42:ac:11:00:02")
        return cls._of(bytes(int(part, 16) for part in parts))

    @classmethod
    def _of(cls, packed: bytes) -> Self:
        self = super().__new__(cls, packed.hex(":"))
        self.packed = packed
        return self

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Six bytes as the kernel gives them."""
        return cls._of(bytes(data)) if len(data) == 6 else cls(data.hex(":"))

    def check_unicast(self) -> Self:
        """Itself, if an interface may have it as its own address; else `InvalidValue`."""
        if self.packed[0] & 1 or self.packed == bytes(6):
            raise InvalidValue(
                f"{self} cannot be an interface's own address",
                "a unicast address: the first byte even, not all zero",
            )
        return self


class IpAddress(str):
    """An IPv4 or IPv6 address; `packed` is 4 or 16 bytes, `version` is 4 or 6."""

    __slots__ = ("packed", "version")
    packed: bytes
    version: int

    def __new__(cls, text: str) -> Self:
        if isinstance(text, IpAddress):
            return cls._of(str(text), text.packed)
        if (dotted := _dotted(text)) is not None:
            return cls._of(text, dotted)
        import ipaddress  # a plugin's process that meets no IPv6 starts without it

        try:
            parsed = ipaddress.ip_address(text)
        except ValueError:
            raise InvalidValue(
                f"{text!r} is no IP address", "an address such as 10.0.0.2 or fd00::2"
            ) from None
        if getattr(parsed, "scope_id", None):
            raise InvalidValue(f"{text!r} names a scope", "an address without %zone")
        return cls.from_bytes(parsed.packed)

    @classmethod
    def _of(cls, canonical: str, packed: bytes) -> Self:
        self = super().__new__(cls, canonical)
        self.packed = packed
        self.version = 4 if len(packed) == 4 else 6
        return self

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """4 or 16 bytes as the kernel gives them."""
        if len(data) == 4:  # by hand: dumps hold thousands
            return cls._of("{}.{}.{}.{}".format(*data), bytes(data))
        if len(data) == 16:
            return cls._of(_ip6_text(data), bytes(data))
        raise InvalidValue(f"{len(data)} bytes", "4 or 16 bytes (an IP address)")

    @property
    def bits(self) -> int:
        """32 or 128."""
        return len(self.packed) * 8

    @property
    def number(self) -> int:
        """The address as an integer."""
        return int.from_bytes(self.packed)

    @property
    def is_link_local(self) -> bool:
        """169.254/16 or fe80::/10."""
        if self.version == 4:
            return self.packed[:2] == b"\xa9\xfe"
        return self.packed[0] == 0xFE and self.packed[1] & 0xC0 == 0x80


def _dotted(text: str) -> bytes | None:
    """The bytes of an IPv4 address, of which there is one way to write it; None for all else."""
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    if any(len(part) > 3 or int(part) > 255 or str(int(part)) != part for part in parts):
        return None
    return bytes(map(int, parts))


_ip6_groups = struct.Struct(">8H").unpack


def _ip6_text(packed: bytes) -> str:
    """As RFC 5952 has it: the first of the longest runs of two or more zero groups is ``::``.

    By hand, for dumps hold thousands; like `ipaddress`, it writes no group in dots.
    """
    groups = _ip6_groups(packed)
    longest = run = end = 0
    for at, group in enumerate(groups, 1):
        run = 0 if group else run + 1
        if run > longest:
            longest, end = run, at
    if longest < 2:
        return ":".join([f"{group:x}" for group in groups])
    head = ":".join([f"{group:x}" for group in groups[: end - longest]])
    tail = ":".join([f"{group:x}" for group in groups[end:]])
    return f"{head}::{tail}"


class Cidr(str):
    """An address on an interface, with its prefix length: ``10.0.0.2/24``, ``fd00::2/64``."""

    __slots__ = ("address", "prefixlen")
    address: IpAddress
    prefixlen: int

    def __new__(cls, text: str) -> Self:
        host, slash, length = text.partition("/")
        address = IpAddress(host)
        if not slash:
            raise InvalidValue(
                f"{text!r} has no prefix length", f"{text}/24, or {text}/{address.bits} alone"
            )
        if not (length.isascii() and length.isdigit() and len(length) <= 3) or (
            int(length) > address.bits
        ):
            raise InvalidValue(
                f"{text!r} has a bad prefix length", f"a number from 0 to {address.bits} after '/'"
            )
        return cls.of(address, int(length))

    @classmethod
    def of(cls, address: IpAddress, prefixlen: int) -> Self:
        """From its parts."""
        self = super().__new__(cls, f"{address}/{prefixlen}")
        self.address = address
        self.prefixlen = prefixlen
        return self

    @property
    def version(self) -> int:
        """4 or 6."""
        return self.address.version

    @property
    def host_bits(self) -> int:
        """How many bits are left to tell hosts apart."""
        return self.address.bits - self.prefixlen

    @property
    def prefix(self) -> Prefix:
        """The network the address lies in: 10.0.0.0/24 for 10.0.0.2/24."""
        number = self.address.number >> self.host_bits << self.host_bits
        network = IpAddress.from_bytes(number.to_bytes(len(self.address.packed)))
        return Prefix.of(network, self.prefixlen)


class Prefix(Cidr):
    """A network: a `Cidr` without host bits, such as ``10.0.0.0/24`` or ``::/0``."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)
        if self.address.number & ((1 << self.host_bits) - 1):
            raise InvalidValue(f"{text!r} has host bits set", f"the network {self.prefix}")
        return self

    @classmethod
    def default(cls, version: int) -> Self:
        """0.0.0.0/0 or ::/0."""
        return cls.of(IpAddress.from_bytes(bytes(4 if version == 4 else 16)), 0)

    @classmethod
    def single(cls, address: IpAddress) -> Self:
        """The network of one address."""
        return cls.of(address, address.bits)

    @property
    def is_default(self) -> bool:
        """Whether everything lies in it."""
        return self.prefixlen == 0

    def contains(self, other: Cidr | IpAddress) -> bool:
        """Whether an address, or a whole prefix, lies within."""
        address = other if isinstance(other, IpAddress) else other.address
        if address.version != self.version:
            return False
        if isinstance(other, Cidr) and other.prefixlen < self.prefixlen:
            return False
        return address.number >> self.host_bits == self.address.number >> self.host_bits

    def overlaps(self, other: Prefix) -> bool:
        """Whether the two share an address."""
        return self.contains(other) or other.contains(self)

    def nth(self, n: int) -> Cidr:
        """The n-th address with this prefix's length: ``Prefix('10.0.0.0/24').nth(1)``.

        Raises `InvalidValue` past the end.
        """
        if not 0 <= n < 1 << self.host_bits:
            raise InvalidValue(f"{self} has no address number {n}", "a larger prefix")
        number = self.address.number + n
        return Cidr.of(
            IpAddress.from_bytes(number.to_bytes(len(self.address.packed))), self.prefixlen
        )


class Netns(str):
    """A network namespace: ``""`` is the host the engine works for, else a name or a path.

    A name is what ``ip netns`` uses (a file in /run/netns); a text with a ``/`` is a path such as
    ``/proc/1234/ns/net``.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if "/" in text:
            if not text.startswith("/") or "\0" in text:
                raise InvalidValue(f"{text!r} is no namespace path", "an absolute path, or a name")
        elif text in {".", ".."} or any(c.isspace() or not c.isprintable() for c in text):
            raise InvalidValue(f"{text!r} is no namespace name", "a file name without blanks")
        elif len(text.encode()) > 255 or text.startswith("-"):
            raise InvalidValue(
                f"{text!r} is no namespace name", "up to 255 bytes that do not begin with '-'"
            )
        return super().__new__(cls, text)

    @property
    def is_host(self) -> bool:
        """Whether it is the host namespace itself."""
        return not self

    @property
    def path(self) -> str:
        """The file that holds it open; empty for the host."""
        return str(self) if "/" in self or not self else f"/run/netns/{self}"

    @property
    def label(self) -> str:
        """What people read: ``host`` for the host."""
        return str(self) or "host"


HOST = Netns("")


class SysctlKey(str):
    """A key under ``net.``, in dots: ``net.ipv4.ip_forward``, ``net.ipv4.conf.eth0/1.forwarding``.

    As in sysctl(8), a ``/`` within an element stands for a dot in an interface's name.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        dotted = text.translate(str.maketrans("/.", "./")) if text.startswith("net/") else text
        parts = dotted.split(".")
        if parts[0] != "net" or len(parts) < 3 or not all(parts):
            raise InvalidValue(
                f"{text!r} is no network setting", "a key such as net.ipv4.ip_forward"
            )
        if any(c.isspace() or not c.isprintable() for c in dotted):
            raise InvalidValue(f"{text!r} has blanks in it", "a key such as net.ipv4.ip_forward")
        if "/" in parts or "//" in parts:  # "." and ".." in the path
            raise InvalidValue(f"{text!r} leaves its place", "a key such as net.core.somaxconn")
        return super().__new__(cls, dotted)

    @property
    def path(self) -> str:
        """The file: ``/proc/sys/net/ipv4/ip_forward``."""
        return "/proc/sys/" + self.translate(str.maketrans("/.", "./"))
