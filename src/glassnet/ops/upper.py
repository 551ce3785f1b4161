"""Links that sit on another one, which may be in another namespace.

The kernel makes such a link where the lower device is, with the namespace that it is to be born in:
the request goes to the lower device's namespace. The link is never moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import msgspec

from glassnet.errors import InvalidValue
from glassnet.netlink.message import CREATE, EXCL, Message
from glassnet.netlink.placeholder import FdOf, IndexOf
from glassnet.netlink.route.link import IFF_UP, NEWLINK
from glassnet.netlink.route.netns import NOT_ASSIGNED
from glassnet.ops import shell
from glassnet.ops.base import Difference, Key, place
from glassnet.ops.kind import KindOp
from glassnet.ops.link import LinkOp, link_needs, link_within
from glassnet.ops.owner import GROUP
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IfName, Netns

_BORN_WITH = ("mtu", "address", "group")
_INDEX_MAX = 2**31 - 1


class AcrossOp(KindOp, frozen=True, kw_only=True):
    """A link in ``netns`` whose frames go by ``lower_netns``, most often over a link there.

    ``index`` is the ifindex to be born with. It need not be said, but before Linux 6.15 it helps:
    the kernel then looks for the link's name where the request is sent, and refuses a name that a
    link there has too; it looks for the index instead, if there is one.

    Raises `InvalidValue` for a link on the host over a namespace: the host has no name that a
    command there could give.
    """

    lower_netns: Netns = HOST
    index: int | None = None

    def __post_init__(self) -> None:
        LinkOp.__post_init__(self)
        if self.is_across and self.netns.is_host:
            raise InvalidValue(
                f"{self.label()}: the host cannot be named there",
                "a link in a namespace, or a lower device on the host",
            )
        if not self.is_across and self.beneath() == self.ifname:
            raise InvalidValue(f"{self.kind} {self.ifname} is to sit on itself", "another link")
        if self.index is not None and not 1 <= self.index <= _INDEX_MAX:
            raise InvalidValue(f"index {self.index} is out of range", f"1 to {_INDEX_MAX}")

    def beneath(self) -> IfName | None:
        """The lower device, if there is one."""
        raise NotImplementedError

    @property
    def is_across(self) -> bool:
        """Whether the link is born in another namespace than that of the request."""
        return self.lower_netns != self.netns

    def label(self) -> str:
        """``macvlan eth0 in ns1 on eth1 on the host``."""
        words = [LinkOp.label(self)]
        if (lower := self.beneath()) is not None:
            words += ["on", lower]
        if self.is_across:
            words += [place(self.lower_netns)] if lower is not None else ["over", self._far()]
        return " ".join(words)

    def _far(self) -> str:
        return "the host" if self.lower_netns.is_host else self.lower_netns

    # Birth, and what is left for after it: a master is looked for in the link's own namespace, and
    # only what is there takes an alias. It comes up with them.

    def commands(self) -> tuple[Command, ...]:
        """``ip link add link LOWER name NAME … netns NS type KIND …``, then ``ip link set …``."""
        if not self.present:
            return LinkOp.commands(self)
        words = [*self._lower_words(), "name", self.ifname]
        words += ["index", str(self.index)] if self.index is not None else []
        words += ["up"] if self.up and not self.is_across else []
        words += ["mtu", str(self.mtu)] if self.mtu is not None else []
        words += ["address", self.mac] if self.mac is not None else []
        if self.is_across:
            words += ["netns", self.netns]
        elif self.master is not None:
            words += ["master", self.master]
        words += ["group", str(GROUP)] if self.alias else []
        words += ["type", self.kind, *self.kind_words()]
        add = shell.ip(self.lower_netns, "link", "add", *words)
        if not (rest := self._after_birth().settle_words(_BORN_WITH)):
            return (add,)
        return (add, shell.link(self.netns, "set", self.ifname, *rest))

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWLINK to the lower device's namespace; one to the link's own for the rest."""
        if not self.present:
            return LinkOp.requests(self)
        birth = NetlinkRequest(self.lower_netns, self._birth())
        return (birth, *self._after_birth().settle(_BORN_WITH))

    def _lower_words(self) -> tuple[str, ...]:
        """What precedes ``name NAME`` in the command."""
        lower = self.beneath()
        return () if lower is None else ("link", lower)

    def _lower_attrs(self) -> Mapping[str, Any]:
        """The attributes that name the lower device."""
        lower = self.beneath()
        return {} if lower is None else {"link": IndexOf(lower)}

    def _birth(self) -> Message:
        attrs: dict[str, Any] = {}
        if self.mtu is not None:
            attrs["mtu"] = self.mtu
        if self.mac is not None:
            attrs["address"] = self.mac
        if self.is_across:
            attrs["net_ns_fd"] = FdOf(self.netns)
        elif self.master is not None:
            attrs["master"] = IndexOf(self.master)
        if self.alias:
            attrs["group"] = GROUP
        attrs |= self._lower_attrs()
        attrs["ifname"] = self.ifname
        attrs["linkinfo"] = {"kind": self.kind, "data": self.kind_data()}
        state = IFF_UP if self.up and not self.is_across else 0
        header: dict[str, Any] = {"index": self.index or 0, "flags": state, "change": state}
        return Message(NEWLINK, CREATE | EXCL, header, attrs)

    def _after_birth(self) -> KindOp:
        """The same link, without what it has from birth."""
        if self.is_across:
            return self
        return msgspec.structs.replace(self, master=None, up=False)

    # What is there.

    def lower_index(self, found: LinkState) -> int:
        """The index of the device that a link is on, in the namespace where that is."""
        return found.link

    def is_on(self, found: LinkState, snapshot: Snapshot) -> bool:
        """Whether a link is on the lower device: that index, in that namespace."""
        nsids = snapshot[self.netns].nsids
        nsid = nsids.get(self.lower_netns, NOT_ASSIGNED) if self.is_across else None
        if found.link_netnsid != nsid or nsid == NOT_ASSIGNED:
            return False
        lower = self._lower(snapshot)
        if lower is None:
            return self.beneath() is None
        return self.lower_index(found) == lower.index

    def _lower(self, snapshot: Snapshot) -> LinkState | None:
        name = self.beneath()
        if name is None or not snapshot.exists(self.lower_netns):
            return None
        return snapshot.link(self.lower_netns, name)

    def differences(self, found: LinkState, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Also the lower device, and the index if one was wanted."""
        more: list[Difference] = []
        if found.kind == self.kind and not self.is_on(found, snapshot):
            what = f"lower device of {self.kind} {self.ifname} {place(self.netns)}"
            wanted = f"{self.beneath() or 'any'} {place(self.lower_netns)}"
            more.append(Difference(what, wanted, self._lower_seen(found, snapshot)))
        if self.index not in {None, found.index}:
            wanted, seen = f"index {self.index}", f"index {found.index}"
            more.append(Difference(self.label(), wanted, seen))
        return (*KindOp.differences(self, found, snapshot), *more)

    def _lower_seen(self, found: LinkState, snapshot: Snapshot) -> str:
        index = self.lower_index(found)
        if found.link_netnsid is not None:
            return f"link {index} of namespace id {found.link_netnsid}"
        lower = snapshot[self.netns].link_by_index(index)
        return f"{lower.ifname if lower else 'none'} {place(self.netns)}"

    def must_go(self, found: LinkState, snapshot: Snapshot) -> bool:
        """Also if it is on another device, or has another index than is wanted."""
        elsewhere = self.index not in {None, found.index} or not self.is_on(found, snapshot)
        return KindOp.must_go(self, found, snapshot) or elsewhere

    # For the planner.

    def needs(self) -> tuple[Key, ...]:
        """Also the lower device and its namespace."""
        return (*LinkOp.needs(self), *self._holders(link_needs))

    def after(self) -> tuple[Key, ...]:
        """The lower device up and with its mtu: the upper's is no larger."""
        lower = self.beneath()
        if lower is None:
            return ()
        return (("up", self.lower_netns, lower), ("set", self.lower_netns, lower))

    def within(self) -> tuple[Key, ...]:
        """Also the lower device and its namespace, with which it goes."""
        return (*LinkOp.within(self), *self._holders(link_within))

    def _holders(self, of_link: Callable[[Netns, str], tuple[Key, ...]]) -> tuple[Key, ...]:
        lower = self.beneath()
        keys: tuple[Key, ...] = (("netns", self.lower_netns),)
        if lower is not None:
            keys = of_link(self.lower_netns, lower)
        return keys if self.is_across else keys[1:]

    def reads(self) -> tuple[Facet, ...]:
        """The links of both namespaces, and by what id the one knows the other."""
        if not self.is_across:
            return LinkOp.reads(self)
        nsid = Facet(self.netns, "nsid", self.lower_netns)
        return (*LinkOp.reads(self), Facet(self.lower_netns, "links"), nsid)

    def lookups(self) -> tuple[Facet, ...]:
        """Both links by name, and by what id the one's namespace knows the other's."""
        lower, found = self.beneath(), list(LinkOp.lookups(self))
        if self.present and lower is not None:
            found.append(Facet(self.lower_netns, "link", lower))
        if self.present and self.is_across:
            found.append(Facet(self.netns, "nsid", self.lower_netns))
        return tuple(found)


class UpperOp(AcrossOp, frozen=True, kw_only=True):
    """A link on the device ``lower`` in ``lower_netns``."""

    flattens: ClassVar[bool] = False
    """Whether the kernel puts a link on one of its own kind on the device beneath that."""

    lower: IfName

    def beneath(self) -> IfName:
        """The lower device."""
        return self.lower

    def obstacle(self, snapshot: Snapshot) -> str:
        """Also a lower device on which the kernel would not put it."""
        lower = self._lower(snapshot)
        if self.present and self.flattens and lower is not None and lower.kind == self.kind:
            return f"{self.lower} is {self.kind} itself: the kernel would put it on what that is on"
        return AcrossOp.obstacle(self, snapshot)
