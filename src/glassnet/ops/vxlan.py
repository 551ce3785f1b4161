"""VXLAN: an Ethernet segment over UDP, by its 24-bit number (RFC 7348)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, NamedTuple

from glassnet.errors import InvalidValue
from glassnet.netlink.placeholder import IndexOf
from glassnet.ops import require
from glassnet.ops.upper import AcrossOp
from glassnet.values import IfName, IpAddress

PORT = 4789  # IANA's, since RFC 7348; iproute2's own default is older
_ID_MAX = 2**24 - 1


class VxlanOption(NamedTuple):
    """A number the kernel takes: its netlink name, its bounds, and a word for people.

    ``form`` is how ``ip`` says it; what ``lasts`` is not changed on a link that is there.
    """

    attribute: str
    low: int
    high: int
    help: str
    form: str = "number"
    lasts: bool = False


VXLAN_OPTIONS: Mapping[str, VxlanOption] = {
    "flowlabel": VxlanOption("label", 0, 2**20 - 1, "IPv6 flow label of the tunnel's packets"),
    "ttl": VxlanOption("ttl", 0, 255, "time to live of the tunnel's packets; 0 for the kernel's"),
    "ttl_inherit": VxlanOption("ttl_inherit", 0, 1, "… as of the packet within", "ttl", lasts=True),
    "tos": VxlanOption("tos", 0, 255, "type of service; 1 as of the packet within", "hex"),
    "df": VxlanOption("df", 0, 2, "don't fragment: 0 not set, 1 set, 2 as within", "df"),
    "ageing": VxlanOption("ageing", 0, 2**32 - 1, "seconds that what was learnt is kept"),
    "maxaddress": VxlanOption("limit", 0, 2**32 - 1, "addresses kept at most", lasts=True),
    "proxy": VxlanOption("proxy", 0, 1, "whether it answers ARP and ND itself", "switch", True),
    "rsc": VxlanOption("rsc", 0, 1, "whether it routes between VXLANs", "switch", True),
    "l2miss": VxlanOption("l2miss", 0, 1, "whether it tells of MACs unknown", "switch", True),
    "l3miss": VxlanOption("l3miss", 0, 1, "whether it tells of addresses unknown", "switch", True),
    "udpcsum": VxlanOption("udp_csum", 0, 1, "checksums over IPv4", "switch", True),
    "udp6zerocsumtx": VxlanOption(
        "udp_zero_csum6_tx", 0, 1, "no checksums over IPv6 in what it sends", "switch", lasts=True
    ),
    "udp6zerocsumrx": VxlanOption(
        "udp_zero_csum6_rx", 0, 1, "takes what has none over IPv6", "switch", lasts=True
    ),
    "remcsumtx": VxlanOption("remcsum_tx", 0, 1, "remote checksums, sent", "switch", True),
    "remcsumrx": VxlanOption("remcsum_rx", 0, 1, "remote checksums, received", "switch", True),
    "gbp": VxlanOption("gbp", 0, 1, "whether it carries the mark of packets", "flag", lasts=True),
    "learning": VxlanOption("learning", 0, 1, "whether far ends are learnt", "switch"),
}
_FLAGS = frozenset({"ttl_inherit", "gbp"})  # true by being there
_DF = ("unset", "set", "inherit")


class VxlanOp(AcrossOp, frozen=True, kw_only=True, tag="vxlan"):
    """The segment ``id``, its tunnel in ``lower_netns``, over ``lower`` or as the routes there say.

    What has no entry of its own goes to ``remote``, or to the multicast ``group`` on ``lower``.
    ``local`` is the address to send from, ``port`` what is sent to and listened on, ``srcport``
    the first and last port to send from; ``options`` by iproute2's names (`VXLAN_OPTIONS`).
    """

    kind: ClassVar[str] = "vxlan"

    id: int
    lower: IfName | None = None
    remote: IpAddress | None = None
    group: IpAddress | None = None
    local: IpAddress | None = None
    port: int = PORT
    srcport: tuple[int, int] | None = None
    options: Mapping[str, int] = {}

    def __post_init__(self) -> None:
        AcrossOp.__post_init__(self)
        if not 0 <= self.id <= _ID_MAX:
            raise InvalidValue(f"VXLAN {self.id} is out of range", f"0 to {_ID_MAX}")
        if not 1 <= self.port <= 65535:
            raise InvalidValue(f"port {self.port} is out of range", "1 to 65535")
        if self.srcport is not None and not 1 <= self.srcport[0] <= self.srcport[1] <= 65535:
            raise InvalidValue(f"ports from {self.srcport}", "two from 1 to 65535, in order")
        self._check_addresses()
        for name, value in self.options.items():
            option = VXLAN_OPTIONS.get(name)
            if option is None:
                raise InvalidValue(f"no VXLAN option {name!r}", ", ".join(VXLAN_OPTIONS))
            if not option.low <= value <= option.high:
                bounds = f"{option.low} to {option.high}"
                raise InvalidValue(f"{name} {value} is out of range", bounds)
        if "flowlabel" in self.options and self.version == 4:
            raise InvalidValue("flowlabel of a VXLAN over IPv4", "an IPv6 remote, group or local")
        if "ttl" in self.options and self.options.get("ttl_inherit"):
            raise InvalidValue("ttl and ttl_inherit of a VXLAN", "one of them")

    def _check_addresses(self) -> None:
        addresses = [one for one in (self.local, self.remote, self.group) if one is not None]
        if len({one.version for one in addresses}) > 1:
            raise InvalidValue(f"VXLAN {self.id} between {' and '.join(addresses)}", "one family")
        if self.remote is not None and self.group is not None:
            raise InvalidValue(f"VXLAN {self.id} with a remote and a group", "one of them")
        if self.group is not None and not (_is_group(self.group) and self.lower is not None):
            raise InvalidValue(
                f"VXLAN group {self.group}", "a multicast address, and a lower device for it"
            )
        for address in (self.local, self.remote):
            if address is not None and _is_group(address):
                raise InvalidValue(f"VXLAN end {address}", "a unicast address")

    @property
    def version(self) -> int:
        """4 or 6: what the tunnel runs over."""
        addresses = (self.local, self.remote, self.group)
        return next((one.version for one in addresses if one is not None), 4)

    def beneath(self) -> IfName | None:
        """The lower device, if it is bound to one."""
        return self.lower

    def _lower_words(self) -> tuple[str, ...]:
        return ()

    def _lower_attrs(self) -> Mapping[str, Any]:
        return {}

    def kind_words(self) -> tuple[str, ...]:
        """``id N [dev LOWER] … [local ADDR] [remote|group ADDR] [no]learning dstport N``."""
        words = ["id", str(self.id)]
        words += ["dev", self.lower] if self.lower is not None else []
        words += ["srcport", *map(str, self.srcport)] if self.srcport is not None else []
        for name in VXLAN_OPTIONS:
            words += _said(name, self.options[name]) if name in self.options else []
        words += ["local", self.local] if self.local is not None else []
        words += ["remote", self.remote] if self.remote is not None else []
        words += ["group", self.group] if self.group is not None else []
        return (*words, "dstport", str(self.port))

    def kind_data(self) -> Mapping[str, Any]:
        """IFLA_VXLAN_*; as ``ip`` does, with learning unless it is not wanted."""
        data: dict[str, Any] = {}
        if self.lower is not None:
            data["link"] = IndexOf(self.lower)
        if self.srcport is not None:
            data["port_range"] = dict(zip(("low", "high"), self.srcport, strict=True))
        data |= {name: value for name, value in self._options() if name != "learning"}
        data["id"] = self.id
        data |= self._ends()
        data["learning"] = self.options.get("learning", 1)
        data["port"] = self.port
        return data

    def _options(self) -> list[tuple[str, int | bool]]:
        return [
            (option.attribute, bool(self.options[name]) if name in _FLAGS else self.options[name])
            for name, option in VXLAN_OPTIONS.items()
            if name in self.options
        ]

    def _ends(self) -> Mapping[str, Any]:
        six = "6" if self.version == 6 else ""
        ends = {f"local{six}": self.local, f"group{six}": self.remote or self.group}
        return {name: address for name, address in ends.items() if address is not None}

    def kind_amend(self) -> Mapping[str, Any]:
        """What the kernel changes: it refuses to be told the rest, be it the same."""
        lasting = {one.attribute for one in VXLAN_OPTIONS.values() if one.lasts}
        options = {name: value for name, value in self._options() if name not in lasting}
        return {**options, **self._ends()}

    def kind_wanted(self) -> Mapping[str, Any]:
        """By the words of the command."""
        wanted: dict[str, Any] = {"id": self.id, "dstport": self.port, **self.options}
        if self.srcport is not None:
            wanted["srcport"] = "{} {}".format(*self.srcport)
        ends = {"local": self.local, "remote": self.remote, "group": self.group}
        return {**wanted, **{name: end for name, end in ends.items() if end is not None}}

    def kind_seen(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """By the same words."""
        ports = data.get("port_range", {})
        far = data.get("group", data.get("group6"))
        return {
            "id": data.get("id"),
            "dstport": data.get("port"),
            "srcport": f"{ports.get('low', 0)} {ports.get('high', 0)}",
            "local": data.get("local", data.get("local6")),
            "remote": None if far is None or _is_group(far) else far,
            "group": far if far is not None and _is_group(far) else None,
            **{name: int(data.get(one.attribute, 0)) for name, one in VXLAN_OPTIONS.items()},
        }

    def kind_lasting(self, seen: Mapping[str, Any]) -> Collection[str]:
        """What the kernel does not change, nor the family; groups are joined by going up only."""
        lasting = {name for name, option in VXLAN_OPTIONS.items() if option.lasts}
        lasting |= {"id", "dstport", "srcport", "group"}
        ends = [seen[name] for name in ("local", "remote", "group") if seen[name] is not None]
        if seen["group"] is not None or any(end.version != self.version for end in ends):
            lasting |= {"remote", "local"}
        return lasting

    def lower_index(self, found: Any) -> int:
        """The kernel tells it among the options."""
        index: int = found.data.get("link", 0)
        return index

    def requires(self) -> tuple[str, ...]:
        """Also the protocol of the tunnel."""
        six = (require.IPV6,) if self.version == 6 and self.present else ()
        return (*AcrossOp.requires(self), *six)


def _said(name: str, value: int) -> list[str]:
    match VXLAN_OPTIONS[name].form:
        case "switch":
            return [name if value else f"no{name}"]
        case "flag":
            return [name] if value else []
        case "ttl":
            return ["ttl", "inherit"] if value else []
        case "df":
            return ["df", _DF[value]]
        case "hex":  # what `ip` takes for hexadecimal in any case
            return [name, f"{value:#x}"]
        case _:
            return [name, str(value)]


def _is_group(address: IpAddress) -> bool:
    """Multicast: 224.0.0.0/4, ff00::/8."""
    first = address.packed[0]
    return first >> 4 == 0xE if address.version == 4 else first == 0xFF
