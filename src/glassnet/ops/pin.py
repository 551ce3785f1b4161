"""A bridge's MAC made its own: it does not follow its ports' any more."""

from __future__ import annotations

from typing import ClassVar

from glassnet.netlink.message import Message
from glassnet.netlink.route.link import NEWLINK
from glassnet.ops import require, shell
from glassnet.ops.base import ActionOp, Key, place
from glassnet.ops.link import link_needs, link_within
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.snapshot import Facet
from glassnet.values import IfName, Mac


class PinOp(ActionOp, frozen=True, kw_only=True, tag="pin"):
    """Give the bridge ``ifname`` the MAC that it has, for good.

    A bridge that nobody gave a MAC takes the lowest of its ports' (net/bridge/br_stp_if.c): it
    changes as ports come and go, and neighbours lose it. One that was given is kept, be it the
    same, and that it was given cannot be seen (netlink does not tell). Raises `InvalidValue` for a
    MAC that no link can have.
    """

    noun: ClassVar[str] = "bridge"

    ifname: IfName
    mac: Mac

    def __post_init__(self) -> None:
        self.mac.check_unicast()

    def __str__(self) -> str:
        return f"MAC {self.mac} of bridge {self.ifname} pinned {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``ip link set NAME address MAC``."""
        return (shell.link(self.netns, "set", self.ifname, "address", self.mac),)

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWLINK by name."""
        attrs = {"ifname": self.ifname, "address": self.mac}
        return (NetlinkRequest(self.netns, Message(NEWLINK, 0, {}, attrs)),)

    def key(self) -> Key:
        """``("pin", netns, ifname)``."""
        return ("pin", self.netns, self.ifname)

    def needs(self) -> tuple[Key, ...]:
        """The bridge."""
        return link_needs(self.netns, self.ifname)

    def within(self) -> tuple[Key, ...]:
        """The bridge and its namespace."""
        return link_within(self.netns, self.ifname)

    def reads(self) -> tuple[Facet, ...]:
        """The bridge, by its name."""
        return (Facet(self.netns, "link", self.ifname),)

    def requires(self) -> tuple[str, ...]:
        """The right to change links."""
        return (require.NET_ADMIN,)
