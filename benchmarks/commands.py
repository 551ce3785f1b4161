"""Whole commands, interpreter start included, against a bare interpreter's start."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.private import in_private_host

ROOT = Path(__file__).resolve().parent.parent
ARTICLE = ROOT / "examples" / "article.yaml"
GLASSNET = Path(sys.executable).with_name("glassnet")


def timed(command: list[str]) -> float:
    """Milliseconds from start to end of a process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1e3


def spread(times: list[float]) -> dict[str, float]:
    """Median, and the smallest and largest seen."""
    return {
        "p50_ms": round(statistics.median(times), 1),
        "min_ms": round(min(times), 1),
        "max_ms": round(max(times), 1),
    }


def help_against_bare(rounds: int) -> dict[str, Any]:
    """``glassnet --help`` and ``python -c pass``, in turn."""
    bare: list[float] = []
    helped: list[float] = []
    for _ in range(rounds):
        bare.append(timed([sys.executable, "-c", "pass"]))
        helped.append(timed([str(GLASSNET), "--help"]))
    over = [b - a for a, b in zip(bare, helped, strict=True)]
    return {"bare": spread(bare), "help": spread(helped), "over": spread(over)}


def up_in_lab(rounds: int) -> dict[str, Any]:
    """``glassnet up examples/article.yaml`` and ``glassnet down article`` within a private host."""

    def work() -> dict[str, Any]:
        up: list[float] = []
        down: list[float] = []
        for _ in range(rounds):
            up.append(timed([str(GLASSNET), "up", str(ARTICLE)]))
            down.append(timed([str(GLASSNET), "down", "article"]))
        return {"up": spread(up), "down": spread(down)}

    figures: dict[str, Any] = in_private_host(work)
    return figures
