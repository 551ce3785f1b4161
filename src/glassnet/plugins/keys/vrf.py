"""vrf's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys.key import Key, Table

TABLE: Final = Table(
    "vrf",
    "The container's interface has a routing table to itself, with others of the same VRF.",
    conf=(
        Key("vrfname", "string", "the VRF; made if it is not there", otherwise="must be there"),
        Key("table", "number", "its table", 0, otherwise="the first that no VRF has",
            example=9),
    ),
    least={"vrfname": "blue"},
)  # fmt: skip
