"""Links: what all kinds have in common, the settings of one that exists, and the plain kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from glassnet.errors import InvalidValue
from glassnet.netlink.message import CREATE, EXCL, Message
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route.link import DELLINK, IFF_ALLMULTI, IFF_PROMISC, IFF_UP, NEWLINK
from glassnet.ops import require, shell
from glassnet.ops.base import Difference, Key, ObjectOp, Op, Receipt, compare, place
from glassnet.ops.owner import GROUP
from glassnet.ops.request import NetlinkRequest, Request
from glassnet.ops.shell import Command
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName, Mac, Netns

MTU_MIN, MTU_MAX = 68, 65535
TXQLEN_MAX = 2**31 - 1  # what ip takes


def check_mtu(mtu: int | None) -> None:
    """Raise `InvalidValue` unless an Ethernet-like link may have it (RFC 791: at least 68)."""
    if mtu is not None and not MTU_MIN <= mtu <= MTU_MAX:
        raise InvalidValue(f"mtu {mtu} is out of range", f"{MTU_MIN} to {MTU_MAX}")


class LinkOp(ObjectOp, frozen=True, kw_only=True):
    """A link to be made: attributes that the kernel takes at birth, of any kind.

    ``mtu`` in bytes; ``alias`` is the owner's mark; ``master`` a bridge in the same namespace.
    Raises `InvalidValue` for an mtu out of range or a MAC that is no unicast address.
    """

    noun: ClassVar[str] = "link"
    kind: ClassVar[str]
    mac_changes: ClassVar[bool] = True
    """Whether the kernel changes the MAC of a link of this kind."""

    ifname: IfName
    mtu: int | None = None
    mac: Mac | None = None
    alias: str = ""
    up: bool = False
    master: IfName | None = None

    def __post_init__(self) -> None:
        check_mtu(self.mtu)
        if self.mac is not None:
            self.mac.check_unicast()

    def label(self) -> str:
        """``bridge br0 on the host``."""
        return f"{self.kind} {self.ifname} {place(self.netns)}"

    def birth_words(self) -> tuple[str, ...]:
        """What the command can say of a link at its birth alone."""
        return ()

    def birth_attrs(self) -> Mapping[str, Any]:
        """The attributes of the same."""
        return {}

    def kind_words(self) -> tuple[str, ...]:
        """What follows ``type KIND`` in the command."""
        return ()

    def kind_data(self) -> Mapping[str, Any]:
        """IFLA_INFO_DATA at birth."""
        return {}

    def kind_amend(self) -> Mapping[str, Any]:
        """IFLA_INFO_DATA that can be changed later."""
        return self.kind_data()

    def kind_wanted(self) -> Mapping[str, Any]:
        """What the kernel should say of it in IFLA_INFO_DATA, by name."""
        return self.kind_data()

    def commands(self) -> tuple[Command, ...]:
        """``ip link add NAME … type KIND …`` or ``ip link del NAME``."""
        if not self.present:
            return (shell.link(self.netns, "del", self.ifname),)
        words = ["up"] if self.up else []
        words += self.birth_words()
        words += ["mtu", str(self.mtu)] if self.mtu is not None else []
        words += ["address", self.mac] if self.mac is not None else []
        words += ["master", self.master] if self.master is not None else []
        words += ["group", str(GROUP)] if self.alias else []
        words += ["type", self.kind, *self.kind_words()]
        add = shell.link(self.netns, "add", self.ifname, *words)
        if not self.alias:
            return (add,)
        return (add, shell.link(self.netns, "set", self.ifname, "alias", self.alias))

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWLINK with everything at birth, or one RTM_DELLINK by name.

        And one for the alias, which the kernel passes over in silence at birth. It is sent once the
        link is known to be ours; until then the group that it is born in says so.
        """
        if not self.present:
            return (NetlinkRequest(self.netns, Message(DELLINK, 0, {}, {"ifname": self.ifname})),)
        info: dict[str, Any] = {"kind": self.kind}
        if data := self.kind_data():
            info["data"] = data
        made = NetlinkRequest(self.netns, self._message(CREATE | EXCL, info))
        return (made, *self._marked())

    def amend_in_place(self, found: LinkState) -> tuple[Request, ...]:
        """One RTM_NEWLINK that sets what can be set on the link that is there.

        Not the MAC that it has: some kinds refuse to be given any.
        """
        info: dict[str, Any] = {"kind": self.kind}
        if data := self.kind_amend():
            info["data"] = data
        message = self._message(0, info)
        if found.mac == self.mac:
            attrs = {name: value for name, value in message.attrs.items() if name != "address"}
            message = message._replace(attrs=attrs)
        return (NetlinkRequest(self.netns, message), *self._marked())

    def _marked(self) -> tuple[Request, ...]:
        if not self.alias:
            return ()
        attrs: dict[str, Any] = {"ifname": self.ifname, "ifalias": self.alias}
        return (NetlinkRequest(self.netns, Message(NEWLINK, 0, {}, attrs)),)

    def _message(self, flags: int, info: Mapping[str, Any]) -> Message:
        attrs: dict[str, Any] = {**self.birth_attrs()} if flags & CREATE else {}
        if self.mtu is not None:
            attrs["mtu"] = self.mtu
        if self.mac is not None:
            attrs["address"] = self.mac
        if self.master is not None:
            attrs["master"] = IndexOf(self.master)
        if self.alias and flags & CREATE:
            attrs["group"] = GROUP
        attrs["ifname"] = self.ifname
        attrs["linkinfo"] = info
        state = IFF_UP if self.up else 0
        return Message(NEWLINK, flags, {"flags": state, "change": state}, attrs)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Kind, mtu, MAC, master, up, and the kind's own data.

        The alias counts where it is lacking: on a link whose maker died before it was marked.
        """
        found = self.found(snapshot)
        if found is None:
            return self.missing() if self.present else ()
        return self.differences(found, snapshot) if self.present else self.unwanted()

    def found(self, snapshot: Snapshot) -> LinkState | None:
        """The link of that name, of whatever kind."""
        return snapshot.link(self.netns, self.ifname) if snapshot.exists(self.netns) else None

    def differences(self, found: LinkState, snapshot: Snapshot) -> tuple[Difference, ...]:
        """How a link that is there differs from the one that is wanted."""
        mark = {"alias": self.alias} if self.alias and _is_half_made(found) else {}
        if found.kind != self.kind:
            kind = Difference(self.label(), f"kind {self.kind}", f"kind {found.kind or 'none'}")
            return (kind, *compare(self.label(), mark, {}))
        wanted: dict[str, Any] = {**mark}
        if self.mtu is not None:
            wanted["mtu"] = self.mtu
        if self.mac is not None:
            wanted["address"] = self.mac
        if self.master is not None:
            wanted["master"] = self.master
        if self.up:
            wanted["state"] = "up"
        master = snapshot[self.netns].link_by_index(found.master) if found.master else None
        seen = {
            "mtu": found.mtu,
            "address": found.mac,
            "master": master.ifname if master else "none",
            "state": "up" if found.up else "down",
        }
        return compare(self.label(), wanted, seen) + compare(
            self.label(), self.kind_wanted(), found.data
        )

    def obstacle(self, snapshot: Snapshot) -> str:
        """A link of that name that glassnet did not make and that is not as wanted."""
        found = self.found(snapshot)
        if found is None or (self.alias and self._is_marked(found)):
            return ""
        owner = f"marked {found.alias!r}" if found.alias else "not made by glassnet"
        if self.present:
            differing = self.differences(found, snapshot)
            how = f"; {differing[0]}" if differing else ""
            return f"a link {self.ifname} is there already, {owner}{how}" if differing else ""
        if found.kind != self.kind or self.alias:
            return f"the link {self.ifname} there now is {owner}"
        return ""

    def _is_marked(self, found: LinkState) -> bool:
        """By its alias or, where its maker died before that, by the group it was born in."""
        return found.alias == self.alias or _is_half_made(found)

    def key(self) -> Key:
        """``("link", netns, ifname)``."""
        return ("link", self.netns, self.ifname)

    def provides(self) -> tuple[Key, ...]:
        """The link, and that it is up if it is born so."""
        up: tuple[Key, ...] = (("up", self.netns, self.ifname),) if self.up else ()
        return (self.key(), *up)

    def needs(self) -> tuple[Key, ...]:
        """Its namespace and its master."""
        master: tuple[Key, ...] = (("link", self.netns, self.master),) if self.master else ()
        return (("netns", self.netns), *master)

    def reads(self) -> tuple[Facet, ...]:
        """The links of its namespace."""
        return (Facet(self.netns, "links"),)

    def lookups(self) -> tuple[Facet, ...]:
        """The link by its name."""
        return (Facet(self.netns, "link", self.ifname),)

    def requires(self) -> tuple[str, ...]:
        """Also links of its kind."""
        kind = (require.link_kind(self.kind),) if self.present else ()
        return (*ObjectOp.requires(self), *kind)

    def remedy(self, snapshot: Snapshot) -> tuple[Request, ...]:
        """In place; a link of another kind, or with a MAC for good, is taken away first."""
        found = self.found(snapshot)
        if found is None or not self.present:
            return self.requests()
        wrong_mac = self.mac not in {None, found.mac}
        if found.kind != self.kind or (wrong_mac and not self.mac_changes):
            return (*self.flipped().requests(), *self.requests())
        return self.amend_in_place(found)


def _is_half_made(found: LinkState) -> bool:
    """Whether it is ours, and has yet to get its alias."""
    return not found.alias and found.group == GROUP


class DummyOp(LinkOp, frozen=True, kw_only=True, tag="dummy"):
    """A dummy link: up, addressable, and swallowing what it is sent."""

    kind: ClassVar[str] = "dummy"


class IfbOp(LinkOp, frozen=True, kw_only=True, tag="ifb"):
    """An intermediate functional block: where ingress traffic is shaped."""

    kind: ClassVar[str] = "ifb"
    mac_changes: ClassVar[bool] = False


class LinkSetOp(Op, frozen=True, kw_only=True, tag="set"):
    """Settings of a link that somebody else made: loopback, a veth's far end, an uplink.

    ``promisc`` and ``allmulti``: whether all frames, or all to groups, are taken in; ``txqlen`` is
    how many packets may wait to be sent.
    """

    noun: ClassVar[str] = "link"

    ifname: IfName
    up: bool | None = None
    mtu: int | None = None
    mac: Mac | None = None
    promisc: bool | None = None
    allmulti: bool | None = None
    txqlen: int | None = None

    def __post_init__(self) -> None:
        check_mtu(self.mtu)
        if self.mac is not None:
            self.mac.check_unicast()
        if self.txqlen is not None and not 0 <= self.txqlen <= TXQLEN_MAX:
            raise InvalidValue(f"txqlen {self.txqlen} is out of range", f"0 to {TXQLEN_MAX}")
        if not self._settings():
            raise InvalidValue(
                f"nothing to set on {self.ifname}", "up, mtu, mac, promisc, allmulti or txqlen"
            )

    def __str__(self) -> str:
        return f"link {self.ifname} {' '.join(self._words())} {place(self.netns)}"

    def _settings(self) -> dict[str, Any]:
        """What is to be set, by the words in which receipts and differences tell it."""
        wanted: dict[str, Any] = {}
        for name, flag in (("promisc", self.promisc), ("allmulti", self.allmulti)):
            if flag is not None:
                wanted[name] = _on(flag)
        if self.up is not None:
            wanted["state"] = "up" if self.up else "down"
        numbers = {"mtu": self.mtu, "address": self.mac, "txqlen": self.txqlen}
        return wanted | {name: value for name, value in numbers.items() if value is not None}

    def _words(self) -> list[str]:
        words = ["mtu", str(self.mtu)] if self.mtu is not None else []
        words += ["address", self.mac] if self.mac is not None else []
        words += ["txqueuelen", str(self.txqlen)] if self.txqlen is not None else []
        words += ["promisc", _on(self.promisc)] if self.promisc is not None else []
        words += ["allmulticast", _on(self.allmulti)] if self.allmulti is not None else []
        words += ["up" if self.up else "down"] if self.up is not None else []
        return words

    def commands(self) -> tuple[Command, ...]:
        """``ip link set NAME [mtu N] [address MAC] [txqueuelen N] [promisc on] … [up|down]``."""
        return (shell.link(self.netns, "set", self.ifname, *self._words()),)

    def requests(self) -> tuple[Request, ...]:
        """One RTM_NEWLINK by name."""
        attrs: dict[str, Any] = {"ifname": self.ifname}
        if self.mtu is not None:
            attrs["mtu"] = self.mtu
        if self.mac is not None:
            attrs["address"] = self.mac
        if self.txqlen is not None:
            attrs["txqlen"] = self.txqlen
        flags = {IFF_UP: self.up, IFF_PROMISC: self.promisc, IFF_ALLMULTI: self.allmulti}
        change = sum(flag for flag, value in flags.items() if value is not None)
        state = sum(flag for flag, value in flags.items() if value)
        header = {"flags": state, "change": change} if change else {}
        return (NetlinkRequest(self.netns, Message(NEWLINK, 0, header, attrs)),)

    def satisfied_by(self, snapshot: Snapshot) -> tuple[Difference, ...]:
        """Whether each setting has its value."""
        label = f"link {self.ifname} {place(self.netns)}"
        seen = self._seen(snapshot)
        if not seen:
            return (Difference(label, " ".join(self._words())),)
        return compare(label, self._settings(), seen)

    def _seen(self, snapshot: Snapshot) -> dict[str, Any]:
        """The link's settings, or its state alone where only its flags were looked at."""
        if not snapshot.exists(self.netns):
            return {}
        found = snapshot.link(self.netns, self.ifname)
        if found is not None:
            seen = {**_of_flags(found.flags), "mtu": found.mtu, "txqlen": found.txqlen}
            return seen if found.mac is None else {**seen, "address": found.mac}
        flags = snapshot[self.netns].flags.get(self.ifname)
        return {} if flags is None else _of_flags(flags)

    def before(self, snapshot: Snapshot) -> Mapping[str, str]:
        """The values now, of what will be set."""
        seen = self._seen(snapshot)
        return {name: str(seen[name]) for name in self._settings() if name in seen}

    def inverse(self, receipt: Receipt) -> tuple[Op, ...]:
        """The values that were there before."""
        was = receipt.before
        if not receipt.changed or not was:
            return ()
        return (
            LinkSetOp(
                netns=self.netns,
                ifname=self.ifname,
                up=was["state"] == "up" if "state" in was else None,
                mtu=int(was["mtu"]) if "mtu" in was else None,
                mac=Mac(was["address"]) if "address" in was else None,
                promisc=was["promisc"] == "on" if "promisc" in was else None,
                allmulti=was["allmulti"] == "on" if "allmulti" in was else None,
                txqlen=int(was["txqlen"]) if "txqlen" in was else None,
            ),
        )

    def key(self) -> Key:
        """``("set", netns, ifname)``."""
        return ("set", self.netns, self.ifname)

    def provides(self) -> tuple[Key, ...]:
        """That it is up."""
        up: tuple[Key, ...] = (("up", self.netns, self.ifname),) if self.up else ()
        return (self.key(), *up)

    def needs(self) -> tuple[Key, ...]:
        """The link."""
        return link_needs(self.netns, self.ifname)

    def within(self) -> tuple[Key, ...]:
        """The link and its namespace."""
        return link_within(self.netns, self.ifname)

    def reads(self) -> tuple[Facet, ...]:
        """The links of its namespace."""
        return (Facet(self.netns, "links"),)

    def lookups(self) -> tuple[Facet, ...]:
        """The link by its name."""
        return (Facet(self.netns, "link", self.ifname),)


def _on(value: bool | None) -> str:
    return "on" if value else "off"


def _of_flags(flags: int) -> dict[str, Any]:
    """What a link's IFF_* say of its settings."""
    return {
        "promisc": _on(bool(flags & IFF_PROMISC)),
        "allmulti": _on(bool(flags & IFF_ALLMULTI)),
        "state": "up" if flags & IFF_UP else "down",
    }


def link_needs(netns: Netns, ifname: str) -> tuple[Key, ...]:
    """What everything that sits on a link needs; loopback comes with the namespace."""
    if ifname == "lo":
        return (("netns", netns),)
    return (("netns", netns), ("link", netns, ifname))


def link_within(netns: Netns, ifname: str) -> tuple[Key, ...]:
    """What takes everything that sits on a link away."""
    return (("netns", netns), ("link", netns, ifname))
