"""loopback's keys: there are none."""

from __future__ import annotations

from typing import Final

from glassnet.plugins.keys.key import Table

TABLE: Final = Table("loopback", "`lo` up. It has no keys of its own.")
