"""One look at one namespace: the facets asked for, by as few dumps as they need.

What few looks are after is imported only then: a container runtime waits for each process to start.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from glassnet.errors import KernelRefused
from glassnet.kernel import netns as namespaces
from glassnet.kernel import sysctl
from glassnet.kernel.socket import NETFILTER, NetlinkSocket
from glassnet.netlink.message import Message, MessageType
from glassnet.netlink.route.addr import GETADDR
from glassnet.netlink.route.link import GETLINK
from glassnet.ops import require
from glassnet.state import addr, link
from glassnet.state.snapshot import Facet, NetnsState
from glassnet.values import HOST, Netns, SysctlKey

if TYPE_CHECKING:
    from glassnet.kernel.linux import LinuxKernel
    from glassnet.state.flow import Selection

AF_INET: Final = 2
AF_INET6: Final = 10
AF_BRIDGE: Final = 7
RTEXT_FILTER_BRVLAN: Final = 2
RTEXT_FILTER_SKIP_STATS: Final = 8
_GLANCES: Final = frozenset({"netns", "flags", "fit", "chain", "forward", "legacy", "zone"})
MAIN: Final = "254"
ALL_TABLES: Final = 0


class Look:
    """What was asked for of one namespace; `state` carries it out."""

    def __init__(self, kernel: LinuxKernel, netns: Netns, facets: Sequence[Facet]) -> None:
        self._kernel = kernel
        self._netns = netns
        self._kinds = {facet.kind for facet in facets}
        self._keys: dict[str, set[str]] = {}
        for facet in facets:
            self._keys.setdefault(facet.kind, set()).add(facet.key)

    def state(self) -> NetnsState:
        """The state; one that does not exist where there is no such namespace."""
        exists, is_namespace = self._kernel.look(self._netns)
        state = NetnsState(self._netns, exists=exists, is_namespace=is_namespace)
        if "fit" in self._kinds:
            state.lacks = self._lacks(is_namespace)
        if not is_namespace:
            state.is_remnant = exists and namespaces.is_remnant(self._netns)
            return state
        for name in self._keys.get("flags", ()):
            self._flags(state, name)
        if self._kinds & {"chain", "forward"}:
            self._chains(state)
        if "legacy" in self._kinds:
            from glassnet.kernel import legacy

            with namespaces.inside(self._kernel.room(self._netns).fd, self._kernel.host_fd):
                state.legacy = legacy.tables(self._keys["legacy"])
        if "zone" in self._kinds:
            from glassnet.kernel import firewalld

            state.zones = firewalld.zones_of(frozenset(self._keys["zone"]))
        if self._kinds <= _GLANCES:
            return state
        self._links(state)
        self._nsids(state)
        self._addrs(state)
        self._routes(state)
        self._rules(state)
        self._neighbours(state)
        self._vlans(state)
        self._traffic(state)
        self._rest(state)
        return state

    def _lacks(self, exists: bool) -> set[str]:
        """Of a namespace that is yet to be made, what a new one lacks."""
        from glassnet.kernel import fit

        asked = self._keys["fit"]
        back = self._kernel.host_fd
        lacks = fit.lacks_anywhere(back, asked, new=not exists)
        room = self._kernel.room(self._netns) if exists else self._kernel.room(HOST)
        here = asked if exists else asked & {require.SYS_ADMIN, require.NFT, require.TUN}
        with namespaces.inside(room.fd, back):
            return lacks | set(fit.lacks_here(room.socket, here))

    def _chains(self, state: NetnsState) -> None:
        """One by one, or those on the forward hook."""
        from glassnet.kernel import gate

        room = self._kernel.room(self._netns)
        for name in self._keys.get("chain", ()):
            uses = gate.uses(room.netfilter, name)
            if uses is not None:
                state.chains[name] = uses
        if "forward" in self._kinds:
            state.forward = gate.forward(room)

    def _dump(
        self,
        kind: MessageType,
        header: dict[str, Any],
        attrs: dict[str, Any],
        wanted: frozenset[str],
    ) -> list[Message]:
        socket = self._kernel.room(self._netns).socket
        return socket.dump(Message(kind, 0, header, attrs), wanted)

    def _links(self, state: NetnsState) -> None:
        attrs: dict[str, Any] = {"ext_mask": RTEXT_FILTER_SKIP_STATS}
        every_addr = "" in self._keys.get("addrs", ())
        if not every_addr and not self._kinds & {"links", "routes", "neighbours", "fdb"}:
            for name in self._keys.get("link", set()) | self._keys.get("addrs", set()):
                self._look_up(state, name, attrs)
            return
        for message in self._dump(GETLINK, {}, attrs, link.WANTED):
            found = link.LinkState.from_message(message)
            state.links[found.ifname] = found

    def _flags(self, state: NetnsState, name: str) -> None:
        """The flags of one link; nothing if there is none."""
        flags = self._kernel.room(self._netns).socket.link_flags(name)
        if flags is not None:
            state.flags[name] = flags

    def _look_up(self, state: NetnsState, name: str, attrs: dict[str, Any]) -> None:
        """One link by name; nothing if there is none."""
        message = Message(GETLINK, 0, {}, {"ifname": name, **attrs})
        try:
            found = self._kernel.room(self._netns).socket.get(message, link.WANTED)
        except KernelRefused as error:
            if error.errno != errno.ENODEV:
                raise
            return
        state.links[name] = link.LinkState.from_message(found)

    def _nsids(self, state: NetnsState) -> None:
        """After the links: an id is given when the first link is told of that has use for it."""
        if "nsid" not in self._kinds:
            return
        from glassnet.netlink.route.netns import GETNSID

        for other in map(Netns, self._keys.get("nsid", ())):
            if self._kernel.look(other) != (True, True):
                continue
            there = self._fd(other)
            if namespaces.inode(there) == namespaces.inode(self._fd(self._netns)):
                state.nsids[other] = None
                continue
            socket = self._kernel.room(self._netns).socket
            attrs: Any = socket.get(Message(GETNSID, 0, {}, {"fd": there})).attrs
            state.nsids[other] = attrs["nsid"]

    def _fd(self, netns: Netns) -> int:
        fd = self._kernel.room(netns).fd
        return self._kernel.host_fd if fd is None else fd

    def _addrs(self, state: NetnsState) -> None:
        """All of them, or those of some links: the kernel then visits no other link."""
        names = self._keys.get("addrs", set())
        headers: list[dict[str, Any]] = [{}] if "" in names else []
        if not headers:
            headers = [{"index": state.links[name].index} for name in names & state.links.keys()]
        for header in headers:
            messages = self._dump(GETADDR, header, {}, addr.WANTED)
            state.addrs += [addr.AddrState.from_message(message) for message in messages]

    def _routes(self, state: NetnsState) -> None:
        if "routes" not in self._kinds:
            return
        from glassnet.netlink.route.route import GETROUTE
        from glassnet.state import route

        for table in self._keys.get("routes", ()):
            number = int(table or MAIN)
            for family in (AF_INET, AF_INET6):
                header: dict[str, Any] = {"family": family}
                attrs: dict[str, Any] = {"table": number}
                try:
                    messages = self._dump(GETROUTE, header, attrs, route.WANTED)
                except KernelRefused as error:
                    if error.errno != errno.ENOENT:  # no such table, hence no routes in it
                        raise
                    messages = []
                found = (route.RouteState.from_message(message) for message in messages)
                state.routes += [one for one in found if number in {one.table, ALL_TABLES}]

    def _rules(self, state: NetnsState) -> None:
        if "rules" in self._kinds:
            from glassnet.netlink.route.rule import GETRULE
            from glassnet.state import rule

            for family in (AF_INET, AF_INET6):
                messages = self._dump(GETRULE, {"family": family}, {}, rule.WANTED)
                state.rules += [rule.RuleState.from_message(message) for message in messages]

    def _neighbours(self, state: NetnsState) -> None:
        if not self._kinds & {"neighbours", "fdb"}:
            return
        from glassnet.netlink.route.neigh import GETNEIGH, NTF_PROXY
        from glassnet.state import neigh

        headers: list[dict[str, Any]] = []
        if "neighbours" in self._kinds:
            headers += [{}, {"flags": NTF_PROXY}]
        if "fdb" in self._kinds:
            headers += [{"family": AF_BRIDGE}]
        for header in headers:
            messages = self._dump(GETNEIGH, header, {}, neigh.WANTED)
            state.neighbours += [neigh.NeighState.from_message(message) for message in messages]

    def _vlans(self, state: NetnsState) -> None:
        """Of every port of a bridge, and of the bridges themselves."""
        if "vlans" in self._kinds:
            from glassnet.state import bridgevlan

            attrs: dict[str, Any] = {"ext_mask": RTEXT_FILTER_BRVLAN}
            for message in self._dump(GETLINK, {"family": AF_BRIDGE}, attrs, bridgevlan.WANTED):
                state.vlans += bridgevlan.from_message(message)

    def _traffic(self, state: NetnsState) -> None:
        """Disciplines, classes and filters; of a link that is gone there are none."""
        if not self._kinds & {"qdiscs", "classes", "filters"}:
            return
        from glassnet.netlink.route.qdisc import GETQDISC
        from glassnet.netlink.route.tcfilter import GETTFILTER
        from glassnet.netlink.route.tclass import GETTCLASS
        from glassnet.netlink.route.tctable import INGRESS_HANDLE
        from glassnet.state import qdisc, tcfilter

        index_of = self._kernel.room(self._netns).socket.link_index
        if "qdiscs" in self._kinds:
            messages = self._dump(GETQDISC, {}, {}, qdisc.WANTED)
            state.qdiscs = [qdisc.QdiscState.from_message(message) for message in messages]
        for index in filter(None, map(index_of, self._keys.get("classes", ()))):
            messages = self._dump(GETTCLASS, {"ifindex": index}, {}, qdisc.WANTED)
            state.classes += [qdisc.QdiscState.from_message(message) for message in messages]
        for index in filter(None, map(index_of, self._keys.get("filters", ()))):
            header: dict[str, Any] = {"ifindex": index, "parent": INGRESS_HANDLE}
            messages = self._dump(GETTFILTER, header, {}, tcfilter.WANTED)
            found = map(tcfilter.FilterState.from_message, messages)
            state.filters += [one for one in found if one is not None]

    def _rest(self, state: NetnsState) -> None:
        if "nft" in self._kinds:
            state.nft = self._kernel.room(self._netns).list_nft()
        if not self._kinds & {"sysctl", "ports", "flows"}:
            return
        room = self._kernel.room(self._netns)
        with namespaces.inside(room.fd, self._kernel.host_fd):
            for name in self._keys.get("sysctl", ()):
                key = SysctlKey(name)
                state.sysctls[key] = sysctl.read(key)
            self._ports(state)
            self._selections(state)

    def _ports(self, state: NetnsState) -> None:
        if "ports" in self._kinds:
            from glassnet.kernel import listeners

            for protocol in self._keys["ports"]:
                state.listeners += listeners.listeners(protocol)

    def _selections(self, state: NetnsState) -> None:
        if "flows" in self._kinds:
            from glassnet.state.flow import Selection

            for selection in self._keys["flows"]:
                self._flows(state, Selection.of_key(selection))

    def _flows(self, state: NetnsState, selection: Selection) -> None:
        """Those that are meant, each once; asked for in the namespace."""
        from glassnet.kernel import conntrack

        if not conntrack.is_empty():
            with NetlinkSocket(protocol=NETFILTER) as socket:
                found = conntrack.find(socket, selection)
            state.flows += [flow for flow in found if flow not in state.flows]
