"""What tc sent and the kernel answered, as captured by tests/data/netlink/capture_tc.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from captures import Told

from glassnet.netlink.message import Message, decode, encode, split
from glassnet.netlink.route import qdisc, tcfilter, tclass

FILE = Path(__file__).parents[2] / "data" / "netlink" / "tc.json"
TYPES = (
    *(qdisc.NEWQDISC, qdisc.DELQDISC, qdisc.GETQDISC),
    *(tclass.NEWTCLASS, tclass.DELTCLASS, tclass.GETTCLASS),
    *(tcfilter.NEWTFILTER, tcfilter.DELTFILTER, tcfilter.GETTFILTER),
)
_DATA: dict[str, Any] = json.loads(FILE.read_text())


def sent() -> dict[str, bytes]:
    """By command: the one message of tc's that changes something, its sequence number 0."""
    return {one["command"]: _changing(one["sent"]) for one in _DATA["requests"]}


def _changing(texts: list[str]) -> bytes:
    found = [bytes.fromhex(text) for text in texts]
    [data] = [one for one in found if split(one)[0].type in {kind.number for kind in TYPES}]
    return data[:8] + bytes(4) + data[12:]


def replies() -> dict[str, Told]:
    """By name: a request, and the datagrams that answered it."""
    return {
        name: Told(
            name,
            one["portid"],
            bytes.fromhex(one["request"]),
            [bytes.fromhex(datagram) for datagram in one["datagrams"]],
        )
        for name, one in _DATA["replies"].items()
    }


def but_for_marks(message: Message, theirs: bytes) -> bool:
    """Whether our bytes are theirs but for NLA_F_NESTED, which tc 6.1 leaves off most nests."""
    ours = encode(message, 0)
    pairs = enumerate(zip(ours, theirs, strict=False))
    return len(ours) == len(theirs) and all(
        a == b or (a == b | 0x80 and at % 4 == 3) for at, (a, b) in pairs
    )


def read(data: bytes) -> Message:
    """One message."""
    return decode(split(data)[0])
