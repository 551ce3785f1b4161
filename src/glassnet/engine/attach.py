"""Attach and detach: the hot path. Nothing is dumped, forked or waited for."""

from __future__ import annotations

import contextlib
import errno
import functools
from collections.abc import Iterator
from typing import Final

import msgspec

from glassnet.engine.attachments import Row
from glassnet.engine.engine import Engine
from glassnet.engine.recover import settle
from glassnet.errors import (
    Conflict,
    KernelRefused,
    NotFound,
    RollbackFailed,
    StateError,
    StepFailed,
)
from glassnet.netlink.route.link import IFF_UP
from glassnet.ops.base import place
from glassnet.ops.link import LinkSetOp
from glassnet.ops.veth import VethOp
from glassnet.ops.written import known
from glassnet.plan.attachment import LO, Attachment
from glassnet.plan.model import Plan, Step, encode
from glassnet.plan.stencil import Ready, Stencil, shape_of
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, Netns

_STENCILS_MAX: Final = 64
"""Shapes to be remembered: a platform has a few."""


def attach(engine: Engine, attachment: Attachment) -> None:
    """Wire a namespace.

    Every object is made with NLM_F_EXCL: that the kernel took it means it was not there. Raises
    `Conflict` if there is an attachment or a link of that name, `StepFailed` or `StateError` (the
    host is as before) or `RollbackFailed`.
    """
    try:
        company = _attach(engine, attachment)
    except (Conflict, StepFailed) as error:
        # What is in the way may be what somebody who is dead has left half-made.
        if not engine.settle():
            if isinstance(error, StepFailed):
                _check_free(engine, attachment, error)
            raise
        company = _attach(engine, attachment)
    if company:
        engine.settle()


def _attach(engine: Engine, attachment: Attachment) -> bool:
    """Once; whether something else is pending at the moment, by the living or the dead."""
    with engine.attachments.held(attachment.netns):
        snapshot = engine.kernel.snapshot(attachment.lookups())
        plan = functools.partial(attachment.plan, snapshot)
        ready = _ready(engine, attachment, snapshot)
        begun = engine.attachments.begin_encoded(
            attachment.name, ready.plan if ready else encode(plan()), attachment.netns
        )
        try:
            if begun.haunted:
                raise Conflict(
                    f"{attachment.netns} has what somebody who died left half-made",
                    "run 'glassnet repair'",
                )
            if ready:
                engine.executor.run_ready(ready, plan)
            else:
                engine.executor.run(plan(), snapshot)
            engine.attachments.done(begun.row)
        except (Conflict, StepFailed):
            engine.attachments.delete(begun.row)
            raise
        except (KeyboardInterrupt, StateError):
            _take_back(engine, begun.row, plan())
            raise
    return begun.company


def _ready(engine: Engine, attachment: Attachment, snapshot: Snapshot) -> Ready | None:
    """It in bytes, unless somebody wants to hear of each step or there is nothing to wire."""
    flags = snapshot[attachment.netns].flags.get(LO)
    if flags is None or attachment.netns.is_host or not engine.executor.is_unwatched:
        return None
    shape = shape_of(attachment, flags & IFF_UP)
    stencil = engine.stencils.get(shape)
    if stencil is None:
        attachment.ops()  # raises what is wrong with it in its own words
        if len(engine.stencils) >= _STENCILS_MAX:
            engine.stencils.clear()
        stencil = engine.stencils[shape] = Stencil.cut(attachment, flags)
    return stencil.fill(attachment)


def _check_free(engine: Engine, attachment: Attachment, error: StepFailed) -> None:
    """Raise `Conflict` if it was refused because a link has the name of one of its ends."""
    if not isinstance(error.cause, KernelRefused) or error.cause.errno != errno.EEXIST:
        return
    ends = (HOST, attachment.host_ifname), (attachment.netns, attachment.ifname)
    snapshot = engine.kernel.snapshot([Facet(netns, "flags", name) for netns, name in ends])
    for netns, ifname in ends:
        if ifname in snapshot[netns].flags:
            raise Conflict(
                f"a link {ifname} is there already {place(netns)}",
                "use another name: 'glassnet show' tells whose it is",
            ) from error


