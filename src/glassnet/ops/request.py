"""What an operation asks the executor to do: the only five ways to change a host."""

from __future__ import annotations

from typing import NamedTuple

from glassnet.netlink.message import Message
from glassnet.state.flow import Selection
from glassnet.values import IpAddress, Netns, SysctlKey


class NetlinkRequest(NamedTuple):
    """One rtnetlink message, to be sent on a socket of that namespace."""

    netns: Netns
    message: Message


class NftRequest(NamedTuple):
    """One or more nft statements, exactly as ``nft -f`` takes them."""

    netns: Netns
    text: str


class SysctlRequest(NamedTuple):
    """A value to be written to a file under /proc/sys/net."""

    netns: Netns
    key: SysctlKey
    value: str


class ForgetRequest(NamedTuple):
    """Entries of connection tracking to be deleted, if there are any."""

    netns: Netns
    selection: Selection


class AnnounceRequest(NamedTuple):
    """A link's neighbours to be told that an address is at the link's MAC, so many ``times``.

    ``answer``: of IPv4 in the form of an ARP reply, not of a request.
    """

    netns: Netns
    ifname: str
    address: IpAddress
    times: int = 1
    answer: bool = False


class NetnsRequest(NamedTuple):
    """A named namespace to be made, or to be unpinned."""

    netns: Netns
    create: bool


class TunRequest(NamedTuple):
    """A persistent tun or tap device to be made, by ioctl on /dev/net/tun.

    ``mode`` is ``tun`` or ``tap``; ``owner`` and ``group`` are ids, or None for nobody's;
    ``alias`` is the mark that it is to bear before it is made to last.
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


ActionRequest = ForgetRequest | AnnounceRequest
Request = NetlinkRequest | NftRequest | SysctlRequest | ActionRequest | NetnsRequest | TunRequest
