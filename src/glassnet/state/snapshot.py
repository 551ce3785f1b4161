"""What was seen of a host: one `NetnsState` for each namespace that was looked at.

A snapshot holds only what was asked for by `Facet`; asking for a namespace that was not looked
at raises `LookupError`, so that a missing look is never mistaken for a missing object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from glassnet.state.index import Index
from glassnet.values import IpAddress, Netns, Prefix, SysctlKey

if TYPE_CHECKING:
    from glassnet.nft.listing import Ruleset, Table
    from glassnet.state.addr import AddrState
    from glassnet.state.bridgevlan import BridgeVlanState
    from glassnet.state.flow import FlowState
    from glassnet.state.forward import ForwardState
    from glassnet.state.link import LinkState
    from glassnet.state.neigh import NeighState
    from glassnet.state.qdisc import QdiscState
    from glassnet.state.route import RouteState
    from glassnet.state.rule import RuleState
    from glassnet.state.tcfilter import FilterState


class Facet(NamedTuple):
    """One thing to look at: a ``kind``, with a ``key`` where the kind has one.

    netns       whether it exists, and is one
    links       every link
    link        one link, by its name: looked up, not dumped
    flags       one link's IFF_* alone, by its name
    nsid        by what id links tell of the namespace that is the key
    addrs       every address, or those of one link by its name
    rules, neighbours, fdb
    routes      those of one table, by its number; of all tables by 0
    qdiscs      the queueing disciplines of every link
    classes     those of one link's disciplines, by its name
    filters     those of what comes in by one link, by its name
    flows       entries of connection tracking: a `glassnet.state.flow.Selection` of them
    nft         the ruleset
    chain       how much use is made of one chain of nft's: ``FAMILY TABLE CHAIN``, looked up
    legacy      whether iptables' tables of old are there and, for 4 or 6, their rules
    zone        whether firewalld runs and, by ``ZONE SOURCE``, whether a zone of its has a source
    forward     the chains that packets meet on their way through the host, but for our own
    sysctl      one setting, by its name
    vlans       those that ports of bridges are members of
    ports       what is listened on: ``tcp``, ``udp`` or ``sctp``
    fit         whether a requirement (`glassnet.ops.require`) is met, there or in a new one
    """

    netns: Netns
    kind: str
    key: str = ""


class Listener(NamedTuple):
    """A local socket that holds a port; ``address`` is empty for any."""

    protocol: str
    address: str
    port: int


class NetnsState:
    """What was seen in one namespace. ``exists`` is false where there is none of that name.

    ``is_remnant``: it is no namespace but the empty file to which one was to be pinned.
    ``chains``: of those looked up that are there, how many rules are in them or lead there.
    ``legacy``: the IP versions that iptables-legacy has a filter table for, with its rules.
    ``zones``: of ``ZONE SOURCE`` whether it is so; None where firewalld does not run.
    ``lacks``: the requirements asked about that are not met.
    ``nsids``: the ``link_netnsid`` of links whose lower device or other end is in a namespace: None
    for this one itself, -1 (NETNSA_NSID_NOT_ASSIGNED) for one that no link told of has either in.
    """

    __slots__ = (
        "_by_address",
        "_by_dst",
        "_by_index",
        "addrs",
        "chains",
        "classes",
        "exists",
        "filters",
        "flags",
        "flows",
        "forward",
        "is_namespace",
        "is_remnant",
        "lacks",
        "legacy",
        "links",
        "listeners",
        "neighbours",
        "netns",
        "nft",
        "nsids",
        "qdiscs",
        "routes",
        "rules",
        "sysctls",
        "vlans",
        "zones",
    )

    def __init__(self, netns: Netns, *, exists: bool = True, is_namespace: bool = True) -> None:
        self.netns = netns
        self.exists = exists
        self.is_namespace = is_namespace
        self.is_remnant = False
        self.lacks: set[str] = set()
        self.links: dict[str, LinkState] = {}
        self.flags: dict[str, int] = {}
        self.addrs: list[AddrState] = []
        self.routes: list[RouteState] = []
        self.rules: list[RuleState] = []
        self.neighbours: list[NeighState] = []
        self.vlans: list[BridgeVlanState] = []
        self.qdiscs: list[QdiscState] = []
        self.classes: list[QdiscState] = []
        self.filters: list[FilterState] = []
        self.flows: list[FlowState] = []
        self.sysctls: dict[SysctlKey, str | None] = {}
        self.listeners: list[Listener] = []
        self.nft: Ruleset | None = None
        self.chains: dict[str, int] = {}
        self.forward: list[ForwardState] = []
        self.legacy: dict[int, tuple[str, ...] | None] = {}
        self.zones: dict[str, bool] | None = None
        self.nsids: dict[Netns, int | None] = {}
        self._by_index: Index[LinkState] = Index(lambda link: link.index)
        self._by_dst: Index[RouteState] = Index(lambda route: route.dst)
        self._by_address: Index[NeighState] = Index(lambda entry: (entry.index, entry.address))

    def link_by_index(self, index: int) -> LinkState | None:
        """The link with that ifindex, or None."""
        found = self._by_index.of(self.links.values(), index)
        return found[0] if found else None

    def routes_to(self, dst: Prefix) -> Sequence[RouteState]:
        """The routes of exactly that prefix, in all tables that were looked at."""
        return self._by_dst.of(self.routes, dst)

    def neighbours_at(self, index: int, address: IpAddress) -> Sequence[NeighState]:
        """The entries of an address behind a link."""
        return self._by_address.of(self.neighbours, (index, address))


class Snapshot:
    """The namespaces that were looked at, and what nft makes of our base ruleset here.

    ``reference`` is the table glassnet as this very kernel and nft library list it when freshly
    made: what an untouched base ruleset looks like.
    """

    __slots__ = ("_states", "reference")

    def __init__(self, states: Mapping[Netns, NetnsState], reference: Table | None = None) -> None:
        self._states = dict(states)
        self.reference = reference

    def __contains__(self, netns: Netns) -> bool:
        return netns in self._states

    def __getitem__(self, netns: Netns) -> NetnsState:
        """The state of one namespace; `LookupError` if it was not looked at."""
        return self._states[netns]

    def exists(self, netns: Netns) -> bool:
        """Whether the namespace was looked at and is one."""
        state = self._states.get(netns)
        return state is not None and state.exists and state.is_namespace

    def link(self, netns: Netns, ifname: str) -> LinkState | None:
        """A link by namespace and name, or None."""
        return self._states[netns].links.get(ifname)

    def states(self) -> tuple[NetnsState, ...]:
        """Every namespace looked at."""
        return tuple(self._states.values())
