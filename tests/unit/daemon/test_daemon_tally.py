"""What is counted, and how it is told to people and to Prometheus."""

from __future__ import annotations

from glassnet.daemon.tally import Tally


def test_calls_are_counted_by_type_verb_and_outcome() -> None:
    tally = Tally()
    for code in (0, 1, 0):
        tally.count("bridge", "ADD", code, 0.004)
    tally.count("ptp", "DEL", 0, 0.03)
    tally.refused["slow"] += 1
    assert tally.status() == {
        "running": 0,
        "waiting": 0,
        "calls": [
            {"type": "bridge", "verb": "ADD", "outcome": "done", "count": 2},
            {"type": "bridge", "verb": "ADD", "outcome": "failed", "count": 1},
            {"type": "ptp", "verb": "DEL", "outcome": "done", "count": 1},
        ],
        "refused": {"slow": 1},
    }


def test_metrics_are_prometheus_text() -> None:
    tally = Tally()
    for seconds in (0.001, 0.0011, 0.004, 9.0):
        tally.count("bridge", "ADD", 0, seconds)
    lines = tally.metrics().splitlines()
    assert 'glassnet_calls_total{type="bridge",verb="ADD",outcome="done"} 4' in lines
    buckets = [line for line in lines if line.startswith("glassnet_call_seconds_bucket")]
    counts = [int(line.rpartition(" ")[2]) for line in buckets]
    assert counts == [1, 2, 3, *[3] * 8, 4]
    assert buckets[-1] == 'glassnet_call_seconds_bucket{verb="ADD",le="+Inf"} 4'
    assert 'glassnet_call_seconds_count{verb="ADD"} 4' in lines
    assert 'glassnet_call_seconds_sum{verb="ADD"} 9.006100' in lines
    assert tally.metrics().endswith("\n")
