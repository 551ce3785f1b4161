"""The executor: batches and events, and the way back after a refusal."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pretend_kernel import UNTOUCHED, PretendKernel, namespace, setting

from glassnet.engine.executor import NO_LIMIT, Executor, entry_of, requests_of
from glassnet.errors import KernelRefused, RollbackFailed, StepFailed
from glassnet.events import Done, Event, Failed, Left, Planned, Undone, ignore
from glassnet.ops.registry import AnyOp
from glassnet.ops.request import Request, SysctlRequest
from glassnet.ops.sysctl import SysctlOp
from glassnet.plan.model import Plan, Step, facets
from glassnet.state.snapshot import Snapshot
from glassnet.values import HOST

NAMES = "abcdefg"


def plan(*ops: AnyOp, kernel: PretendKernel, verb: str = "up") -> Plan:
    """A plan that makes them, with what was before."""
    seen = kernel.snapshot(facets(ops))
    return Plan("net", verb, tuple(Step(op, "make", before=op.before(seen)) for op in ops))


def run(kernel: PretendKernel, made: Plan, chunk: int = NO_LIMIT) -> list[Event]:
    """Carry it out: what was told."""
    told: list[Event] = []
    executor = Executor(kernel, told.append, chunk)
    executor.run(made, kernel.snapshot(facets(step.op for step in made.steps)))
    return told


def names(told: Sequence[Event], kind: type[Event]) -> list[str]:
    """The settings that events of a kind are about, in order."""
    return [str(getattr(one, "operation", "")).split()[1][-1] for one in told if type(one) is kind]


@pytest.mark.parametrize(
    ("chunk", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (NO_LIMIT, [7])]
)
def test_steps_go_to_the_kernel_in_order_and_in_chunks(chunk: int, sizes: list[int]) -> None:
    kernel = PretendKernel()
    told = run(kernel, plan(*map(setting, NAMES), kernel=kernel), chunk)
    assert [len(asked) for asked in kernel.asked] == sizes
    assert kernel.changed() == dict.fromkeys(NAMES, "1")
    assert told[0] == Planned("net", "up", 7)
    assert names(told, Done) == list(NAMES)
    assert [(one.step, one.total) for one in told if isinstance(one, Done)] == [
        (number, 7) for number in range(1, 8)
    ]
    assert isinstance(told[1], Done)
    assert told[1].commands == tuple(map(str, setting("a").commands()))


def test_steps_that_are_kept_or_left_are_not_sent_and_the_left_are_told() -> None:
    kernel = PretendKernel()
    made = Plan(
        "net",
        "up",
        (
            Step(setting("a"), "keep"),
            Step(setting("b"), "make"),
            Step(setting("c"), "leave", note="it is another's"),
            Step(setting("d"), "implied"),
        ),
    )
    told = run(kernel, made)
    assert kernel.changed() == {"b": "1"}
    assert told[0] == Planned("net", "up", 1)
    assert told[-1] == Left("net", str(setting("c")), "it is another's")


@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("chunk", [1, 2, 3, NO_LIMIT])
@pytest.mark.parametrize("at", range(len(NAMES)))
def test_a_refusal_takes_all_back_last_first(at: int, chunk: int, goes_on: bool) -> None:
    """Also what was done because it was sent along with the refused one."""
    kernel = PretendKernel()
    made = plan(*map(setting, NAMES), kernel=kernel)
    kernel.refused.add(f"{NAMES[at]}=1")
    kernel.goes_on = goes_on
    told: list[Event] = []
    with pytest.raises(StepFailed) as caught:
        Executor(kernel, told.append, chunk).run(made, kernel.snapshot(facets([])))
    assert kernel.changed() == {}
    assert caught.value.step == at + 1
    assert caught.value.operation == str(setting(NAMES[at]))
    assert isinstance(caught.value.cause, KernelRefused)
    assert f"step {at + 1} of 7" in str(caught.value)
    assert "the kernel says: I will not" in str(caught.value)
    assert caught.value.advice()
    assert names(told, Done) == list(NAMES[:at])
    assert names(told, Failed) == [NAMES[at]]
    undone = names(told, Undone)
    assert undone == sorted(undone, reverse=True)
    assert set(undone) >= set(NAMES[:at])
    assert NAMES[at] not in undone


def test_what_cannot_be_taken_back_is_listed_and_the_rest_is() -> None:
    kernel = PretendKernel()
    made = plan(*map(setting, "abcd"), kernel=kernel)
    kernel.refused |= {"d=1", "b=0"}
    with pytest.raises(RollbackFailed) as caught:
        run(kernel, made)
    assert kernel.changed() == {"b": "1"}
    [left] = caught.value.left
    assert left.startswith("setting net.core.b = 0 on the host: ")
    assert "step 4 of 4" in str(caught.value)
    assert "left behind: setting net.core.b = 0" in str(caught.value)
    assert caught.value.exit_code == 4
    assert isinstance(caught.value.first, StepFailed)


def test_where_nothing_can_be_seen_everything_is_left() -> None:
    kernel = PretendKernel()
    made = plan(setting("a"), setting("b"), kernel=kernel)
    kernel.refused.add("b=1")
    seen = kernel.snapshot(facets([]))
    kernel.blind = True
    with pytest.raises(RollbackFailed, match=r"everything: .*it is dark"):
        Executor(kernel, ignore).run(made, seen)


def test_what_somebody_else_has_changed_meanwhile_is_left_and_told() -> None:
    kernel = PretendKernel()
    made = plan(setting("a"), setting("b"), kernel=kernel)
    kernel.refused.add("b=1")

    def meddle(request: object) -> None:
        if "net.core.b" in str(request):
            kernel.values[setting("a").netns, setting("a").name] = "9"

    kernel.hook = meddle
    told: list[Event] = []
    with pytest.raises(StepFailed):
        Executor(kernel, told.append, 1).run(made, kernel.snapshot(facets([])))
    assert kernel.value("a") == "9"
    [left] = [one for one in told if isinstance(one, Left)]
    assert left.reason == "net.core.a is 9 now, not the 1 that glassnet set"


@pytest.mark.parametrize("chunk", [1, 3, NO_LIMIT])
def test_a_teardown_goes_on_past_refusals_and_lists_them_all(chunk: int) -> None:
    kernel = PretendKernel()
    made = plan(*map(setting, NAMES), kernel=kernel, verb="down")
    kernel.refused |= {"b=1", "c=1", "g=1"}
    told: list[Event] = []
    seen = kernel.snapshot(facets(step.op for step in made.steps))
    left = Executor(kernel, told.append, chunk).teardown(made, seen)
    assert kernel.changed() == dict.fromkeys("adef", "1")
    assert [line.split()[1][-1] for line in left] == ["b", "c", "g"]
    assert all("I will not" in line for line in left)
    assert names(told, Failed) == ["b", "c", "g"]


def test_a_teardown_does_not_complain_of_what_goes_by_itself() -> None:
    """The kernel refuses, and a fresh look shows that nothing is left to do."""
    kernel = PretendKernel()
    made = plan(setting("a"), setting("b"), kernel=kernel)
    kernel.refused.add("a=1")
    kernel.hook = lambda request: kernel.values.update({(made.steps[0].op.netns, A): "1"})
    seen = kernel.snapshot(facets(step.op for step in made.steps))
    assert Executor(kernel, ignore, 1).teardown(made, seen) == []
    assert kernel.changed() == {"a": "1", "b": "1"}


def replace(op: SysctlOp, snapshot: Snapshot) -> tuple[Request, ...]:
    """By way of "0" from one value to another, as a link of that name is taken away first."""
    anew = SysctlRequest(op.netns, op.name, op.value)
    if snapshot[op.netns].sysctls[op.name] == UNTOUCHED:
        return (anew,)
    return (SysctlRequest(op.netns, op.name, UNTOUCHED), anew)


@pytest.mark.parametrize("for_good", [False, True])
def test_what_was_to_be_replaced_and_went_by_itself_is_made(
    for_good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused is the taking away, of what is gone; the making is another request, tried once."""
    monkeypatch.setattr(SysctlOp, "remedy", replace)
    kernel = PretendKernel()
    op = SysctlOp(netns=HOST, name=A, value="1")
    kernel.values[HOST, A] = "7"
    kernel.refused |= {"a=0", "a=1"} if for_good else {"a=0"}
    seen = kernel.snapshot(op.reads())
    kernel.hook = lambda request: kernel.values.update({(HOST, A): UNTOUCHED})
    left = Executor(kernel, ignore).teardown(Plan("net", "repair", (Step(op, "mend"),)), seen)
    assert [len(asked) for asked in kernel.asked] == [2, 1]
    assert kernel.value("a") == (UNTOUCHED if for_good else "1")
    assert len(left) == for_good


A = setting("a").name


def test_a_namespace_and_what_is_in_it() -> None:
    """What is in a namespace that goes is not asked for one by one."""
    kernel = PretendKernel()
    ops = (namespace("ns"), setting("a", netns="ns"), setting("b"))
    made = plan(*ops, kernel=kernel)
    kernel.refused.add("b=1")
    with pytest.raises(StepFailed):
        run(kernel, made, 1)
    assert kernel.namespaces == {""}
    assert len(kernel.asked) == 4  # three there, one back


def test_an_entry_is_what_is_known_of_a_step_afterwards() -> None:
    step = Step(setting("a"), "make", before={"value": "7"}, origin="lab.yaml:3")
    entry = entry_of(step)
    assert (entry.op, entry.origin) == (step.op, "lab.yaml:3")
    assert entry.receipt.changed
    assert entry.receipt.before == {"value": "7"}
    assert requests_of(step, PretendKernel().snapshot([])) == step.op.requests()
