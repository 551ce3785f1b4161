"""What is no DHCP message."""

from __future__ import annotations

from glassnet.errors import GlassnetError


class Malformed(GlassnetError):
    """Bytes that cannot be decoded: of what they are, what is wrong, and where."""
