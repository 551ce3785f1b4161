"""firewall's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys.key import Key, Table

TABLE: Final = Table(
    "firewall",
    "The containers pass through the host's firewall, and what may come in to them.",
    conf=(
        Key("ingressPolicy", "string", "`open`; `same-bridge`, from the same bridge alone; "
            "`isolated`, not even from there", "open", example="isolated"),
        Key("backend", "string", "`firewalld`: the addresses are sources of its zone, and it must "
            "run; `iptables`: they are not", otherwise="firewalld's zone where it runs",
            example="iptables"),
        Key("iptablesAdminChainName", "string", "a chain in which the host has its say first",
            "CNI-ADMIN", example="MINE"),
        Key("firewalldZone", "string", "the zone", "trusted", example="home"),
    ),
)  # fmt: skip
