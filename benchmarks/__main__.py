"""``python -m benchmarks``: every figure with its target, both sides in one run.

Prints a table and, with --json FILE, writes the raw figures. A target that is missed is printed as
missed; the exit code is 0 all the same, for a busy machine is no failure of the code.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
from pathlib import Path
from typing import Any

from benchmarks.attach import compare
from benchmarks.commands import help_against_bare, plugin_against_bare, up_in_lab
from benchmarks.queues import carried

ATTACH_TARGET = 1.5


def main() -> None:
    options = _options()
    marks = [int(mark) for mark in options.at.split(",")]
    cpus = os.cpu_count()
    print(f"{platform.release()}, {cpus} cpus, Python {platform.python_version()}")
    raw: dict[str, Any] = {"attach": {}}
    settings = [("routed", False, marks), ("routed", True, marks)]
    settings.append(("bridge", False, [mark for mark in marks if mark < 1000] + [900]))
    for mode, ipv6, counts in settings:
        name = f"{mode}, IPv6 {'on' if ipv6 else 'off'}"
        rounds = compare(mode, counts, options.rounds, ipv6=ipv6)
        raw["attach"][name] = rounds
        _print_attach(name, counts, rounds)
    raw["help"] = help_against_bare(options.rounds * 5)
    raw["plugin"] = plugin_against_bare(options.rounds * 7)
    raw["lab"] = up_in_lab(options.rounds * 4)
    _print_commands(raw)
    raw["queues"] = carried(options.rounds)
    _print_queues(raw["queues"])
    if options.json:
        options.json.write_text(json.dumps(raw, indent=2), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at", default="50,1000,4000", help="attachment counts, ascending")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _print_attach(name: str, marks: list[int], rounds: list[dict[str, Any]]) -> None:
    print(f"\nengine attach, {name} (milliseconds, p50 of 50; target ≤ {ATTACH_TARGET} × floor)")
    print(f"{'at':>6} {'floor':>8} {'glassnet':>9} {'ratio':>7}   of each round")
    for mark in marks:
        low = [one["floor"][str(mark)]["p50_ms"] for one in rounds]
        high = [one["ours"][str(mark)]["p50_ms"] for one in rounds]
        ratios = [b / a for a, b in zip(low, high, strict=True)]
        ratio = statistics.median(ratios)
        verdict = "met" if ratio <= ATTACH_TARGET else "MISSED"
        spread = " ".join(f"{one:.2f}" for one in ratios)
        print(
            f"{mark:6} {statistics.median(low):8.3f} {statistics.median(high):9.3f} "
            f"{ratio:6.2f}×   {spread}   {verdict}"
        )
    checks = [one["ours"]["check"] for one in rounds]
    seconds = [one["seconds"] * 1000 / marks[-1] for one in checks]
    shown = " ".join(f"{one:.2f}" for one in seconds)
    verdict = "met" if statistics.median(seconds) <= 1 else "MISSED"
    print(f"check of 1,000 attachments (of {marks[-1]}): {shown} s; target ≤ 1 s   {verdict}")


def _print_commands(raw: dict[str, Any]) -> None:
    over, up = raw["help"]["over"], raw["lab"]["up"]
    print("\nwhole commands, interpreter start included")
    rows = [("glassnet --help over a bare interpreter", over, 150), ("up article.yaml", up, 300)]
    plugin = raw["plugin"]["over"]
    rows.append(("imports of a CNI plugin's ADD over a bare interpreter", plugin, 60))
    rows.append(("down article", raw["lab"]["down"], 0))
    for name, one, target in rows:
        verdict = ("met" if one["p50_ms"] <= target else "MISSED") if target else ""
        goal = f"; target ≤ {target} ms" if target else ""
        low, high = one["min_ms"], one["max_ms"]
        print(f"{name}: {one['p50_ms']} ms ({low} to {high}){goal}   {verdict}")


def _print_queues(raw: dict[str, Any]) -> None:
    print("\nTCP over a cable, Gbit/s: queues as the kernel gives them, and one (docs/adr/0011)")
    for streams, one in raw.items():
        given, single = one["default"]["p50_gbit"], one["one"]["p50_gbit"]
        print(f"{streams} streams: {given} and {single}: {single / given:.2f}×")


main()
