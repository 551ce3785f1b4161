"""firewall's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys.key import Key, Table

_NONE: Final = "glassnet's own chains drop nothing that would have to be let pass"

TABLE: Final = Table(
    "firewall",
    "What may come in to the network, as far as its bridge is concerned.",
    conf=(
        Key("ingressPolicy", "string", "`open`; `same-bridge`, from the same bridge alone; "
            "`isolated`, not even from there", "open", example="isolated"),
        Key("backend", "string", "`iptables` or `firewalld`", otherwise="nftables",
            example="iptables", idle="nftables, whatever it says"),
        Key("iptablesAdminChainName", "string", "a chain that comes first", "CNI-ADMIN",
            example="MINE", idle=_NONE),
        Key("firewalldZone", "string", "the zone that lets packets pass", "trusted",
            example="home", idle=_NONE),
    ),
)  # fmt: skip
