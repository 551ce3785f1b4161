"""A plan, its entries and records: what a step means, and their JSON, there and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.errors import StateError
from glassnet.ops.base import KEPT, MADE, Difference, Receipt
from glassnet.ops.netns import NetnsOp
from glassnet.ops.registry import ALL
from glassnet.ops.sysctl import SysctlOp
from glassnet.plan.model import (
    Action,
    Entry,
    Plan,
    Record,
    Records,
    Step,
    Wanted,
    decode_entries,
    decode_plan,
    decode_records,
    encode,
    entries_of,
)
from glassnet.testing.cases import CASES
from glassnet.values import Netns, SysctlKey

NS = NetnsOp(netns=Netns("a"))
ON = SysctlOp(name=SysctlKey("net.ipv4.ip_forward"), value="1")
ACTIONS: tuple[Action, ...] = get_args(Action)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
OPS = st.sampled_from([case.op for case in CASES])
MAPS = st.dictionaries(TEXT, TEXT, max_size=3)
WHYS = st.lists(st.builds(Difference, TEXT, TEXT, TEXT), max_size=2).map(tuple)
STEPS = st.builds(
    Step, op=OPS, action=st.sampled_from(ACTIONS), why=WHYS, note=TEXT, before=MAPS, origin=TEXT
)
PLANS = st.builds(Plan, name=TEXT, verb=TEXT, steps=st.lists(STEPS, max_size=5).map(tuple))
RECEIPTS = st.builds(Receipt, changed=st.booleans(), before=MAPS)
ENTRIES = st.lists(st.builds(Entry, op=OPS, receipt=RECEIPTS, origin=TEXT), max_size=5).map(tuple)
RECORDS = st.dictionaries(TEXT, st.none() | st.builds(Record, TEXT, ENTRIES), max_size=3)


@pytest.mark.parametrize(
    ("action", "note", "acts", "adds", "changed"),
    [
        ("make", "", True, True, True),
        ("mend", "", True, True, True),
        ("remove", "", True, False, True),
        ("restore", "", True, False, True),
        ("implied", "", False, False, True),
        ("keep", "", False, True, False),
        ("keep", "gone already", False, False, False),
        ("leave", "it is somebody else's", False, False, False),
    ],
)
def test_what_a_step_means(
    action: Action, note: str, acts: bool, adds: bool, changed: bool
) -> None:
    step = Step(ON, action, note=note, before={"value": "0"})
    assert (step.acts, step.is_addition) == (acts, adds)
    assert step.receipt() == Receipt(changed, {"value": "0"} if changed else {})


def test_a_plan_knows_its_changes_and_what_it_leaves_in_the_journal() -> None:
    steps = (
        Step(NS, "keep", origin="x:1"),
        Step(ON, "make", before={"value": "0"}, origin="x:2"),
        Step(NS, "leave", note="n"),
    )
    plan = Plan("net", "up", steps)
    assert plan.changes == steps[1:2]
    assert entries_of(plan) == (
        Entry(NS, KEPT, "x:1"),
        Entry(ON, Receipt(changed=True, before={"value": "0"}), "x:2"),
        Entry(NS, KEPT),
    )


def test_every_kind_of_operation_has_a_case() -> None:
    assert {type(case.op) for case in CASES} == set(ALL)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_operation_comes_back_from_its_json(case: object) -> None:
    op = case.op  # type: ignore[attr-defined]
    plan = Plan("net", "up", (Step(op, "make"),))
    again = decode_plan(encode(plan))
    assert again == plan
    assert type(again.steps[0].op) is type(op)
    assert again.steps[0].op.key() == op.key()


@given(PLANS)
@settings(deadline=None)
def test_plans_come_back_from_their_json(plan: Plan) -> None:
    assert decode_plan(encode(plan)) == plan


@given(ENTRIES)
@settings(deadline=None)
def test_entries_come_back_from_their_json(entries: tuple[Entry, ...]) -> None:
    assert decode_entries(encode(entries)) == entries


@given(RECORDS)
@settings(deadline=None)
def test_records_come_back_from_their_json(records: Records) -> None:
    assert decode_records(encode(records)) == records


def test_json_is_what_the_journal_has_always_held() -> None:
    plan = Plan("net", "up", (Step(NS, "make"), Step(ON, "keep", note="n", origin="x")))
    assert encode(plan) == (
        b'{"name":"net","verb":"up","steps":[{"op":{"op":"netns","netns":"a"},"action":"make"},'
        b'{"op":{"op":"sysctl","name":"net.ipv4.ip_forward","value":"1"},"action":"keep",'
        b'"note":"n","origin":"x"}],"version":1}'
    )
    assert encode([Entry(NS, MADE)]) == (
        b'[{"op":{"op":"netns","netns":"a"},"receipt":{"changed":true}}]'
    )
    assert encode({"net": Record("lab", ()), "old": None}) == (
        b'{"net":{"kind":"lab","entries":[]},"old":null}'
    )
    assert msgspec.json.decode(encode(ON)) == {
        "op": "sysctl",
        "name": "net.ipv4.ip_forward",
        "value": "1",
    }


BAD = [
    b"",
    b"null",
    b"{",
    b"[1]",
    b'"text"',
    b"\xff",
    b'{"name":"\xff"}',
    b'["\xff"]',
    b'{"name":"n","x":' + b"[" * 100_000,
    b'[{"x":' + b"[" * 100_000,
    b'{"n":{"x":' + b"[" * 100_000,
    b'{"name":"net"}',
    b'[{"op":{"op":"netns"}}]',
    b'[{"op":{"op":"unheard-of"},"receipt":{"changed":true}}]',
    b'[{"op":{"op":"netns","netns":"a b"},"receipt":{"changed":true}}]',
    b'[{"op":{"op":"netns","netns":5},"receipt":{"changed":true}}]',
    b'[{"op":{"op":"netns","netns":"a"},"receipt":{"changed":1}}]',
    b'{"name":"n","verb":"up","steps":[{"op":{"op":"netns","netns":"a"},"action":"destroy"}]}',
    b'{"name":"n","verb":"up","steps":[{"op":{"op":"link"},"action":"make"}]}',
    b'{"name":"n","verb":"up","steps":[{"op":{"op":"addr","ifname":"x","cidr":"1.2.3.4"},'
    b'"action":"make"}]}',
    b'{"net":{"kind":"lab"}}',
]


@pytest.mark.parametrize("data", BAD)
@pytest.mark.parametrize(
    ("decode", "begins"),
    [
        (decode_plan, "a plan in the journal cannot be read: "),
        (decode_entries, "a record in the journal cannot be read: "),
        (decode_records, "the records of a run cannot be read: "),
    ],
)
def test_what_is_none_of_them_is_told(
    decode: Callable[[bytes], object], begins: str, data: bytes
) -> None:
    with pytest.raises(StateError) as caught:
        decode(data)
    assert str(caught.value).startswith(begins)
    assert caught.value.exit_code == 4


@given(PLANS, st.data())
@settings(deadline=None)
def test_damaged_json_is_told_or_still_a_plan(plan: Plan, data: st.DataObject) -> None:
    raw = bytearray(encode(plan))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] = data.draw(st.integers(0, 255))
    try:
        found = decode_plan(bytes(raw))
    except StateError:
        return
    assert isinstance(found, Plan)


def test_a_wish_is_an_operation_and_where_it_comes_from() -> None:
    assert Wanted(NS).origin == ""
    assert Wanted(NS, "x") == Wanted(NetnsOp(netns=Netns("a")), "x")
