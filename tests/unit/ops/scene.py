"""What was seen, built by hand; what is sent, read back from its bytes; what is typed, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from glassnet.netlink.message import decode, encode, split
from glassnet.netlink.placeholder import IndexOf, Placeholder
from glassnet.netlink.route.link import IFF_UP
from glassnet.nft.listing import Ruleset, Table
from glassnet.ops.base import Difference, Op
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.state.addr import AddrState
from glassnet.state.link import LinkState
from glassnet.state.neigh import NeighState
from glassnet.state.route import RouteState
from glassnet.state.rule import RuleState
from glassnet.state.snapshot import Listener, NetnsState, Snapshot
from glassnet.values import IfName, Mac, Netns

NS1, NS2 = Netns("ns1"), Netns("ns2")
PATH = Netns("/proc/7/ns/net")
ETH0, BR0, LO = IfName("eth0"), IfName("br0"), IfName("lo")
MAC1, MAC2 = Mac("02:00:00:00:00:01"), Mac("02:00:00:00:00:02")

Thing = LinkState | AddrState | RouteState | RuleState | NeighState | Listener | Ruleset


def link(
    ifname: str = "eth0",
    index: int = 7,
    *,
    kind: str = "",
    up: bool = False,
    mtu: int = 1500,
    mac: Mac | None = None,
    master: int = 0,
    alias: str = "",
    data: Mapping[str, Any] | None = None,
    port: Mapping[str, Any] | None = None,
    peer: int = 0,
) -> LinkState:
    """A link; ``port`` is what the kernel says of it as a port, ``peer`` its other end's index."""
    return LinkState(
        index=index,
        ifname=ifname,
        flags=IFF_UP if up else 0,
        mtu=mtu,
        mac=mac,
        master=master,
        alias=alias,
        kind=kind,
        data=data or {},
        slave_kind="" if port is None else "bridge",
        slave_data=port or {},
        link=peer,
    )


def state(netns: Netns, *things: Thing) -> NetnsState:
    """A namespace that holds these."""
    out = NetnsState(netns)
    for thing in things:
        match thing:
            case LinkState():
                out.links[thing.ifname] = thing
            case AddrState():
                out.addrs.append(thing)
            case RouteState():
                out.routes.append(thing)
            case RuleState():
                out.rules.append(thing)
            case NeighState():
                out.neighbours.append(thing)
            case Listener():
                out.listeners.append(thing)
            case Ruleset():
                out.nft = thing
    return out


def seen(*things: Thing, at: Netns = NS1) -> Snapshot:
    """One namespace was looked at, and holds these."""
    return Snapshot({at: state(at, *things)})


def seen_in(*states: NetnsState, reference: Table | None = None) -> Snapshot:
    """Several namespaces were looked at."""
    return Snapshot({one.netns: one for one in states}, reference)


def gone(at: Netns = NS1) -> Snapshot:
    """One namespace was looked for, and there is none."""
    return Snapshot({at: NetnsState(at, exists=False)})


class Sent(NamedTuple):
    """A message as the kernel reads it; ``header`` without the fields that are 0."""

    type: str
    flags: int
    header: Mapping[str, int]
    attrs: Mapping[str, Any]


def sent(
    requests: Iterable[Request],
    numbers: Mapping[Placeholder, int] | None = None,
    *,
    at: Netns = NS1,
) -> list[Sent]:
    """The messages, to bytes and back; ``numbers`` are all the placeholders there must be."""
    known, asked, out = numbers or {}, set[Placeholder](), list[Sent]()

    def resolve(placeholder: Placeholder) -> int:
        asked.add(placeholder)
        return known[placeholder]

    for request in requests:
        assert isinstance(request, NetlinkRequest)
        assert request.netns == at
        [raw] = split(encode(request.message, 1, resolve))
        kind, flags, header, attrs = decode(raw)
        fields = {name: value for name, value in header.items() if isinstance(value, int) and value}
        out.append(Sent(kind.name, flags, fields, attrs))
    assert asked == known.keys()
    return out


def index(ifname: str, number: int = 7) -> dict[Placeholder, int]:
    """The placeholder of one link of the request's own namespace."""
    return {IndexOf(ifname): number}


def typed(op: Op) -> list[str]:
    """The commands as a person types them."""
    return [str(command) for command in op.commands()]


def words(differences: Iterable[Difference]) -> list[str]:
    """Differences as a person reads them."""
    return [str(difference) for difference in differences]
