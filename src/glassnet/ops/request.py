"""What an operation asks the executor to do: the only four ways to change a host."""

from __future__ import annotations

from typing import NamedTuple

from glassnet.netlink.message import Message
from glassnet.values import Netns, SysctlKey


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


class NetnsRequest(NamedTuple):
    """A named namespace to be made, or to be unpinned."""

    netns: Netns
    create: bool


Request = NetlinkRequest | NftRequest | SysctlRequest | NetnsRequest
