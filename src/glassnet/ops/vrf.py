"""A VRF: links that are its members have a routing table to themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from glassnet.errors import InvalidValue
from glassnet.ops.kind import KindOp
from glassnet.ops.link import LinkOp

_TABLE_MAX = 2**32 - 1


class VrfOp(KindOp, frozen=True, kw_only=True, tag="vrf"):
    """A VRF with the routing table ``table``. It works once it is up.

    Links join it as a bridge's ports do: by their ``master``, or by `glassnet.ops.bridge.PortOp`.
    With the first one in a namespace the kernel makes a rule that leads to all their tables
    (priority 1000, ``lookup [l3mdev-table]``), and leaves it there.
    """

    kind: ClassVar[str] = "vrf"

    table: int

    def __post_init__(self) -> None:
        LinkOp.__post_init__(self)
        if not 1 <= self.table <= _TABLE_MAX:
            raise InvalidValue(f"table {self.table} is out of range", f"1 to {_TABLE_MAX}")
        if self.master is not None:
            raise InvalidValue(
                f"VRF {self.ifname} is to be a member of {self.master}", "no master for a VRF"
            )

    def kind_words(self) -> tuple[str, ...]:
        """``table N``."""
        return ("table", str(self.table))

    def kind_data(self) -> Mapping[str, Any]:
        """IFLA_VRF_TABLE."""
        return {"table": self.table}

    def kind_lasting(self, seen: Mapping[str, Any]) -> Collection[str]:
        """The table: the kernel changes no VRF."""
        return ("table",)
