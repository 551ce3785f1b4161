"""ipvlan's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import Key, Table

TABLE: Final = Table(
    "ipvlan",
    "An interface with the MAC of a device of the host, told apart by its addresses.",
    conf=(
        Key("master", "string", "the device", otherwise="the one interface of `prevResult`, or "
            "that of the default route", example="ens1"),
        Key("mode", "string", "`l2`, `l3` or `l3s`", "l2", example="l3"),
        Key("mtu", "number", "at most the master's", 0, otherwise="the master's", example=1400),
        shared.IN_CONTAINER,
        Key("ipam", "object", "the plugin that gives addresses, and its keys",
            otherwise="must be there, or addresses in `prevResult`"),
        shared.DNS_ALONE,
    ),
    least={"ipam": shared.ADDRESSES},
)  # fmt: skip
