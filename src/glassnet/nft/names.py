"""The names in our table, for those who add elements to its sets and maps."""

from __future__ import annotations

from typing import Final

FAMILY: Final = "inet"
TABLE: Final = "glassnet"

MASQUERADE4: Final = "masquerade4"
MASQUERADE6: Final = "masquerade6"
LOCAL4: Final = "local4"
LOCAL6: Final = "local6"

WALLED: Final = "walled"
WITHIN: Final = "within"
APART: Final = "apart"
OF_LINKS: Final = frozenset({WALLED, WITHIN, APART})
"""Sets of names of links, of any form."""


def direct(version: int) -> str:
    """The set of what is reached by a published port alone: address, protocol, port."""
    return f"direct{version}"


def admitted(version: int) -> str:
    """The set of addresses that other tables are to let through."""
    return f"admitted{version}"


def ports(version: int, *, host: bool) -> str:
    """The map of single published ports; ``host``: of those bound to one address of the host."""
    return f"{'host' if host else ''}ports{version}"


def ranges(version: int, *, host: bool) -> str:
    """The map of published ranges that keep their numbers."""
    return f"{'host' if host else ''}ranges{version}"
