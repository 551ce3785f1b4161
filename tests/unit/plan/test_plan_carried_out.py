"""Plans carried out on a kernel in memory: there and back, to another network, cut short."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from machine import Machine, wanted
from modelkernel import Refused
from randomlabs import labs

from glassnet.ops.base import ObjectOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.plan.model import Plan, Wanted
from glassnet.plan.resume import build_completion, build_return

EXAMPLES = settings(max_examples=25, deadline=None)
OTHERS = """
name: others
namespaces: {a: {loopback: false}, z: }
links: [a:old -- z:old]
host: {sysctls: {net.ipv4.ip_forward: 1}}
"""


def _machine(*, lived_in: bool = False) -> Machine:
    """One on which others live already: a forwarding host, two namespaces and a cable."""
    others = wanted(OTHERS) if lived_in else []
    return Machine(*(item.op for item in others))


def _left(plan: Plan) -> list[SysctlOp]:
    """Settings within what we had made ourselves: what they were before nobody knows."""
    left = [step for step in plan.steps if step.action == "leave"]
    assert {step.note for step in left} <= {"what was there before is not known"}
    return [step.op for step in left if isinstance(step.op, SysctlOp)]


def _satisfied(machine: Machine, items: Sequence[Wanted]) -> bool:
    seen = machine.look(item.op for item in items)
    return not any(item.op.satisfied_by(seen) for item in items)


@given(labs(), st.booleans())
@EXAMPLES
def test_down_leads_back_to_before_up(lab: str, lived_in: bool) -> None:
    machine, items = _machine(lived_in=lived_in), wanted(lab)
    before = machine.kernel.dump()
    machine.up(items)
    assert _satisfied(machine, items)
    assert _left(machine.plan_down()) == []
    machine.down()
    assert machine.kernel.dump() == before


@given(labs(), st.booleans())
@EXAMPLES
def test_up_again_changes_nothing(lab: str, lived_in: bool) -> None:
    machine, items = _machine(lived_in=lived_in), wanted(lab)
    machine.up(items)
    assert machine.up(items).changes == ()


@given(st.lists(labs(), min_size=2, max_size=3), st.booleans())
@EXAMPLES
def test_from_one_network_to_another_is_as_from_nothing(chain: list[str], lived_in: bool) -> None:
    machine, fresh = _machine(lived_in=lived_in), _machine(lived_in=lived_in)
    before = machine.kernel.dump()
    for lab in chain:
        for op in _left(machine.up(wanted(lab))):
            del machine.kernel.spaces[op.netns].sysctls[op.name]
    fresh.up(wanted(chain[-1]))
    assert machine.kernel.dump() == fresh.kernel.dump()
    machine.down()
    assert machine.kernel.dump() == before


@given(labs(), labs(), st.booleans())
@EXAMPLES
def test_and_back_again(a: str, b: str, lived_in: bool) -> None:
    machine = _machine(lived_in=lived_in)
    machine.up(wanted(a))
    before = machine.kernel.dump()
    machine.up(wanted(b))
    machine.up(wanted(a))
    assert machine.kernel.dump() == before


@given(labs(), labs(), st.data())
@EXAMPLES
def test_a_plan_cut_short_is_taken_back(a: str, b: str, data: st.DataObject) -> None:
    machine = _machine(lived_in=data.draw(st.booleans()))
    machine.up(wanted(a))
    before = machine.kernel.dump()
    plan = machine.plan_up(wanted(b))
    machine.carry_out(plan, data.draw(st.integers(0, len(plan.changes))))
    seen = machine.look(step.op for step in plan.steps)
    machine.carry_out(build_return(plan, machine.records, seen))
    assert machine.kernel.dump() == before


@given(labs(), st.data())
@EXAMPLES
def test_a_plan_cut_short_is_completed(lab: str, data: st.DataObject) -> None:
    machine = _machine(lived_in=data.draw(st.booleans()))
    before = machine.kernel.dump()
    machine.up(wanted(lab))
    plan = machine.plan_down()
    machine.carry_out(plan, data.draw(st.integers(0, len(plan.changes))))
    seen = machine.look(step.op for step in plan.steps)
    machine.carry_out(build_completion(plan, seen))
    assert machine.kernel.dump() == before


@given(labs(), labs(), st.data())
@EXAMPLES
def test_so_is_one_that_makes_as_well_as_takes(a: str, b: str, data: st.DataObject) -> None:
    lived_in = data.draw(st.booleans())
    machine, whole = _machine(lived_in=lived_in), _machine(lived_in=lived_in)
    for one in (machine, whole):
        one.up(wanted(a))
    whole.up(wanted(b))
    plan = machine.plan_up(wanted(b))
    machine.carry_out(plan, data.draw(st.integers(0, len(plan.changes))))
    seen = machine.look(step.op for step in plan.steps)
    machine.carry_out(build_completion(plan, seen))
    assert machine.kernel.dump() == whole.kernel.dump()


@given(labs(), st.data())
@EXAMPLES
def test_repair_makes_good_what_somebody_took_away(lab: str, data: st.DataObject) -> None:
    machine = _machine(lived_in=data.draw(st.booleans()))
    machine.up(wanted(lab))
    before = machine.kernel.dump()
    ours = [entry.op for entry in machine.records if entry.receipt.changed]
    objects = [op for op in ours if isinstance(op, ObjectOp)]
    for op in data.draw(st.lists(st.sampled_from(objects), max_size=4)) if objects else []:
        with suppress(Refused):  # it went along with another already
            machine.kernel.do(op.flipped())
    for _ in range(3):
        plan = machine.plan_repair()
        machine.carry_out(plan)
    assert plan.changes == ()
    assert machine.kernel.dump() == before