@contextlib.contextmanager
def _alone_in(engine: Engine, netns: Netns) -> Iterator[None]:
    """Be the only one who wires a namespace, also after one who died while we waited for it."""
    with engine.attachments.held(netns):
        settle(netns, engine.attachments, engine.executor, engine.listener)
        yield


def _take_back(engine: Engine, row: int, plan: Plan) -> None:
    left = engine.executor.take_back(plan, ())
    if left:
        raise RollbackFailed(Conflict(f"the attach of {plan.name} was stopped"), left)
    engine.attachments.delete(row)


def detach(engine: Engine, name: str) -> Plan:
    """Take an attachment away, whether or not its namespace is still there.

    The host's end goes, and everything on it and across from it goes with it. The last attachment
    of a namespace puts its loopback back as the first one found it. Cut short, it is done again by
    the next call: the row goes last. Raises `NotFound` if there is no such attachment,
    `RollbackFailed` if something could not be taken away.
    """
    engine.settle()
    netns = engine.attachments.netns(name)
    if netns is None:
        raise NotFound(f"there is no attachment {name}")
    with _alone_in(engine, netns):
        row = engine.attachments.find(name, netns)
        if row is None:  # another was faster
            raise NotFound(f"there is no attachment {name}")
        heir = _heir(row, engine.attachments.other(row, netns))
        snapshot = engine.kernel.snapshot(_lookups(row.plan))
        plan = Plan(name, "detach", tuple(_removals(row.plan, heir is not None, snapshot)))
        left = engine.executor.teardown(plan, snapshot)
        if left:
            raise RollbackFailed(NotFound(f"the detach of {name} is not complete"), left)
        if heir is None:
            engine.attachments.delete(row.id)
        else:
            engine.attachments.hand_over(row.id, heir)
    return plan


def _heir(row: Row, other: Row | None) -> Row | None:
    """The other with our receipt for loopback, if we have it (docs/adr/0007)."""
    ours = next((step for step in row.plan.steps if _is_loopback(step) and step.acts), None)
    if other is None or ours is None:
        return None
    steps = tuple(ours if _is_loopback(step) else step for step in other.plan.steps)
    return Row(other.id, msgspec.structs.replace(other.plan, steps=steps))


def _is_loopback(step: Step) -> bool:
    return isinstance(step.op, LinkSetOp) and step.op.ifname == LO


def _lookups(plan: Plan) -> set[Facet]:
    """Three links by name: both ends of the cable, and loopback."""
    facets: set[Facet] = set()
    for op in (step.op for step in plan.steps):
        if isinstance(op, VethOp):
            facets |= {Facet(op.netns, "link", op.ifname), Facet(op.peer_netns, "link", op.peer)}
        elif isinstance(op, LinkSetOp) and op.ifname == LO:
            facets.add(Facet(op.netns, "link", LO))
    return facets


def _removals(plan: Plan, inherited: bool, snapshot: Snapshot) -> Iterator[Step]:
    """What is done about loopback, and then about the cable."""
    [veth] = (step.op for step in plan.steps if isinstance(step.op, VethOp))
    for step in filter(_is_loopback, plan.steps):
        for op in map(known, step.op.inverse(step.receipt())):
            why = op.satisfied_by(snapshot)
            if inherited:
                yield Step(op, "leave", why, note="another attachment needs it")
            elif why and _is_cabled(veth, snapshot):
                yield Step(op, "restore", why)
            else:
                yield Step(op, "keep", note="gone already" if why else "as before already")
    gone = veth.flipped()
    if not (why := gone.satisfied_by(snapshot)):
        yield Step(gone, "keep", note="gone already")
    elif reason := gone.obstacle(snapshot):
        yield Step(gone, "leave", why, note=reason)
    else:
        yield Step(gone, "remove", why)


def _is_cabled(veth: VethOp, snapshot: Snapshot) -> bool:
    """Whether the namespace of that name still is the one that was wired."""
    near = snapshot.link(veth.netns, veth.ifname)
    far = snapshot.link(veth.peer_netns, veth.peer)
    if near is None or far is None:
        return False
    return (near.index, near.link) == (far.link, far.index)
