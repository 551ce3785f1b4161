"""Refusals: NLMSG_ERROR (and a failed NLMSG_DONE) to `KernelRefused`.

With extended acks on, the kernel adds its own words, the offset of the attribute it objects to, or
the number of one that is missing. The offset points into the request, so the request's bytes and
table turn it into a path such as ``linkinfo.data.vlan_protocol``.
"""

from __future__ import annotations

import struct
from typing import Final

from glassnet.errors import KernelNonsense, KernelRefused
from glassnet.netlink.message import ACK_TLVS, CAPPED, ERROR, HEADER_SIZE, MessageType, Raw
from glassnet.netlink.schema import Row, Table
from glassnet.netlink.wire import BYTES, U32, Misfit, String, Value

_ERRNO_MAX: Final = 4095  # linux/err.h: MAX_ERRNO

TABLE: Final = Table(
    "NLMSGERR_ATTR_",
    Row(1, "msg", String(0xFFFF), "the kernel's words"),
    Row(2, "offs", U32, "offset of the bad attribute in the request"),
    Row(3, "cookie", BYTES),
    Row(4, "policy", BYTES, "what would have been accepted"),
    Row(5, "miss_type", U32, "number of an attribute that is missing"),
    Row(6, "miss_nest", U32, "offset of the nest where it is missing"),
)


def error_code(raw: Raw) -> int:
    """The errno of NLMSG_ERROR or NLMSG_DONE, 0 if there is none.

    An empty NLMSG_DONE has none. Raises `KernelNonsense` for what is no errno.
    """
    payload = raw.payload
    if not payload:
        return 0
    if len(payload) < 4:
        raise KernelNonsense(f"an error code of {len(payload)} bytes")
    code: int = -struct.unpack_from("=i", payload)[0]
    if not 0 <= code <= _ERRNO_MAX:
        raise KernelNonsense(f"{-code} where a negative errno should be")
    return code


def refusal(raw: Raw, request: bytes, kind: MessageType, table: Table) -> KernelRefused:
    """The error that a refusing message stands for; ``request`` as it was sent, with its header.

    Raises `KernelNonsense` where the refusal itself cannot be read.
    """
    found = _attributes(raw) if raw.flags & ACK_TLVS else {}
    blamed = _blamed(found, request, kind.header.size + HEADER_SIZE, table)
    return KernelRefused(error_code(raw), found.get("msg", ""), blamed, kind.name)


def _attributes(raw: Raw) -> dict[str, Value]:
    payload = raw.payload
    start = 4
    if raw.type == ERROR:  # the code is followed by the request, or by no more than its header
        if len(payload) < 4 + HEADER_SIZE:
            raise KernelNonsense(f"a refusal of {len(payload)} bytes")
        size = HEADER_SIZE if raw.flags & CAPPED else struct.unpack_from("=I", payload, 4)[0]
        start += (size + 3) & -4
    try:
        return TABLE.decode(payload, start, len(payload))
    except Misfit as misfit:
        raise KernelNonsense(f"extended ack: {misfit.problem}") from None


def _blamed(found: dict[str, Value], request: bytes, begin: int, table: Table) -> str:
    """The path of the attribute that is wrong or missing, as far as the request can be followed."""
    if "miss_type" in found:
        path: list[str] = []
        inside = table
        if "miss_nest" in found:
            path, nest = table.locate(request, begin, len(request), found["miss_nest"])
            inside = nest or _UNKNOWN
        return "missing " + ".".join([*path, inside.name_of(found["miss_type"])])
    if "offs" in found:
        path, _ = table.locate(request, begin, len(request), found["offs"])
        return ".".join(path)
    return ""


_UNKNOWN: Final = Table("")
