"""Links on a lower device of the host, as ns1 shows them; and what is sent to either namespace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from scene import NS1, Sent, link, seen_in, sent, state

from glassnet.netlink.placeholder import FdOf, IndexOf, Placeholder
from glassnet.ops.request import Request
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Snapshot
from glassnet.values import HOST, IfName, Netns

CREATE, EXCL = 0x400, 0x200
NEW = CREATE | EXCL
P0 = IfName("p0")
NUMBERS: Mapping[Placeholder, int] = {IndexOf("p0"): 5, FdOf(NS1): 9, IndexOf("br0"): 3}


def upper(kind: str, lower: int = 5, nsid: int | None = 0, **more: Any) -> LinkState:
    """A link of a kind, on the device of that index in the namespace of that id."""
    return msgspec.structs.replace(link(kind=kind, peer=lower, **more), link_netnsid=nsid)


def across(
    *near: LinkState,
    far: tuple[LinkState, ...] = (link("p0", 5),),
    nsids: Mapping[Netns, int | None] | None = None,
) -> Snapshot:
    """ns1 and the host were looked at; ns1 knows the host by the id 0."""
    inside = state(NS1, *near)
    inside.nsids |= {HOST: 0} if nsids is None else nsids
    return seen_in(inside, state(HOST, *far))


def each(requests: tuple[Request, ...], *netns: Netns) -> list[Sent]:
    """What is sent, each to the namespace that is named for it."""
    assert [one.netns for one in requests] == list(netns)
    out: list[Sent] = []
    for one in requests:
        numbers = {name: n for name, n in NUMBERS.items() if repr(name) in repr(one)}
        out += sent((one,), numbers, at=one.netns)
    return out
