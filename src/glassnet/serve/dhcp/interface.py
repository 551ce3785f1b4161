"""A container's interface, as the daemon deals with it: looked up, set up, its address changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from glassnet.cni.error import INTERNAL, INVALID_ENVIRONMENT, CniError
from glassnet.dhcp.lease import Lease
from glassnet.errors import GlassnetError
from glassnet.kernel.linux import LinuxKernel
from glassnet.ops.addr import AddrOp
from glassnet.ops.announce import AnnounceOp
from glassnet.ops.base import ActionOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.route import RouteOp
from glassnet.ops.written import known
from glassnet.plan.model import Entry
from glassnet.plugins.dhcp import result
from glassnet.plugins.inside import routes
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet
from glassnet.values import IfName, Mac, Netns

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp


def inode(netns: str) -> int:
    """What tells a namespace from another of the same name; 0 where there is none."""
    try:
        return Path(netns).stat().st_ino
    except OSError:
        return 0


def prepare(netns: Netns, ifname: IfName) -> tuple[Mac, bool]:
    """Set it up if it is not; its hardware address, and whether it must be told by broadcast.

    Interfaces of ipvlan have one hardware address together: what is sent to that alone, and not
    to an address that one of them has, is not theirs. Raises `CniError`.
    """
    with LinuxKernel() as kernel:
        snapshot = kernel.snapshot([Facet(netns, "netns"), Facet(netns, "link", ifname)])
        if not snapshot.exists(netns):
            raise CniError(
                INVALID_ENVIRONMENT, f'failed to open netns "{netns}": no such file or directory'
            )
        link = snapshot.link(netns, ifname)
        if link is None:
            raise missing(ifname)
        if link.mac is None:
            raise CniError(
                INTERNAL,
                f'"{ifname}" has no hardware address',
                "DHCP asks for addresses on Ethernet",
            )
        if not link.up:
            _perform(kernel, [LinkSetOp(netns=netns, ifname=ifname, up=True)])
        return (link.mac, is_shared(link))


def is_shared(link: LinkState) -> bool:
    """Whether others have the same hardware address."""
    return link.kind == "ipvlan"


def missing(ifname: str) -> CniError:
    """It is not there."""
    return CniError(
        INTERNAL,
        f'error looking up "{ifname}": Link not found',
        "a plugin that makes the interface asks dhcp once it is there",
    )


def take_away(netns: Netns, ifname: IfName, lease: Lease) -> None:
    """Take the address away, and with it the routes that need it. Raises `GlassnetError`."""
    with LinuxKernel() as kernel:
        _perform(kernel, [AddrOp(netns=netns, ifname=ifname, cidr=lease.cidr, present=False)])


def put_back(
    netns: Netns, ifname: IfName, lease: Lease, priority: int, wired: Sequence[AnyOp]
) -> None:
    """The address, its routes, and neighbours told of it. Raises `GlassnetError`.

    As they were ``wired``, if it was us who did; else as the lease has them.
    """
    given = result(lease, priority)
    ops = wired or (
        AddrOp(netns=netns, ifname=ifname, cidr=lease.cidr),
        *routes(netns, ifname, given),
        AnnounceOp(netns=netns, ifname=ifname, address=lease.ip),
    )
    with LinuxKernel() as kernel:
        _perform(kernel, ops)


def made_by(entries: Iterable[Entry], netns: Netns, ifname: IfName) -> Iterator[AnyOp]:
    """What of an attachment goes along with its addresses, as it was made."""
    for entry in entries:
        op = known(entry.op)
        mine = isinstance(op, AddrOp | RouteOp | AnnounceOp) and op.ifname == ifname
        if mine and not op.netns.is_host and getattr(op, "present", True):
            yield replace(op, netns=netns)


def _perform(kernel: LinuxKernel, ops: Iterable[AnyOp]) -> None:
    """What is not so yet."""
    for op in ops:
        due = isinstance(op, ActionOp) or op.satisfied_by(kernel.snapshot(op.lookups()))
        outcomes = kernel.perform(op.requests()) if due else []
        errors: list[GlassnetError] = [one for one in outcomes if one is not None]
        if errors:
            raise errors[0]
