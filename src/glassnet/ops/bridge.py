"""A bridge, the virtual switch, and the settings of its ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import msgspec

from glassnet.errors import InvalidValue
from glassnet.netlink.message import Message
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route.link import NEWLINK
from glassnet.ops import require, shell
from glassnet.ops.base import Difference, Key, Op, Receipt, compare, place
from glassnet.ops.link import LinkOp, link_needs, link_within
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName


class Option(NamedTuple):
    """A number the kernel takes: its netlink name, its bounds, and a word for people."""

    attribute: str
    low: int
    high: int
    help: str


BRIDGE_OPTIONS: Mapping[str, Option] = {
    "stp_state": Option("stp_state", 0, 1, "spanning tree protocol on or off"),
    "priority": Option("priority", 0, 65535, "bridge priority in the spanning tree"),
    "forward_delay": Option("forward_delay", 0, 3000, "hundredths of a second in each STP state"),
    "hello_time": Option("hello_time", 100, 1000, "hundredths of a second between STP hellos"),
    "max_age": Option("max_age", 600, 4000, "hundredths of a second an STP message lives"),
    "ageing_time": Option("ageing_time", 0, 2**32 - 1, "hundredths of a second a MAC is kept"),
    "group_fwd_mask": Option("group_fwd_mask", 0, 65528, "link-local groups to forward"),
    "vlan_filtering": Option("vlan_filtering", 0, 1, "whether ports are members of VLANs"),
    "vlan_default_pvid": Option("vlan_default_pvid", 0, 4094, "VLAN of untagged frames"),
    "mcast_snooping": Option("mcast_snooping", 0, 1, "whether multicast goes where it is wanted"),
    "mcast_querier": Option("mcast_querier", 0, 1, "whether the bridge itself asks for members"),
}

PORT_OPTIONS: Mapping[str, Option] = {
    "isolated": Option("isolated", 0, 1, "may talk to ports that are not isolated only"),
    "hairpin": Option("mode", 0, 1, "may send a frame back through the port it came in by"),
    "learning": Option("learning", 0, 1, "whether source addresses are learnt here"),
    "flood": Option("unicast_flood", 0, 1, "whether frames for unknown addresses go out here"),
    "mcast_flood": Option("mcast_flood", 0, 1, "whether multicast floods out here"),
    "bcast_flood": Option("bcast_flood", 0, 1, "whether broadcast floods out here"),
    "guard": Option("guard", 0, 1, "whether STP messages are refused here"),
    "root_block": Option("protect", 0, 1, "whether this port may not become the root port"),
    "fastleave": Option("fast_leave", 0, 1, "whether a group is left at the first word"),
    "neigh_suppress": Option("neigh_suppress", 0, 1, "whether ARP and ND are answered here"),
    "cost": Option("cost", 1, 65535, "path cost in the spanning tree"),
    "priority": Option("priority", 0, 63, "port priority in the spanning tree"),
}


_TIMES = frozenset({"forward_delay", "hello_time", "max_age", "ageing_time"})
"""Kept in ticks, of 4 ms say, so that 10 ms are two of them (net/bridge, clock_t_to_jiffies)."""


def check_options(options: Mapping[str, int], table: Mapping[str, Option]) -> None:
    """Raise `InvalidValue` for a name that is not in the table or a number out of bounds."""
    for name, value in options.items():
        option = table.get(name)
        if option is None:
            raise InvalidValue(f"no bridge option {name!r}", ", ".join(table))
        if not option.low <= value <= option.high:
            raise InvalidValue(f"{name} {value} is out of range", f"{option.low} to {option.high}")


class BridgeOp(LinkOp, frozen=True, kw_only=True, tag="bridge"):
    """A bridge; ``options`` by iproute2's names (`BRIDGE_OPTIONS`), as numbers."""

    kind: ClassVar[str] = "bridge"

    options: Mapping[str, int] = {}

    def __post_init__(self) -> None:
        LinkOp.__post_init__(self)
        check_options(self.options, BRIDGE_OPTIONS)
        if self.master is not None:
            raise InvalidValue(
                f"bridge {self.ifname} is to be a port of {self.master}", "no master for a bridge"
            )

    def kind_words(self) -> tuple[str, ...]:
        """``stp_state 1 …``."""
        return tuple(word for name, n in self.options.items() for word in (name, str(n)))

    def kind_data(self) -> Mapping[str, Any]:
        """IFLA_BR_*."""
        return {BRIDGE_OPTIONS[name].attribute: n for name, n in self.options.items()}

    def differences(self, found: LinkState, snapshot: Snapshot) -> tuple[Difference, ...]:
        """As of any link; but a time in whole ticks may be a hundredth of a second short."""
        wanted = self.kind_data()
        exact = {
            name: value + 1 if name in _TIMES and wanted.get(name) == value + 1 else value
            for name, value in found.data.items()
        }
        return LinkOp.differences(self, msgspec.structs.replace(found, data=exact), snapshot)

    def requires(self) -> tuple[str, ...]:
        """Also its options, which the kernel passes over in silence where it lacks them."""
        options = self.kind_data() if self.present else {}
        return (
            *LinkOp.requires(self),
            *(require.bridge_attribute(*one) for one in options.items()),
        )


