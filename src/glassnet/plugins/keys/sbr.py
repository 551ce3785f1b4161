"""sbr's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys.key import Key, Table

TABLE: Final = Table(
    "sbr",
    "What comes from an address of the interface leaves by it, by a routing table of its own.",
    conf=(
        Key("table", "number", "the table of all addresses, which is left as it is",
            otherwise="for each address the first from 100 on that is free", example=200),
        Key("gateways[]", "string", "the way out: one of IPv4, one of IPv6",
            otherwise="that of each address", example="10.1.0.9"),
        Key("addSourceHints", "boolean", "the networks stay in the main table too, with the "
            "address that they are sent from", default=False, example=True),
    ),
)  # fmt: skip
