"""The plans of one attachment: what makes it, and what takes it back, by look-ups alone.

What an attachment makes is made so that the kernel refuses it if it is there: nothing need be
looked at before. Settings are another matter, for their values are to be put back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from glassnet.ops.base import ActionOp, Key, ObjectOp, Op
from glassnet.ops.bridge import PortOp
from glassnet.ops.conntrack import ForgetOp
from glassnet.ops.link import IfbOp, LinkOp
from glassnet.ops.veth import VethOp
from glassnet.ops.vrf import VrfOp
from glassnet.ops.written import known
from glassnet.plan.losses import provided
from glassnet.plan.model import Action, Entry, Plan, Step
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName, Netns

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp


def attach_lookups(ops: Sequence[AnyOp]) -> frozenset[Facet]:
    """What must be looked up before: settings of what is there already."""
    coming = provided(op for op in ops if isinstance(op, ObjectOp))
    return frozenset(
        facet
        for op in ops
        if isinstance(op, VrfOp)
        or (not isinstance(op, ObjectOp) and coming.isdisjoint(op.within()))
        for facet in op.lookups()
    )


def build_attach(name: str, ops: Sequence[AnyOp], snapshot: Snapshot) -> Plan:
    """The plan that makes it: each object anew, each setting with what was before."""
    coming = provided(op for op in ops if isinstance(op, ObjectOp))
    return Plan(name, "attach", tuple(_step(op, coming, snapshot) for op in ops))


def _step(op: AnyOp, coming: set[Key], snapshot: Snapshot) -> Step:
    if isinstance(op, VrfOp) and not op.satisfied_by(snapshot):
        return Step(op, "implied")  # each member has a part in it, and the last takes it away
    if isinstance(op, PortOp) and _joins_vrf(op, coming):
        return Step(op, "make", before={"master": "none"})
    unseen = isinstance(op, ObjectOp) or not coming.isdisjoint(op.within()) or not op.lookups()
    if unseen:
        return Step(op, "make")
    if not op.satisfied_by(snapshot):
        return Step(op, "keep")
    return Step(op, "make", before=op.before(snapshot))


def _joins_vrf(op: PortOp, coming: set[Key]) -> bool:
    """Whether it puts an interface that is there into a VRF, of which it was no member before."""
    master = ("link", op.netns, str(op.master))
    return master in coming and ("link", op.netns, op.ifname) not in coming


def detach_lookups(entries: Sequence[Entry]) -> frozenset[Facet]:
    """What must be looked up to take it back: namespaces, links, settings."""
    facets: set[Facet] = set()
    for op in _inverses(entries):
        facets.add(Facet(op.netns, "netns"))
        facets.update(op.lookups())
        if isinstance(op, VrfOp):
            facets.add(Facet(op.netns, "links"))
    return frozenset(facets)


def build_detach(name: str, entries: Sequence[Entry], snapshot: Snapshot) -> Plan:
    """The plan that takes it back, last first; what was taken away by others is passed over."""
    inverses = list(_inverses(entries))
    going = {key for op in inverses if _goes(op, snapshot) for key in op.provides()}
    leaving = {(op.netns, op.ifname) for op in inverses if isinstance(op, PortOp)}
    steps = (
        Step(op, "leave", note="others are in it")
        if isinstance(op, VrfOp) and _has_others(op, leaving, snapshot)
        else _inverse(op, going, snapshot)
        for op in inverses
    )
    return Plan(name, "detach", tuple(_cables_together(list(steps))))


def _cables_together(steps: Sequence[Step]) -> list[Step]:
    """Cables on the host go together, after all else: the kernel has to wait only once for it.

    What acts and leaves nothing comes after that, as it does anyway.
    """
    cables = [step for step in steps if _cuts_cable(step)]
    actions = [step for step in steps if isinstance(step.op, ActionOp)]
    rest = [step for step in steps if not _cuts_cable(step) and not isinstance(step.op, ActionOp)]
    return [*rest, *cables, *actions]


def _cuts_cable(step: Step) -> bool:
    """Whether the end of a cable on the host goes, or what is put behind one to slow it down."""
    op = step.op
    return step.action == "remove" and isinstance(op, VethOp | IfbOp) and op.netns.is_host


def _has_others(op: VrfOp, leaving: set[tuple[Netns, IfName]], snapshot: Snapshot) -> bool:
    """Whether a VRF has members that are not about to leave it."""
    found = snapshot.link(op.netns, op.ifname) if snapshot.exists(op.netns) else None
    return found is not None and any(
        link.master == found.index and (op.netns, link.ifname) not in leaving
        for link in snapshot[op.netns].links.values()
    )


def _inverses(entries: Sequence[Entry]) -> Iterator[AnyOp]:
    """What takes it back; and flows are forgotten again, once nothing leads there any more."""
    for entry in reversed(entries):
        yield from map(known, entry.op.inverse(entry.receipt))
    yield from (known(entry.op) for entry in entries if isinstance(entry.op, ForgetOp))


def _goes(op: AnyOp, snapshot: Snapshot) -> bool:
    return isinstance(op, LinkOp) and bool(op.satisfied_by(snapshot))


def _inverse(op: AnyOp, going: set[Key], snapshot: Snapshot) -> Step:
    if not _visible(op.within(), snapshot):
        return Step(op, "keep", note="gone already")
    if not going.isdisjoint(_places(op)):
        return Step(op, "implied")
    action: Action = "remove" if isinstance(op, ObjectOp) else "restore"
    if isinstance(op, ObjectOp) and op.present:
        # What it had taken away of its link's goes with the link; refused, it would be in the way.
        return Step(op, "keep", note="not put back")
    if isinstance(op, PortOp) and not op.before(snapshot):
        return Step(op, "keep", note="gone already")
    if not op.lookups():
        return Step(op, action)
    if not isinstance(op, ObjectOp) and not op.before(snapshot):
        return Step(op, "keep", note="gone already")
    why = op.satisfied_by(snapshot)
    if not why:
        return Step(op, "keep", note="as before already")
    if reason := op.obstacle(snapshot):
        return Step(op, "leave", why, note=reason)
    return Step(op, action, why)


def _places(op: Op) -> list[Key]:
    return [key for key in op.within() if key != op.key()]


def _visible(keys: Iterable[Key], snapshot: Snapshot) -> bool:
    """Whether the namespaces that hold something are there, as far as they were looked at."""
    named = (Netns(key[1]) for key in keys if key[0] == "netns")
    return all(one.is_host or one not in snapshot or snapshot.exists(one) for one in named)
