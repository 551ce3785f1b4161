"""Undo, repair and check by the journal's records and numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from pretend_kernel import PretendKernel, engine, namespace, setting, settings

from glassnet.engine.engine import Engine
from glassnet.errors import Conflict, NotFound
from glassnet.events import Event, Left, Recovered
from glassnet.plan.model import Wanted


@pytest.fixture
def kernel() -> PretendKernel:
    return PretendKernel()


def runs(it: Engine) -> dict[int, str]:
    """What became of each run, by its number."""
    return {run.id: f"{run.verb} {run.name} {run.state}" for run in it.journal.runs()}


def test_step_by_step_back_to_the_beginning(tmp_path: Path, kernel: PretendKernel) -> None:
    seen = [kernel.changed()]
    with engine(tmp_path, kernel) as it:
        for wanted in (settings("ab"), settings("bc", "2"), settings("d")):
            it.up("x", wanted)
            seen.append(kernel.changed())
        it.down("x")
        assert kernel.changed() == {}
        for state in reversed(seen):
            it.undo()
            assert kernel.changed() == state
            if not state:
                break
        assert set(runs(it).values()) == {
            "up x reverted",
            "down x reverted",
            "undo up x reverted",
            "undo down x reverted",
        }
        with pytest.raises(NotFound, match="nothing to undo"):
            it.undo()
        assert it.journal.records() == {}


def test_by_number_a_later_run_of_the_same_network_comes_first(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("a"))
        it.up("other", settings("z"))
        it.up("x", settings("ab"))
        assert runs(it) == {1: "up x done", 2: "up other done", 3: "up x done"}
        with pytest.raises(Conflict, match=r"run 3 \(up x\) came after run 1") as caught:
            it.undo(1)
        assert caught.value.advice() == "undo that one first: glassnet undo 3"
        assert kernel.changed() == dict.fromkeys("abz", "1")
        it.undo(3)
        assert kernel.changed() == {"a": "1", "z": "1"}
        it.undo(1)
        assert kernel.changed() == {"z": "1"}


@pytest.mark.parametrize("number", [0, -1, 2, 3, 99])
def test_what_is_no_run_or_cannot_be_undone(
    tmp_path: Path, kernel: PretendKernel, number: int
) -> None:
    """Run 2 was refused and rolled back, 3 is an undo."""
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("a"))
        kernel.refused.add("b=1")
        with pytest.raises(Exception, match="step 1 of 1"):
            it.up("y", settings("b"))
        it.up("z", settings("c"))
        it.undo()
        assert runs(it)[2] == "up y undone"
        assert runs(it)[3] == "up z reverted"
        with pytest.raises(NotFound, match=f"no run {number} that can be undone"):
            it.undo(number)
        assert kernel.changed() == {"a": "1"}


def test_a_run_that_changed_nothing_is_passed_over(tmp_path: Path, kernel: PretendKernel) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("a"))
        it.up("x", settings("a"))
        it.undo()
        assert kernel.changed() == {}


def test_the_undo_of_a_repair_brings_the_drift_back(tmp_path: Path, kernel: PretendKernel) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("ab"))
        kernel.values[setting("a").netns, setting("a").name] = "5"
        it.repair("x")
        assert kernel.changed() == {"a": "1", "b": "1"}
        it.undo()
        assert kernel.changed() == {"a": "5", "b": "1"}
        it.repair("x")
        it.down("x")
    assert kernel.changed() == {}


def test_what_somebody_has_changed_since_is_left_and_told(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    told: list[Event] = []
    with engine(tmp_path, kernel, told.append) as it:
        it.up("x", settings("ab"))
        kernel.values[setting("a").netns, setting("a").name] = "5"
        it.undo()
    assert kernel.changed() == {"a": "5"}
    assert [event.reason for event in told if isinstance(event, Left)] == [
        "net.core.a is 5 now, not the 1 that glassnet set"
    ]


def test_a_repair_makes_a_namespace_anew_and_then_what_was_in_it(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    wanted = [Wanted(namespace("ns")), Wanted(setting("a", netns="ns")), Wanted(setting("b"))]
    with engine(tmp_path, kernel) as it:
        it.up("x", wanted)
        kernel.take_away(namespace("ns").netns)
        plans = it.repair("x")
        assert [len(plan.changes) for plan in plans] == [2]
        assert kernel.value("a", "ns") == "1"
        assert [plan.changes for plan in it.repair("x")] == [()]
        it.down("x")
    assert kernel.changed() == {}
    assert kernel.namespaces == {""}


def test_a_repair_gives_up_after_some_passes_where_somebody_undoes_it_at_once(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("ab"))
        kernel.values.clear()

        def meddle(request: object) -> None:
            if "net.core.b" in str(request):
                kernel.values.pop((setting("a").netns, setting("a").name), None)
            else:
                kernel.values.pop((setting("b").netns, setting("b").name), None)

        kernel.hook = meddle
        assert [len(plan.changes) for plan in it.repair("x")] == [2, 1, 1]
        assert kernel.changed() == {"b": "1"}
        assert it.recover() == 0


def test_check_compares_records_and_changes_nothing(tmp_path: Path, kernel: PretendKernel) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", [Wanted(setting("a"), "lab.yaml:7"), *settings("b")])
        assert [found.differences for found in it.check(it.recorded("x"))] == [(), ()]
        kernel.values[setting("a").netns, setting("a").name] = "5"
        sent = len(kernel.asked)
        [first, second] = it.check(it.recorded("x"))
        assert first.origin == "lab.yaml:7"
        assert [str(one) for one in first.differences] == [
            "setting net.core.a on the host: wanted 1, found 5"
        ]
        assert second.differences == ()
        assert len(kernel.asked) == sent
        for verb in (it.recorded, it.repair, it.down, it.plan_down, it.plan_repair):
            with pytest.raises(NotFound, match="no network 'y' is up") as caught:
                verb("y")
            assert caught.value.advice() == "those that are: x"


def test_recovery_tells_of_each_run_what_became_of_it(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    """Three processes died: one making, one taking away, one undoing; the newest first."""
    with engine(tmp_path, kernel) as it:
        for name in "xyz":
            it.up(name, settings(name))

    class Death(BaseException):
        pass

    def die(request: object) -> None:
        raise Death

    for number, verb in enumerate(("up", "down", "undo")):
        with engine(tmp_path, kernel) as it:
            it.journal.has_pending = lambda: False  # type: ignore[method-assign]
            kernel.hook = die
            with pytest.raises(Death):
                it.up("w", settings("w")) if verb == "up" else (
                    it.down("y") if verb == "down" else it.undo(3)
                )
            assert len(it.journal.orphans()) == number + 1
            kernel.hook = lambda request: None
    told: list[Event] = []
    with engine(tmp_path, kernel, told.append) as it:
        assert it.recover() == 3
        assert it.recover() == 0
        assert [event for event in told if isinstance(event, Recovered)] == [
            Recovered("z", "undo up", "completed"),
            Recovered("y", "down", "completed"),
            Recovered("w", "up", "undone"),
        ]
        assert list(it.journal.kinds()) == ["x"]
        assert runs(it)[3] == "up z reverted"
    assert kernel.changed() == {"x": "1"}


def test_an_undo_cut_short_is_not_the_last_run_that_an_undo_means(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("a"))
        it.up("y", settings("b"))
        it.undo()
        it.undo()
        assert kernel.changed() == {}
        assert runs(it) == {
            1: "up x reverted",
            2: "up y reverted",
            3: "undo up y reverted",
            4: "undo up x reverted",
        }


def test_a_later_run_of_the_network_comes_first_however_long_ago(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("a"))
        it.up("x", settings("ab"))
        for _ in range(100):
            it.up("y", settings("c"))
        with pytest.raises(Conflict, match=r"run 2 \(up x\) came after run 1"):
            it.undo(1)


def test_the_last_run_that_changed_something_however_long_ago(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", settings("a"))
        for _ in range(100):
            it.up("x", settings("a"))
        it.undo()
        assert kernel.changed() == {}
