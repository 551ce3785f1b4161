"""portmap's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys.key import Key, Table

MAPPING: Final = {"hostPort": 8080, "containerPort": 80}
_RULES: Final = "rules of other tools; `hostIP` narrows a mapping to one address"

TABLE: Final = Table(
    "portmap",
    "Ports of the host that lead to the container's.",
    conf=(
        Key("backend", "string", "`iptables` or `nftables`", otherwise="nftables",
            example="iptables", idle="nftables translates, whatever it says"),
        Key("snat", "boolean", "the ports answer from the host's 127.0.0.1 too", default=True,
            example=False),
        Key("masqAll", "boolean", "all that comes by a port has the host's address", default=False,
            example=True, refused="the container sees who calls: only what must have the host's "
            "address, to find its way back, gets it"),
        Key("markMasqBit", "number", "which bit of the mark is for it, 0 to 31", 13, example=14,
            idle="no mark is needed"),
        Key("externalSetMarkChain", "string", "a chain of iptables that sets the mark", "",
            example="KUBE-MARK-MASQ", refused=_RULES),
        Key("conditionsV4[]", "string", "conditions in the words of iptables or nft",
            example="-d", refused=_RULES),
        Key("conditionsV6[]", "string", "the same for IPv6", example="-d", refused=_RULES),
    ),
    runtime=(
        Key("portMappings[].hostPort", "number", "the host's port, 1 to 65535",
            otherwise="must be there", example=8080, beside=MAPPING),
        Key("portMappings[].containerPort", "number", "the container's", otherwise="must be there",
            example=80, beside=MAPPING),
        Key("portMappings[].protocol", "string", "`tcp`, `udp` or `sctp`", otherwise="tcp",
            example="udp", beside=MAPPING),
        Key("portMappings[].hostIP", "string", "one address of the host's", otherwise="all of "
            "them", example="192.0.2.1", beside=MAPPING),
    ),
)  # fmt: skip
