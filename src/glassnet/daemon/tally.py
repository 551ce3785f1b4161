"""What the daemon has done, counted: for `glassnet daemon status` and for Prometheus."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

BOUNDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
"""Seconds: the upper ends of the histogram's buckets."""


class Tally:
    """Calls by type, verb and outcome; their durations in seconds by verb."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str, str]] = Counter()
        self.refused: Counter[str] = Counter()
        self.running = 0
        self.waiting = 0
        self._buckets: dict[str, list[int]] = {}
        self._seconds: Counter[str] = Counter()

    def count(self, type_: str, verb: str, code: int, seconds: float) -> None:
        """A call that has ended."""
        self.calls[type_, verb, "failed" if code else "done"] += 1
        buckets = self._buckets.setdefault(verb, [0] * (len(BOUNDS) + 1))
        buckets[bisect_left(BOUNDS, seconds)] += 1
        self._seconds[verb] += seconds  # type: ignore[assignment]

    def status(self) -> dict[str, Any]:
        """For people and programs: what is going on, and calls by type, verb and outcome."""
        return {
            "running": self.running,
            "waiting": self.waiting,
            "calls": [
                {"type": type_, "verb": verb, "outcome": outcome, "count": count}
                for (type_, verb, outcome), count in sorted(self.calls.items())
            ],
            "refused": dict(sorted(self.refused.items())),
        }

    def metrics(self) -> str:
        """In Prometheus' text format."""
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        yield "# TYPE glassnet_calls_total counter"
        for (type_, verb, outcome), count in sorted(self.calls.items()):
            labels = f'type="{type_}",verb="{verb}",outcome="{outcome}"'
            yield f"glassnet_calls_total{{{labels}}} {count}"
        yield "# TYPE glassnet_refused_total counter"
        for why, count in sorted(self.refused.items()):
            yield f'glassnet_refused_total{{why="{why}"}} {count}'
        yield "# TYPE glassnet_calls_running gauge"
        yield f"glassnet_calls_running {self.running}"
        yield "# TYPE glassnet_calls_waiting gauge"
        yield f"glassnet_calls_waiting {self.waiting}"
        yield "# TYPE glassnet_call_seconds histogram"
        for verb, buckets in sorted(self._buckets.items()):
            total = 0
            for bound, count in zip((*map(str, BOUNDS), "+Inf"), buckets, strict=True):
                total += count
                yield f'glassnet_call_seconds_bucket{{verb="{verb}",le="{bound}"}} {total}'
            yield f'glassnet_call_seconds_sum{{verb="{verb}"}} {self._seconds[verb]:.6f}'
            yield f'glassnet_call_seconds_count{{verb="{verb}"}} {total}'
