"""The forward hook of a namespace: which chains are on it, and gates in those of others."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from glassnet.errors import KernelRefused, NftRefused
from glassnet.kernel.socket import NetlinkSocket
from glassnet.netlink.message import Message
from glassnet.netlink.netfilter.nftables import DROP, FAMILIES, FORWARD, GETCHAIN, NUMBERS
from glassnet.nft import gate, names

if TYPE_CHECKING:
    from glassnet.kernel.linux import Room
    from glassnet.ops.request import GateRequest
    from glassnet.state.forward import ForwardState

_ROUTED: Final = frozenset({"ip", "ip6", "inet"})
_WANTED: Final = frozenset({"table", "name", "hook", "policy", "type"})
_USE: Final = frozenset({"use"})


def uses(socket: NetlinkSocket, name: str) -> int | None:
    """How many rules are in a chain, or lead to it; None if there is no such chain.

    ``name`` is ``inet glassnet passing``. Raises `KernelRefused`.
    """
    family, table, chain = name.split(" ", 2)
    header = {"family": NUMBERS[family]}
    try:
        found = socket.get(Message(GETCHAIN, 0, header, {"table": table, "name": chain}), _USE)
    except KernelRefused as error:
        if error.errno == errno.ENOENT:
            return None
        raise
    attrs: Any = found.attrs
    return int(attrs["use"])


def forward(room: Room) -> list[ForwardState]:
    """The filtering base chains that routed packets meet on their way through, but for ours.

    Of one that lets pass by its policy the rules are read, to see whether the last of them closes
    it all the same. Raises `KernelRefused` or `NftRefused`.
    """
    from glassnet.state.forward import ForwardState, closing

    found: list[ForwardState] = []
    for family, attrs in _hooked(room.netfilter):
        table, chain = attrs["table"], attrs["name"]
        if (family, table) == (names.FAMILY, names.TABLE):
            continue
        drops = attrs.get("policy") == DROP
        last = 0
        if not gate.is_iptables(family, table, chain):
            listed = room.list_nft(f"table {family} {table}").table(family, table)
            last = closing(listed, chain) if listed is not None else 0
        found.append(ForwardState(family, table, chain, drops, last))
    return found


def _hooked(socket: NetlinkSocket) -> Iterator[tuple[str, Any]]:
    for message in socket.dump(Message(GETCHAIN, 0, {}, {}), _WANTED):
        attrs: Any = message.attrs
        header: Any = message.header
        family = FAMILIES.get(header["family"], "")
        hook = attrs.get("hook") or {}
        if family in _ROUTED and attrs.get("type") == "filter" and hook.get("hooknum") == FORWARD:
            yield family, attrs


def close(room: Room, request: GateRequest) -> None:
    """Take a gate away, of which there may be nothing any more. Raises `NftRefused`."""
    family, name = request.family, request.table
    try:
        table = room.list_nft(f"table {family} {name}").table(family, name)
    except NftRefused as error:
        if "No such file or directory" in error.words:
            return
        raise
    if table is not None:
        lines = gate.closing(table, request.chain)
        if lines:
            room.run_nft("\n".join(lines))
