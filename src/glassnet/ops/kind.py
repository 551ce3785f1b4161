"""Links with options of their kind, told in the words of ``ip``; some last as long as the link."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from glassnet.netlink.message import Message
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route.link import IFF_UP, NEWLINK
from glassnet.ops.base import Difference
from glassnet.ops.link import LinkOp
from glassnet.ops.owner import GROUP
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Snapshot


class KindOp(LinkOp, frozen=True, kw_only=True):
    """A link whose options `kind_wanted` and `kind_seen` tell in the same words."""

    def kind_seen(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the kernel says in IFLA_INFO_DATA, in the words of `kind_wanted`."""
        return data

    def kind_lasting(self, seen: Mapping[str, Any]) -> Collection[str]:
        """The words for what cannot be changed on a link that is there, and is as ``seen``."""
        del seen
        return ()

    def differences(self, found: LinkState, snapshot: Snapshot) -> tuple[Difference, ...]:
        """As of any link, with the options in words."""
        if found.kind == self.kind:
            found = msgspec.structs.replace(found, data=self.kind_seen(found.data))
        return LinkOp.differences(self, found, snapshot)

    def _differing(self, found: LinkState) -> set[str]:
        seen = self.kind_seen(found.data)
        return {name for name, value in self.kind_wanted().items() if seen.get(name) != value}

    def must_go(self, found: LinkState, snapshot: Snapshot) -> bool:
        """Whether a link that is there cannot be made what is wanted."""
        del snapshot
        if found.kind != self.kind or (self.mac not in {None, found.mac} and not self.mac_changes):
            return True
        lasting = self.kind_lasting(self.kind_seen(found.data))
        return not self._differing(found).isdisjoint(lasting)

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """In place, where the kernel can; else the link is taken away first."""
        found = self.found(snapshot)
        if found is None or not self.present:
            return self.requests()
        if self.must_go(found, snapshot):
            return (*self.flipped().requests(), *self.requests())
        return self.amend_in_place(found)

    def amend_in_place(self, found: LinkState) -> tuple[Request, ...]:
        """One RTM_NEWLINK with options of the kind, if any differs, and one with all the rest.

        Two, because kinds refuse to be named without their options, or an mtu beside them.
        """
        out: list[Request] = []
        if self._differing(found) and (data := self.kind_amend()):
            info: dict[str, Any] = {"kind": self.kind, "data": data}
            attrs: dict[str, Any] = {"ifname": self.ifname, "linkinfo": info}
            out.append(NetlinkRequest(self.netns, Message(NEWLINK, 0, {}, attrs)))
        mac = None if found.mac == self.mac else self.mac
        return (*out, *msgspec.structs.replace(self, mac=mac).settle(born_with=("group",)))

    def settle(self, born_with: Collection[str]) -> tuple[Request, ...]:
        """One RTM_NEWLINK by name with what all links have; or nothing, if it is born with all."""
        attrs: dict[str, Any] = {"ifname": self.ifname}
        if self.mtu is not None and "mtu" not in born_with:
            attrs["mtu"] = self.mtu
        if self.mac is not None and "address" not in born_with:
            attrs["address"] = self.mac
        if self.master is not None:
            attrs["master"] = IndexOf(self.master)
        if self.alias:
            attrs["ifalias"] = self.alias
            attrs |= {} if "group" in born_with else {"group": GROUP}
        if len(attrs) == 1 and not self.up:
            return ()
        header = {"flags": IFF_UP, "change": IFF_UP} if self.up else {}
        return (NetlinkRequest(self.netns, Message(NEWLINK, 0, header, attrs)),)

    def settle_words(self, born_with: Collection[str]) -> tuple[str, ...]:
        """What follows ``ip link set NAME`` in the command for the same."""
        words: list[str] = []
        if self.mtu is not None and "mtu" not in born_with:
            words += ["mtu", str(self.mtu)]
        if self.mac is not None and "address" not in born_with:
            words += ["address", self.mac]
        words += ["master", self.master] if self.master is not None else []
        words += ["alias", self.alias] if self.alias else []
        words += ["group", str(GROUP)] if self.alias and "group" not in born_with else []
        words += ["up"] if self.up else []
        return tuple(words)
