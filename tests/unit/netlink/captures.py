"""What iproute2 sent and the kernel answered, as captured by tests/data/netlink/capture.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from glassnet.netlink.message import Message, decode, split
from glassnet.netlink.route import addr, link, neigh, netns, route, rule, stats

DATA = Path(__file__).parents[2] / "data" / "netlink"
TYPES = (
    *(link.NEWLINK, link.DELLINK, link.GETLINK, link.SETLINK),
    *(addr.NEWADDR, addr.DELADDR, addr.GETADDR),
    *(route.NEWROUTE, route.DELROUTE, route.GETROUTE),
    *(rule.NEWRULE, rule.DELRULE, rule.GETRULE),
    *(neigh.NEWNEIGH, neigh.DELNEIGH, neigh.GETNEIGH),
    *(netns.NEWNSID, netns.DELNSID, netns.GETNSID),
    *(stats.NEWSTATS, stats.GETSTATS),
)


class Told(NamedTuple):
    """A request, the datagrams that answered it, and the address of the socket."""

    name: str
    portid: int
    request: bytes
    datagrams: list[bytes]

    def messages(self) -> list[Message]:
        """All answers but netlink's own, decoded."""
        raws = [raw for datagram in self.datagrams for raw in split(datagram)]
        return [decode(raw) for raw in raws if raw.type >= 16]


def replies() -> dict[str, Told]:
    data = json.loads((DATA / "replies.json").read_text())["replies"]
    return {
        name: Told(
            name,
            one["portid"],
            bytes.fromhex(one["request"]),
            [bytes.fromhex(datagram) for datagram in one["datagrams"]],
        )
        for name, one in data.items()
    }


def sent() -> dict[str, list[bytes]]:
    """By command: the messages that iproute2 sent."""
    data = json.loads((DATA / "requests.json").read_text())["requests"]
    return {one["command"]: [bytes.fromhex(text) for text in one["sent"]] for one in data}
