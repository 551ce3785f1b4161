"""ptp's keys."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import Table

TABLE: Final = Table(
    "ptp",
    "A cable from the container to the host, and routes in place of a switch.",
    conf=(
        shared.MASQUERADE,
        shared.MASQUERADE_BACKEND,
        shared.MTU,
        shared.NEEDED_IPAM,
        shared.DNS,
    ),
    least={"ipam": shared.ADDRESSES},
)
