"""Macvlan: a link with a MAC of its own on another one, as if that were a switch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar

from glassnet.errors import InvalidValue
from glassnet.netlink.route.kinds import macvlan
from glassnet.ops.upper import AcrossOp, UpperOp
from glassnet.values import Mac

MODES: Mapping[str, int] = {
    "private": macvlan.PRIVATE,
    "vepa": macvlan.VEPA,
    "bridge": macvlan.BRIDGE,
    "passthru": macvlan.PASSTHRU,
    "source": macvlan.SOURCE,
}
_FLAGS: Mapping[str, int] = {"nopromisc": macvlan.NOPROMISC, "nodst": macvlan.NODST}
_QUEUE_MAX = 2**32 - 1


class MacvlanOp(UpperOp, frozen=True, kw_only=True, tag="macvlan"):
    """A macvlan on ``lower``.

    ``mode`` says whom it reaches on the same lower device: nobody (``private``), others by way of
    a switch that sends frames back (``vepa``), others directly (``bridge``); or it takes the
    device over, MAC and all (``passthru``, with ``nopromisc`` if not all its traffic), or receives
    only from ``sources`` (``source``, with ``nodst`` for what then is to reach nobody else).
    ``bc_queue_len`` is how many broadcast frames may wait on the lower device.
    """

    kind: ClassVar[str] = "macvlan"
    flattens: ClassVar[bool] = True

    mode: str = "bridge"
    nopromisc: bool = False
    nodst: bool = False
    bc_queue_len: int | None = None
    sources: tuple[Mac, ...] = ()

    def __post_init__(self) -> None:
        AcrossOp.__post_init__(self)
        if self.mode not in MODES:
            raise InvalidValue(f"no macvlan mode {self.mode!r}", ", ".join(MODES))
        only = {
            "nopromisc": ("passthru", self.nopromisc),
            "nodst": ("source", self.nodst),
            "sources": ("source", bool(self.sources)),
        }
        for name, (mode, given) in only.items():
            if given and self.mode != mode:
                raise InvalidValue(f"{name} of a macvlan in mode {self.mode}", f"mode {mode}")
        if self.mode == "passthru" and self.mac is not None:
            raise InvalidValue(
                f"macvlan {self.ifname} with a MAC in mode passthru", "that of the lower device"
            )
        if self.bc_queue_len is not None and not 0 <= self.bc_queue_len <= _QUEUE_MAX:
            raise InvalidValue(f"bc_queue_len {self.bc_queue_len}", f"0 to {_QUEUE_MAX}")
        for mac in self.sources:
            mac.check_unicast()

    def _flags(self) -> tuple[str, ...]:
        given = {"nopromisc": self.nopromisc, "nodst": self.nodst}
        return tuple(name for name in _FLAGS if given[name])

    def kind_words(self) -> tuple[str, ...]:
        """``mode MODE [nopromisc] [nodst] [bcqueuelen N] [macaddr set MAC…]``."""
        words = ["mode", self.mode, *self._flags()]
        words += ["bcqueuelen", str(self.bc_queue_len)] if self.bc_queue_len is not None else []
        words += ["macaddr", "set", *self.sources] if self.sources else []
        return tuple(words)

    def kind_data(self) -> Mapping[str, Any]:
        """IFLA_MACVLAN_*."""
        data: dict[str, Any] = {}
        if self.bc_queue_len is not None:
            data["bc_queue_len"] = self.bc_queue_len
        if self.sources:
            data["macaddr_mode"] = macvlan.SET
            data["macaddr_data"] = {"macaddr": list(self.sources)}
        data["mode"] = MODES[self.mode]
        if flags := self._flags():
            data["flags"] = sum(_FLAGS[name] for name in flags)
        return data

    def kind_wanted(self) -> Mapping[str, Any]:
        """By the words of the command."""
        wanted: dict[str, Any] = {"mode": self.mode}
        wanted |= dict.fromkeys(self._flags(), "on")
        if self.bc_queue_len is not None:
            wanted["bcqueuelen"] = self.bc_queue_len
        if self.sources:
            wanted["sources"] = _listed(self.sources)
        return wanted

    def kind_seen(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """By the same words."""
        words = {number: name for name, number in MODES.items()}
        sources = data.get("macaddr_data", {}).get("macaddr", ())
        flags = data.get("flags", 0)
        return {
            "mode": words.get(data.get("mode", 0), "unknown"),
            **{name: "on" if flags & bit else "off" for name, bit in _FLAGS.items()},
            "bcqueuelen": data.get("bc_queue_len"),
            "sources": _listed(sources),
        }

    def kind_lasting(self, seen: Mapping[str, Any]) -> Collection[str]:
        """A device is taken over, or let go, at birth and death only."""
        return ("mode",) if "passthru" in {self.mode, seen["mode"]} else ()


def _listed(macs: Iterable[Mac]) -> str:
    """In an order of their own: the kernel's is that of a hash."""
    return ", ".join(sorted(set(macs))) or "none"
