"""Dependency order: what provides a key comes before what needs it; else as written."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush

from glassnet.errors import PlanError
from glassnet.ops.base import Key
from glassnet.plan.model import Wanted


def providers(wanted: Sequence[Wanted]) -> dict[Key, list[int]]:
    """For each key, the positions of the operations that provide it."""
    out: dict[Key, list[int]] = {}
    for position, item in enumerate(wanted):
        for key in item.op.provides():
            out.setdefault(key, []).append(position)
    return out


def order(wanted: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """The same operations, each after what it needs; the order given breaks ties.

    Raises `PlanError` where operations wait for each other.
    """
    provided = providers(wanted)
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for position, item in enumerate(wanted):
        waits = [
            provider
            for key in (*item.op.needs(), *item.op.after())
            for provider in provided.get(key, ())
            if provider != position
        ]
        sorter.add(position, *waits)
    try:
        sorter.prepare()
    except CycleError as error:
        names = " → ".join(str(wanted[n].op) for n in error.args[1])
        raise PlanError(f"these wait for each other: {names}") from None
    ready: list[int] = []
    out: list[Wanted] = []
    while sorter.is_active():
        for position in sorter.get_ready():
            heappush(ready, position)
        position = heappop(ready)
        out.append(wanted[position])
        sorter.done(position)
    return tuple(out)
