"""What several networks need: made once, inherited, put back by the last (docs/adr/0007)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pretend_kernel import UNTOUCHED, PretendKernel, engine, namespace, setting
from pretend_kernel import settings as wanting

from glassnet.engine.engine import Engine
from glassnet.engine.outcome import after_down, after_repair, after_undo, after_up
from glassnet.errors import Conflict
from glassnet.ops.base import KEPT, Receipt
from glassnet.plan.model import Entry, Plan, Record, Step, Wanted

NETWORKS = ("x", "y", "z")


@pytest.fixture
def kernel() -> PretendKernel:
    return PretendKernel()


def heirs(it: Engine, name: str) -> list[str]:
    """The networks that have the receipt of a setting: who is the last of them puts it back."""
    return [
        network
        for network, entries in it.journal.records().items()
        for entry in entries
        if entry.op == setting(name) and entry.receipt.changed
    ]


@pytest.mark.parametrize("down", list(permutations(NETWORKS)))
def test_the_last_to_go_puts_it_back(
    tmp_path: Path, kernel: PretendKernel, down: Sequence[str]
) -> None:
    with engine(tmp_path, kernel) as it:
        for name in NETWORKS:
            it.up(name, wanting("a"))
        assert heirs(it, "a") == ["x"]
        for name in down[:-1]:
            it.down(name)
            assert kernel.value("a") == "1"
            assert set(heirs(it, "a")) <= set(it.journal.kinds())
        it.down(down[-1])
        assert kernel.value("a") == UNTOUCHED
        assert it.journal.records() == {}


def test_what_was_there_before_all_of_them_is_never_put_back(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    kernel.values[setting("a").netns, setting("a").name] = "1"
    with engine(tmp_path, kernel) as it:
        for name in NETWORKS:
            it.up(name, wanting("a"))
        assert heirs(it, "a") == []
        for name in NETWORKS:
            it.down(name)
    assert kernel.value("a") == "1"


def test_a_value_from_before_comes_back_from_the_heirs_heir(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    kernel.values[setting("a").netns, setting("a").name] = "7"
    with engine(tmp_path, kernel) as it:
        for name in NETWORKS:
            it.up(name, wanting("a"))
        it.up("x", wanting("b"))  # needs it no more
        assert heirs(it, "a") == ["y", "z"]
        it.undo(it.last_run().id)  # and needs it again, but has it not
        it.down("y")
        it.down("x")
        assert kernel.value("a") == "1"
        it.down("z")
    assert kernel.value("a") == "7"


def test_namespaces_are_inherited_too(tmp_path: Path, kernel: PretendKernel) -> None:
    both = [Wanted(namespace("ns")), Wanted(setting("a", netns="ns"))]
    with engine(tmp_path, kernel) as it:
        it.up("x", both)
        it.up("y", both)
        it.down("x")
        assert "ns" in kernel.namespaces
        assert kernel.value("a", "ns") == "1"
        it.down("y")
    assert kernel.namespaces == {""}


def test_different_values_of_one_setting_are_refused_and_nothing_is_changed(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", wanting("a"))
        other = [Wanted(setting("b"), "y.yaml:3"), Wanted(setting("a", "2"), "y.yaml:4")]
        with pytest.raises(Conflict) as caught:
            it.up("y", other)
        assert "y.yaml:4" in str(caught.value)
        assert "another network has setting net.core.a = 1" in str(caught.value)
        assert "bring the other network down first" in caught.value.advice()
        assert kernel.changed() == {"a": "1"}
        assert list(it.journal.records()) == ["x"]


def test_a_failed_up_inherits_nothing(tmp_path: Path, kernel: PretendKernel) -> None:
    with engine(tmp_path, kernel) as it:
        it.up("x", wanting("a"))
        kernel.refused.add("b=1")
        with pytest.raises(Exception, match="step 1 of 1"):
            it.up("y", wanting("ab"))
        assert heirs(it, "a") == ["x"]
        assert kernel.changed() == {"a": "1"}
        it.down("x")
    assert kernel.changed() == {}


@settings(max_examples=60, deadline=None)
@given(
    start=st.dictionaries(st.sampled_from("abc"), st.sampled_from("01")),
    deeds=st.lists(
        st.tuples(st.sampled_from(["up", "down", "undo"]), st.sampled_from(NETWORKS),
                  st.sets(st.sampled_from("abc"), min_size=1)),
        max_size=12,
    ),
)  # fmt: skip
def test_whatever_comes_and_goes_nothing_is_missing_and_nothing_stays(
    start: Mapping[str, str], deeds: Sequence[tuple[str, str, set[str]]]
) -> None:
    """While one network needs a setting it has its value; after the last it is as at the start."""
    kernel = PretendKernel()
    for name, value in start.items():
        kernel.values[setting(name).netns, setting(name).name] = value
    before = kernel.changed()
    with tempfile.TemporaryDirectory() as directory, engine(Path(directory), kernel) as it:
        for verb, network, names in deeds:
            _do(it, verb, network, names)
            records = it.journal.records().values()
            needed = {entry.op for entries in records for entry in entries}
            for name in "abc":
                here = "1" if setting(name) in needed else start.get(name, UNTOUCHED)
                assert kernel.value(name) == here
        for network in list(it.journal.kinds()):
            it.down(network)
    assert kernel.changed() == before


def _do(it: Engine, verb: str, network: str, names: set[str]) -> None:
    runs = [run for run in it.journal.runs() if run.state == "done" and run.plan.changes]
    if verb == "up":
        it.up(network, wanting("".join(sorted(names))))
    elif verb == "down" and network in it.journal.kinds():
        it.down(network)
    elif verb == "undo" and runs:
        it.undo()


# The records that a run leaves.

WAS = Receipt(changed=True, before={"value": "0"})
A, B = setting("a"), setting("b")


def record(*entries: Entry) -> Record:
    return Record("lab", entries)


STANDING = {"x": record(Entry(A, WAS), Entry(B, WAS)), "y": record(Entry(A, KEPT))}


def test_after_up_the_first_receipt_is_kept() -> None:
    steps = (Step(A, "keep", origin="new:1"), Step(B, "make", before={"value": "5"}))
    left = after_up(Plan("x", "up", steps), "lab", STANDING)
    assert left == {"x": record(Entry(A, WAS, "new:1"), Entry(B, WAS))}


def test_after_up_without_it_the_other_inherits() -> None:
    steps = (Step(B, "keep"), Step(A, "leave", note="y needs it"))
    left = after_up(Plan("x", "up", steps), "lab", STANDING)
    assert left == {"x": record(Entry(B, WAS)), "y": record(Entry(A, WAS))}


def test_after_down_of_the_owner_and_of_the_heir() -> None:
    assert after_down("x", STANDING) == {"x": None, "y": record(Entry(A, WAS))}
    assert after_down("y", STANDING) == {"y": None}


def test_an_heir_with_a_receipt_of_its_own_keeps_it() -> None:
    mine = Receipt(changed=True, before={"value": "5"})
    standing = {**STANDING, "z": record(Entry(A, mine), Entry(B, KEPT))}
    left = after_down("x", standing)
    assert left["z"] == record(Entry(A, mine), Entry(B, WAS))
    assert left["y"] == record(Entry(A, WAS))


def test_after_repair_what_had_to_be_made_anew_is_ours() -> None:
    steps = (Step(A, "make", before={"value": "3"}),)
    left = after_repair(Plan("y", "repair", steps), STANDING)
    assert left == {"y": record(Entry(A, Receipt(changed=True, before={"value": "3"})))}
    left = after_repair(Plan("x", "repair", steps), STANDING)
    assert left == {"x": STANDING["x"]}


def test_after_undo_the_record_from_before_or_none() -> None:
    plan = Plan("x", "undo up", ())
    assert after_undo(plan, "lab", None, STANDING) == {"x": None, "y": record(Entry(A, WAS))}
    assert after_undo(plan, "lab", [Entry(A, WAS)], STANDING) == {"x": record(Entry(A, WAS))}


def test_what_is_recorded_counts_when_a_network_is_extended(
    tmp_path: Path, kernel: PretendKernel
) -> None:
    """Here or for another network: whoever comes later may have looked before it was made."""
    with engine(tmp_path, kernel) as it:
        it.up("x", wanting("a"))
        it.up("y", wanting("b"))
        wanted = [setting(name, "2") for name in "abc"]
        plan = it.extend("x", wanted, "lab")
        assert kernel.changed() == {"a": "1", "b": "1", "c": "2"}
        assert [step.action for step in plan.steps] == ["keep", "keep", "make"]
        assert it.extend("x", wanted, "lab").changes == ()
        it.down("y")
        it.down("x")
        assert kernel.changed() == {}
