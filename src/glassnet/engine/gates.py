"""The gates of a host (`glassnet.ops.gate`): made for the first who needs them, gone with the last.

They are the host's, not a network's: one record has them, and which there must be is seen from the
chains that are there now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from glassnet.engine.engine import Engine
from glassnet.engine.wiring import KIND, differences
from glassnet.ops.gate import AdmitOp, GateOp
from glassnet.ops.gates import needed as needed_by
from glassnet.ops.legacy import LegacyGateOp
from glassnet.plan.model import Wanted
from glassnet.state.snapshot import Facet
from glassnet.values import HOST

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

RECORD: Final = "cni/host"
"""Where they are recorded; no network of a runtime's and no lab can have such a name."""

OPENERS: Final = ("firewall", "glassnet")
"""The types of plugins whose attachments need them."""


Gate = GateOp | LegacyGateOp


def recorded(engine: Engine) -> tuple[Gate, ...]:
    """Those that stand, by what is recorded."""
    entries = engine.journal.record(RECORD) or ()
    return tuple(entry.op for entry in entries if isinstance(entry.op, Gate))


def needed(engine: Engine) -> tuple[Gate, ...]:
    """Those that there must be, by the chains that are there now and by all that is admitted."""
    seen = engine.kernel.snapshot([Facet(HOST, "forward"), Facet(HOST, "legacy")])
    admitted = (entry.op for _, entries in engine.attachments.standing("cni:") for entry in entries)
    admins = {op.admin for op in admitted if isinstance(op, AdmitOp) and op.admin}
    return needed_by(seen, admins)


def keep(engine: Engine, wanted: Sequence[AnyOp], *, anew: bool = False) -> None:
    """Have these gates and no others.

    Where all is as recorded and, by a look-up for each, still there, that is all; unless it is
    known that something differs (``anew``). Raises what `Engine.up` raises.
    """
    standing = {op.key(): op for op in recorded(engine)}
    merged = [_merged(op, standing.get(op.key())) for op in wanted if isinstance(op, Gate)]
    if not merged and not standing:
        return
    seen = engine.kernel.snapshot({facet for op in merged for facet in op.lookups()})
    same = {op.key(): op.admins for op in merged} == {k: op.admins for k, op in standing.items()}
    if same and not anew and not any(op.lookups() and op.satisfied_by(seen) for op in merged):
        return
    engine.settle()
    engine.up(RECORD, [Wanted(op) for op in merged], kind=KIND)


def _merged(op: Gate, standing: Gate | None) -> Gate:
    """With the host's chains that others have named."""
    from msgspec.structs import replace

    if standing is None or set(standing.admins) <= set(op.admins):
        return op
    return replace(op, admins=tuple(sorted({*op.admins, *standing.admins})))


def release(engine: Engine) -> None:
    """Take them away if nobody needs them any more.

    Somebody may come while they go: whoever comes looks for the record once his own row is there,
    and here the rows are looked at once more when the record has gone. One of both sees the other.
    """
    if not recorded(engine) or is_used(engine):
        return
    engine.down(RECORD)
    if is_used(engine):
        keep(engine, needed(engine))


def is_used(engine: Engine) -> bool:
    """Whether there is an attachment that needs them."""
    return engine.attachments.one_of("cni:", OPENERS) is not None


def lacking(engine: Engine) -> list[str]:
    """How the host differs from the gates that there must be, in words."""
    return differences(engine, needed(engine))
