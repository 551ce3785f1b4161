"""The proof of operations that are actions: what is typed and what is sent do the same.

An action leaves no state of its own, so each case has a script that shows what it did: which flows
are left, what a neighbour believes. It takes nothing back, is never drift, and may be done again.
"""

from __future__ import annotations

import functools
from typing import Final, NamedTuple

import pytest
from journeys import BY_NAME, scene, typed

from glassnet.kernel.linux import LinuxKernel
from glassnet.ops.base import MADE, ActionOp, Op
from glassnet.ops.registry import ALL
from glassnet.testing.oracle import State, differences, look

pytestmark = pytest.mark.kernel

ACTIONS: Final = [name for name, case in BY_NAME.items() if isinstance(case.op, ActionOp)]
over_actions = pytest.mark.parametrize("name", ACTIONS, scope="session")


class Shown(NamedTuple):
    """What the case's script showed before, after, and after it was done again."""

    before: str
    after: str
    again: str


class Done(NamedTuple):
    """The same, what the kernel refused, how the host's state differs, what `satisfied_by` says."""

    shown: Shown
    refused: tuple[str, ...]
    traces: list[str]
    drift: tuple[str, ...]


@functools.lru_cache(maxsize=2)
def by_hand(name: str) -> Shown:
    case = BY_NAME[name]
    commands = typed(case.op.commands())
    with scene(case) as host:
        look(host)  # until carriers have settled, a link drops what it is to send
        before = host.sh(case.shows)
        host.sh(commands)
        after = host.sh(case.shows)
        host.sh(commands)
        return Shown(before, after, host.sh(case.shows))


@functools.lru_cache(maxsize=2)
def by_glassnet(name: str) -> Done:
    case = BY_NAME[name]
    with scene(case) as host:
        state, before = look(host), host.sh(case.shows)
        refused = host.call(_perform, case.op)
        after = host.sh(case.shows)
        traces = _traces(state, look(host))
        refused += host.call(_perform, case.op)
        again = host.sh(case.shows)
        return Done(Shown(before, after, again), refused, traces, host.call(_drift, case.op))


def _traces(before: State, after: State) -> list[str]:
    """What else differs; a neighbour's entry is what `shows` shows."""
    return [line for line in differences(before, after) if "nf_conntrack" not in line]


def _perform(op: Op) -> tuple[str, ...]:
    with LinuxKernel() as kernel:
        return tuple(str(error) for error in kernel.perform(op.requests()) if error is not None)


def _drift(op: Op) -> tuple[str, ...]:
    with LinuxKernel() as kernel:
        return tuple(map(str, op.satisfied_by(kernel.snapshot(op.reads()))))


def test_every_action_has_its_cases() -> None:
    kinds = {kind for kind in ALL if issubclass(kind, ActionOp)}
    assert kinds == {type(BY_NAME[name].op) for name in ACTIONS}
    assert kinds


@over_actions
def test_commands_and_requests_do_the_same(name: str) -> None:
    hand, ours = by_hand(name), by_glassnet(name)
    assert not ours.refused
    assert hand.before == ours.shown.before
    assert hand.before != hand.after, "the commands do nothing that is shown"
    assert hand.after == ours.shown.after


@over_actions
def test_done_again_nothing_changes(name: str) -> None:
    hand, ours = by_hand(name), by_glassnet(name)
    assert hand.again == hand.after
    assert ours.shown.again == ours.shown.after


@over_actions
def test_nothing_is_left_of_it_nor_taken_back_nor_missed(name: str) -> None:
    ours = by_glassnet(name)
    assert not ours.traces
    assert not ours.drift
    assert BY_NAME[name].op.inverse(MADE) == ()