class PortOp(Op, frozen=True, kw_only=True, tag="port"):
    """A link made a port of ``master``, with options by iproute2's names (`PORT_OPTIONS`)."""

    noun: ClassVar[str] = "bridge"

    ifname: IfName
    master: IfName | None
    options: Mapping[str, int] = {}

    def __post_init__(self) -> None:
        check_options(self.options, PORT_OPTIONS)
        if self.master is None and self.options:
            raise InvalidValue(f"{self.ifname} is to be no port but has options", "a master")

    def __str__(self) -> str:
        words = "".join(f", {name} {value}" for name, value in self.options.items())
        return f"{self._label()} of {self.master or 'no bridge'}{words}"

    def _label(self) -> str:
        return f"port {self.ifname} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``ip link set NAME master BRIDGE``, then its options as ``type bridge_slave …``."""
        if self.master is None:
            return (shell.link(self.netns, "set", self.ifname, "nomaster"),)
        out = [shell.link(self.netns, "set", self.ifname, "master", self.master)]
        if self.options:
            words = [word for name, n in self.options.items() for word in (name, _shown(name, n))]
            out.append(shell.link(self.netns, "set", self.ifname, "type", "bridge_slave", *words))
        return tuple(out)

    def requests(self) -> tuple[Request, ...]:
        """RTM_NEWLINK with the master; a second one with IFLA_INFO_SLAVE_DATA.

        Two messages, because the kernel applies slave data before it changes the master.
        """
        master = 0 if self.master is None else IndexOf(self.master)
        attrs: dict[str, Any] = {"ifname": self.ifname, "master": master}
        out: list[Request] = [NetlinkRequest(self.netns, Message(NEWLINK, 0, {}, attrs))]
        if self.options:
            data = {PORT_OPTIONS[name].attribute: n for name, n in self.options.items()}
            info = {"slave_kind": "bridge", "slave_data": data}
            more: dict[str, Any] = {"ifname": self.ifname, "linkinfo": info}
            out.append(NetlinkRequest(self.netns, Message(NEWLINK, 0, {}, more)))
        return tuple(out)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Master and options."""
        found = snapshot.link(self.netns, self.ifname) if snapshot.exists(self.netns) else None
        if found is None:
            return (Difference(self._label(), f"master {self.master or 'none'}"),)
        wanted = {"master": self.master or "none", **self.options}
        return compare(self._label(), wanted, self._seen(found, snapshot))

    def _seen(self, found: LinkState, snapshot: Snapshot) -> dict[str, Any]:
        master = snapshot[self.netns].link_by_index(found.master) if found.master else None
        seen: dict[str, Any] = {"master": master.ifname if master else "none"}
        for name, option in PORT_OPTIONS.items():
            if option.attribute in found.slave_data:
                seen[name] = int(found.slave_data[option.attribute])
        return seen

    def before(self, snapshot: Snapshot) -> Mapping[str, str]:
        """The master and the options' values now; all of them where it leaves its master."""
        found = snapshot.link(self.netns, self.ifname) if snapshot.exists(self.netns) else None
        if found is None:
            return {}
        seen = self._seen(found, snapshot)
        stays = seen["master"] == (self.master or "none")
        names = ("master", *(self.options if stays else PORT_OPTIONS))
        return {name: str(seen[name]) for name in names if name in seen}

    def inverse(self, receipt: Receipt) -> tuple[Op, ...]:
        """The master and options from before."""
        was = dict(receipt.before)
        master = was.pop("master", "none")
        if not receipt.changed or not receipt.before:
            return ()
        if master == "none":
            return (PortOp(netns=self.netns, ifname=self.ifname, master=None),)
        options = {name: int(value) for name, value in was.items()}
        return (
            PortOp(netns=self.netns, ifname=self.ifname, master=IfName(master), options=options),
        )

    def key(self) -> Key:
        """``("port", netns, ifname)``."""
        return ("port", self.netns, self.ifname)

    def needs(self) -> tuple[Key, ...]:
        """The link and the bridge."""
        master: tuple[Key, ...] = (("link", self.netns, self.master),) if self.master else ()
        return (*link_needs(self.netns, self.ifname), *master)

    def within(self) -> tuple[Key, ...]:
        """The link, the bridge, the namespace."""
        master: tuple[Key, ...] = (("link", self.netns, self.master),) if self.master else ()
        return (*link_within(self.netns, self.ifname), *master)

    def reads(self) -> tuple[Facet, ...]:
        """The links of its namespace."""
        return (Facet(self.netns, "links"),)

    def requires(self) -> tuple[str, ...]:
        """Also its options."""
        options = ((PORT_OPTIONS[name].attribute, n) for name, n in self.options.items())
        return (*Op.requires(self), *(require.port_attribute(*one) for one in options))


_NUMBERS = frozenset({"cost", "priority"})


def _shown(name: str, value: int) -> str:
    return str(value) if name in _NUMBERS else ("on" if value else "off")
