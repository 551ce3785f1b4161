"""Attach and detach: the hot path. Nothing is dumped, forked or waited for."""

from __future__ import annotations

from glassnet.engine.engine import Engine
from glassnet.errors import Conflict, NotFound, RollbackFailed, StateError, StepFailed
from glassnet.ops.link import LinkSetOp
from glassnet.ops.registry import AnyOp
from glassnet.ops.veth import VethOp
from glassnet.plan.attachment import LO, Attachment
from glassnet.plan.build import undo_steps
from glassnet.plan.model import Entry, Plan, Step
from glassnet.state.snapshot import Facet, Snapshot


def attach(engine: Engine, attachment: Attachment) -> Plan:
    """Wire a namespace; what was done.

    Every object is made with NLM_F_EXCL: that the kernel took it means it was not there. Raises
    `Conflict` if there is an attachment of that name, `StepFailed` or `StateError` (the host is as
    before) or `RollbackFailed`.
    """
    engine.recover()
    snapshot = engine.kernel.snapshot(attachment.lookups())
    steps = tuple(_step(op, snapshot) for op in attachment.ops())
    plan = Plan(attachment.name, "attach", steps)
    row = engine.attachments.begin(plan)
    try:
        engine.executor.run(plan, snapshot)
        engine.attachments.done(row, plan.name)
    except RollbackFailed:
        engine.attachments.give_up(plan.name)
        raise
    except StepFailed:
        engine.attachments.undone(row, plan.name)
        raise
    except (KeyboardInterrupt, StateError):
        _take_back(engine, row, plan)
        raise
    return plan


def _take_back(engine: Engine, row: int, plan: Plan) -> None:
    left = engine.executor.take_back(plan, ())
    if left:
        engine.attachments.give_up(plan.name)
        raise RollbackFailed(Conflict(f"the attach of {plan.name} was stopped"), left)
    engine.attachments.undone(row, plan.name)


def _step(op: AnyOp, snapshot: Snapshot) -> Step:
    """Settings remember what was before; loopback that is up already is kept."""
    if isinstance(op, LinkSetOp) and op.ifname == LO:
        if not op.satisfied_by(snapshot):
            return Step(op, "keep")
        return Step(op, "make", before=op.before(snapshot))
    return Step(op, "make")


def detach(engine: Engine, name: str) -> Plan:
    """Take an attachment away, whether or not its namespace is still there.

    The host's end goes, and everything on it and across from it goes with it. Cut short, it is
    done again by the next call: the row goes last. Raises `NotFound` if there is no such
    attachment, `RollbackFailed` if something could not be taken away.
    """
    engine.recover()
    with engine.attachments.held(name):
        entries = engine.attachments.get(name)
        if entries is None:
            raise NotFound(f"there is no attachment {name}")
        snapshot = engine.kernel.snapshot(_lookups(entries))
        plan = Plan(name, "detach", undo_steps(entries, snapshot))
        left = engine.executor.teardown(plan, snapshot)
        if left:
            raise RollbackFailed(NotFound(f"the detach of {name} is not complete"), left)
        engine.attachments.delete(name)
    return plan


def _lookups(entries: tuple[Entry, ...]) -> set[Facet]:
    facets: set[Facet] = set()
    for entry in entries:
        op = entry.op
        facets.add(Facet(op.netns, "netns"))
        if isinstance(op, VethOp):
            facets |= {Facet(op.netns, "link", op.ifname), Facet(op.peer_netns, "netns")}
        elif isinstance(op, LinkSetOp) and op.ifname == LO:
            facets.add(Facet(op.netns, "flags", LO))
    return facets
