"""What a setting of a link is at its birth: what was before, where the plan itself makes the link.

Nobody can look at it beforehand, and afterwards it is too late. Without it a setting that is not
wanted any more could not be put back while its link stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from glassnet.ops.base import Key, Op
from glassnet.ops.bridge import PortOp
from glassnet.ops.link import LinkOp, LinkSetOp
from glassnet.plan.model import Step

PORT: Mapping[str, str] = {
    **dict.fromkeys(("learning", "flood", "mcast_flood", "bcast_flood"), "1"),
    **dict.fromkeys(("isolated", "hairpin", "guard", "root_block"), "0"),
    **dict.fromkeys(("fastleave", "neigh_suppress"), "0"),
    "priority": "32",  # half of the 6 bits there are
    "cost": "2",  # of 10 Gbit/s, which a veth says it has
}
"""A port at its birth (net/bridge/br_if.c, new_nbp and port_cost)."""


def remember_births(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps, those that set something on a link which they make with what was before."""
    made: dict[Key, Op] = {}
    out: list[Step] = []
    for step in steps:
        if step.action == "make" and not step.before:
            made |= dict.fromkeys(step.op.provides(), step.op)
            out.append(replace(step, before=_at_birth(step.op, made)))
        else:
            out.append(step)
    return tuple(out)


def set_at_birth(steps: Iterable[Step]) -> frozenset[Key]:
    """The settings of links that these steps make, by key: with the links they go."""
    made: dict[Key, Op] = {}
    out: set[Key] = set()
    for step in steps:
        if step.action == "make":
            made |= dict.fromkeys(step.op.provides(), step.op)
            out |= {step.op.key()} if _at_birth(step.op, made) else set()
    return frozenset(out)


def _at_birth(op: Op, made: Mapping[Key, Op]) -> Mapping[str, str]:
    if isinstance(op, LinkSetOp):
        holder: Key = ("netns", op.netns) if op.ifname == "lo" else ("link", op.netns, op.ifname)
        if holder not in made:
            return {}
        flags = {"promisc": op.promisc, "allmulti": op.allmulti}
        was = {name: "off" for name, value in flags.items() if value}
        return {**was, "state": "down"} if op.up else was
    if isinstance(op, PortOp):
        maker = made.get(("link", op.netns, op.ifname))
        if not isinstance(maker, LinkOp):
            return {}
        near = (maker.netns, maker.ifname) == (op.netns, op.ifname)
        master = (maker.master if near else None) or "none"
        return {"master": master, **{name: PORT[name] for name in op.options}}
    return {}
