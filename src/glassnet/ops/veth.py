"""A veth pair: a virtual cable, its far end born in the namespace where it is to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from glassnet.errors import InvalidValue
from glassnet.netlink.placeholder import FdOf
from glassnet.ops.base import Difference, Key, place
from glassnet.ops.link import LinkOp
from glassnet.ops.request import Request
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IfName, Mac, Netns

QUEUES_MAX = 4096  # net/core/rtnetlink.c, rtnl_create_link


class VethOp(LinkOp, frozen=True, kw_only=True, tag="veth"):
    """A pair: ``ifname`` in ``netns``, ``peer`` in ``peer_netns`` (never moved, never up at birth).

    Between the host and a namespace, the host's end is the first one: the host has no name that
    a command inside a namespace could give. ``queues`` is how many queues each end has; without
    a word the kernel gives them one for each processor (docs/adr/0011).
    """

    kind: ClassVar[str] = "veth"

    peer: IfName
    peer_netns: Netns = HOST
    peer_mac: Mac | None = None
    queues: int | None = None

    def __post_init__(self) -> None:
        LinkOp.__post_init__(self)
        if self.peer_mac is not None:
            self.peer_mac.check_unicast()
        if self.queues is not None and not 1 <= self.queues <= QUEUES_MAX:
            raise InvalidValue(f"a veth with {self.queues} queues", f"1 to {QUEUES_MAX}")
        if self.peer_netns.is_host and not self.netns.is_host:
            raise InvalidValue(
                f"veth {self.ifname} {place(self.netns)} has its far end on the host",
                "the host's end first",
            )
        if self.peer_netns == self.netns and self.peer == self.ifname:
            raise InvalidValue(f"both ends of a veth are named {self.peer}", "two names")

    def label(self) -> str:
        """``veth veth1-host on the host to veth1 in ns1``."""
        return f"veth {self.ifname} {place(self.netns)} to {self.peer} {place(self.peer_netns)}"

    def birth_words(self) -> tuple[str, ...]:
        """``numtxqueues N numrxqueues N``."""
        if self.queues is None:
            return ()
        return ("numtxqueues", str(self.queues), "numrxqueues", str(self.queues))

    def birth_attrs(self) -> Mapping[str, Any]:
        """IFLA_NUM_TX_QUEUES and IFLA_NUM_RX_QUEUES."""
        if self.queues is None:
            return {}
        return {"num_tx_queues": self.queues, "num_rx_queues": self.queues}

    def kind_words(self) -> tuple[str, ...]:
        """``peer name PEER [mtu N] [address MAC] [netns NS]``."""
        words = ["peer", "name", self.peer, *self.birth_words()]
        words += ["mtu", str(self.mtu)] if self.mtu is not None else []
        words += ["address", self.peer_mac] if self.peer_mac is not None else []
        words += ["netns", self.peer_netns] if self.peer_netns != self.netns else []
        return tuple(words)

    def kind_data(self) -> Mapping[str, Any]:
        """VETH_INFO_PEER: a whole link message for the far end."""
        attrs: dict[str, Any] = {**self.birth_attrs()}
        if self.mtu is not None:
            attrs["mtu"] = self.mtu
        if self.peer_mac is not None:
            attrs["address"] = self.peer_mac
        if self.peer_netns != self.netns:
            attrs["net_ns_fd"] = FdOf(self.peer_netns)
        attrs["ifname"] = self.peer
        return {"peer": {"header": {}, "attrs": attrs}}

    def kind_amend(self) -> Mapping[str, Any]:
        """Nothing: the kernel does not change a pair's far end through the near one."""
        return {}

    def kind_wanted(self) -> Mapping[str, Any]:
        """Nothing: the kernel never echoes the peer; `differences` looks at the peer itself."""
        return {}

    def differences(self, found: LinkState, snapshot: Snapshot) -> tuple[Difference, ...]:
        """The near end, and that the far end is where it should be and is this one's peer."""
        near = LinkOp.differences(self, found, snapshot)
        if found.kind != self.kind:
            return near
        far = self._far_end(snapshot)
        what = f"far end of veth {self.ifname} {place(self.netns)}"
        wanted = f"{self.peer} {place(self.peer_netns)}"
        pair = (self.kind, found.link, found.index)
        if far is None or (far.kind, far.index, far.link) != pair:
            seen = "" if far is None else f"{self.peer} that is no end of this pair"
            return (*near, Difference(what, wanted, seen))
        more: list[Difference] = []
        if self.peer_mac is not None and far.mac != self.peer_mac:
            more.append(Difference(what, f"address {self.peer_mac}", f"address {far.mac}"))
        if self.mtu is not None and far.mtu != self.mtu:
            more.append(Difference(what, f"mtu {self.mtu}", f"mtu {far.mtu}"))
        if self.queues is not None and {found.queues, far.queues} != {self.queues}:
            seen = f"queues {found.queues} and {far.queues}"
            more.append(Difference(self.label(), f"queues {self.queues}", seen))
        return (*near, *more)

    def _far_end(self, snapshot: Snapshot) -> LinkState | None:
        if not snapshot.exists(self.peer_netns):
            return None
        return snapshot.link(self.peer_netns, self.peer)

    def provides(self) -> tuple[Key, ...]:
        """Both links."""
        return (*LinkOp.provides(self), ("link", self.peer_netns, self.peer))

    def needs(self) -> tuple[Key, ...]:
        """Both namespaces and the master."""
        return (*LinkOp.needs(self), ("netns", self.peer_netns))

    def within(self) -> tuple[Key, ...]:
        """Both namespaces."""
        return (("netns", self.netns), ("netns", self.peer_netns))

    def reads(self) -> tuple[Facet, ...]:
        """The links of both namespaces."""
        return (Facet(self.netns, "links"), Facet(self.peer_netns, "links"))

    def obstacle(self, snapshot: Snapshot) -> str:
        """Also a link of the far end's name that is not this pair's."""
        if reason := LinkOp.obstacle(self, snapshot):
            return reason
        found, far = self.found(snapshot), self._far_end(snapshot)
        if self.present and found is None and far is not None:
            return f"a link {self.peer} is there already {place(self.peer_netns)}"
        return ""

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """In place if only the near end differs; else a new pair."""
        found = self.found(snapshot)
        if found is None or not self.present:
            return self.requests()
        near = LinkOp.differences(self, found, snapshot)
        if found.kind == self.kind and self.differences(found, snapshot) == near:
            return self.amend_in_place(found)
        return (*self.flipped().requests(), *self.requests())
