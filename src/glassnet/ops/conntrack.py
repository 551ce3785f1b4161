"""Entries of connection tracking that lead where a port led before, and are to be forgotten."""

from __future__ import annotations

from typing import ClassVar

from glassnet.errors import InvalidValue
from glassnet.netlink.netfilter.conntrack import PROTOCOLS
from glassnet.ops import require, shell
from glassnet.ops.base import ActionOp, Difference, Key, place
from glassnet.ops.request import ForgetRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.flow import Selection
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IpAddress


class ForgetOp(ActionOp, frozen=True, kw_only=True, tag="forget"):
    """Forget the entries of a ``protocol`` that go to a port, or are answered from an address.

    Whoever goes on sending datagrams to a port keeps its entry alive, and with it the way that the
    first of them took: to nobody, if the port was not published then, or to a container that is
    gone. Of ``port``, and ``count`` - 1 after it, all addresses of the host are meant, or the one
    ``address``; ``reply_source`` is a container's address. Of both IP versions, unless ``version``
    or an address says which.

    The kernel's table is walked for it, which takes 10 to 30 ms on a machine of some size. So it is
    for ``udp``, whose clients do not begin anew by themselves, and where ports are published.

    Raises `InvalidValue` for values that do not go together.
    """

    noun: ClassVar[str] = "conntrack"

    protocol: str = "udp"
    port: int = 0
    count: int = 1
    address: IpAddress | None = None
    reply_source: IpAddress | None = None
    version: int = 0

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise InvalidValue(f"no protocol {self.protocol!r} to forget", ", ".join(PROTOCOLS))
        if not self.port and self.reply_source is None:
            raise InvalidValue("all that the host keeps track of", "a port, or a reply_source")
        if not self.port and (self.address is not None or self.count != 1):
            raise InvalidValue("an address, or several ports, and no port", "a port")
        if self.port and not 1 <= self.port <= self.port + self.count - 1 <= 65535:
            raise InvalidValue(f"ports from {self.port}, {self.count} of them", "1 to 65535")
        said = {self.version, *(one.version for one in self._addresses())} - {0}
        if len(said) > 1 or said - {4, 6}:
            raise InvalidValue(f"{self} of IP version {self.version}", "4 or 6, as its addresses")

    def _addresses(self) -> tuple[IpAddress, ...]:
        return tuple(one for one in (self.address, self.reply_source) if one is not None)

    @property
    def selection(self) -> Selection:
        """Which entries are meant."""
        version = next((one.version for one in self._addresses()), self.version)
        return Selection(
            self.protocol, version, self.port, self.count, self.address, self.reply_source
        )

    def __str__(self) -> str:
        ports = str(self.port) if self.count == 1 else f"{self.port}-{self.port + self.count - 1}"
        host = "" if self.address is None else f" of {self.address}"
        to = f" to {ports}{host}" if self.port else ""
        source = "" if self.reply_source is None else f" answered from {self.reply_source}"
        return f"forget {self.protocol} flows{to}{source} {place(self.netns)}"

    def commands(self) -> tuple[Command, ...]:
        """``conntrack -D -p udp --orig-port-dst PORT``, which fails where it finds nothing.

        It takes one port; several are gone through by the shell.
        """
        words = ["conntrack", "-D", "-p", self.protocol]
        if self.version and not self._addresses():
            words += ["-f", f"ipv{self.version}"]
        ends = ["--orig-dst", self.address] if self.address is not None else []
        ends += ["--reply-src", self.reply_source] if self.reply_source is not None else []
        if self.count > 1:
            ports = f"$(seq {self.port} {self.port + self.count - 1})"
            each = " ".join([*words, "--orig-port-dst", "$port", *ends])
            words, ends = ["sh", "-c", f"for port in {ports}; do {each}; done"], []
        elif self.port:
            words += ["--orig-port-dst", str(self.port)]
        return (shell.inside(self.netns, *words, *ends)._replace(may_fail=True),)

    def requests(self) -> tuple[Request, ...]:
        """One, to look for them and delete each."""
        return (ForgetRequest(self.netns, self.selection),)

    def flows(self) -> Facet:
        """What to look at for `satisfied_by` to tell; no plan does, for it costs as much again."""
        return Facet(self.netns, "flows", self.selection.key())

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """How many there are, where `flows` were looked at; an entry that is there is no drift."""
        if not snapshot.exists(self.netns):
            return ()
        found = sum(map(self.selection.takes, snapshot[self.netns].flows))
        return (Difference(str(self), "none", str(found)),) if found else ()

    def key(self) -> Key:
        """``("forget", netns, protocol, version, ports, address, reply source)``."""
        _, version, port, span, address, source = self.selection
        ends = (address or "", source or "")
        return ("forget", self.netns, self.protocol, str(version), f"{port}+{span}", *ends)

    def after(self) -> tuple[Key, ...]:
        """The publication of the ports, so that what comes next is led by it."""
        _, version, port, _, address, _ = self.selection
        if not port:
            return ()
        versions = (version,) if version else (4, 6)
        return tuple(published(self.netns, self.protocol, one, port, address) for one in versions)

    def reads(self) -> tuple[Facet, ...]:
        """Whether its namespace is there."""
        return (Facet(self.netns, "netns"),)

    def requires(self) -> tuple[str, ...]:
        """Also messages about connection tracking."""
        return (*ActionOp.requires(self), require.CONNTRACK)


def published(netns: str, protocol: str, version: int, port: int, address: IpAddress | None) -> Key:
    """What a publication provides: its first port, for one address of the host or all (None)."""
    return ("published", netns, protocol, str(version), str(port), address or "")
