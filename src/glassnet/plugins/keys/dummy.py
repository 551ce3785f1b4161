"""dummy's keys."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from glassnet.plugins.keys import shared
from glassnet.plugins.keys.key import Table

TABLE: Final = Table(
    "dummy",
    "An interface that is up and leads nowhere.",
    conf=(shared.NEEDED_IPAM, replace(shared.DNS_ALONE, ours=True)),
    least={"ipam": shared.ADDRESSES},
)
