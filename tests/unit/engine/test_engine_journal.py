"""Runs and attachments as rows: ahead of deeds, whose they are, how long they are remembered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pretend_kernel import PretendKernel, engine, setting, settings

from glassnet.engine import recover as recovery
from glassnet.engine.attachments import Attachments
from glassnet.engine.executor import Executor
from glassnet.engine.journal import Journal
from glassnet.engine.lock import byte_of
from glassnet.engine.store import Store
from glassnet.errors import Conflict, RollbackFailed, StateError
from glassnet.events import Event, Recovered, ignore
from glassnet.ops.base import Receipt
from glassnet.plan.model import Entry, Plan, Record, Step
from glassnet.values import Netns

PLAN = Plan("x", "up", (Step(setting("a"), "make", before={"value": "0"}),))
ATTACH = Plan("net/c0/eth0", "attach", PLAN.steps)
RECORD = Record("lab", (Entry(setting("a"), Receipt(changed=True, before={"value": "0"})),))
C0 = Netns("c0")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    it = Store(tmp_path)
    yield it
    it.close()


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Store]:
    """The store as another living process has it."""
    it = Store(tmp_path)
    yield it
    it.close()


def test_a_run_is_pending_from_its_beginning_to_its_end(store: Store, another: Store) -> None:
    journal, theirs = Journal(store), Journal(another)
    run = journal.begin(PLAN, "lab")
    assert theirs.orphans() == []
    assert not theirs.has_pending()
    assert journal.runs() == []
    assert journal.record("x") is None
    journal.finish(run, "done", {"x": RECORD})
    [closed] = theirs.runs()
    assert (closed.verb, closed.name, closed.state, closed.plan) == ("up", "x", "done", PLAN)
    assert closed.before is None
    assert theirs.standing() == {"x": RECORD}
    assert theirs.record("x") == RECORD.entries
    assert theirs.kinds() == {"x": "lab"}


def test_a_run_whose_process_is_dead_is_an_orphan(tmp_path: Path, store: Store) -> None:
    dead = Store(tmp_path)
    for verb in ("up", "down"):
        Journal(dead).begin(Plan("x", verb, ()), "lab", {"x": None} if verb == "down" else None)
    assert Journal(store).orphans() == []
    dead.close()
    assert Journal(store).has_pending()
    first, second = Journal(store).orphans()
    assert (first.verb, first.forward, first.outcome) == ("down", True, {"x": None})
    assert (second.verb, second.forward, second.outcome) == ("up", False, None)


def test_the_record_from_before_is_kept_with_the_run(store: Store) -> None:
    journal = Journal(store)
    journal.finish(journal.begin(PLAN, "lab"), "done", {"x": RECORD})
    journal.finish(journal.begin(Plan("x", "down", ()), "lab"), "done", {"x": None})
    down, up = journal.runs()
    assert down.before == RECORD.entries
    assert up.before is None
    assert journal.records() == {}
    assert journal.run(up.id) == up
    assert journal.run(99) is None


def test_a_run_that_reverts_another_counts_from_its_beginning(tmp_path: Path) -> None:
    """There is no way back from there: dead or alive, the other is not undone again."""
    store = Store(tmp_path)
    journal = Journal(store)
    journal.finish(journal.begin(PLAN, "lab"), "done", {"x": RECORD})
    journal.begin(Plan("x", "undo up", ()), "lab", {"x": None}, reverts=1)
    store.close()
    store = Store(tmp_path)
    assert Journal(store).runs()[0].state == "reverted"
    store.close()


def test_history_is_pruned_at_a_thousand_and_numbers_go_on(store: Store) -> None:
    journal = Journal(store)
    for _ in range(1010):
        journal.finish(journal.begin(PLAN, "lab"), "done", {})
    numbers = [run.id for run in journal.runs(2000)]
    assert numbers == list(range(1010, 10, -1))
    assert store.row("SELECT count(*) FROM runs") == (1000,)
    assert store.row("SELECT count(*) FROM pending") == (0,)
    assert len(journal.runs()) == 100
    assert journal.run(10) is None
    assert journal.run(11) is not None


def test_a_run_that_is_not_remembered_leaves_its_records_alone(store: Store) -> None:
    journal = Journal(store)
    journal.finish(journal.begin(PLAN, "lab"), "done", {"x": RECORD}, remember=False)
    assert journal.runs() == []
    assert journal.standing() == {"x": RECORD}


@pytest.mark.parametrize("fails", ["INSERT INTO pending", "COMMIT"])
def test_a_run_that_cannot_be_written_is_nobodys(
    store: Store, another: Store, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    _failing(monkeypatch, store, fails)
    with pytest.raises(StateError):
        Journal(store).begin(PLAN, "lab")
    assert another.lock.is_free(1)
    assert store.row("SELECT count(*) FROM pending") == (0,)
    monkeypatch.undo()
    assert Journal(store).begin(PLAN, "lab") == 1


def _failing(monkeypatch: pytest.MonkeyPatch, store: Store, beginning: str) -> None:
    """A store that refuses a statement."""
    execute = store.execute

    def refuse(sql: str, values: tuple[object, ...] = ()) -> object:
        if sql.startswith(beginning):
            raise StateError("it is full")
        return execute(sql, values)

    monkeypatch.setattr(store, "execute", refuse)


# Attachments.


def test_an_attachment_is_pending_until_it_is_done(store: Store, another: Store) -> None:
    ours, theirs = Attachments(store), Attachments(another)
    with ours.held(C0):
        row = ours.begin(ATTACH, C0).row
        assert theirs.cut_short() == []
        assert theirs.get(ATTACH.name) is None
        assert theirs.find(ATTACH.name, C0) is None
        assert theirs.netns(ATTACH.name) == C0
        ours.done(row)
    assert theirs.cut_short() == []
    assert theirs.all() == {ATTACH.name: (Entry(PLAN.steps[0].op, RECORD.entries[0].receipt),)}
    assert theirs.get(ATTACH.name) == theirs.all()[ATTACH.name]
    with pytest.raises(Conflict, match="an attachment net/c0/eth0 already"):
        ours.begin(ATTACH, Netns("elsewhere"))
    ours.delete(row)
    assert ours.all() == {}


def test_a_half_made_one_of_a_namespace_that_nobody_holds_is_a_dead_ones(
    tmp_path: Path, store: Store
) -> None:
    dead = Store(tmp_path)
    dead.lock.claim(byte_of(C0))
    Attachments(dead).begin(ATTACH, C0)
    assert Attachments(store).cut_short() == []
    assert not Journal(store).has_pending()
    dead.close()
    assert Attachments(store).cut_short() == [C0]
    assert Journal(store).has_pending()
    [row] = Attachments(store).orphans(C0)
    assert row.plan == ATTACH
    assert Attachments(store).orphans(Netns("c1")) == []


def test_others_of_the_namespace_the_oldest_first(store: Store) -> None:
    ours = Attachments(store)
    plans = [Plan(f"net/c0/eth{number}", "attach", PLAN.steps) for number in range(3)]
    rows = [ours.begin(plan, C0).row for plan in plans]
    first = ours.find(plans[0].name, C0)
    assert first is None  # not yet
    for row in rows:
        ours.done(row)
    first = ours.find(plans[0].name, C0)
    assert first is not None
    heir = ours.other(first, C0)
    assert heir is not None
    assert heir.plan == plans[1]
    assert ours.other(first, Netns("c1")) is None
    ours.hand_over(first.id, heir._replace(plan=Plan(plans[1].name, "attach", ())))
    assert ours.find(plans[0].name, C0) is None
    changed = ours.find(plans[1].name, C0)
    assert changed is not None
    assert changed.plan.steps == ()


def test_one_that_comes_to_its_end_before_recovery_gets_to_it_is_not_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked dead for the moment between its last word and the letting go of its byte."""
    kernel, told = PretendKernel(), list[Event]()
    kernel.values[setting("a").netns, setting("a").name] = "1"
    maker = Store(tmp_path)
    row = Attachments(maker).begin(ATTACH, C0).row
    with engine(tmp_path, kernel, told.append) as it:
        cut_short = it.attachments.cut_short

        def and_then_it_is_done() -> list[Netns]:
            found = cut_short()
            Attachments(maker).done(row)
            return found

        monkeypatch.setattr(it.attachments, "cut_short", and_then_it_is_done)
        assert it.recover() == 0
        assert list(it.attachments.all()) == [ATTACH.name]
    maker.close()
    assert kernel.changed() == {"a": "1"}
    assert not [event for event in told if isinstance(event, Recovered)]


