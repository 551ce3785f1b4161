"""The table of bridges' guards: what a port may send is what bears its own MAC.

It is the bridge family's, apart from the base ruleset, for frames that are passed on by a bridge
meet no other. As there, what belongs to a port is an element, and the rules are two for ever.
"""

from __future__ import annotations

from typing import Final

FAMILY: Final = "bridge"
TABLE: Final = "glassnet"
CHAIN: Final = "guard"
GUARDED: Final = "guarded"
"""The ports that are watched, by name."""
ALLOWED: Final = "allowed"
"""What they may send from: port and MAC."""

OWN: Final = "glassnet: from a port's own MAC"
SPOOFED: Final = "glassnet: from another MAC than a guarded port's own"

BASE: Final = f"""\
table {FAMILY} {TABLE} {{
	set {GUARDED} {{
		type ifname
	}}
	set {ALLOWED} {{
		type ifname . ether_addr
	}}
	chain {CHAIN} {{
		type filter hook prerouting priority -300; policy accept;
		iifname . ether saddr @{ALLOWED} accept comment "{OWN}"
		iifname @{GUARDED} drop comment "{SPOOFED}"
	}}
}}
"""
"""What makes the table, as ``nft -f`` takes it."""

REMOVE: Final = f"delete table {FAMILY} {TABLE}"
"""What takes it away."""

STATIC: Final = (
    ((GUARDED, ("ifname",)), (ALLOWED, ("ifname", "ether_addr"))),
    ((CHAIN, OWN), (CHAIN, SPOOFED)),
)
"""The table's sets with the types of their keys, and its rules by chain and comment."""


def add(port: str, mac: str, comment: str) -> tuple[str, ...]:
    """The statements that guard a port."""
    mark = f' comment "{comment}"' if comment else ""
    return (
        f'add element {FAMILY} {TABLE} {ALLOWED} {{ "{port}" . {mac}{mark} }}',
        f'add element {FAMILY} {TABLE} {GUARDED} {{ "{port}"{mark} }}',
    )


def delete(port: str, mac: str) -> tuple[str, ...]:
    """The statements that guard it no more."""
    return (
        f'delete element {FAMILY} {TABLE} {GUARDED} {{ "{port}" }}',
        f'delete element {FAMILY} {TABLE} {ALLOWED} {{ "{port}" . {mac} }}',
    )
