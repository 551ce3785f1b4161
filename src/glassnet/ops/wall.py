"""Walls between networks, and round what is published to some alone: elements of the base."""

from __future__ import annotations

from glassnet.errors import InvalidValue
from glassnet.nft import names
from glassnet.nft.element import Element, element
from glassnet.ops.base import place
from glassnet.ops.nft import ElementsOp
from glassnet.ops.publish import PROTOCOLS, bracket, port_range
from glassnet.values import IfName, IpAddress


class WallOp(ElementsOp, frozen=True, kw_only=True, tag="wall"):
    """What a bridge's network exchanges with others that are walled is dropped.

    With ``apart`` also what its own containers exchange by way of the host, as they do where
    br_netfilter is on; between ports of one bridge the ports' isolation does the same.
    """

    bridge: IfName
    apart: bool = False

    def label(self) -> str:
        """``wall round br0 on the host``."""
        kind = "wall round and within" if self.apart else "wall round"
        return f"{kind} {self.bridge} {place(self.netns)}"

    def elements(self) -> tuple[Element, ...]:
        """The bridge, and the pair of it with itself."""
        name = str(self.bridge)
        inner = names.APART if self.apart else names.WITHIN
        return (
            element(names.WALLED, (name,), (), self.comment),
            element(inner, (name, name), (), self.comment),
        )


class DirectOp(ElementsOp, frozen=True, kw_only=True, tag="direct"):
    """Ports of ``to`` are reached by a published port alone, not by a route that leads there.

    Who is in the same network reaches them all the same.
    """

    protocol: str
    to: IpAddress
    port: int
    count: int = 1

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise InvalidValue(f"no protocol {self.protocol!r}", ", ".join(PROTOCOLS))
        if min(self.port, self.count) < 1 or self.port + self.count - 1 > 65535:
            raise InvalidValue(f"port {self.port}, {self.count} of them", "1 to 65535")

    def label(self) -> str:
        """``no way round to tcp 10.0.0.2:80 on the host``."""
        target = f"{bracket(self.to)}:{port_range(self.port, self.count)}"
        return f"no way round to {self.protocol} {target} {place(self.netns)}"

    def elements(self) -> tuple[Element, ...]:
        """The address with its protocol and ports."""
        key = (str(self.to), self.protocol, port_range(self.port, self.count))
        return (element(names.direct(self.to.version), key, (), self.comment),)
