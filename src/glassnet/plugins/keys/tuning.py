"""tuning's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import Key, Table

LINK: Final = (
    Key("mac", "string", "the interface's MAC", example=shared.MAC),
    Key("promisc", "boolean", "it takes in all frames", example=True),
    Key("mtu", "number", "its largest packet", 0, example=1400),
    Key("allmulti", "boolean", "it takes in all that is sent to groups", example=True),
    Key("txQLen", "number", "how many packets may wait to be sent", example=2000),
)
SYSCTL: Final = Key(
    "sysctl",
    "object",
    "settings under net with their values; `IFNAME` stands for the interface",
    example={"net.ipv4.conf.IFNAME.arp_filter": "1"},
)

TABLE: Final = Table(
    "tuning",
    "Settings of the container's namespace and of its interface. What is allowed may be listed in "
    "/etc/cni/tuning/allowlist.conf.",
    conf=(
        SYSCTL,
        *LINK,
        Key("dataDir", "string", "where values are kept until DEL", "/run/cni/tuning",
            example="/run/kept", idle="they are in the store"),
    ),
    runtime=(Key("mac", "string", "the MAC; `args.cni` comes before it", example=shared.MAC),),
    args=(SYSCTL, *LINK),
    arguments=(
        Key("MAC", "string", "the MAC, where neither `args.cni` nor the runtime name one",
            example=shared.MAC),
        *shared.PASSED_OVER,
    ),
)  # fmt: skip
