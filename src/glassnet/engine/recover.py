"""What becomes of runs that were cut short: taken back, or completed, by whoever comes next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from glassnet.engine.attachments import Attachments
from glassnet.engine.executor import Executor
from glassnet.engine.journal import Journal, Run
from glassnet.errors import GlassnetError, RollbackFailed
from glassnet.events import Listener, Recovered
from glassnet.kernel.port import Kernel
from glassnet.plan.model import facets
from glassnet.values import Netns


class Settled(NamedTuple):
    """How many runs and attachments were settled, and by name those that could not be."""

    number: int
    failures: Mapping[str, RollbackFailed]


def recover(
    kernel: Kernel,
    journal: Journal,
    attachments: Attachments,
    executor: Executor,
    listener: Listener,
) -> Settled:
    """Settle every pending run whose process is dead, newest first.

    A run that was making something is taken back; one that was taking something away is
    completed. Either may be cut short again: the next call begins with it once more, and so it
    does with one that could not be settled, which does not stand in the way of others.
    """
    settled = 0
    failures: dict[str, RollbackFailed] = {}
    for netns in attachments.cut_short():
        with attachments.held(netns):
            try:
                settled += settle(netns, attachments, executor, listener)
            except RollbackFailed as error:
                failures[netns] = error
    for run in journal.orphans():
        try:
            _settle_run(run, kernel, journal, executor)
        except RollbackFailed as error:
            failures.setdefault(run.name, error)
            continue
        outcome = "completed" if run.forward else "undone"
        settled += 1
        listener(Recovered(run.name, run.verb, outcome))
    return Settled(settled, failures)


def _settle_run(run: Run, kernel: Kernel, journal: Journal, executor: Executor) -> None:
    if run.forward:
        _complete(run, kernel, journal, executor)
    else:
        _take_back(run, journal, executor)


def settle(netns: Netns, attachments: Attachments, executor: Executor, listener: Listener) -> int:
    """Take back what is half-made in a namespace that is held; how many there were."""
    rows = attachments.orphans(netns)
    for row in rows:
        left = executor.take_back(row.plan, ())
        if left:
            words = f"the attach of {row.plan.name} that was cut short is not taken back"
            raise RollbackFailed(GlassnetError(words), left)
        attachments.delete(row.id)
        listener(Recovered(row.plan.name, row.plan.verb, "undone"))
    return len(rows)


def _take_back(run: Run, journal: Journal, executor: Executor) -> None:
    journal.lock.claim(run.id)
    left = executor.take_back(run.plan, run.before or ())
    if left:
        journal.lock.release(run.id)
        raise RollbackFailed(
            GlassnetError(f"the {run.verb} of {run.name} that was cut short is not taken back"),
            left,
        )
    journal.finish(run.id, "undone", {})


def _complete(run: Run, kernel: Kernel, journal: Journal, executor: Executor) -> None:
    from glassnet.plan.resume import build_completion

    journal.lock.claim(run.id)
    snapshot = kernel.snapshot(facets(step.op for step in run.plan.steps))
    left = executor.teardown(build_completion(run.plan, snapshot), snapshot)
    if left:
        journal.lock.release(run.id)
        raise RollbackFailed(
            GlassnetError(f"the {run.verb} of {run.name} that was cut short is not completed"),
            left,
        )
    # An undo is no run that could itself be undone: `undo` walks back through what was done.
    state = "reverted" if run.verb.startswith("undo ") else "done"
    journal.finish(run.id, state, run.outcome or {})
