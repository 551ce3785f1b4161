"""The engine: networks brought up, checked, mended, taken down and undone on one host.

What plans whole networks is imported when that is asked for: attaching a container does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from glassnet.engine.attachments import Attachments
from glassnet.engine.executor import NO_LIMIT, Executor, entry_of
from glassnet.engine.journal import Journal, Run
from glassnet.engine.recover import Settled, recover
from glassnet.engine.store import Store
from glassnet.errors import Conflict, NotFound, RollbackFailed, StepFailed
from glassnet.events import Listener, ignore
from glassnet.kernel.port import Kernel
from glassnet.ops.base import Difference, Op
from glassnet.ops.written import known
from glassnet.plan.model import Entry, Plan, Wanted, facets
from glassnet.state.snapshot import Snapshot

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp
    from glassnet.plan.stencil import Shape, Stencil

Confirm = Callable[[], bool]
"""Asked once a change is made: whether it is to stay."""

_REPAIR_PASSES = 3


class Finding(NamedTuple):
    """One operation that was checked, and how the host differs from it (nothing: it does not)."""

    op: Op
    differences: tuple[Difference, ...]
    origin: str = ""


class Engine:
    """One host, for one thread at a time. It owns the kernel and the store, and closes them."""

    def __init__(
        self,
        kernel: Kernel,
        store: Store,
        listener: Listener = ignore,
        chunk: int = NO_LIMIT,
    ) -> None:
        self.kernel = kernel
        self.store = store
        self.journal = Journal(store)
        self.attachments = Attachments(store)
        self.listener = listener
        self.stencils: dict[Shape, Stencil] = {}
        self.executor = Executor(kernel, listener, chunk)

    def recover(self) -> int:
        """Settle what was cut short; how many runs. Raises `RollbackFailed` for the first that
        could not be settled, once all were tried."""
        with self.journal.lock.alone():
            settled = self._settle()
        for error in settled.failures.values():
            raise error
        return settled.number

    def _settle(self) -> Settled:
        if not self.journal.has_pending():
            return Settled(0, {})
        return recover(self.kernel, self.journal, self.attachments, self.executor, self.listener)

    def settle(self) -> int:
        """As `recover`, going on past what cannot be settled: others need not wait for it."""
        if not self.journal.has_pending():
            return 0
        with self.journal.lock.alone():
            return self._settle().number

    @contextmanager
    def alone(self, name: str = "") -> Iterator[None]:
        """Be the only one who changes networks, with all that was cut short settled.

        Also by one that died while we waited. Raises `RollbackFailed` if what was cut short of
        this very network could not be settled.
        """
        with self.journal.lock.alone():
            failures = self._settle().failures
            if name in failures:
                raise failures[name]
            yield

    # Up.

    def plan_up(self, name: str, wanted: Sequence[Wanted]) -> tuple[Plan, Snapshot]:
        """What `up` would do, and what it saw. Raises what `plan.build.build_up` raises."""
        from glassnet.plan.build import build_up

        records = self.journal.record(name) or ()
        ops = [item.op for item in wanted] + _inverses(records)
        snapshot = self.kernel.snapshot(facets(ops))
        plan = build_up(name, wanted, records, self.others(name), snapshot)
        self._check_fit(plan)
        return (plan, snapshot)

    def _check_fit(self, plan: Plan) -> None:
        """Raise `NotPermitted` or `Unsupported` before anything is touched."""
        from glassnet.plan.fit import check_fit, fit_facets

        check_fit(plan, self.kernel.snapshot(fit_facets(plan)))

    def up(
        self,
        name: str,
        wanted: Sequence[Wanted],
        confirm: Confirm | None = None,
        kind: str = "lab",
    ) -> Plan:
        """Bring a network, of a ``kind``, to what is wanted; the plan that was carried out.

        Raises `StepFailed` or `RollbackFailed`; `Conflict` if ``confirm`` says no, and then all
        is as it was before.
        """
        with self.alone(name):
            return self._up(name, wanted, confirm, kind)

    def extend(self, name: str, ops: Sequence[AnyOp], kind: str) -> Plan:
        """Bring a network to what is recorded of it, and these as well; the plan.

        Of an object that is recorded already, here or for another network, the record's word
        counts: what others have made meanwhile is not made another. Raises as `up` does.
        """
        with self.alone(name):
            mine = {entry.op.key(): entry.op for entry in self.journal.record(name) or ()}
            standing = {op.key(): known(op) for op in self.others(name)}
            new = [standing.get(op.key(), op) for op in ops if op.key() not in mine]
            return self._up(name, [Wanted(op) for op in (*mine.values(), *new)], None, kind)

    def _up(self, name: str, wanted: Sequence[Wanted], confirm: Confirm | None, kind: str) -> Plan:
        from glassnet.engine.outcome import after_up

        self._check_kind(name, kind)
        plan, snapshot = self.plan_up(name, wanted)
        outcome = after_up(plan, kind, self.journal.standing())
        run = self.journal.begin(plan, kind)
        before = self.journal.record(name) or ()
        self._carry_out(run, plan, snapshot, before)
        self._ask(run, plan, confirm)
        self.journal.finish(run, "done", outcome)
        return plan

    def _carry_out(self, run: int, plan: Plan, snapshot: Snapshot, before: Sequence[Entry]) -> None:
        try:
            self.executor.run(plan, snapshot, before)
        except KeyboardInterrupt:
            self._take_back(run, plan, before)
            raise
        except RollbackFailed:
            self.journal.lock.release(run)  # stays pending: the next call tries again
            raise
        except StepFailed:
            self.journal.finish(run, "undone", {})
            raise

    def _ask(self, run: int, plan: Plan, confirm: Confirm | None) -> None:
        """Take all of it back unless it is confirmed; who leaves without a word says no."""
        if confirm is None or not plan.changes:
            return
        try:
            confirmed = confirm()
        except KeyboardInterrupt:
            confirmed = False
        if confirmed:
            return
        self._take_back(run, plan, self.journal.record(plan.name) or ())
        raise Conflict(
            f"the {plan.verb} of {plan.name} was not confirmed and is taken back",
            "nothing was changed",
        )

    def _take_back(self, run: int, plan: Plan, before: Sequence[Entry]) -> None:
        left = self.executor.take_back(plan, before)
        if left:
            self.journal.lock.release(run)
            raise RollbackFailed(Conflict(f"the {plan.verb} of {plan.name} was stopped"), left)
        self.journal.finish(run, "undone", {})

    # Down.

    def plan_down(self, name: str) -> tuple[Plan, Snapshot]:
        """What `down` would do, and what it saw. `NotFound` if no such network is up."""
        from glassnet.plan.build import build_down

        records = self.journal.record(name)
        if records is None:
            known = ", ".join(self.journal.kinds()) or "none"
            raise NotFound(f"no network {name!r} is up", f"those that are: {known}")
        snapshot = self.kernel.snapshot(facets(_inverses(records)))
        plan = build_down(name, records, self.others(name), snapshot)
        self._check_fit(plan)
        return (plan, snapshot)

    def down(self, name: str, confirm: Confirm | None = None) -> Plan:
        """Take a network away; goes on past refusals.

        Raises `RollbackFailed` with all that could not be taken away; `Conflict` if ``confirm``
        says no, and then it is up again.
        """
        from glassnet.engine.outcome import after_down

        with self.alone(name):
            plan, snapshot = self.plan_down(name)
            standing = self.journal.standing()
            outcome, kind = after_down(name, standing), standing[name].kind
            # Cut short, it is completed; but while somebody is asked, it is not yet meant.
            run = self.journal.begin(plan, kind, None if confirm else outcome)
            self._tear_down(run, plan, snapshot)
            self._ask(run, plan, confirm)
            self.journal.finish(run, "done", outcome)
        return plan

    def _tear_down(self, run: int, plan: Plan, snapshot: Snapshot) -> None:
        left = self.executor.teardown(plan, snapshot)
        if left:
            self.journal.lock.release(run)
            raise RollbackFailed(Conflict(f"the {plan.verb} of {plan.name} is not complete"), left)

    # Check and repair.

    def check(self, wanted: Sequence[Wanted]) -> list[Finding]:
        """Compare with the host, operation by operation; nothing is changed."""
        snapshot = self.kernel.snapshot(facets(item.op for item in wanted))
        return [Finding(item.op, item.op.satisfied_by(snapshot), item.origin) for item in wanted]

    def recorded(self, name: str) -> list[Wanted]:
        """What a network that is up was made of. `NotFound` if it is not up."""
        records = self.journal.record(name)
        if records is None:
            known = ", ".join(self.journal.kinds()) or "none"
            raise NotFound(f"no network {name!r} is up", f"those that are: {known}")
        return [Wanted(entry.op, entry.origin) for entry in records]

    def plan_repair(self, name: str) -> tuple[Plan, Snapshot]:
        """What `repair` would do first, and what it saw."""
        from glassnet.plan.build import build_repair

        ops = [item.op for item in self.recorded(name)]
        snapshot = self.kernel.snapshot(facets(ops))
        plan = build_repair(name, self.journal.record(name) or (), snapshot)
        self._check_fit(plan)
        return (plan, snapshot)

    def repair(self, name: str) -> list[Plan]:
        """Bring a network back to what it was made to be; the plans that were carried out.

        More than one, where mending one object takes others with it (a bridge made anew).
        """
        from glassnet.engine.outcome import after_repair

        plans: list[Plan] = []
        with self.alone(name):
            for _ in range(_REPAIR_PASSES):
                plan, snapshot = self.plan_repair(name)
                if not plans or plan.changes:
                    plans.append(plan)
                if not plan.changes:
                    if plan is plans[0]:
                        self.executor.tell_left(plan)
                    break
                standing = self.journal.standing()
                outcome = after_repair(plan, standing)
                run = self.journal.begin(plan, standing[name].kind, outcome)
                self._mend(run, plan, snapshot)
                self.journal.finish(run, "done", outcome)
        return plans

    def _mend(self, run: int, plan: Plan, snapshot: Snapshot) -> None:
        """What cannot be mended is drift still, not something to be completed by who comes next."""
        left = self.executor.teardown(plan, snapshot)
        if left:
            self.journal.finish(run, "incomplete", {})
            raise RollbackFailed(Conflict(f"the {plan.verb} of {plan.name} is not complete"), left)

    # Undo.

    def last_run(self, number: int | None = None) -> Run:
        """The run to be undone: the one of that number, or the last that still stands."""
        if number is not None:
            run = self.journal.run(number)
            if run is None or run.state != "done":
                raise NotFound(f"there is no run {number} that can be undone")
            newer = self.journal.back(to=run.id)
            blocking = [r for r in newer if r.name == run.name and r.state == "done"]
            if blocking:
                raise Conflict(
                    f"run {blocking[0].id} ({blocking[0].verb} {run.name}) came after run {number}",
                    f"undo that one first: glassnet undo {blocking[0].id}",
                )
            return run
        for run in self.journal.back():
            if run.state == "done" and run.plan.changes:
                return run
        raise NotFound("there is nothing to undo")

    def plan_undo(self, run: Run) -> tuple[Plan, Snapshot]:
        """What taking a run back would do, and what it saw.

        A repair is taken back step by step; any other run by going to what stood before it.
        """
        from glassnet.plan.build import build_up, undo_steps

        now = self.journal.record(run.name) or ()
        before = run.before or ()
        shared = self.others(run.name)
        verb = f"undo {run.verb}"
        if run.verb == "repair":
            entries = [entry_of(step) for step in run.plan.steps]
            snapshot = self.kernel.snapshot(facets(_inverses(entries)))
            return (Plan(run.name, verb, undo_steps(entries, snapshot, shared)), snapshot)
        ops = [entry.op for entry in before] + _inverses(now)
        snapshot = self.kernel.snapshot(facets(ops))
        wanted = [Wanted(entry.op, entry.origin) for entry in before]
        plan = build_up(run.name, wanted, now, shared, snapshot)
        return (Plan(run.name, verb, plan.steps), snapshot)

    def undo(self, number: int | None = None) -> Plan:
        """Take back a run, the last one by default: the host is as it was before it."""
        from glassnet.engine.outcome import after_undo

        with self.alone():
            run = self.last_run(number)
            plan, snapshot = self.plan_undo(run)
            self._check_fit(plan)
            outcome = after_undo(plan, run.kind, run.before, self.journal.standing())
            again = self.journal.begin(plan, run.kind, outcome, reverts=run.id)
            self._tear_down(again, plan, snapshot)
            self.journal.finish(again, "reverted", outcome)
        return plan

    # Both.

    def others(self, name: str) -> list[Op]:
        """What every other network needs."""
        return [
            entry.op
            for other, entries in self.journal.records().items()
            if other != name
            for entry in entries
        ]

    def _check_kind(self, name: str, kind: str) -> None:
        there = self.journal.kinds().get(name, kind)
        if there != kind:
            raise Conflict(f"{name} is the name of an {there} already", "choose another name")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kernel.close()
        self.store.close()


def _inverses(entries: Sequence[Entry]) -> list[Op]:
    return [op for entry in entries for op in entry.op.inverse(entry.receipt)]
