"""Requests cut into batches: what can be sent together without a look in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from glassnet.netlink.message import CREATE, Message
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route.link import DELLINK, NEWLINK
from glassnet.ops.request import NetlinkRequest, NftRequest, Request
from glassnet.values import Netns

_MAX: Final = 48
"""Requests in a batch: each may need a namespace's descriptor until it is sent."""


class Batch(NamedTuple):
    """Requests of one kind for one namespace, in order; whether links come or go by them."""

    netns: Netns
    requests: tuple[Request, ...]
    moves_links: bool = False

    def messages(self) -> list[Message]:
        """The netlink messages."""
        return [one.message for one in self.requests if isinstance(one, NetlinkRequest)]

    def nft_text(self) -> str:
        """One nft transaction."""
        return "\n".join(one.text for one in self.requests if isinstance(one, NftRequest))


def batches(requests: Sequence[Request]) -> Iterator[Batch]:
    """Neighbours of one kind and namespace go together.

    Messages about a link which the batch itself makes or takes away begin a new one: its index can
    be looked up only when it is there, and where somebody else's has the name, the kernel would
    refuse to make ours and go on to change theirs.
    """
    current: list[Request] = []
    moved: set[str] = set()
    for request in requests:
        if current and (len(current) == _MAX or not _joins(current[-1], request, moved)):
            yield Batch(current[0].netns, tuple(current), bool(moved))
            current, moved = [], set()
        current.append(request)
        if type(request) is NetlinkRequest and _moves(request.message):
            moved |= _changed_names(request.message)
    if current:
        yield Batch(current[0].netns, tuple(current), bool(moved))


def _joins(last: Request, request: Request, moved: set[str]) -> bool:
    if type(last) is not type(request) or last.netns != request.netns:
        return False
    if type(request) is NetlinkRequest:
        return not (moved and _named(request.message) & moved)
    return type(request) is NftRequest  # a `ReadyRequest` is a batch of its own


def _moves(message: Message) -> bool:
    """Whether a link comes or goes by it."""
    return message.type is DELLINK or (message.type is NEWLINK and bool(message.flags & CREATE))


def _changed_names(message: Message) -> set[str]:
    attrs: Mapping[str, Any] = message.attrs
    names = {attrs.get("ifname", "")}
    info = attrs.get("linkinfo") or {}
    peer = (info.get("data") or {}).get("peer")
    if peer is not None and "net_ns_fd" not in peer["attrs"]:
        names.add(peer["attrs"].get("ifname", ""))
    return names


def _named(message: Message) -> set[str]:
    """The links that the message needs, by index or by name."""
    found: set[str] = set()
    if message.type is NEWLINK and not message.flags & CREATE:
        found.add(message.attrs.get("ifname", ""))
    _collect(message.header, found)
    _collect(message.attrs, found)
    return found


def _collect(value: object, found: set[str]) -> None:
    if isinstance(value, IndexOf):
        found.add(value.ifname)
    elif type(value) is dict:
        for inner in value.values():
            _collect(inner, found)
    elif type(value) is list:
        for inner in value:
            _collect(inner, found)
