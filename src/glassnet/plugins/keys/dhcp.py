"""dhcp's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys.key import Key, Table

_HOST: Final = {"option": "host-name", "value": "web"}

TABLE: Final = Table(
    "dhcp",
    "Addresses that a server of the network gives. The keys are those of `ipam`.",
    conf=(
        Key("daemonSocketPath", "string", "where the daemon listens", "/run/cni/dhcp.sock",
            example="/run/other.sock"),
        Key("provide[].option", "string", "an option that is told: `dhcp-client-identifier`, "
            "`subnet-mask`, `routers`, `host-name`, `user-class`, `vendor-class-identifier` or a "
            "number", otherwise="must be there", example="host-name", beside=_HOST),
        Key("provide[].value", "string", "its value", "", example="web",
            beside={"option": "host-name"}),
        Key("provide[].fromArg", "string", "a key of CNI_ARGS whose value comes in its place", "",
            example="NAME", beside={"option": "host-name"}),
        Key("request[].option", "string", "an option that is asked for", "", example="42"),
        Key("request[].skipDefault", "boolean", "those that are asked for in any case are not",
            default=False, example=True),
        Key("priority", "number", "the metric of the routes", 0, example=50),
    ),
)  # fmt: skip
