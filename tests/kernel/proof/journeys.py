"""What becomes of a case: by hand with its commands in one host, by glassnet in another.

A journey is made once and its record is asked by several tests. They take the case by the
parameter of `over_cases`, for which pytest runs those of one case one after the other, and the
last records are kept.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

import pytest
from traced import Trace, run_traced

from glassnet.engine.executor import requests_of
from glassnet.kernel import selinux
from glassnet.kernel.linux import LinuxKernel
from glassnet.ops import require
from glassnet.ops.base import ActionOp, Op, Receipt
from glassnet.ops.request import Request
from glassnet.ops.shell import Command
from glassnet.ops.written import known
from glassnet.plan.build import addition
from glassnet.plan.losses import Losses
from glassnet.plan.model import Step, Wanted
from glassnet.state.snapshot import Snapshot
from glassnet.testing.cases import CASES, HOST_AND_NS1, Case, Drift
from glassnet.testing.host import Host
from glassnet.testing.oracle import State, look

BY_NAME: Final = {str(case): case for case in CASES}

over_cases = pytest.mark.parametrize(
    "name",
    [name for name, case in BY_NAME.items() if not isinstance(case.op, ActionOp)],
    scope="session",
)
over_drifting_cases = pytest.mark.parametrize(
    "name", [name for name, case in BY_NAME.items() if case.drifts], scope="session"
)


class Deed(NamedTuple):
    """What glassnet saw and planned before it did something, and what the kernel refused.

    ``differences`` are the lines of `satisfied_by`; ``asked``: anything was asked of the kernel.
    """

    differences: tuple[str, ...]
    action: str
    receipt: Receipt
    refused: tuple[str, ...] = ()
    asked: bool = False


class ByHand(NamedTuple):
    """The states of a host in which the commands were run, and then the inverse's."""

    before: State
    after: State
    back: State
    trace: Trace


class Mended(NamedTuple):
    """A drift, its mending, what differed after that, and the state then."""

    drift: Drift
    deed: Deed
    left: tuple[str, ...]
    state: State


class ByGlassnet(NamedTuple):
    """The states of a host in which the requests were performed, once and over again.

    ``again`` is that after the remedy for what needs none.
    """

    first: Deed
    after: State
    second: Deed
    again: State
    mends: tuple[Mended, ...]
    back_refused: tuple[str, ...]
    back: State


@contextmanager
def scene(case: Case) -> Iterator[Host]:
    """A fresh host that has come to the case's beginning."""
    with Host() as host:
        try:
            host.sh(HOST_AND_NS1 + case.scene)
            yield host
        finally:
            if case.ends:
                host.sh(case.ends)


@functools.cache
def lacks(kind: str) -> str:
    """What the kernel says to a link of that kind if it knows none; else empty.

    One that it knows it may refuse all the same: a macvlan for want of a lower device, a tap for it
    is not made so.
    """
    with Host() as host:
        done = host.run("ip", "link", "add", "x0", "type", *kind.split(), check=False)
    unknown = ("Unknown device type", "Operation not supported")
    return done.stderr.strip() if any(words in done.stderr for words in unknown) else ""


@functools.cache
def refuses(command: str) -> str:
    """What is said where the kernel refuses a command; else empty."""
    with Host() as host:
        done = host.run("sh", "-c", command, check=False)
    return done.stderr.strip() or str(done.returncode) if done.returncode else ""


def runnable(name: str) -> Case:
    """The case, or the end of the test if this kernel cannot run it."""
    case = BY_NAME[name]
    if case.kind and (words := lacks(case.kind)):
        pytest.skip(f"this kernel has no links of type {case.kind}: {words}")
    if require.SELINUX in case.op.requires() and not selinux.available():
        pytest.skip(require.lacking(require.SELINUX))
    if case.asks and (words := refuses(case.asks)):
        pytest.skip(f"this kernel lacks what the case is about: {words}")
    return case


@functools.lru_cache(maxsize=2)
def by_hand(name: str) -> ByHand:
    """Run a case's commands, and the inverse's."""
    case = BY_NAME[name]
    with scene(case) as host:
        before = look(host)
        receipt = host.call(_receipt, case.op)
        trace = run_traced(host, typed(case.op.commands()))
        after = look(host)
        inverse = case.op.inverse(receipt)
        host.sh(typed(command for op in inverse for command in op.commands()))
        return ByHand(before, after, look(host), trace)


def typed(commands: Iterable[Command]) -> str:
    """What a person would type, one command after the other."""
    return "\n".join(str(command) for command in commands)


@functools.lru_cache(maxsize=2)
def by_glassnet(name: str) -> ByGlassnet:
    """Perform a case's requests, then the remedy, mend its drifts, and take it back."""
    case = BY_NAME[name]
    with scene(case) as host:
        first = host.call(_make, case.op)
        after = look(host)
        second = host.call(_remedy, case.op)
        again = look(host) if second.asked else after
        mends = tuple(_drift_and_mend(host, case.op, drift) for drift in case.drifts)
        inverse = case.op.inverse(first.receipt)
        refused = host.call(_perform, [one for op in inverse for one in op.requests()])
        return ByGlassnet(first, after, second, again, mends, refused, look(host))


def mended(case: Case, drift: Drift) -> tuple[State, Mended]:
    """The state of a scene in which all is as wanted already, and a drift from it, mended."""
    with scene(case) as host:
        return look(host), _drift_and_mend(host, case.op, drift)


def _drift_and_mend(host: Host, op: Op, drift: Drift) -> Mended:
    host.sh(drift.script)
    deed = host.call(_mend, op)
    return Mended(drift, deed, host.call(_differences, op), look(host))


# Inside the host, each in a process of its own.


def _plan(op: Op) -> tuple[Step, Snapshot]:
    with LinuxKernel() as kernel:
        snapshot = kernel.snapshot(op.reads())
    return addition(Wanted(known(op)), snapshot, Losses(())), snapshot


def _do(op: Op, step: Step, snapshot: Snapshot, requests: Sequence[Request]) -> Deed:
    lines = tuple(str(line) for line in op.satisfied_by(snapshot))
    refused = _perform(requests)
    return Deed(lines, step.action, step.receipt(), refused, bool(requests))


def _make(op: Op) -> Deed:
    return _do(op, *_plan(op), op.requests())


def _remedy(op: Op) -> Deed:
    """Bring what is there to what is wanted, though nothing differs."""
    step, snapshot = _plan(op)
    return _do(op, step, snapshot, op.remedy(snapshot))


def _mend(op: Op) -> Deed:
    """Do what the executor does about the planner's step."""
    step, snapshot = _plan(op)
    return _do(op, step, snapshot, requests_of(step, snapshot) if step.acts else ())


def _receipt(op: Op) -> Receipt:
    return _plan(op)[0].receipt()


def _differences(op: Op) -> tuple[str, ...]:
    return tuple(str(line) for line in op.satisfied_by(_plan(op)[1]))


def _perform(requests: Sequence[Request]) -> tuple[str, ...]:
    with LinuxKernel() as kernel:
        return tuple(str(error) for error in kernel.perform(requests) if error is not None)
