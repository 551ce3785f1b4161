"""static's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import Key, Table

_CIDR: Final = "10.1.0.7/24"

TABLE: Final = Table(
    "static",
    "Addresses that the configuration, its author or the runtime names. The keys are those of "
    "`ipam`.",
    conf=(
        Key("addresses[].address", "string", "an address with its length",
            otherwise="must be there", example=_CIDR),
        Key("addresses[].gateway", "string", "its gateway", example="10.1.0.1",
            beside={"address": _CIDR}),
        *shared.routes("routes"),
        *shared.IN_DNS,
    ),
    runtime=(Key("ips[]", "string", "an address, in place of all others", example=_CIDR),),
    args=(
        Key("ips[]", "string", "an address, in place of those of `addresses` and of CNI_ARGS",
            example=_CIDR),
    ),
    arguments=(
        Key("IP", "string", "addresses besides, with `,` between", example=_CIDR),
        Key("GATEWAY", "string", "gateways of the networks that they lie in", example="10.1.0.1"),
        Key("MAC", "string", "a MAC", example=shared.MAC,
            idle="the plugin that makes the interface reads it"),
    ),
    least={"addresses": [{"address": "10.1.0.2/24"}]},
)  # fmt: skip
