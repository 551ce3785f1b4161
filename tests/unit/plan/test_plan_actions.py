"""Actions in plans: due at first and with what they come after, never drift, never taken back."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from glassnet.netlink.route.link import IFF_UP
from glassnet.ops.addr import AddrOp
from glassnet.ops.announce import AnnounceOp
from glassnet.ops.conntrack import ForgetOp
from glassnet.ops.link import DummyOp
from glassnet.ops.registry import AnyOp
from glassnet.plan.actions import due
from glassnet.plan.build import build_down, build_repair, build_up, undo_steps
from glassnet.plan.model import Action, Entry, Plan, Step, Wanted, entries_of
from glassnet.plan.resume import build_completion, build_return
from glassnet.state.addr import AddrState
from glassnet.state.link import LinkState
from glassnet.state.snapshot import NetnsState, Snapshot
from glassnet.values import HOST, Cidr, IfName, IpAddress

D0 = IfName("d0")
LINK = DummyOp(ifname=D0, up=True, alias="glassnet:net")
ADDRESS = AddrOp(ifname=D0, cidr=Cidr("10.0.0.1/24"))
SAID = AnnounceOp(ifname=D0, address=IpAddress("10.0.0.1"))
TWICE = AnnounceOp(ifname=D0, address=IpAddress("10.0.0.1"), times=2)
FORGOTTEN = ForgetOp(port=53)
OPS: tuple[AnyOp, ...] = (SAID, LINK, ADDRESS)
WANTED = tuple(Wanted(op, f"lab.yaml:{at}") for at, op in enumerate(OPS))


def host(*, link: bool = True, address: bool = True) -> Snapshot:
    state = NetnsState(HOST)
    if link:
        state.links["d0"] = LinkState(3, "d0", IFF_UP, kind="dummy", alias="glassnet:net")
    if link and address:
        state.addrs.append(AddrState(3, Cidr("10.0.0.1/24")))
    return Snapshot({HOST: state})


def up(snapshot: Snapshot, records: Sequence[Entry] = ()) -> Plan:
    return build_up("net", WANTED, records, (), snapshot)


def actions(plan: Plan) -> list[tuple[str, Action]]:
    return [(type(step.op).__name__, step.action) for step in plan.steps]


FIRST = up(host(link=False))
RECORD = entries_of(FIRST)


def test_it_is_done_at_first_and_in_its_place() -> None:
    assert actions(FIRST) == [
        ("DummyOp", "make"),
        ("AddrOp", "make"),
        ("AnnounceOp", "make"),
    ]
    assert FIRST.steps[-1].origin == "lab.yaml:0"
    assert not FIRST.steps[-1].why


def test_it_is_done_though_all_else_is_there() -> None:
    assert actions(up(host()))[-1] == ("AnnounceOp", "make")


def test_done_and_recorded_it_is_kept() -> None:
    assert [action for _, action in actions(up(host(), RECORD))] == ["keep"] * 3


def test_it_is_done_again_with_what_it_comes_after() -> None:
    assert actions(up(host(address=False), RECORD))[1:] == [
        ("AddrOp", "make"),
        ("AnnounceOp", "make"),
    ]


def test_another_of_the_same_key_is_new() -> None:
    wanted = [*WANTED[1:], Wanted(TWICE)]
    plan = build_up("net", wanted, RECORD, (), host())
    assert actions(plan)[-1] == ("AnnounceOp", "make")
    assert plan.steps[-1].op == TWICE


def test_its_receipt_says_that_nothing_is_changed() -> None:
    assert [entry.receipt.changed for entry in RECORD] == [True, True, False]


def test_nothing_is_taken_back_nor_said_of_it() -> None:
    down = build_down("net", RECORD, (), host())
    assert {name for name, _ in actions(down)} == {"DummyOp", "AddrOp"}
    assert undo_steps([RECORD[-1]], host(), [SAID]) == ()


def test_repair_does_it_with_what_is_mended_alone() -> None:
    assert [action for _, action in actions(build_repair("net", RECORD, host()))] == ["keep"] * 3
    assert actions(build_repair("net", RECORD, host(link=False))) == [
        ("DummyOp", "make"),
        ("AddrOp", "make"),
        ("AnnounceOp", "make"),
    ]


def test_a_plan_that_was_cut_short_is_taken_back_without_it() -> None:
    plan = build_return(FIRST, (), host())
    assert {name for name, _ in actions(plan)} == {"DummyOp", "AddrOp"}


def test_what_comes_back_brings_it_along() -> None:
    """An ``up`` that replaces the link is refused: the old link returns, and must be told of."""
    step = Step(DummyOp(ifname=D0, mtu=1400, up=True, alias="glassnet:net"), "make")
    removal = Step(LINK.flipped(), "remove")
    plan = build_return(Plan("net", "up", (removal, step)), RECORD, host(link=False))
    assert actions(plan)[-3:] == [
        ("DummyOp", "make"),
        ("AddrOp", "make"),
        ("AnnounceOp", "make"),
    ]


@pytest.mark.parametrize(("link", "left"), [(True, ["AnnounceOp"]), (False, [])])
def test_a_repair_that_was_cut_short_is_completed_with_it(link: bool, left: list[str]) -> None:
    plan = Plan("net", "repair", (Step(SAID, "make"),))
    assert [name for name, _ in actions(build_completion(plan, host(link=link)))] == left


OTHER: tuple[AnyOp, ...] = (ADDRESS, FORGOTTEN)


def test_only_what_acts_makes_it_due() -> None:
    kept = [Step(LINK, "keep"), Step(ADDRESS, "keep"), Step(SAID, "keep")]
    assert [step.action for step in due(kept, [SAID])] == ["keep"] * 3
    made = [Step(LINK, "keep"), Step(ADDRESS, "mend"), Step(SAID, "keep")]
    assert [step.action for step in due(made, [SAID])] == ["keep", "mend", "make"]
    apart = [Step(op, "make") for op in OTHER] + [Step(FORGOTTEN, "keep")]
    assert [step.action for step in due(apart, [FORGOTTEN])] == ["make", "keep", "keep"]
