"""What an operation asks the executor to do: the only ways to change a host."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple, Self

import msgspec

from glassnet.netlink.message import Message
from glassnet.netlink.placeholder import Placeholder
from glassnet.values import IpAddress, Netns, SysctlKey

if TYPE_CHECKING:
    from glassnet.state.flow import Selection


class NetlinkRequest(NamedTuple):
    """One rtnetlink message, to be sent on a socket of that namespace."""

    netns: Netns
    message: Message


class ReadyRequest(NamedTuple):
    """Rtnetlink messages for one namespace, to be sent together: encoded but for some numbers.

    ``starts`` are the offsets in ``data`` at which the messages begin. ``numbers`` are the offsets
    of the 32-bit integers that placeholders stand for.
    """

    netns: Netns
    data: bytes
    starts: tuple[int, ...]
    numbers: tuple[tuple[Placeholder, tuple[int, ...]], ...] = ()

    def message_at(self, offset: int) -> int:
        """Which message an offset lies in."""
        return bisect_right(self.starts, offset) - 1

    def part(self, first: int, last: int) -> Self:
        """Only the messages from number ``first`` up to, not including, ``last``."""
        starts = (*self.starts, len(self.data))
        begin, end = starts[first], starts[last]
        numbers = (
            (placeholder, tuple(at - begin for at in offsets if begin <= at < end))
            for placeholder, offsets in self.numbers
        )
        return self._replace(
            data=self.data[begin:end],
            starts=tuple(start - begin for start in starts[first:last]),
            numbers=tuple(one for one in numbers if one[1]),
        )


class NftRequest(msgspec.Struct, frozen=True):
    """One or more nft statements, exactly as ``nft -f`` takes them."""

    netns: Netns
    text: str


class GateRequest(msgspec.Struct, frozen=True):
    """A gate (`glassnet.nft.gate`) in a chain of somebody else's to be taken away."""

    netns: Netns
    family: str
    table: str
    chain: str


class ProgramRequest(msgspec.Struct, frozen=True):
    """A program to be run inside, for what nothing but a program can do.

    ``may_fail``: it ends with an error also where there is nothing to do.
    """

    netns: Netns
    argv: tuple[str, ...]
    may_fail: bool = False


class ZoneRequest(msgspec.Struct, frozen=True):
    """A source to be added to a zone of firewalld's, or to be removed."""

    netns: Netns
    zone: str
    source: str
    add: bool


class SysctlRequest(msgspec.Struct, frozen=True):
    """A value to be written to a file under /proc/sys/net."""

    netns: Netns
    key: SysctlKey
    value: str


class ForgetRequest(msgspec.Struct, frozen=True):
    """Entries of connection tracking to be deleted, if there are any."""

    netns: Netns
    selection: Selection


class AnnounceRequest(msgspec.Struct, frozen=True):
    """A link's neighbours to be told that an address is at the link's MAC, so many ``times``.

    ``answer``: of IPv4 in the form of an ARP reply, not of a request.
    """

    netns: Netns
    ifname: str
    address: IpAddress
    times: int = 1
    answer: bool = False


class NetnsRequest(msgspec.Struct, frozen=True):
    """A named namespace to be made, or to be unpinned."""

    netns: Netns
    create: bool


class TunRequest(msgspec.Struct, frozen=True):
    """A persistent tun or tap device to be made, by ioctl on /dev/net/tun.

    ``mode`` is ``tun`` or ``tap``; ``owner`` and ``group`` are ids, or None for nobody's;
    ``alias`` is the mark that it is to bear before it is made to last; ``context`` the SELinux
    context of who makes it, and so its own, or empty for that of the calling thread.
    """

    netns: Netns
    ifname: str
    mode: str
    owner: int | None = None
    group: int | None = None
    multi_queue: bool = False
    vnet_hdr: bool = False
    pi: bool = False
    alias: str = ""
    context: str = ""


ActionRequest = ForgetRequest | AnnounceRequest
Request = (
    NetlinkRequest
    | ReadyRequest
    | NftRequest
    | GateRequest
    | ZoneRequest
    | ProgramRequest
    | SysctlRequest
    | ActionRequest
    | NetnsRequest
    | TunRequest
)
