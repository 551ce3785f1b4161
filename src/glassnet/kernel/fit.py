"""What a namespace and this kernel are fit for, asked without changing anything that lasts.

Privileges are asked of the namespace itself, by requests that can do nothing. What the kernel can
do is tried in a namespace made for it (docs/adr/0010).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from glassnet.errors import NotPermitted
from glassnet.kernel import nft, selinux, tun
from glassnet.kernel.fit_traffic import KINDS as TRAFFIC
from glassnet.kernel.fit_traffic import lacking
from glassnet.kernel.scratch import scratch
from glassnet.kernel.socket import NetlinkSocket
from glassnet.netlink.message import CREATE, EXCL, Message
from glassnet.netlink.route.link import DELLINK, GETLINK, NEWLINK
from glassnet.ops import require
from glassnet.values import SysctlKey

_CAP_NET_RAW: Final = 13  # linux/capability.h
_CAP_SYS_ADMIN: Final = 21
_NOBODY: Final = 0x7FFFFFFF
"""An ifindex that no link has."""
_IMPOSSIBLE_MTU: Final = 0x80000000
_TRIED: Final = TRAFFIC | {"link", "bridge", "port"}


def lacks_here(socket: NetlinkSocket, asked: Iterable[str]) -> Iterator[str]:
    """What of rights and settings is not met in the namespace that the thread and socket are in."""
    for requirement in asked:
        kind, _, name = requirement.partition(":")
        if kind == "setting":
            met = os.path.exists(SysctlKey(name).path)
        elif kind == "writable":
            met = os.access(SysctlKey(name).path, os.W_OK, effective_ids=True)
        elif requirement == require.NET_ADMIN:
            met = _may_change(socket)
        elif requirement == require.SYS_ADMIN:
            met = _has_capability(_CAP_SYS_ADMIN)
        elif requirement == require.NET_RAW:
            met = _has_capability(_CAP_NET_RAW)
        elif requirement == require.IPV6:
            met = os.path.exists("/proc/sys/net/ipv6")
        elif requirement == require.NFT:
            met = nft.available()
        elif requirement == require.TUN:
            met = tun.available()
        elif requirement == require.SELINUX:
            met = selinux.available()
        else:
            continue
        if not met:
            yield requirement


def lacks_anywhere(back: int, asked: Collection[str], *, new: bool) -> set[str]:
    """What no namespace of this kernel has, of what is tried; ``new``: settings of a new one too.

    Nothing, where namespaces to try it in may not be made.
    """
    tried = {one for one in asked if one.partition(":")[0] in _TRIED}
    settings = {one for one in asked if new and one.startswith(("setting:", require.IPV6))}
    if not tried and not settings:
        return set()
    try:
        with scratch(back), NetlinkSocket() as socket:
            return {*lacks_here(socket, settings), *_tried(socket, tried)}
    except NotPermitted:
        return set()


def _may_change(socket: NetlinkSocket) -> bool:
    """Whether rtnetlink would take changes from us: it looks at the right before the request."""
    [reply] = socket.request([Message(DELLINK, 0, {"index": _NOBODY}, {})])
    return reply.error is None or reply.error.errno not in {errno.EPERM, errno.EACCES}


def _has_capability(number: int) -> bool:
    with open("/proc/thread-self/status", encoding="ascii") as status:
        effective = next(line for line in status if line.startswith("CapEff:"))
    return bool(int(effective.split()[1], 16) >> number & 1)


def _tried(socket: NetlinkSocket, asked: Iterable[str]) -> Iterator[str]:
    by_kind: dict[str, list[str]] = {}
    for requirement in asked:
        kind, _, name = requirement.partition(":")
        by_kind.setdefault(kind, []).append(name)
    yield from lacking(socket, by_kind)
    for name in by_kind.get("link", ()):
        if not _has(socket, name):
            yield require.link_kind(name)
    if "bridge" in by_kind or "port" in by_kind:
        _make_port(socket)
    for option in by_kind.get("bridge", ()):
        if not _takes(socket, "b", {"kind": "bridge"}, "data", option):
            yield f"bridge:{option}"
    for option in by_kind.get("port", ()):
        if not _takes(socket, "p", {"slave_kind": "bridge"}, "slave_data", option):
            yield f"port:{option}"


def _has(socket: NetlinkSocket, kind: str) -> bool:
    """Whether there are links of a kind: asked for one that cannot be, the kernel knows the kind.

    No device has a negative mtu (net/core/dev.c, dev_validate_mtu); a kind that is not there is
    refused before (net/core/rtnetlink.c, "Unknown device type").
    """
    attrs: dict[str, Any] = {"ifname": "probe", "mtu": _IMPOSSIBLE_MTU, "linkinfo": {"kind": kind}}
    [reply] = socket.request([Message(NEWLINK, CREATE | EXCL, {}, attrs)])
    return reply.error is None or reply.error.errno != errno.EOPNOTSUPP


def _make_port(socket: NetlinkSocket) -> None:
    """A bridge b and its port p."""
    bridge: dict[str, Any] = {"ifname": "b", "linkinfo": {"kind": "bridge"}}
    port: dict[str, Any] = {"ifname": "p", "linkinfo": {"kind": "veth"}}
    for attrs in (bridge, port):
        _sure(socket, Message(NEWLINK, CREATE | EXCL, {}, attrs))
    _sure(socket, Message(NEWLINK, 0, {}, {"ifname": "p", "master": socket.link_index("b")}))


def _takes(
    socket: NetlinkSocket, ifname: str, info: dict[str, Any], part: str, option: str
) -> bool:
    """Whether an attribute is shown, and this value of it not refused as unsupported.

    What was left out of a kernel is not shown, and passed over in silence where it is asked for.
    """
    name, _, value = option.partition("=")
    found: Any = socket.get(Message(GETLINK, 0, {}, {"ifname": ifname})).attrs
    if name not in found.get("linkinfo", {}).get(part, {}):
        return False
    attrs: dict[str, Any] = {"ifname": ifname, "linkinfo": {**info, part: {name: int(value)}}}
    [reply] = socket.request([Message(NEWLINK, 0, {}, attrs)])
    return reply.error is None or reply.error.errno != errno.EOPNOTSUPP


def _sure(socket: NetlinkSocket, message: Message) -> None:
    [reply] = socket.request([message])
    if reply.error is not None:
        raise reply.error
