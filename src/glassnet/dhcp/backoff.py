"""How long an answer is waited for before something is sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Draw = Callable[[], float]
"""A chance from 0 up to, but not, 1."""

_QUICK: Final = (1.0, 2.0, 2.0, 2.0)
_FIRST: Final = 4.0
_SPAN: Final = 1.0

_SHARE: Final = 16
_RENEWAL_MIN: Final = 60.0
_AT_LEAST: Final = 0.5


class Backoff:
    """Seconds: 1, three times 2, then 4, 8 and so on up to ``most``; give or take 1, or the half.

    RFC 2131, 4.1 begins with 4. But what is lost first of all is lost on a link that just came up,
    and a container waits for it.
    """

    def __init__(self, most: float, draw: Draw) -> None:
        self._most = most
        self._draw = draw
        self._quick = iter(_QUICK)
        self._slow = _FIRST

    def next(self) -> float:
        """How long to wait this time."""
        wait = next(self._quick, 0.0)
        if not wait:
            wait = min(self._slow, self._most)
            self._slow *= 2
        span = min(_SPAN, wait / 2)
        return max(wait + span * (2 * self._draw() - 1), _AT_LEAST)


def before(limit: float, now: float, seconds: float) -> float:
    """When a lease of so many seconds is asked for again, that must be answered by ``limit``.

    Half of the time that is left, but 60 seconds at least (RFC 2131, 4.4.5), or the sixteenth
    part of a lease that is shorter than that allows for.
    """
    least = max(min(_RENEWAL_MIN, seconds / _SHARE), _AT_LEAST)
    return min(limit, now + max((limit - now) / 2, least))
