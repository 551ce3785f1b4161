"""Links deleted together: one wait for the kernel's grace periods instead of one for each.

Deleting a link waits until every processor has let go of it, 10 to 20 ms; deleting a group of links
(IFLA_GROUP) waits once for all of them. So the links are put into a group of their own, and that
is deleted.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from glassnet.kernel.port import Outcome
from glassnet.kernel.socket import NetlinkSocket
from glassnet.netlink.message import Message
from glassnet.netlink.route.link import DELLINK, NEWLINK

_LEAST = 0x40000000
"""Of a group's number, which is by chance, so that nobody's is met: people use small ones."""


def deleted_name(message: Message) -> str:
    """The name of the link that a message deletes, if that is all that it says; else empty."""
    if message.type is not DELLINK or message.header or len(message.attrs) != 1:
        return ""
    return str(message.attrs.get("ifname", ""))


def sweep(socket: NetlinkSocket, ifnames: Sequence[str]) -> list[Outcome]:
    """Delete several links; what became of each. One that cannot be is no hindrance to others."""
    if len(ifnames) < 2:
        return [reply.error for reply in socket.request([_deletion(name) for name in ifnames])]
    group = _LEAST + int.from_bytes(os.urandom(3))
    marks = [Message(NEWLINK, 0, {}, {"ifname": name, "group": group}) for name in ifnames]
    *marked, swept = socket.request([*marks, Message(DELLINK, 0, {}, {"group": group})])
    if swept.error is None and not any(reply.error for reply in marked):
        return [None] * len(ifnames)
    # One by one, then, each with its own words; of those that are gone only what is there counts.
    done = [swept.error is None and reply.error is None for reply in marked]
    left = [name for name, gone in zip(ifnames, done, strict=True) if not gone]
    asked = iter(socket.request([_deletion(name) for name in left]))
    return [None if gone else next(asked).error for gone in done]


def _deletion(ifname: str) -> Message:
    return Message(DELLINK, 0, {}, {"ifname": ifname})
