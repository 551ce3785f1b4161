"""One container's interface: the operations that wire a namespace to the host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from glassnet.errors import InvalidValue
from glassnet.ops.addr import AddrOp
from glassnet.ops.derived import mac
from glassnet.ops.link import LinkSetOp
from glassnet.ops.neigh import NeighOp
from glassnet.ops.owner import check_name, mark
from glassnet.ops.route import RouteOp
from glassnet.ops.veth import VethOp
from glassnet.plan.model import Plan, Step
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import Cidr, IfName, IpAddress, Mac, Netns, Prefix

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

LO = IfName("lo")


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """An interface ``ifname`` in ``netns``, cabled to ``host_ifname`` on the host.

    With a ``bridge`` the host's end is its port and ``gateways`` are addresses of the bridge's;
    without one the attachment is routed: the host has a route to each address, and the gateways
    are link-scope addresses that need to be nobody's: their neighbour entry is the host's end.
    Raises `InvalidValue` where a gateway's family has no address.
    """

    network: str
    container: str
    netns: Netns
    ifname: IfName
    host_ifname: IfName
    addresses: tuple[Cidr, ...]
    gateways: tuple[IpAddress, ...] = ()
    bridge: IfName | None = None
    mtu: int | None = None

    def __post_init__(self) -> None:
        check_name(self.network)
        check_name(self.container)
        families = {cidr.version for cidr in self.addresses}
        for gateway in self.gateways:
            if gateway.version not in families:
                raise InvalidValue(
                    f"gateway {gateway} of {self.container}", "a gateway of an address's family"
                )

    @property
    def name(self) -> str:
        """``network/container/ifname``: what the journal and the mark call it."""
        return f"{self.network}/{self.container}/{self.ifname}"

    @property
    def near_mac(self) -> Mac | None:
        """Of a routed attachment: the MAC of the host's end, by which the other end knows it."""
        if self.bridge is not None:
            return None
        return mac("host", self.network, self.container, self.ifname)

    @property
    def far_mac(self) -> Mac | None:
        """The same of the other end, which the host knows by it where it has IPv6."""
        if self.bridge is not None or not self._has(6):
            return None
        return mac("container", self.network, self.container, self.ifname)

    def plan(self, snapshot: Snapshot) -> Plan:
        """What is done where the snapshot shows the `lookups`: loopback may be up already."""
        return Plan(self.name, "attach", tuple(_step(op, snapshot) for op in self.ops()))

    def ops(self) -> list[AnyOp]:
        """In the order of their doing."""
        near, far = self.near_mac, self.far_mac
        return [
            VethOp(
                ifname=self.host_ifname,
                mtu=self.mtu,
                mac=near,
                alias=mark(self.network, f"{self.container}/{self.ifname}"),
                up=True,
                master=self.bridge,
                peer=self.ifname,
                peer_netns=self.netns,
                peer_mac=far,
                queues=1,
            ),
            LinkSetOp(netns=self.netns, ifname=LO, up=True),
            LinkSetOp(netns=self.netns, ifname=self.ifname, up=True),
            *self._addresses(),
            *self._gateways(near),
            *self._host_routes(far),
        ]

    def _addresses(self) -> Iterator[AddrOp]:
        for cidr in self.addresses:
            nodad = cidr.version == 6
            yield AddrOp(netns=self.netns, ifname=self.ifname, cidr=cidr, nodad=nodad)

    def _gateways(self, near: Mac | None) -> Iterator[NeighOp | RouteOp]:
        for gateway in self.gateways:
            if self.bridge is None:
                yield NeighOp(netns=self.netns, ifname=self.ifname, address=gateway, mac=near)
                alone = Prefix.single(gateway)
                yield RouteOp(netns=self.netns, dst=alone, ifname=self.ifname, scope="link")
            yield RouteOp(
                netns=self.netns,
                dst=Prefix.default(gateway.version),
                via=gateway,
                ifname=self.ifname,
            )

    def _host_routes(self, far: Mac | None) -> Iterator[NeighOp | RouteOp]:
        """A route to each address; IPv6 asks no neighbour while the link is a second old."""
        for cidr in self.addresses if self.bridge is None else ():
            address = cidr.address
            yield RouteOp(dst=Prefix.single(address), ifname=self.host_ifname, scope="link")
            if address.version == 6:
                yield NeighOp(ifname=self.host_ifname, address=address, mac=far)

    def _has(self, version: int) -> bool:
        return any(cidr.version == version for cidr in self.addresses)

    def lookups(self) -> tuple[Facet, ...]:
        """What must be looked up, never dumped, before attaching: whether loopback is up."""
        return (Facet(self.netns, "flags", LO),)


def _step(op: AnyOp, snapshot: Snapshot) -> Step:
    """Settings remember what was before; loopback that is up already is kept."""
    if isinstance(op, LinkSetOp) and op.ifname == LO:
        if not op.satisfied_by(snapshot):
            return Step(op, "keep")
        return Step(op, "make", before=op.before(snapshot))
    return Step(op, "make")
