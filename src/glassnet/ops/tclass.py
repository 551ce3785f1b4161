"""Classes of a link's hierarchical token bucket: shares of what may leave it."""

from __future__ import annotations

from typing import Any, ClassVar

from glassnet.errors import InvalidValue
from glassnet.netlink.message import CREATE, EXCL, REPLACE, Message
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route import psched
from glassnet.netlink.route.qdiscs import htb
from glassnet.netlink.route.tclass import DELTCLASS, NEWTCLASS
from glassnet.netlink.route.tctable import ROOT, handle, handle_text
from glassnet.ops import require, shell
from glassnet.ops.amount import check_rate, check_size, rate_text, size_text
from glassnet.ops.base import Difference, Key, ObjectOp, compare, place
from glassnet.ops.link import link_needs, link_within
from glassnet.ops.qdisc import HtbOp
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.qdisc import QdiscState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName


class ClassOp(ObjectOp, frozen=True, kw_only=True, tag="class"):
    """A class ``1:MINOR``: it may send ``rate``, and up to ``ceil`` what its parent has to lend.

    ``burst`` and ``cburst`` are the bytes that may leave at once at either. Rates are in bits a
    second; without a ceil it is the rate. ``parent`` is the minor number of another class; without
    one it is a class of the discipline's own, which nobody lends to. Raises `InvalidValue` for
    values out of range.
    """

    noun: ClassVar[str] = "class"

    ifname: IfName
    minor: int
    rate: int
    burst: int
    parent: int = 0
    ceil: int | None = None
    cburst: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.minor <= 0xFFFF:
            raise InvalidValue(f"class 1:{self.minor:x}", "1:1 to 1:ffff")
        if not 0 <= self.parent <= 0xFFFF or self.parent == self.minor:
            raise InvalidValue(f"class {self._id} of 1:{self.parent:x}", "another, 1:1 to 1:ffff")
        check_rate("rate", self.rate)
        check_rate("ceil", self._ceil)
        check_size("burst", self.burst)
        check_size("cburst", self._cburst)
        if self._ceil < self.rate:
            raise InvalidValue(f"ceil {rate_text(self._ceil)}", f"{rate_text(self.rate)} or more")

    @property
    def _ceil(self) -> int:
        return self.rate if self.ceil is None else self.ceil

    @property
    def _cburst(self) -> int:
        usual = htb.usual_burst(psched.bytes_of(self._ceil))
        return usual if self.cburst is None else self.cburst

    @property
    def _id(self) -> str:
        return handle_text(handle(1, self.minor))

    def label(self) -> str:
        """``class 1:10 on veth1-host on the host``."""
        return f"class {self._id} on {self.ifname} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``tc class add dev NAME parent 1: classid 1:MINOR htb rate R …``, or ``del``."""
        if not self.present:
            words = ["class", "del", "dev", self.ifname, "classid", self._id]
            return (shell.tc(self.netns, *words),)
        parent = handle_text(handle(1, self.parent))
        words = ["class", "add", "dev", self.ifname, "parent", parent, "classid", self._id, "htb"]
        words += ["rate", rate_text(self.rate)]
        words += ["ceil", rate_text(self.ceil)] if self.ceil is not None else []
        words += ["burst", size_text(self.burst)]
        words += ["cburst", size_text(self.cburst)] if self.cburst is not None else []
        return (shell.tc(self.netns, *words),)

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWTCLASS or RTM_DELTCLASS."""
        return (self._request(CREATE | EXCL),)

    def _request(self, flags: int) -> Request:
        header: dict[str, Any] = {
            "ifindex": IndexOf(self.ifname),
            "handle": handle(1, self.minor),
        }
        if not self.present:
            return NetlinkRequest(self.netns, Message(DELTCLASS, 0, header, {}))
        options = htb.class_options(
            psched.bytes_of(self.rate), psched.bytes_of(self._ceil), self.burst, self._cburst
        )
        header["parent"] = handle(1, self.parent)
        attrs = {"kind": HtbOp.kind, "options": options}
        return NetlinkRequest(self.netns, Message(NEWTCLASS, flags, header, attrs))

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether it is there, with the rates and bursts that were asked for."""
        found = self._found(snapshot)
        if found is None:
            return self.missing() if self.present else ()
        return self._differences(found) if self.present else self.unwanted()

    def _found(self, snapshot: Snapshot) -> QdiscState | None:
        link = snapshot.link(self.netns, self.ifname) if snapshot.exists(self.netns) else None
        if link is None:
            return None
        for one in snapshot[self.netns].classes:
            if (one.index, one.handle) == (link.index, handle(1, self.minor)):
                return one
        return None

    def _differences(self, found: QdiscState) -> tuple[Difference, ...]:
        parent = found.parent if found.parent != ROOT else handle(1)
        wanted = {"parent": handle_text(handle(1, self.parent))}
        seen = {"parent": handle_text(parent)}
        sizes = {"rate": (self.rate, self.burst), "ceil": (self._ceil, self._cburst)}
        for name, (bits, size) in sizes.items():
            rate, burst = found.rate(name), "burst" if name == "rate" else "cburst"
            buffer = found.parms.get("buffer" if name == "rate" else "cbuffer", 0)
            wanted[name] = rate_text(psched.bytes_of(bits) * 8)
            seen[name] = rate_text(rate * 8)
            if rate and psched.drift(buffer, rate, size):
                wanted[burst] = size_text(size)
                seen[burst] = f"about {size_text(psched.size_of(buffer, rate))}"
        return compare(self.label(), wanted, seen)

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """Changed in place; one of another parent is made anew, for it keeps its own."""
        found = self._found(snapshot)
        parents = {handle(1, self.parent), *([] if self.parent else [ROOT])}
        if self.present and found is not None and found.parent not in parents:
            return (*self.flipped().requests(), *self.requests())
        return (self._request(CREATE | REPLACE),)

    def key(self) -> Key:
        """``("class", netns, ifname, "1:MINOR")``."""
        return ("class", self.netns, self.ifname, self._id)

    def needs(self) -> tuple[Key, ...]:
        """The link, and the discipline whose class it is."""
        return (*link_needs(self.netns, self.ifname), self._qdisc())

    def after(self) -> tuple[Key, ...]:
        """The class that is its parent."""
        return self._parents()

    def _parents(self) -> tuple[Key, ...]:
        name = handle_text(handle(1, self.parent))
        return (("class", self.netns, self.ifname, name),) if self.parent else ()

    def _qdisc(self) -> Key:
        return ("qdisc", self.netns, self.ifname, HtbOp.spot)

    def within(self) -> tuple[Key, ...]:
        """The link, its namespace, the discipline, and the class that is its parent."""
        return (*link_within(self.netns, self.ifname), self._qdisc(), *self._parents())

    def reads(self) -> tuple[Facet, ...]:
        """The link by its name, disciplines, and the link's classes."""
        return (
            Facet(self.netns, "link", self.ifname),
            Facet(self.netns, "qdiscs"),
            Facet(self.netns, "classes", self.ifname),
        )

    def requires(self) -> tuple[str, ...]:
        """Also the discipline."""
        kind = (require.qdisc_kind(HtbOp.kind),) if self.present else ()
        return (*ObjectOp.requires(self), *kind)
