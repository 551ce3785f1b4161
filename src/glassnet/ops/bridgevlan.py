"""The VLANs that a port of a bridge is a member of."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from glassnet.errors import InvalidValue
from glassnet.netlink.message import Message
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route.link import DELLINK, SETLINK
from glassnet.netlink.route.linktable import AF_BRIDGE
from glassnet.ops import require, shell
from glassnet.ops.base import Difference, Key, ObjectOp, place
from glassnet.ops.link import link_needs, link_within
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.bridgevlan import PVID, RANGE_BEGIN, RANGE_END, UNTAGGED, BridgeVlanState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName

VID_MAX: Final = 4094


class BridgeVlanOp(ObjectOp, frozen=True, kw_only=True, tag="bridge-vlan"):
    """The port ``ifname`` is a member of VLAN ``vid``, or of all from there to ``last``.

    ``pvid``: untagged frames that come in belong to it; ``untagged``: its frames go out without a
    tag. Raises `InvalidValue` for a number or a range that is none.
    """

    noun: ClassVar[str] = "bridge"

    ifname: IfName
    vid: int
    last: int | None = None
    pvid: bool = False
    untagged: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.vid <= VID_MAX:
            raise InvalidValue(f"VLAN {self.vid} is out of range", f"1 to {VID_MAX}")
        if self.last is not None and not self.vid < self.last <= VID_MAX:
            raise InvalidValue(f"VLANs {self.vid} to {self.last}", f"upwards, to {VID_MAX}")
        if self.last is not None and self.pvid:
            raise InvalidValue(f"VLANs {self.vid} to {self.last} as pvid", "one VLAN as pvid")

    def _numbers(self) -> str:
        return str(self.vid) if self.last is None else f"{self.vid}-{self.last}"

    def label(self) -> str:
        """``VLAN 5 of port h0 on the host``."""
        return f"VLAN {self._numbers()} of port {self.ifname} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``bridge vlan add dev NAME vid N[-M] [pvid] [untagged]``."""
        verb = "add" if self.present else "del"
        words = ["vlan", verb, "dev", self.ifname, "vid", self._numbers()]
        if self.present:
            words += ["pvid"] if self.pvid else []
            words += ["untagged"] if self.untagged else []
        return (shell.bridge(self.netns, *words),)

    def requests(self) -> tuple[Request, ...]:
        """One RTM_SETLINK or RTM_DELLINK of family AF_BRIDGE; a range by its two ends."""
        flags = (PVID if self.pvid else 0) | (UNTAGGED if self.untagged else 0)
        flags = flags if self.present else 0
        infos = [{"flags": flags, "vid": self.vid}]
        if self.last is not None:
            infos = [
                {"flags": flags | RANGE_BEGIN, "vid": self.vid},
                {"flags": flags | RANGE_END, "vid": self.last},
            ]
        attrs: dict[str, Any] = {"af_spec": {"vlan_info": infos}}
        kind = SETLINK if self.present else DELLINK
        header: dict[str, Any] = {"family": AF_BRIDGE, "index": IndexOf(self.ifname)}
        return (NetlinkRequest(self.netns, Message(kind, 0, header, attrs)),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether it is a member of each, in that manner."""
        found = self._found(snapshot)
        wanted = range(self.vid, (self.last or self.vid) + 1)
        if not self.present:
            return self.unwanted() if any(vid in found for vid in wanted) else ()
        if not any(vid in found for vid in wanted):
            return self.missing()
        manner = _manner(self.pvid, self.untagged)
        return tuple(
            Difference(f"{self.label()}: {vid}", manner, _seen(found.get(vid)))
            for vid in wanted
            if _seen(found.get(vid)) != manner
        )

    def _found(self, snapshot: Snapshot) -> dict[int, BridgeVlanState]:
        if not snapshot.exists(self.netns):
            return {}
        return {one.vid: one for one in snapshot[self.netns].vlans if one.ifname == self.ifname}

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """In place: the kernel changes the manner of a member."""
        del snapshot
        return self.requests()

    def key(self) -> Key:
        """``("bridge-vlan", netns, ifname, numbers)``."""
        return ("bridge-vlan", self.netns, self.ifname, self._numbers())

    def needs(self) -> tuple[Key, ...]:
        """The port."""
        return link_needs(self.netns, self.ifname)

    def after(self) -> tuple[Key, ...]:
        """That it is one: with its master come the bridge's default VLANs."""
        return (("port", self.netns, self.ifname),)

    def within(self) -> tuple[Key, ...]:
        """The port and its namespace."""
        return link_within(self.netns, self.ifname)

    def reads(self) -> tuple[Facet, ...]:
        """The links of its namespace, and their VLANs."""
        return (Facet(self.netns, "links"), Facet(self.netns, "vlans"))

    def requires(self) -> tuple[str, ...]:
        """Bridges that filter."""
        return (*ObjectOp.requires(self), require.bridge_attribute("vlan_filtering", 1))


def _manner(pvid: bool, untagged: bool) -> str:
    words = [word for word, is_so in (("pvid", pvid), ("untagged", untagged)) if is_so]
    return " ".join(words) or "tagged"


def _seen(found: BridgeVlanState | None) -> str:
    return "" if found is None else _manner(found.pvid, found.untagged)
