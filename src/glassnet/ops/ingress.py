"""What comes in by a link: the place for filters, and the filter that sends all of it elsewhere.

A queue shapes only what leaves. So what comes in is made to leave by an ifb first, whose queue
shapes it, before it goes on as if it had just come in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from glassnet.errors import InvalidValue
from glassnet.netlink.message import CREATE, EXCL, Message
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route.tcfilter import DELTFILTER, NEWTFILTER, info, redirection
from glassnet.netlink.route.tctable import ETH_P_ALL, INGRESS, INGRESS_HANDLE
from glassnet.ops import require, shell
from glassnet.ops.base import Difference, Key, ObjectOp, place
from glassnet.ops.link import link_needs, link_within
from glassnet.ops.owner import is_ours
from glassnet.ops.qdisc import QdiscOp
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.state.tcfilter import FilterState
from glassnet.values import IfName

FIRST_PRIORITY = 49152
"""What the kernel gives a filter that is a link's first (net/sched/cls_api.c, tcf_auto_prio)."""


class IngressOp(QdiscOp, frozen=True, kw_only=True, tag="ingress"):
    """The place of filters for what comes in by a link. It queues nothing."""

    kind: ClassVar[str] = "ingress"
    spot: ClassVar[str] = "ingress"
    parent: ClassVar[int] = INGRESS
    handle: ClassVar[int] = INGRESS_HANDLE

    def commands(self) -> tuple[Command, ...]:
        """``tc qdisc add dev NAME ingress`` or ``tc qdisc del dev NAME ingress``."""
        verb = "add" if self.present else "del"
        return (shell.tc(self.netns, "qdisc", verb, "dev", self.ifname, "ingress"),)

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWQDISC or RTM_DELQDISC, of its only handle."""
        [request] = QdiscOp.requests(self)
        assert isinstance(request, NetlinkRequest)
        header = {**request.message.header, "handle": self.handle}
        return (request._replace(message=request.message._replace(header=header)),)

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """What is there of another kind goes first: the kernel changes none for another."""
        found = self.found(snapshot)
        if not self.present or found is None:
            return self.requests()
        if found.kind == self.kind:
            return ()
        [request] = self.flipped().requests()
        assert isinstance(request, NetlinkRequest)
        message = request.message._replace(attrs={"kind": found.kind})
        return (request._replace(message=message), *self.requests())


class RedirectOp(ObjectOp, frozen=True, kw_only=True, tag="redirect"):
    """All that comes in by ``ifname`` leaves by ``target`` instead: the link named there, an ifb.

    ``priority`` is its place among the link's filters, the lowest first; without one the kernel
    puts it before all others. Raises `InvalidValue` for one out of range, or if the two are one.
    """

    noun: ClassVar[str] = "filter"

    ifname: IfName
    target: IfName
    priority: int | None = None

    def __post_init__(self) -> None:
        if self.target == self.ifname:
            raise InvalidValue(f"{self.ifname} redirected to itself", "another link")
        if self.priority is not None and not 1 <= self.priority <= 0xFFFF:
            raise InvalidValue(f"priority {self.priority} of a filter", "1 to 65535")

    def label(self) -> str:
        """``redirection of veth1-host to ifb0 on the host``."""
        return f"redirection of {self.ifname} to {self.target} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``tc filter add dev NAME parent ffff: … u32 match u32 0 0 action mirred …``."""
        words = ["filter", "add" if self.present else "del", "dev", self.ifname]
        words += ["parent", "ffff:", "protocol", "all"]
        priority = self.priority if self.present else self._priority
        words += ["pref", str(priority)] if priority is not None else []
        words += ["u32"]
        if self.present:
            words += "match u32 0 0 action mirred egress redirect dev".split()
            words += [self.target]
        return (shell.tc(self.netns, *words),)

    @property
    def _priority(self) -> int:
        """Where it is, if nobody has put a filter there before."""
        return FIRST_PRIORITY if self.priority is None else self.priority

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWTFILTER or RTM_DELTFILTER."""
        if not self.present:
            return (self._deletion(self._priority),)
        attrs = {"kind": "u32", "options": redirection(IndexOf(self.target))}
        header = self._header(self.priority or 0)
        return (NetlinkRequest(self.netns, Message(NEWTFILTER, CREATE | EXCL, header, attrs)),)

    def _header(self, priority: int) -> dict[str, Any]:
        return {
            "ifindex": IndexOf(self.ifname),
            "parent": INGRESS_HANDLE,
            "info": info(priority, ETH_P_ALL),
        }

    def _deletion(self, priority: int) -> Request:
        message = Message(DELTFILTER, 0, self._header(priority), {"kind": "u32"})
        return NetlinkRequest(self.netns, message)

    def _found(self, snapshot: Snapshot) -> Iterator[FilterState]:
        """The filters that redirect all that comes in; of what is not wanted, those to the target.

        Of one whose target is gone the kernel does not tell which that was.
        """
        link = snapshot.link(self.netns, self.ifname) if snapshot.exists(self.netns) else None
        if link is None:
            return
        target = self._target(snapshot)
        for one in snapshot[self.netns].filters:
            here = one.index == link.index and one.protocol == ETH_P_ALL and one.takes_everything
            if not here or one.target is None or self.priority not in {None, one.priority}:
                continue
            if self.present or one.target in {0, target}:
                yield one

    def stands(self, snapshot: Snapshot) -> bool:
        """Whether it is redirected, to wherever."""
        return self.present and next(self._found(snapshot), None) is not None

    def _target(self, snapshot: Snapshot) -> int | None:
        target = snapshot.link(self.netns, self.target)
        return None if target is None else target.index

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether the first of them leads to the target."""
        found = next(self._found(snapshot), None)
        if found is None:
            return self.missing() if self.present else ()
        if not self.present:
            return self.unwanted()
        if found.target == self._target(snapshot):
            return ()
        seen = "another link" if found.target else "a link that is gone"
        return (Difference(self.label(), f"target {self.target}", f"target {seen}"),)

    def obstacle(self, snapshot: Snapshot) -> str:
        """Somebody's redirection to another link, unless this one bears our mark."""
        found = next(self._found(snapshot), None)
        if not self.present or found is None or found.target in {0, self._target(snapshot)}:
            return ""
        link = snapshot.link(self.netns, self.ifname)
        if link is not None and is_ours(link.alias):
            return ""
        return f"what comes in by {self.ifname} is redirected already, to another link"

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """Those that lead elsewhere go, wherever they are: u32 changes no action in place."""
        if not self.satisfied_by(snapshot):
            return ()
        gone = tuple(self._deletion(one.priority) for one in self._found(snapshot))
        return (*gone, *(self.requests() if self.present else ()))

    def key(self) -> Key:
        """``("filter", netns, ifname, "redirect")``."""
        return ("filter", self.netns, self.ifname, "redirect")

    def needs(self) -> tuple[Key, ...]:
        """Both links, and the place for filters."""
        links = (*link_needs(self.netns, self.ifname), *link_needs(self.netns, self.target))
        return (*links, self._place())

    def _place(self) -> Key:
        return ("qdisc", self.netns, self.ifname, IngressOp.spot)

    def within(self) -> tuple[Key, ...]:
        """The link, its namespace, and the place for filters. The target's end leaves it there."""
        return (*link_within(self.netns, self.ifname), self._place())

    def reads(self) -> tuple[Facet, ...]:
        """Both links by name, disciplines, and the link's filters."""
        return (
            Facet(self.netns, "link", self.ifname),
            Facet(self.netns, "link", self.target),
            Facet(self.netns, "qdiscs"),
            Facet(self.netns, "filters", self.ifname),
        )

    def requires(self) -> tuple[str, ...]:
        """Also u32 and mirred."""
        kinds = (require.FILTER_U32, require.ACTION_MIRRED) if self.present else ()
        return (*ObjectOp.requires(self), *kinds)
