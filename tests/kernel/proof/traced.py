"""What the real ``ip`` and ``bridge`` send to the kernel, seen by strace, and how ours differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from glassnet.netlink.message import ACK, REQUEST, Message, Raw, decode, encode_flagged, split
from glassnet.netlink.placeholder import IndexOf, Placeholder
from glassnet.ops.base import Op
from glassnet.ops.request import NetlinkRequest
from glassnet.testing.host import Host
from glassnet.values import Netns

NESTED: Final = 0x80  # the upper byte of NLA_F_NESTED
_MARK: Final = "\n== trace ==\n"
_SCRIPT: Final = r"""
links() {
    echo '== '; ip -o link
    for path in /run/netns/*; do
        [ -e "$path" ] || continue
        echo "== ${path##*/}"; ip -n "${path##*/}" -o link || true
    done
}
links
strace -f --seccomp-bpf -o /run/trace -x -e trace=sendmsg,sendto -e write=all \
    sh -e -c "$TYPED" > /dev/null
code=$?
links
printf '\n== trace ==\n'; cat /run/trace
exit $code
"""

Numbers = Mapping[tuple[str, str], int]
"""Indexes of links by namespace (``ns1``, empty for the host) and name."""


class Trace(NamedTuple):
    """The messages that change something, without their sequence numbers; and whose index is what.

    ``numbers`` are those of before and of after: a link may come or go by the commands.
    """

    sent: tuple[bytes, ...]
    numbers: Numbers


def run_traced(host: Host, script: str, check: bool = True) -> Trace:
    """Run a shell script inside and look over its shoulder."""
    told = host.run("sh", "-c", _SCRIPT, env={"TYPED": script}, check=check).stdout
    links, _, trace = told.partition(_MARK)
    return Trace(tuple(_changing(trace)), _indexes(links))


def _indexes(text: str) -> Numbers:
    """The indexes of links, by what ``ip -o link`` says of each namespace."""
    found: dict[tuple[str, str], int] = {}
    for part in text.split("== ")[1:]:
        netns, _, lines = part.partition("\n")
        for number, name in re.findall(r"(?m)^(\d+): ([^:@]+)[:@]", lines):
            found[netns, name] = int(number)
    return found


def _changing(text: str) -> Iterator[bytes]:
    """Of strace's dumps, those of rtnetlink messages that do more than ask (RTM_GET*)."""
    for block in re.split(r"(?m)^(?=\d+ +send(?:msg|to)\()", text)[1:]:
        lines = re.findall(r"(?m)^ \| [0-9a-f]{5}  (.{47,49}) ", block)
        data = bytes.fromhex("".join(lines))
        if "AF_NETLINK" in block and split(data)[0].type & 3 != 2:
            yield data[:8] + bytes(4) + data[12:]


def unlike(op: Op, trace: Trace) -> list[str]:
    """How an operation's messages differ from theirs, a line for each place."""
    requests = [one for one in op.requests() if isinstance(one, NetlinkRequest)]
    found: list[str] = []
    for at, (request, theirs) in enumerate(zip(requests, trace.sent, strict=False), 1):
        mine = _encoded(request, trace.numbers, theirs)
        if mine != theirs:
            here = _named(request.netns)
            names = {n: name for (netns, name), n in trace.numbers.items() if netns == here}
            found += [f"{at} {line}" for line in _unlike(mine, theirs, names)]
    if len(requests) != len(trace.sent):
        found.append(f"{len(requests)} messages for {len(trace.sent)}")
    return found


def _encoded(request: NetlinkRequest, numbers: Numbers, theirs: bytes) -> bytes:
    """As the executor sends it, with the numbers of the trace."""

    def resolve(placeholder: Placeholder) -> int:
        if isinstance(placeholder, IndexOf):
            netns = request.netns if placeholder.netns is None else placeholder.netns
            return numbers[_named(netns), placeholder.ifname]
        return _descriptor(theirs)

    message = request.message
    return encode_flagged(message, message.flags | REQUEST | ACK, 0, resolve)


def _descriptor(data: bytes) -> int:
    """Where they name another namespace by a descriptor: its number, which is chance."""
    attrs: Any = decode(split(data)[0]).attrs
    info = attrs.get("linkinfo") or {}
    peer = (info.get("data") or {}).get("peer") or {"attrs": {}}
    number: int = attrs.get("net_ns_fd") or peer["attrs"].get("net_ns_fd", 0)
    return number


def _named(netns: Netns) -> str:
    return netns.rpartition("/")[2]


def _unlike(mine: bytes, theirs: bytes, names: Mapping[int, str]) -> Iterator[str]:
    here, there = split(mine)[0], split(theirs)[0]
    if here.type != there.type:
        yield f"type {here.type} for {there.type}"
        return
    if here.flags != there.flags:
        yield f"flags {here.flags:#x} for {there.flags:#x}"
    one, other = decode(here), decode(there)
    yield from _values("header", dict(one.header), dict(other.header), names)
    yield from _values("attrs", dict(one.attrs), dict(other.attrs), names)
    again = _again(other, there)
    assert _but_for_marks(again, theirs), f"not what our codec makes of it: {other}"


def _again(message: Message, raw: Raw) -> bytes:
    return encode_flagged(message, raw.flags, 0)


def _but_for_marks(one: bytes, other: bytes) -> bool:
    """Whether two messages are equal but for NLA_F_NESTED.

    Releases of iproute2 differ in which nests they mark, and the kernel takes both: 6.1 leaves it
    off linkinfo, its data and slave data, the veth's peer and metrics.
    """
    if len(one) != len(other):
        return False
    pairs = enumerate(zip(one, other, strict=True))
    return all(a == b or (a ^ b == NESTED and at % 4 == 3) for at, (a, b) in pairs)


def _values(path: str, mine: Any, theirs: Any, names: Mapping[int, str]) -> Iterator[str]:
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in {**mine, **theirs}:
            where = f"{path}.{key}"
            if key not in theirs:
                yield f"{where} {_said(key, mine[key], names)} is ours alone"
            elif key not in mine:
                yield f"{where} {_said(key, theirs[key], names)} is theirs alone"
            else:
                yield from _values(where, mine[key], theirs[key], names)
        both = [key for key in mine if key in theirs]
        if both != [key for key in theirs if key in mine]:
            yield f"{path} in another order"
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
            yield from _values(f"{path}.{at}", one, other, names)
    elif mine != theirs:
        key = path.rpartition(".")[2]
        yield f"{path} {_said(key, mine, names)} for {_said(key, theirs, names)}"


def _said(key: str, value: Any, names: Mapping[int, str]) -> str:
    """A value in words that are the same each time: a link by its name."""
    if key in {"index", "ifindex", "oif", "master"}:
        return str(names.get(value, value))
    return str(value)
