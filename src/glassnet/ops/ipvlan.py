"""Ipvlan: a link that shares another one's MAC, and is told from its like by its addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from glassnet.errors import InvalidValue
from glassnet.netlink.route.kinds import ipvlan
from glassnet.ops.upper import AcrossOp, UpperOp

MODES: Mapping[str, int] = {"l2": ipvlan.L2, "l3": ipvlan.L3, "l3s": ipvlan.L3S}
FLAGS: Mapping[str, int] = {"bridge": 0, "private": ipvlan.PRIVATE, "vepa": ipvlan.VEPA}


class IpvlanOp(UpperOp, frozen=True, kw_only=True, tag="ipvlan"):
    """An ipvlan on ``lower``, whose MAC it has.

    ``mode``: the lower device hands on frames (``l2``), or routes packets (``l3``; ``l3s`` with
    netfilter seeing them). ``flag``: whom it reaches on the same lower device, as macvlan's modes.
    Both are one for all on a lower device: a second one changes them for the first.
    """

    kind: ClassVar[str] = "ipvlan"
    flattens: ClassVar[bool] = True

    mode: str = "l2"
    flag: str = "bridge"

    def __post_init__(self) -> None:
        AcrossOp.__post_init__(self)
        if self.mode not in MODES:
            raise InvalidValue(f"no ipvlan mode {self.mode!r}", ", ".join(MODES))
        if self.flag not in FLAGS:
            raise InvalidValue(f"no ipvlan flag {self.flag!r}", ", ".join(FLAGS))
        if self.mac is not None:
            raise InvalidValue(
                f"ipvlan {self.ifname} with a MAC of its own", "that of the lower device"
            )

    def kind_words(self) -> tuple[str, ...]:
        """``mode MODE FLAG``."""
        return ("mode", self.mode, self.flag)

    def kind_data(self) -> Mapping[str, Any]:
        """IFLA_IPVLAN_*."""
        return {"mode": MODES[self.mode], "flags": FLAGS[self.flag]}

    def kind_wanted(self) -> Mapping[str, Any]:
        """By the words of the command."""
        return {"mode": self.mode, "flag": self.flag}

    def kind_seen(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """By the same words."""
        modes = {number: name for name, number in MODES.items()}
        flags = {number: name for name, number in FLAGS.items()}
        return {
            "mode": modes.get(data.get("mode", -1), "unknown"),
            "flag": flags.get(data.get("flags", -1), "unknown"),
        }
