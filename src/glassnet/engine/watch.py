"""Whoever flushes our rules is noticed, and they are put back: by what the kernel tells of it.

The kernel tells of every change of a ruleset (NFNLGRP_NFTABLES). What takes something of ours away,
or what might close the way through the host, is a reason to look; all else is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from glassnet.engine.engine import Engine
from glassnet.engine.mend import mend
from glassnet.engine.store import Store
from glassnet.errors import GlassnetError, KernelRefused
from glassnet.kernel.port import Kernel
from glassnet.kernel.socket import NETFILTER, NetlinkSocket
from glassnet.netlink.message import Message, MessageType
from glassnet.netlink.netfilter import nftables
from glassnet.nft.names import TABLE

Told = Callable[[str], None]
"""Is given a line for each thing that was put back, or could not be."""

_GONE: Final[frozenset[MessageType]] = frozenset(
    {
        nftables.DELTABLE,
        nftables.DELCHAIN,
        nftables.DELRULE,
        nftables.DELSET,
        nftables.DELSETELEM,
    }
)
_OPENED: Final = frozenset({nftables.NEWCHAIN, nftables.DELTABLE, nftables.DELRULE})


def watch(kernel: Kernel, open_store: Callable[[], Store], told: Told) -> None:
    """Put back what is lost now, and from then on; says ``watching`` in between, and never ends.

    The store is opened for each time, for it may be another by then. What cannot be put back is
    told, and tried again at the next change. Raises `KernelRefused` if the kernel tells nothing.
    """
    with NetlinkSocket((nftables.GROUP,), NETFILTER) as changes:
        _mend(kernel, open_store, told)
        told("watching")
        while True:
            if is_reason(_next(changes)):
                _mend(kernel, open_store, told)


def _next(changes: NetlinkSocket) -> list[Message] | None:
    """The next changes; None where some were lost."""
    try:
        return changes.events(None)
    except KernelRefused:
        return None


def is_reason(messages: Iterable[Message] | None) -> bool:
    """Whether rules of ours may be gone, or a chain of others may have been closed."""
    return messages is None or any(map(_is_reason, messages))


def _is_reason(message: Message) -> bool:
    attrs: Any = message.attrs
    name = attrs.get("name") if message.type is nftables.DELTABLE else attrs.get("table")
    if name == TABLE:
        return message.type in _GONE
    return message.type in _OPENED


def _mend(kernel: Kernel, open_store: Callable[[], Store], told: Told) -> None:
    try:
        store = open_store()
        try:
            for line in mend(Engine(kernel, store)):
                told(f"put back: {line}")
        finally:
            store.close()
    except GlassnetError as error:
        told(f"not put back: {error}")
