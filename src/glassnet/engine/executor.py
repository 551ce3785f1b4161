"""Carries a plan out: batches, receipts, events; on refusal it takes back what it did."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from glassnet.errors import GlassnetError, RollbackFailed, StepFailed
from glassnet.events import Done, Failed, Left, Listener, Planned, Undone, ignore
from glassnet.kernel.port import Kernel
from glassnet.ops.base import ActionOp, Op
from glassnet.ops.request import Request
from glassnet.plan.model import Entry, Plan, Step, facets
from glassnet.state.snapshot import Snapshot

if TYPE_CHECKING:
    from glassnet.plan.stencil import Ready

NO_LIMIT: Final = 1 << 30


class Executor:
    """The only caller of `Kernel.perform`. ``chunk`` is how many steps go to it at a time."""

    def __init__(self, kernel: Kernel, listener: Listener, chunk: int = NO_LIMIT) -> None:
        self._kernel = kernel
        self._listener = listener
        self._chunk = chunk

    @property
    def is_unwatched(self) -> bool:
        """Whether nobody is told of steps, so that they need not be done one by one."""
        return self._listener is ignore and self._chunk >= NO_LIMIT

    def run(self, plan: Plan, snapshot: Snapshot, before: Sequence[Entry] = ()) -> None:
        """All steps that act, in order; ``before`` is what stood before, to return to.

        Raises `StepFailed` when one is refused and all before it are taken back, or
        `RollbackFailed` when some could not be.
        """
        steps = plan.changes
        self._listener(Planned(plan.name, plan.verb, len(steps)))
        done = 0
        for chunk in _chunks(steps, self._chunk):
            made, error, in_part = self._perform(chunk, snapshot)
            self._announce(plan, chunk[:made], done)
            done += made
            if error is not None:
                if in_part:
                    self._take_part(chunk[made])
                # What was sent along with the refused one may have been done although it comes
                # later, and the refused one itself in part: all of the chunk is looked at.
                tried = Plan(plan.name, plan.verb, steps[: steps.index(chunk[-1]) + 1])
                self._give_up(tried, done, len(steps), error, before)
        self.tell_left(plan)

    def run_ready(self, ready: Ready, plan: Callable[[], Plan]) -> None:
        """The same for what is in bytes already; ``plan`` gives what they are the bytes of.

        Nothing is told of it: whoever listens is to have it by `run`.
        """
        for at, error in enumerate(self._kernel.perform(ready.requests)):
            if error is not None:
                whole = plan()
                ends = itertools.accumulate(len(request.starts) for request in ready.requests)
                sent = next(end for end in ends if end > at)
                steps = whole.changes[: max(ready.steps[:sent]) + 1]
                tried = Plan(whole.name, whole.verb, steps)
                self._give_up(tried, ready.steps[at], len(whole.changes), error, ())

    def _perform(
        self, steps: Sequence[Step], snapshot: Snapshot
    ) -> tuple[int, GlassnetError | None, bool]:
        """How many steps were done whole before a refusal, and that; whether it was in part."""
        requests: list[Request] = []
        ends: list[int] = []
        for step in steps:
            requests += requests_of(step, snapshot)
            ends.append(len(requests))
        outcomes = self._kernel.perform(requests)
        for position, error in enumerate(outcomes):
            if error is not None:
                whole = sum(end <= position for end in ends)
                return (whole, error, position > (ends[whole - 1] if whole else 0))
        return (len(steps), None, False)

    def _take_part(self, step: Step) -> None:
        """Take back a step that was done in part: what it made may not bear our mark yet.

        What is refused here is looked at with all the rest.
        """
        if step.action == "make":
            inverse = step.op.inverse(step.receipt())
            self._kernel.perform([request for op in inverse for request in op.requests()])

    def _announce(self, plan: Plan, steps: Sequence[Step], before: int) -> None:
        if self._listener is ignore:
            return  # the words would cost more than the deeds
        total = len(plan.changes)
        for number, step in enumerate(steps, before + 1):
            commands = tuple(str(command) for command in step.op.commands())
            self._listener(Done(plan.name, number, total, str(step.op), commands))

    def tell_left(self, plan: Plan) -> None:
        """Say what is left as it is, and why."""
        for step in plan.steps:
            if step.action == "leave":
                self._listener(Left(plan.name, str(step.op), step.note))

    def _tell_failed(self, plan: Plan, step: Step, error: GlassnetError) -> None:
        number, total = plan.changes.index(step) + 1, len(plan.changes)
        self._listener(Failed(plan.name, number, total, str(step.op), str(error)))

    def _give_up(
        self, tried: Plan, done: int, total: int, error: GlassnetError, before: Sequence[Entry]
    ) -> NoReturn:
        failed = str(tried.steps[done].op)
        self._listener(Failed(tried.name, done + 1, total, failed, str(error)))
        first = StepFailed(done + 1, total, failed, error)
        left = self.take_back(tried, before)
        if left:
            raise RollbackFailed(first, left)
        raise first

    def take_back(self, plan: Plan, before: Sequence[Entry]) -> list[str]:
        """Return to what stood before a plan, going on past refusals; what could not be done."""
        from glassnet.plan.resume import build_return

        ops = [step.op for step in plan.steps] + [entry.op for entry in before]
        left: list[str] = []
        try:
            snapshot = self._kernel.snapshot(facets(ops))
        except GlassnetError as error:
            return [f"everything: {error}"]
        for step in build_return(plan, before, snapshot).steps:
            if step.action == "leave":
                self._listener(Left(plan.name, str(step.op), step.note))
            if not step.acts:
                continue
            outcomes = self._kernel.perform(requests_of(step, snapshot))
            errors = [outcome for outcome in outcomes if outcome is not None]
            if errors and step.op.satisfied_by(self._kernel.snapshot(step.op.reads())):
                left.append(f"{step.op}: {errors[0]}")
            else:
                self._listener(Undone(plan.name, str(step.op)))
        return left

    def teardown(self, plan: Plan, snapshot: Snapshot) -> list[str]:
        """As `run`, but going on past refusals: what could not be done, in words."""
        steps = plan.changes
        self._listener(Planned(plan.name, plan.verb, len(steps)))
        left: list[str] = []
        refused: list[tuple[Request, ...]] = []
        rest = list(steps)
        while rest:
            chunk = rest[: self._chunk]
            made, error, _ = self._perform(chunk, snapshot)
            self._announce(plan, chunk[:made], len(steps) - len(rest))
            if error is not None:
                failed = chunk[made]
                refused.append(requests_of(failed, snapshot))
                snapshot = self._kernel.snapshot(facets(step.op for step in rest))
                due = [step for step in rest[made:] if _is_due(step.op, snapshot)]
                stuck = requests_of(failed, snapshot) in refused
                if due[:1] == [failed] and len(due) == len(rest) - made and stuck:
                    due = due[1:]
                    self._tell_failed(plan, failed, error)
                    if not isinstance(failed.op, ActionOp):  # which leaves nothing behind
                        left.append(f"{failed.op}: {error}")
                # Else something went by itself meanwhile, with a namespace that was on its way out:
                # nft refuses what is sent with it; what was to be replaced is now to be made.
                rest = due
            else:
                rest = rest[made:]
        self.tell_left(plan)
        return left


def requests_of(step: Step, snapshot: Snapshot) -> tuple[Request, ...]:
    """What a step asks of the kernel: the plain requests, or those that fit what is there."""
    if step.action == "make":
        return step.op.requests()
    return step.op.remedy(snapshot)


def _is_due(op: Op, snapshot: Snapshot) -> bool:
    """Whether it is still to be done; of an action nothing can be seen."""
    return isinstance(op, ActionOp) or bool(op.satisfied_by(snapshot))


def entry_of(step: Step) -> Entry:
    """The journal's entry for a step that was, or may have been, carried out."""
    return Entry(step.op, step.receipt(), step.origin)


def _chunks(steps: Sequence[Step], size: int) -> Iterator[Sequence[Step]]:
    for start in range(0, len(steps), size):
        yield steps[start : start + size]
