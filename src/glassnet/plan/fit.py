"""Whether the host is fit for a plan: privileges and kernel features, known before any deed."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.errors import NotPermitted, Unsupported
from glassnet.ops.require import advice, is_privilege, lacking
from glassnet.plan.model import Plan, Step
from glassnet.state.snapshot import Facet, Snapshot


def fit_facets(plan: Plan) -> frozenset[Facet]:
    """What must be asked to know whether the plan can be carried out."""
    return frozenset(facet for _, facet in _asked(plan))


def check_fit(plan: Plan, snapshot: Snapshot) -> None:
    """Raise `NotPermitted` or `Unsupported` for the first step that cannot be done here."""
    for step, facet in _asked(plan):
        if facet.key in snapshot[facet.netns].lacks:
            where = f"{step.origin}: " if step.origin else ""
            kind = NotPermitted if is_privilege(facet.key) else Unsupported
            raise kind(f"{where}{step.op}: {lacking(facet.key)}", advice(facet.key))


def _asked(plan: Plan) -> Iterator[tuple[Step, Facet]]:
    for step in plan.changes:
        for requirement in step.op.requires():
            yield step, Facet(step.op.netns, "fit", requirement)
