"""Ranges and range sets: the arithmetic of giving addresses out.

A range is a part of a subnet; a range set is a pool of ranges of one family, of which a container
gets one address; a network has a list of range sets, one for each address of a container.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from glassnet.errors import InvalidValue
from glassnet.values import Cidr, IpAddress, Prefix

_SMALLEST_HOST_BITS: Final = 2
"""A /31 has no room for a network, a broadcast and a host."""


def at(number: int, version: int) -> IpAddress:
    """The address with that number."""
    return IpAddress.from_bytes(number.to_bytes(4 if version == 4 else 16))


class Range(msgspec.Struct, frozen=True):
    """The addresses from ``start`` to ``end`` of ``subnet``, but for the ``gateway``."""

    subnet: Prefix
    start: IpAddress
    end: IpAddress
    gateway: IpAddress

    @property
    def version(self) -> int:
        """4 or 6."""
        return self.subnet.version

    @property
    def size(self) -> int:
        """How many addresses lie in it, the gateway's included."""
        return self.end.number - self.start.number + 1

    def contains(self, address: IpAddress) -> bool:
        """Whether it has the address to give."""
        if address.version != self.version:
            return False
        return self.start.number <= address.number <= self.end.number

    def overlaps(self, other: Range) -> bool:
        """Whether both have an address to give."""
        if other.version != self.version:
            return False
        return self.start.number <= other.end.number and other.start.number <= self.end.number

    def cidr(self, address: IpAddress) -> Cidr:
        """The address with the subnet's length."""
        return Cidr.of(address, self.subnet.prefixlen)

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


def make_range(
    subnet: Cidr,
    start: IpAddress | None = None,
    end: IpAddress | None = None,
    gateway: IpAddress | None = None,
) -> Range:
    """A range, with host-local's defaults: from .1 to the last before the broadcast, gateway .1.

    Raises `InvalidValue` in host-local's words.
    """
    if subnet.prefix.address != subnet.address:
        raise InvalidValue(
            "Network has host bits set. For a subnet mask of length "
            f"{subnet.prefixlen} the network address is {subnet.prefix.address}",
            str(subnet.prefix),
        )
    prefix = subnet.prefix
    if prefix.host_bits < _SMALLEST_HOST_BITS:
        raise InvalidValue(
            f"Network {prefix} too small to allocate from",
            f"a /{prefix.address.bits - _SMALLEST_HOST_BITS} or larger",
        )
    first = prefix.address.number
    last = first + (1 << prefix.host_bits) - 1
    ends = {"RangeStart": start, "RangeEnd": end, "gateway": gateway}
    for name, address in ends.items():
        if address is not None and not prefix.contains(address):
            raise InvalidValue(f"{name} {address} not in network {prefix}", "an address of it")
    version = prefix.version
    begin = start or at(first + 1, version)
    finish = end or at(last - 1 if version == 4 else last, version)
    if begin.number > finish.number:
        raise InvalidValue(f"RangeStart {begin} comes after RangeEnd {finish}", "the other way")
    return Range(prefix, begin, finish, gateway or at(first + 1, version))


class RangeSet(msgspec.Struct, frozen=True):
    """A pool: ranges of one family that do not overlap."""

    ranges: tuple[Range, ...]

    @property
    def version(self) -> int:
        """4 or 6."""
        return self.ranges[0].version

    def find(self, address: IpAddress) -> Range | None:
        """The range that has the address, or None."""
        return next((one for one in self.ranges if one.contains(address)), None)

    def overlaps(self, other: RangeSet) -> bool:
        """Whether both have an address to give."""
        return any(mine.overlaps(theirs) for mine in self.ranges for theirs in other.ranges)

    def __str__(self) -> str:
        return ",".join(str(one) for one in self.ranges)

    def after(self, last: IpAddress | None) -> Iterator[Cidr]:
        """Every address once, from behind the ``last`` one round to it; gateways are passed over.

        Without a last one, or with one that is in no range, from the beginning.
        """
        begin = next((n for n, one in enumerate(self.ranges) if last and one.contains(last)), None)
        if begin is None or last is None:
            for one in self.ranges:
                yield from _walk(one, one.start.number, one.end.number)
            return
        middle = self.ranges[begin]
        yield from _walk(middle, last.number + 1, middle.end.number)
        for one in (*self.ranges[begin + 1 :], *self.ranges[:begin]):
            yield from _walk(one, one.start.number, one.end.number)
        yield from _walk(middle, middle.start.number, last.number)


def _walk(one: Range, first: int, last: int) -> Iterator[Cidr]:
    gateway = one.gateway.number
    for number in range(first, last + 1):
        if number != gateway:
            yield one.cidr(at(number, one.version))


def make_set(ranges: Sequence[Range]) -> RangeSet:
    """A pool. Raises `InvalidValue` in host-local's words."""
    if not ranges:
        raise InvalidValue("empty range set", "at least one range")
    if len({one.version for one in ranges}) > 1:
        raise InvalidValue("mixed address families", "ranges of one family in a set")
    for number, one in enumerate(ranges):
        for other in ranges[:number]:
            if one.overlaps(other):
                raise InvalidValue(f"subnets {other} and {one} overlap", "ranges apart")
    return RangeSet(tuple(ranges))