def test_recovery_takes_half_made_attachments_back_and_says_so(tmp_path: Path) -> None:
    kernel, told = PretendKernel(), list[Event]()
    kernel.values[setting("a").netns, setting("a").name] = "1"
    maker = Store(tmp_path)
    Attachments(maker).begin(ATTACH, C0)
    maker.close()
    with engine(tmp_path, kernel, told.append) as it:
        kernel.refused.add("a=0")
        with pytest.raises(RollbackFailed, match="attach of net/c0/eth0 that was cut short"):
            it.recover()
        kernel.refused.clear()
        it.up("x", settings("b"))
        assert it.attachments.all() == {}
        assert not it.journal.has_pending()
    assert [event for event in told if isinstance(event, Recovered)] == [
        Recovered(ATTACH.name, "attach", "undone")
    ]
    assert kernel.changed() == {"b": "1"}


def test_recovery_counts_all_that_it_settles(tmp_path: Path, store: Store) -> None:
    dead, kernel = Store(tmp_path), PretendKernel()
    Attachments(dead).begin(ATTACH, C0)
    Journal(dead).begin(PLAN, "lab")
    Journal(dead).begin(Plan("y", "down", ()), "lab", {"y": None})
    dead.close()
    journal, executor = Journal(store), Executor(kernel, ignore)
    settle = recovery.recover
    assert settle(kernel, journal, Attachments(store), executor, ignore) == (3, {})
    assert settle(kernel, journal, Attachments(store), executor, ignore) == (0, {})
    assert {run.verb: run.state for run in journal.runs()} == {"up": "undone", "down": "done"}
