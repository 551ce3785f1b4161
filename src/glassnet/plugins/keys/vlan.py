"""vlan's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import Key, Table

TABLE: Final = Table(
    "vlan",
    "An interface for one VLAN of a device of the host.",
    conf=(
        Key("master", "string", "the device", otherwise="must be there"),
        Key("vlanId", "number", "which VLAN, 0 to 4094", 0, example=100),
        Key("mtu", "number", "at most the master's", 0, otherwise="the master's", example=1400),
        shared.IN_CONTAINER,
        shared.NEEDED_IPAM,
        shared.DNS_ALONE,
    ),
    least={"master": "ens1", "ipam": shared.ADDRESSES},
)  # fmt: skip
