"""A link that goes to another namespace: what cannot be made where it is wanted."""

from __future__ import annotations

from typing import Any, ClassVar

from glassnet.errors import InvalidValue
from glassnet.netlink.message import Message
from glassnet.netlink.placeholder import FdOf, IndexOf
from glassnet.netlink.route.link import NEWLINK
from glassnet.ops import shell
from glassnet.ops.base import Difference, Key, ObjectOp, place
from glassnet.ops.link import link_needs
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IfName, Netns


class LinkMoveOp(ObjectOp, frozen=True, kw_only=True, tag="move"):
    """The link ``ifname`` of ``netns`` is ``to_ifname`` in ``to_netns``, where it is down at first.

    ``alias`` is its ifalias there, and is taken off on the way back. Its addresses and routes are
    lost both ways, for the kernel takes them off a link that leaves its namespace.

    Between the host and a namespace, the host is where it comes from.
    """

    noun: ClassVar[str] = "link"

    ifname: IfName
    to_netns: Netns
    to_ifname: IfName
    alias: str = ""

    def __post_init__(self) -> None:
        if self.to_netns == self.netns:
            raise InvalidValue(f"{self.ifname} is to stay {place(self.netns)}", "two namespaces")
        if self.to_netns == HOST:
            raise InvalidValue(
                f"{self.ifname} is to move from {self.netns} to the host",
                "from the host; what is moved goes back when it is not to be there any more",
            )

    def label(self) -> str:
        """``h0 on the host as eth0 in ns1``."""
        return f"{self.ifname} {place(self.netns)} as {self.to_ifname} {place(self.to_netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``ip link set NAME netns NS [name NAME] [alias TEXT]``, from where the link is.

        The host has no name: back to it goes by the namespace of the shell.
        """
        if self.present:
            words = ["netns", self.to_netns]
            words += ["alias", self.alias] if self.alias else []
            words += ["name", self.to_ifname] if self.to_ifname != self.ifname else []
            return (shell.link(self.netns, "set", self.ifname, *words),)
        home = "/proc/$$/ns/net" if self.netns.is_host else self.netns
        words = ["netns", home]
        words += ["alias", ""] if self.alias else []
        words += ["name", self.ifname] if self.to_ifname != self.ifname else []
        back = shell.link(self.to_netns, "set", self.to_ifname, *words)
        if not self.netns.is_host:
            return (back,)
        line = str(back).replace("'/proc/$$/ns/net'", "/proc/$$/ns/net")
        return (Command(("sh", "-c", f"{line} && true")),)  # a shell that stays to be asked

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWLINK with the namespace, the name and the alias.

        By index: with a name alone, the name would be that of the link to be found.
        """
        if self.present:
            here, there, old, new = self.netns, self.to_netns, self.ifname, self.to_ifname
        else:
            here, there, old, new = self.to_netns, self.netns, self.to_ifname, self.ifname
        attrs: dict[str, Any] = {"net_ns_fd": FdOf(there)}
        if self.alias:
            attrs["ifalias"] = self.alias if self.present else ""
        if new != old:
            attrs["ifname"] = new
        message = Message(NEWLINK, 0, {"index": IndexOf(old)}, attrs)
        return (NetlinkRequest(here, message),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether there is a link of that name, and alias, where it is wanted."""
        found = self._found(snapshot)
        if found is None:
            return self.missing() if self.present else ()
        if not self.present:
            return self.unwanted()
        if self.alias and found.alias != self.alias:
            seen = f"alias {found.alias}" if found.alias else ""
            return (Difference(self.label(), f"alias {self.alias}", seen),)
        return ()

    def _found(self, snapshot: Snapshot) -> LinkState | None:
        return _link(snapshot, self.to_netns, self.to_ifname)

    def obstacle(self, snapshot: Snapshot) -> str:
        """A link of either name that is another one."""
        found, home = self._found(snapshot), _link(snapshot, self.netns, self.ifname)
        if self.present:
            if found is None or not self.satisfied_by(snapshot):
                return ""
            return f"a link {self.to_ifname} is there already {place(self.to_netns)}"
        if found is None:
            return ""
        if self.alias and found.alias != self.alias:
            return f"the link {self.to_ifname} {place(self.to_netns)} is another by now"
        if home is not None:
            return f"there is another link {self.ifname} {place(self.netns)} by now"
        return ""

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """The alias anew where the link is there already."""
        if not self.present or self._found(snapshot) is None:
            return self.requests()
        if not self.alias:
            return ()
        attrs: dict[str, Any] = {"ifname": self.to_ifname, "ifalias": self.alias}
        return (NetlinkRequest(self.to_netns, Message(NEWLINK, 0, {}, attrs)),)

    def key(self) -> Key:
        """``("link", netns, ifname)`` of where it is to be."""
        return ("link", self.to_netns, self.to_ifname)

    def needs(self) -> tuple[Key, ...]:
        """The link, and where it is to go."""
        return (*link_needs(self.netns, self.ifname), ("netns", self.to_netns))

    def within(self) -> tuple[Key, ...]:
        """Both namespaces."""
        return (("netns", self.netns), ("netns", self.to_netns))

    def reads(self) -> tuple[Facet, ...]:
        """The links of both namespaces."""
        return (Facet(self.netns, "links"), Facet(self.to_netns, "links"))

    def lookups(self) -> tuple[Facet, ...]:
        """The link by both of its names."""
        return (
            Facet(self.netns, "link", self.ifname),
            Facet(self.to_netns, "link", self.to_ifname),
        )


def _link(snapshot: Snapshot, netns: Netns, ifname: str) -> LinkState | None:
    return snapshot.link(netns, ifname) if snapshot.exists(netns) else None
