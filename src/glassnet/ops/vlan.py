"""A VLAN of a link: what there bears one number, and only that (IEEE 802.1Q, 802.1ad)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from glassnet.errors import InvalidValue
from glassnet.netlink.route.kinds import vlan
from glassnet.ops.upper import AcrossOp, UpperOp

PROTOCOLS: Mapping[str, int] = {"802.1q": vlan.ETH_P_8021Q, "802.1ad": vlan.ETH_P_8021AD}
FLAGS: Mapping[str, int] = {
    "reorder_hdr": vlan.REORDER_HDR,
    "gvrp": vlan.GVRP,
    "mvrp": vlan.MVRP,
    "loose_binding": vlan.LOOSE_BINDING,
    "bridge_binding": vlan.BRIDGE_BINDING,
}
ID_MAX = 4094  # 4095 is reserved: net/8021q/vlan_netlink.c, vlan_validate
_TAG_MAX, _PRIORITY_MAX = 7, 2**32 - 1


class VlanOp(UpperOp, frozen=True, kw_only=True, tag="vlan"):
    """VLAN number ``id`` of ``lower``.

    ``flags`` by iproute2's names (`FLAGS`), as 0 or 1; ``ingress_qos`` gives a packet priority to
    a priority in the tag, ``egress_qos`` the other way round; 0 is what others get.
    """

    kind: ClassVar[str] = "vlan"

    id: int
    protocol: str = "802.1q"
    flags: Mapping[str, int] = {}
    ingress_qos: Mapping[int, int] = {}
    egress_qos: Mapping[int, int] = {}

    def __post_init__(self) -> None:
        AcrossOp.__post_init__(self)
        if not 0 <= self.id <= ID_MAX:
            raise InvalidValue(f"VLAN {self.id} is out of range", f"0 to {ID_MAX}")
        if self.protocol not in PROTOCOLS:
            raise InvalidValue(f"no VLAN protocol {self.protocol!r}", ", ".join(PROTOCOLS))
        for name, value in self.flags.items():
            if name not in FLAGS:
                raise InvalidValue(f"no VLAN flag {name!r}", ", ".join(FLAGS))
            if value not in {0, 1}:
                raise InvalidValue(f"VLAN flag {name} {value}", "0 or 1")
        _check_bounds("ingress_qos", self.ingress_qos, _TAG_MAX, _PRIORITY_MAX)
        _check_bounds("egress_qos", self.egress_qos, _PRIORITY_MAX, _TAG_MAX)

    def kind_words(self) -> tuple[str, ...]:
        """``[protocol 802.1ad] id N [FLAG on|off] [ingress-qos-map A:B] [egress-qos-map A:B]``."""
        words = ["protocol", self.protocol] if self.protocol != "802.1q" else []
        words += ["id", str(self.id)]
        for name, value in self.flags.items():
            words += [name, "on" if value else "off"]
        for name, mapping in (("ingress", self.ingress_qos), ("egress", self.egress_qos)):
            pairs = [f"{one}:{other}" for one, other in mapping.items()]
            words += [f"{name}-qos-map", *pairs] if pairs else []
        return tuple(words)

    def kind_data(self) -> Mapping[str, Any]:
        """IFLA_VLAN_*."""
        data: dict[str, Any] = {}
        if self.protocol != "802.1q":
            data["protocol"] = PROTOCOLS[self.protocol]
        return {**data, "id": self.id, **self.kind_amend()}

    def kind_amend(self) -> Mapping[str, Any]:
        """Priorities and flags."""
        data: dict[str, Any] = {}
        for name, mapping in (("ingress_qos", self.ingress_qos), ("egress_qos", self.egress_qos)):
            if mapping:
                pairs = [{"from": one, "to": other} for one, other in mapping.items()]
                data[name] = {"mapping": pairs}
        if self.flags:
            wanted = sum(FLAGS[name] for name, value in self.flags.items() if value)
            data["flags"] = {"flags": wanted, "mask": sum(FLAGS[name] for name in self.flags)}
        return data

    def kind_wanted(self) -> Mapping[str, Any]:
        """By the words of the command."""
        return {
            "id": self.id,
            "protocol": self.protocol,
            **self.flags,
            **{f"ingress {one}": other for one, other in self.ingress_qos.items()},
            **{f"egress {one}": other for one, other in self.egress_qos.items()},
        }

    def kind_seen(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """By the same words; a mapping to 0 is not told."""
        protocols = {number: name for name, number in PROTOCOLS.items()}
        flags = data.get("flags", {}).get("flags", 0)
        return {
            "id": data.get("id"),
            "protocol": protocols.get(data.get("protocol", 0), "unknown"),
            **{name: int(bool(flags & bit)) for name, bit in FLAGS.items()},
            **{f"ingress {one}": 0 for one in self.ingress_qos},
            **{f"egress {one}": 0 for one in self.egress_qos},
            **_told("ingress", data.get("ingress_qos", {})),
            **_told("egress", data.get("egress_qos", {})),
        }

    def kind_lasting(self, seen: Mapping[str, Any]) -> Collection[str]:
        """Which VLAN it is."""
        return ("id", "protocol")


def _told(way: str, nest: Mapping[str, Any]) -> dict[str, int]:
    return {f"{way} {one['from']}": one["to"] for one in nest.get("mapping", ())}


def _check_bounds(name: str, mapping: Mapping[int, int], one_max: int, other_max: int) -> None:
    for one, other in mapping.items():
        if not (0 <= one <= one_max and 0 <= other <= other_max):
            raise InvalidValue(f"{name} {one}:{other}", f"0 to {one_max}, and 0 to {other_max}")
