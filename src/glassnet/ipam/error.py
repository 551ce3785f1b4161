"""What can be wrong with a request for an address."""

from __future__ import annotations

from glassnet.errors import Refusal


class PoolExhausted(Refusal):
    """No address is left in a pool."""


class AddressTaken(Refusal):
    """The address that was asked for is somebody else's, or not to be given."""
