"""Attachments of any shape: wired, unwired, and what their networks share made sure of.

This is what container runtimes wait for: nothing is dumped, and what is shared is looked up by
name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from glassnet.engine.engine import Engine
from glassnet.engine.recover import settle
from glassnet.errors import (
    Conflict,
    GlassnetError,
    NftRefused,
    RollbackFailed,
    StateError,
    StepFailed,
)
from glassnet.ops.base import Op, place
from glassnet.ops.link import LinkOp
from glassnet.ops.nft import ElementsOp
from glassnet.plan.model import Entry, Plan
from glassnet.plan.wiring import attach_lookups, build_attach, build_detach, detach_lookups
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import Netns

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

Then = Callable[[], "Sequence[AnyOp]"]
"""More of an attachment's own objects, once the first are there."""
Undo = Callable[[], None]
"""What takes back whatever that has brought about besides."""

KIND = "cni"
"""What the networks of container runtimes are among the records."""


def wire(engine: Engine, name: str, netns: Netns, ops: Sequence[AnyOp]) -> Plan:
    """Make an attachment's own objects; what was done.

    Raises `Conflict` if there is an attachment of that name, `StepFailed` or `StateError` (the
    host is as before) or `RollbackFailed`.
    """
    with engine.attachments.held(netns):
        plan, snapshot, row = _begin(engine, name, netns, ops)
        try:
            engine.executor.run(plan, snapshot)
            engine.attachments.done(row)
        except StepFailed:
            engine.attachments.delete(row)
            raise
        except (KeyboardInterrupt, StateError) as error:
            _take_back(engine, plan, row, error)
            raise
    return plan


def wire_further(
    engine: Engine, name: str, netns: Netns, ops: Sequence[AnyOp], *, then: Then, undo: Undo
) -> Plan:
    """The same, but that ``then`` is asked for more of them once the first are there.

    That may take long: meanwhile others may neither wire nor unwire this namespace. Whatever it
    raises is raised here, and the host is as before: ``undo`` comes first, while they are there.
    """
    with engine.attachments.held(netns):
        plan, snapshot, row = _begin(engine, name, netns, ops)
        try:
            engine.executor.run(plan, snapshot)
            rest = then()
            snapshot = engine.kernel.snapshot(attach_lookups(rest))
            more = build_attach(name, rest, snapshot)
            plan = Plan(name, plan.verb, (*plan.steps, *more.steps))
            engine.attachments.go_on(row, plan)
            engine.executor.run(more, snapshot)
            engine.attachments.done(row)
        except BaseException as error:
            undo()
            _take_back(engine, plan, row, error)
            raise
    return plan


def _begin(
    engine: Engine, name: str, netns: Netns, ops: Sequence[AnyOp]
) -> tuple[Plan, Snapshot, int]:
    """The plan, what it was made by, and its row, written ahead."""
    settle(netns, engine.attachments, engine.executor, engine.listener)
    coming = _coming(ops)
    snapshot = engine.kernel.snapshot(attach_lookups(ops) | coming)
    _check_free(coming, snapshot)
    plan = build_attach(name, ops, snapshot)
    return (plan, snapshot, engine.attachments.begin(plan, netns).row)


def _take_back(engine: Engine, plan: Plan, row: int, error: BaseException) -> None:
    left = engine.executor.take_back(plan, ())
    if left:
        stopped = Conflict(f"the attach of {plan.name} was stopped")
        first = error if isinstance(error, GlassnetError) else stopped
        raise RollbackFailed(first, left) from None
    engine.attachments.delete(row)


def _coming(ops: Sequence[AnyOp]) -> frozenset[Facet]:
    """The links that are to come, both ends of a cable: none may be there."""
    links = (op for op in ops if isinstance(op, LinkOp) and op.present)
    keys = (key for op in links for key in op.provides() if key[0] == "link")
    return frozenset(Facet(Netns(netns), "flags", ifname) for _, netns, ifname in keys)


def _check_free(coming: Iterable[Facet], snapshot: Snapshot) -> None:
    """A link that is there already would be refused, but be given our mark along with that."""
    for netns, _, ifname in coming:
        if ifname in snapshot[netns].flags:
            raise Conflict(
                f"a link {ifname} is there already {place(netns)}",
                "DEL comes before another ADD; 'glassnet show' tells whose it is",
            )


def unwire(engine: Engine, name: str) -> Plan | None:
    """Take an attachment's own objects away; None if there is no such attachment.

    Neither its namespace nor anything else need be there any more. Cut short, it is begun again by
    the next call: the row goes last. Raises `RollbackFailed` with what could not be taken away.
    """
    netns = engine.attachments.netns(name)
    if netns is None:
        return None
    with engine.attachments.held(netns):
        row = engine.attachments.find(name, netns)
        if row is None:  # another was faster
            return None
        entries = [Entry(step.op, step.receipt(), step.origin) for step in row.plan.steps]
        snapshot = engine.kernel.snapshot(detach_lookups(entries))
        plan = build_detach(name, entries, snapshot)
        left = engine.executor.teardown(plan, snapshot)
        if left:
            raise RollbackFailed(Conflict(f"the detach of {name} is not complete"), left)
        engine.attachments.delete(row.id)
    return plan


def ensure(engine: Engine, network: str, ops: Sequence[AnyOp]) -> None:
    """Make sure of what a network's attachments share; it stands until the network goes down.

    Where all is there and recorded, that is all: look-ups by name, one row read, and elements told
    to nft once more, which is quicker than to list them. Raises what `Engine.up` raises.
    """
    recorded = {entry.op.key() for entry in engine.journal.record(network) or ()}
    seen = engine.kernel.snapshot({facet for op in ops for facet in op.lookups()})
    lacking = [op for op in ops if op.lookups() and op.satisfied_by(seen)]
    known_all = all(op.key() in recorded for op in ops)
    if lacking or not known_all or not _are_told(engine, ops):
        make_sure(engine, network, ops)


def _are_told(engine: Engine, ops: Sequence[AnyOp]) -> bool:
    """Whether nft has taken, or had already, the elements that are shared."""
    requests = [one for op in ops if isinstance(op, ElementsOp) for one in op.requests()]
    return not any(engine.kernel.perform(requests)) if requests else True


def make_sure(engine: Engine, network: str, ops: Sequence[AnyOp]) -> None:
    """The same with eyes wide open: everything is looked at, and mended.

    Of what is recorded already, here or for another network, the record's word counts: a bridge is
    what the first who wanted it made it.
    """
    engine.settle()
    engine.extend(network, ops, KIND)


def is_base_missing(error: GlassnetError) -> bool:
    """Whether a step was refused because somebody has flushed nft's rules."""
    cause = error.cause if isinstance(error, StepFailed) else error
    return isinstance(cause, NftRefused) and "No such file or directory" in cause.words


def differences(engine: Engine, ops: Iterable[Op]) -> list[str]:
    """How the host differs from what was made, in words."""
    wanted = list(ops)
    snapshot = engine.kernel.snapshot({facet for op in wanted for facet in op.reads()})
    return [str(one) for op in wanted for one in op.satisfied_by(snapshot)]
