"""A machine in memory, on which one network is brought up, changed and taken down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelkernel import ModelKernel

from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.ops.base import Op
from glassnet.plan.build import build_down, build_repair, build_up
from glassnet.plan.model import Entry, Plan, Wanted, facets
from glassnet.state.snapshot import Snapshot


def wanted(lab: str) -> list[Wanted]:
    """What a lab file wants."""
    return compile_lab(read(lab, "lab.yaml"))


def wants(*ops: Op) -> list[Wanted]:
    """Operations, as if lines of a file wanted them: ``lab.yaml:1`` and on."""
    return [Wanted(op, f"lab.yaml:{n}") for n, op in enumerate(ops, 1)]  # type: ignore[arg-type]


class Machine:
    """A kernel, and what stands of the one network on it."""

    def __init__(self, *there: Op) -> None:
        self.kernel = ModelKernel()
        self.records: tuple[Entry, ...] = ()
        for op in there:
            self.kernel.do(op)

    def look(self, ops: Iterable[Op] = ()) -> Snapshot:
        """What these operations, and those that stand, ask to be looked at."""
        own = [op for e in self.records for op in (e.op, *e.op.inverse(e.receipt))]
        return self.kernel.snapshot(facets([*own, *ops]))

    def plan_up(self, items: Sequence[Wanted], shared: Sequence[Op] = ()) -> Plan:
        """The plan of an up."""
        seen = self.look(item.op for item in items)
        return build_up("net", items, self.records, shared, seen)

    def plan_down(self, shared: Sequence[Op] = ()) -> Plan:
        """The plan of a down."""
        return build_down("net", self.records, shared, self.look())

    def plan_repair(self) -> Plan:
        """The plan of a repair."""
        return build_repair("net", self.records, self.look())

    def carry_out(self, plan: Plan, steps: int | None = None) -> None:
        """All of a plan, or the first of its steps."""
        for step in plan.changes[:steps]:
            self.kernel.perform(step)

    def up(self, items: Sequence[Wanted]) -> Plan:
        """Bring the network to what is wanted; the plan by which."""
        plan = self.plan_up(items)
        self.carry_out(plan)
        kept = {entry.op.key(): entry for entry in self.records if entry.receipt.changed}
        made = [
            Entry(step.op, step.receipt(), step.origin) for step in plan.steps if step.is_addition
        ]
        self.records = tuple(
            old if (old := kept.get(new.op.key())) is not None and old.op == new.op else new
            for new in made
        )
        return plan

    def down(self) -> Plan:
        """Take the network away; the plan by which."""
        plan = self.plan_down()
        self.carry_out(plan)
        self.records = ()
        return plan
