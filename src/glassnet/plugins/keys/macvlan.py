"""macvlan's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import Key, Table

TABLE: Final = Table(
    "macvlan",
    "An interface with a MAC of its own on a device of the host.",
    conf=(
        Key("master", "string", "the device", otherwise="that of the default route",
            example="ens1"),
        Key("mode", "string", "`bridge`, `private`, `vepa` or `passthru`", "bridge",
            example="vepa"),
        Key("mtu", "number", "at most the master's", 0, otherwise="the master's", example=1400),
        Key("mac", "string", "the MAC, where neither runtime nor CNI_ARGS name one",
            example=shared.MAC),
        Key("bcqueuelen", "number", "how many broadcasts may wait", otherwise="the kernel's",
            example=2000),
        shared.IN_CONTAINER,
        shared.IPAM,
        shared.DNS_ALONE,
    ),
    runtime=(shared.RUNTIME_MAC,),
    arguments=(shared.ARGUMENT_MAC, *shared.PASSED_OVER),
    least={"ipam": shared.ADDRESSES},
)  # fmt: skip
