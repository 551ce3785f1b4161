"""What lasts of a state of the oracle's, on hosts that nobody has told to be quiet.

There IPv6 gives a link addresses of its own, and a second or two later finds them, and those that
it was given, to be nobody else's; bridges go through the states of the spanning tree; and what
depends on MACs that the kernel has drawn differs from host to host, in more than their names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from glassnet.testing.oracle import State

PASSING: Final[Mapping[str, str]] = {
    "tentative": "until an address is found to be nobody else's",
    "state": "a bridge port comes to forwarding by the timers of the spanning tree",
    "root_port": "as `state`; and bridges elect by their MACs",
    "root_path_cost": "as `root_port`",
    "designated_port": "as `root_port`",
    "designated_cost": "as `root_port`",
    "config_pending": "as `state`",
    "topology_change_ack": "as `state`",
}
"""Fields that are left out wherever they stand."""

_DRAWN: Final = re.compile(r"<mac of [^>]*>")


def lasting(state: State) -> State:
    """The same without what passes, and with one name for all MACs that were drawn."""
    kept: State = _lasting(state)
    return kept


def _lasting(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _lasting(inner) for key, inner in value.items() if key not in PASSING}
    if isinstance(value, list):
        return [_lasting(inner) for inner in value if not _comes_by_itself(inner)]
    return _DRAWN.sub("<mac>", value) if isinstance(value, str) else value


def _comes_by_itself(item: Any) -> bool:
    """A link-local address or route of IPv6, or any route of its local table."""
    if not isinstance(item, Mapping):
        return False
    target = str(item.get("local", item.get("dst", "")))
    return target.startswith(("fe80:", "<fe80 of")) or (
        ":" in target and item.get("table") == "local"
    )
