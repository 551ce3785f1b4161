"""Queueing disciplines for what leaves a link: the token bucket, and one with classes.

Rates are in bits a second, as people say them; sizes in bytes, times in microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from glassnet.errors import InvalidValue
from glassnet.netlink.message import CREATE, EXCL, REPLACE, Message
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route import psched
from glassnet.netlink.route.qdisc import DELQDISC, NEWQDISC
from glassnet.netlink.route.qdiscs import htb, tbf
from glassnet.netlink.route.tctable import ROOT, handle, handle_text
from glassnet.ops import require, shell
from glassnet.ops.amount import check_rate, check_size, rate_text, size_text, time_text
from glassnet.ops.base import Difference, Key, ObjectOp, compare, place
from glassnet.ops.link import link_needs, link_within
from glassnet.ops.owner import is_ours
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.qdisc import QdiscState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName


class QdiscOp(ObjectOp, frozen=True, kw_only=True):
    """A discipline of one kind at one place of a link: ``root``, for what leaves it."""

    noun: ClassVar[str] = "qdisc"
    kind: ClassVar[str]
    spot: ClassVar[str] = "root"
    parent: ClassVar[int] = ROOT
    handle: ClassVar[int] = 0
    """What it is to be called; 0 leaves it to the kernel."""

    ifname: IfName

    def label(self) -> str:
        """``tbf on veth1-host on the host``."""
        return f"{self.kind} on {self.ifname} {place(self.netns)}"

    def words(self) -> Sequence[str]:
        """What follows the kind in the command."""
        raise NotImplementedError

    def options(self) -> Mapping[str, Any]:
        """What follows the kind in the message."""
        return {}

    def differences(self, found: QdiscState) -> tuple[Difference, ...]:
        """How one of this kind that is there differs from the one that is wanted."""
        del found
        return ()

    def commands(self) -> tuple[Command, ...]:
        """``tc qdisc add dev NAME root KIND …`` or ``tc qdisc del dev NAME root``."""
        words = ["qdisc", "add" if self.present else "del", "dev", self.ifname, self.spot]
        if self.present:
            words += ["handle", handle_text(self.handle)] if self.handle else []
            words += [self.kind, *self.words()]
        return (shell.tc(self.netns, *words),)

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWQDISC or RTM_DELQDISC.

        The latter names the kind, which ``tc`` does not: one of another kind is not taken away.
        """
        return (self._request(CREATE | EXCL),)

    def _request(self, flags: int) -> Request:
        header: dict[str, Any] = {"ifindex": IndexOf(self.ifname), "parent": self.parent}
        attrs: dict[str, Any] = {"kind": self.kind}
        if not self.present:
            return NetlinkRequest(self.netns, Message(DELQDISC, 0, header, attrs))
        if self.handle:
            header["handle"] = self.handle
        if options := self.options():
            attrs["options"] = options
        return NetlinkRequest(self.netns, Message(NEWQDISC, flags, header, attrs))

    def found(self, snapshot: Snapshot) -> QdiscState | None:
        """What somebody has put in that place, of whatever kind."""
        link = snapshot.link(self.netns, self.ifname) if snapshot.exists(self.netns) else None
        if link is None:
            return None
        for one in snapshot[self.netns].qdiscs:
            if (one.index, one.parent) == (link.index, self.parent):
                return None if one.is_default else one
        return None

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether it is there, with the values that were asked for."""
        found = self.found(snapshot)
        if found is None:
            return self.missing() if self.present else ()
        if not self.present:
            return self.unwanted()
        if found.kind != self.kind:
            return (Difference(self.label(), f"kind {self.kind}", f"kind {found.kind}"),)
        return self.differences(found)

    def obstacle(self, snapshot: Snapshot) -> str:
        """One of another kind; one of other values, unless the link bears our mark."""
        found = self.found(snapshot)
        if found is None or (found.kind == self.kind and not self.present):
            return ""
        if found.kind == self.kind:
            link = snapshot.link(self.netns, self.ifname)
            differing = self.differences(found)
            if not differing or (link is not None and is_ours(link.alias)):
                return ""
            return f"a {found.kind} is there already, not made by glassnet; {differing[0]}"
        return f"a {found.kind} is there already, not made by glassnet"

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """Changed in place, or put into the place of another kind."""
        del snapshot
        return (self._request(CREATE | REPLACE),)

    def key(self) -> Key:
        """``("qdisc", netns, ifname, "root")``: a link has but one."""
        return ("qdisc", self.netns, self.ifname, self.spot)

    def needs(self) -> tuple[Key, ...]:
        """The link."""
        return link_needs(self.netns, self.ifname)

    def within(self) -> tuple[Key, ...]:
        """The link and its namespace."""
        return link_within(self.netns, self.ifname)

    def reads(self) -> tuple[Facet, ...]:
        """The link by its name, and all disciplines of its namespace."""
        return (Facet(self.netns, "link", self.ifname), Facet(self.netns, "qdiscs"))

    def requires(self) -> tuple[str, ...]:
        """Also disciplines of its kind."""
        kind = (require.qdisc_kind(self.kind),) if self.present else ()
        return (*ObjectOp.requires(self), *kind)


class TbfOp(QdiscOp, frozen=True, kw_only=True, tag="tbf"):
    """A token bucket: what leaves the link leaves at ``rate``, but for a ``burst`` at once.

    What cannot leave yet waits: up to ``latency``, or up to ``limit`` bytes; the rest is dropped.
    A packet that is larger than the burst can never leave. Raises `InvalidValue` for values out of
    range, and unless one of latency and limit is given.
    """

    kind: ClassVar[str] = "tbf"

    rate: int
    burst: int
    latency: int | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        check_rate("rate", self.rate)
        check_size("burst", self.burst)
        if (self.latency is None) == (self.limit is None):
            raise InvalidValue(f"what may wait on {self.ifname}", "either a latency or a limit")
        if self.latency is not None and self.latency < 1:
            raise InvalidValue(f"latency {self.latency} us", "1 and more")
        check_size("limit", self._limit())

    def _limit(self) -> int:
        if self.limit is not None:
            return self.limit
        return tbf.limit_for(psched.bytes_of(self.rate), self.burst, self.latency or 0)

    def words(self) -> Sequence[str]:
        """``rate R burst B latency T`` or ``rate R burst B limit L``."""
        words = ["rate", rate_text(self.rate), "burst", size_text(self.burst)]
        if self.latency is not None:
            return [*words, "latency", time_text(self.latency)]
        return [*words, "limit", size_text(self._limit())]

    def options(self) -> Mapping[str, Any]:
        """As ``tc`` derives them."""
        return tbf.options(psched.bytes_of(self.rate), self.burst, self._limit())

    def differences(self, found: QdiscState) -> tuple[Difference, ...]:
        """Rate, burst, and what may wait."""
        rate = found.rate()
        buffer = found.parms.get("buffer", 0)
        wanted = {"rate": rate_text(psched.bytes_of(self.rate) * 8)}
        seen = {"rate": rate_text(rate * 8)}
        if rate and psched.drift(buffer, rate, self.burst):
            wanted["burst"] = size_text(self.burst)
            seen["burst"] = f"about {size_text(psched.size_of(buffer, rate))}"
        wanted["limit"] = size_text(self._limit())
        seen["limit"] = size_text(found.parms.get("limit", 0))
        return compare(self.label(), wanted, seen)


class HtbOp(QdiscOp, frozen=True, kw_only=True, tag="htb"):
    """A hierarchical token bucket, called ``1:``: its classes (`ClassOp`) say what may leave.

    What no filter sends to a class goes to the ``default`` one, by its minor number; if there is
    none, past all limits.
    """

    kind: ClassVar[str] = "htb"
    handle: ClassVar[int] = handle(1)

    default: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.default <= 0xFFFF:
            raise InvalidValue(f"default class {self.default:#x}", "0 to 0xffff")

    def words(self) -> Sequence[str]:
        """``default MINOR``, in hexadecimal."""
        return ["default", f"{self.default:x}"] if self.default else []

    def options(self) -> Mapping[str, Any]:
        """As ``tc`` sends them."""
        return htb.options(self.default)

    def differences(self, found: QdiscState) -> tuple[Difference, ...]:
        """What it is called, and its default class."""
        seen = {
            "handle": handle_text(found.handle),
            "default": f"{found.options.get('init', {}).get('defcls', 0):x}",
        }
        wanted = {"handle": handle_text(self.handle), "default": f"{self.default:x}"}
        return compare(self.label(), wanted, seen)

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """Anew, for the kernel changes none; its classes go with it."""
        found = self.found(snapshot)
        if self.present and found is not None and found.kind == self.kind:
            return (*self.flipped().requests(), *self.requests())
        return QdiscOp.remedy(self, snapshot)
