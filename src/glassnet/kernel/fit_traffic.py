"""What this kernel can do to traffic, tried in a namespace made for it: nothing of it lasts.

A kind that the kernel does not know is refused with ENOENT; one that it knows, for the options that
it is not given. Where there is no place for filters they cannot be tried, and count as there: the
place itself is found lacking.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from glassnet.kernel.socket import NETFILTER, NetlinkSocket
from glassnet.netlink.message import CREATE, EXCL, Message
from glassnet.netlink.netfilter.conntrack import FAMILIES, GET
from glassnet.netlink.route.qdisc import NEWQDISC
from glassnet.netlink.route.tcfilter import EVERYTHING, NEWTFILTER, info
from glassnet.netlink.route.tctable import ETH_P_ALL, INGRESS, INGRESS_HANDLE, ROOT
from glassnet.values import IpAddress

KINDS: Final = frozenset({"qdisc", "filter", "action", "conntrack"})
"""The requirements that are tried here."""

_LOOPBACK: Final = 1  # net/core/dev.c: LOOPBACK_IFINDEX


def lacking(socket: NetlinkSocket, asked: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Of requirements by kind, what is not met; in the namespace that thread and socket are in."""
    for name in asked.get("qdisc", ()):
        if not _knows(socket, _qdisc(ROOT, 0, name)):
            yield f"qdisc:{name}"
    if "filter" in asked or "action" in asked:
        socket.request([_qdisc(INGRESS, INGRESS_HANDLE, "ingress")])
    for name in asked.get("filter", ()):
        if not _knows(socket, _filter({"kind": name})):
            yield f"filter:{name}"
    for name in asked.get("action", ()):
        options = {"act": {"1": {"kind": name}}, "sel": EVERYTHING}
        if not _knows(socket, _filter({"kind": "u32", "options": options})):
            yield f"action:{name}"
    if "conntrack" in asked and not _has_conntrack():
        yield "conntrack"


def _knows(socket: NetlinkSocket, message: Message) -> bool:
    [reply] = socket.request([message])
    return reply.error is None or reply.error.errno != errno.ENOENT


def _qdisc(parent: int, handle: int, kind: str) -> Message:
    header: dict[str, Any] = {"ifindex": _LOOPBACK, "parent": parent, "handle": handle}
    return Message(NEWQDISC, CREATE | EXCL, header, {"kind": kind})


def _filter(attrs: Mapping[str, Any]) -> Message:
    header: dict[str, Any] = {
        "ifindex": _LOOPBACK,
        "parent": INGRESS_HANDLE,
        "info": info(0, ETH_P_ALL),
    }
    return Message(NEWTFILTER, CREATE | EXCL, header, attrs)


def _has_conntrack() -> bool:
    """Whether an entry that cannot be is looked for (ENOENT), and not the question refused."""
    nobody = IpAddress("0.0.0.0")
    tuple_ = {
        "ip": {"v4_src": nobody, "v4_dst": nobody},
        "proto": {"num": 17, "src_port": 0, "dst_port": 0},
    }
    question = Message(GET, 0, {"family": FAMILIES[4]}, {"tuple_orig": tuple_})
    with NetlinkSocket(protocol=NETFILTER) as socket:
        [reply] = socket.request([question])
    return reply.error is None or reply.error.errno == errno.ENOENT
