"""An entry of connection tracking as seen in one namespace, and which of them are meant.

An entry outlives what made it: as long as datagrams come it sends them where it sent the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import msgspec

from glassnet.netlink.message import Message
from glassnet.netlink.netfilter.conntrack import IDENTITY, PROTOCOLS
from glassnet.values import IpAddress

WANTED = IDENTITY | {"tuple_reply"}


class FlowState(msgspec.Struct, frozen=True):
    """From ``source`` to ``destination``, as its first packet came; ``protocol`` is IPPROTO_*.

    ``reply_source`` is where answers come from: another than the destination where that is
    translated. Ports are 0 where the protocol has none.
    """

    protocol: int
    source: IpAddress
    destination: IpAddress
    source_port: int
    port: int
    reply_source: IpAddress
    id: int = 0
    zone: int = 0

    @classmethod
    def from_message(cls, message: Message) -> FlowState | None:
        """From a decoded IPCTNL_MSG_CT_NEW; None for one without addresses."""
        attrs: Mapping[str, Any] = message.attrs
        orig, reply = attrs.get("tuple_orig", {}), attrs.get("tuple_reply", {})
        proto = orig.get("proto", {})
        ends = (_end(orig, "src"), _end(orig, "dst"), _end(reply, "src"))
        source, destination, reply_source = ends
        if source is None or destination is None or reply_source is None:
            return None
        return cls(
            protocol=proto.get("num", 0),
            source=source,
            destination=destination,
            source_port=proto.get("src_port", 0),
            port=proto.get("dst_port", 0),
            reply_source=reply_source,
            id=attrs.get("id", 0),
            zone=attrs.get("zone", 0),
        )


def _end(tuple_: Mapping[str, Any], which: str) -> IpAddress | None:
    ip = tuple_.get("ip", {})
    found = ip.get(f"v4_{which}", ip.get(f"v6_{which}"))
    return found if isinstance(found, IpAddress) else None


class Selection(NamedTuple):
    """Which entries are meant: those of a protocol (``udp``) that are all that is said here.

    For ``span`` ports from ``port`` on (0: any), for ``address``, answered from
    ``reply_source``; of one IP ``version``, or of both (0).
    """

    protocol: str
    version: int = 0
    port: int = 0
    span: int = 1
    address: IpAddress | None = None
    reply_source: IpAddress | None = None

    def takes(self, flow: FlowState) -> bool:
        """Whether an entry is meant."""
        return (
            flow.protocol == PROTOCOLS[self.protocol]
            and self.version in {0, flow.destination.version}
            and (not self.port or self.port <= flow.port < self.port + self.span)
            and self.address in {None, flow.destination}
            and self.reply_source in {None, flow.reply_source}
        )

    def key(self) -> str:
        """The key of a facet ``flows``."""
        parts = (*self[:4], self.address or "", self.reply_source or "")
        return " ".join(str(part) or "-" for part in parts)

    @classmethod
    def of_key(cls, key: str) -> Self:
        """From the key of a facet."""
        protocol, version, port, span, *ends = key.split()
        address, source = (None if end == "-" else IpAddress(end) for end in ends)
        return cls(protocol, int(version), int(port), int(span), address, source)
