"""Disciplines, classes, filters and flows as they are seen, built by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scene import NS1, state

from glassnet.netlink.route.tcfilter import EVERYTHING
from glassnet.netlink.route.tctable import ETH_P_ALL, INGRESS_HANDLE, ROOT
from glassnet.state.flow import FlowState
from glassnet.state.link import LinkState
from glassnet.state.qdisc import QdiscState
from glassnet.state.snapshot import Snapshot
from glassnet.state.tcfilter import FilterState
from glassnet.values import IpAddress, Netns


def qdisc(
    kind: str,
    index: int = 7,
    *,
    handle: int = 0x80010000,
    parent: int = ROOT,
    **options: Any,
) -> QdiscState:
    """A discipline of eth0, or of the link of another index."""
    return QdiscState(index, kind, handle, parent, options)


def bucket(rate: int, ticks: int, limit: int, **more: Any) -> QdiscState:
    """A token bucket: bytes a second, 64 ns each, bytes."""
    return qdisc("tbf", parms={"rate": rate, "buffer": ticks, "limit": limit}, **more)


def redirect(
    target: int | None = 9,
    index: int = 7,
    *,
    priority: int = 49152,
    protocol: int = ETH_P_ALL,
    selector: Mapping[str, Any] = EVERYTHING,
) -> FilterState:
    """A filter of what comes in by eth0."""
    where = (index, INGRESS_HANDLE, priority, protocol)
    return FilterState(*where, "u32", 0x80000800, selector, target)


def flow(
    port: int = 53,
    address: str = "10.0.0.1",
    answered: str = "",
    *,
    protocol: int = 17,
    source: str = "",
) -> FlowState:
    """A flow to a port, answered from elsewhere perhaps."""
    there = IpAddress(address)
    here = IpAddress(source or ("192.0.2.9" if there.version == 4 else "2001:db8::9"))
    return FlowState(protocol, here, there, 4000, port, IpAddress(answered or address))


Thing = LinkState | QdiscState | FilterState | FlowState


def seen(*things: Thing, classes: tuple[QdiscState, ...] = (), at: Netns = NS1) -> Snapshot:
    """One namespace was looked at, and holds these."""
    out = state(at, *(one for one in things if isinstance(one, LinkState)))
    out.qdiscs += [one for one in things if isinstance(one, QdiscState)]
    out.filters += [one for one in things if isinstance(one, FilterState)]
    out.flows += [one for one in things if isinstance(one, FlowState)]
    out.classes += classes
    return Snapshot({at: out})
