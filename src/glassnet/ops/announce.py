"""An address that neighbours are told of: it is at this link's hardware address, from now on."""

from __future__ import annotations

from typing import ClassVar

from glassnet.errors import InvalidValue
from glassnet.ops import require, shell
from glassnet.ops.base import ActionOp, Key, place
from glassnet.ops.link import link_needs, link_within
from glassnet.ops.request import AnnounceRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.snapshot import Facet
from glassnet.values import IfName, IpAddress

TIMES_MAX = 3  # RFC 4861, 10: MAX_NEIGHBOR_ADVERTISEMENT


class AnnounceOp(ActionOp, frozen=True, kw_only=True, tag="announce"):
    """Tell the neighbours on ``ifname``'s network that ``address`` is there.

    An address that is used again comes with another MAC, and neighbours that have heard of the old
    one keep sending to it, for up to a minute. By gratuitous ARP (RFC 5227), in the form of a
    request or of an ``answer``; by an unsolicited neighbour advertisement (RFC 4861, 7.2.6). Up to
    three ``times``, one right after another: nobody waits for seconds between them.

    Raises `InvalidValue` for other times, and for an answer of IPv6, which has but one form.
    """

    noun: ClassVar[str] = "announce"

    ifname: IfName
    address: IpAddress
    times: int = 1
    answer: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.times <= TIMES_MAX:
            raise InvalidValue(f"{self.address} announced {self.times} times", f"1 to {TIMES_MAX}")
        if self.answer and self.address.version == 6:
            raise InvalidValue(f"{self.address} announced as an answer", "an address of IPv4")

    def __str__(self) -> str:
        return f"announcement of {self.address} on {self.ifname} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``arping -c TIMES -U -I NAME ADDRESS``; of IPv6 ``ndptool``, as often."""
        if self.address.version == 4:
            form = "-A" if self.answer else "-U"
            words = ["arping", "-c", str(self.times), form, "-I", self.ifname, self.address]
            return (shell.inside(self.netns, *words),)
        words = ["ndptool", "-t", "na", "-U", "-i", self.ifname, "-T", self.address, "send"]
        return (shell.inside(self.netns, *words),) * self.times

    def requests(self) -> tuple[Request, ...]:
        """One, to make the frame with the link's MAC as it is then, and send it."""
        address, times, answer = self.address, self.times, self.answer
        return (AnnounceRequest(self.netns, self.ifname, address, times, answer),)

    def key(self) -> Key:
        """``("announce", netns, ifname, address)``."""
        return ("announce", self.netns, self.ifname, self.address)

    def needs(self) -> tuple[Key, ...]:
        """The link."""
        return link_needs(self.netns, self.ifname)

    def after(self) -> tuple[Key, ...]:
        """The link's addresses, its being up, and settings of it: its MAC may be among them."""
        nouns = ("addrs", "up", "set")
        return tuple((noun, self.netns, self.ifname) for noun in nouns)

    def within(self) -> tuple[Key, ...]:
        """The link and its namespace."""
        return link_within(self.netns, self.ifname)

    def reads(self) -> tuple[Facet, ...]:
        """The link, by its name."""
        return (Facet(self.netns, "link", self.ifname),)

    def requires(self) -> tuple[str, ...]:
        """The right to send frames."""
        return (require.NET_RAW,)
