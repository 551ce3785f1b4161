"""Entries of connection tracking: found by a walk of the kernel's table, and deleted one by one.

The walk is what costs: the table is one for all namespaces and has a quarter of a million buckets
on a machine of some size, 10 to 30 ms of them. So it is made only where it was asked for, and not
where the namespace has no entry at all. The kernel itself passes over what is not meant; those
before 5.8 tell of everything, and what they tell is looked at again here in any case.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any, Final

from glassnet.kernel import sysctl
from glassnet.kernel.socket import NetlinkSocket
from glassnet.netlink.message import Message
from glassnet.netlink.netfilter.conntrack import (
    DELETE,
    FAMILIES,
    GET,
    IDENTITY,
    PROTOCOLS,
    filter_of,
)
from glassnet.state.flow import WANTED, FlowState, Selection
from glassnet.values import SysctlKey

_COUNT: Final = SysctlKey("net.netfilter.nf_conntrack_count")


def is_empty() -> bool:
    """Whether the calling thread's namespace has no entries; False where that is not told."""
    return sysctl.read(_COUNT) == "0"


def find(socket: NetlinkSocket, selection: Selection) -> list[FlowState]:
    """The entries that are meant. Raises `KernelRefused`."""
    return [flow for flow, _ in _found(socket, selection)]


def forget(socket: NetlinkSocket, selection: Selection) -> int:
    """Delete the entries that are meant; how many. Raises `KernelRefused`.

    An entry is deleted by its number too, so never a later one of the same addresses and ports;
    one that has gone meanwhile is gone.
    """
    deletions = [
        Message(DELETE, 0, message.header, _identity(message))
        for _, message in _found(socket, selection)
    ]
    replies = socket.request(deletions) if deletions else []
    for reply in replies:
        if reply.error is not None and reply.error.errno != errno.ENOENT:
            raise reply.error
    return sum(reply.error is None for reply in replies)


def _identity(message: Message) -> dict[str, Any]:
    return {name: value for name, value in message.attrs.items() if name in IDENTITY}


def _found(socket: NetlinkSocket, selection: Selection) -> Iterator[tuple[FlowState, Message]]:
    for version in (selection.version,) if selection.version else (4, 6):
        port = selection.port if selection.port and selection.span == 1 else None
        attrs = filter_of(
            PROTOCOLS[selection.protocol], port, selection.address, selection.reply_source
        )
        header = {"family": FAMILIES[version]}
        for message in socket.dump(Message(GET, 0, header, attrs), WANTED):
            flow = FlowState.from_message(message)
            if flow is not None and selection.takes(flow):
                yield flow, message
