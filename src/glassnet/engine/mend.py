"""Rules of containers' networks that somebody has flushed, put back from what is recorded.

What is put back is what ADD made: nothing is recorded anew, so being killed here is no harm. An
attachment's elements are put back while its namespace is held, so that none is that is about to go.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from glassnet.engine import gates
from glassnet.engine.engine import Engine
from glassnet.engine.wiring import KIND, differences
from glassnet.nft import guard, names
from glassnet.ops.base import Op
from glassnet.ops.gate import GateOp
from glassnet.ops.guard import GuardBaseOp
from glassnet.ops.nft import NftBaseOp
from glassnet.plan.model import Entry
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST

_PREFIX: Final = f"{KIND}:"
_TELLTALES: Final[dict[type[Op], Facet]] = {
    NftBaseOp: Facet(HOST, "chain", f"{names.FAMILY} {names.TABLE} passing"),
    GuardBaseOp: Facet(HOST, "chain", f"{guard.FAMILY} {guard.TABLE} {guard.CHAIN}"),
}
"""The chain whose absence tells that a table was flushed."""


def mend_if_lost(engine: Engine, network: str, type_: str) -> None:
    """Put everything back if a table of ours or a gate of the host's is gone.

    Costs two rows that are read and a look-up for each table and gate. A plugin of a ``type_`` that
    tells firewalld of addresses asks it about one, where there is any: a reload takes all from it.
    Raises `GlassnetError`.
    """
    if is_lost(engine, network, type_):
        mend(engine)


def is_lost(engine: Engine, network: str, type_: str) -> bool:
    """Whether a table that the network needs, a gate of the host's or a zone's source is gone."""
    standing = [entry.op for entry in engine.journal.record(network) or ()]
    asked = {_TELLTALES[type(op)] for op in standing if type(op) in _TELLTALES}
    asks: list[Op] = [*gates.recorded(engine)]
    if type_ in gates.OPENERS:
        asks += _some_sources(engine, network)
    facets = asked | {facet for op in asks for facet in op.lookups()}
    if not facets:
        return False
    seen = engine.kernel.snapshot(facets)
    there = seen[HOST].chains
    glanced = [op for op in asks if op.lookups()]
    return any(one.key not in there for one in asked) or _differs(glanced, seen)


def _some_sources(engine: Engine, network: str) -> list[Op]:
    """Those of one attachment of the network's in firewalld's zones."""
    row = engine.attachments.one_of(f"{network}/", gates.OPENERS)
    ops = [step.op for step in row.plan.steps] if row is not None else []
    return [op for op in ops if op.noun == "zone"]


def mend(engine: Engine) -> list[str]:
    """Put back all that is lost of any container network's rules; what that was, in words.

    Raises what the kernel refuses.
    """
    with engine.alone():
        done = _mend_rules(engine)
    return done + _mend_gates(engine)


def _mend_rules(engine: Engine) -> list[str]:
    """One look tells what is lost; a second, with whoever has lost something held, what is due."""
    shared = list(_of_networks(engine))
    rows = engine.attachments.standing(_PREFIX)
    if not shared and not rows:
        return []
    seen = engine.kernel.snapshot({Facet(HOST, "nft"), *_zones(rows)})
    lost = [name for name, entries in rows if _differs(_rules(entry.op for entry in entries), seen)]
    if not lost and not _differs(_rules(shared), seen):
        return []
    with contextlib.ExitStack() as held:
        for netns in {engine.attachments.netns(name) for name in lost}:
            if netns is not None:
                held.enter_context(engine.attachments.held(netns))
        still = [entry.op for name in lost for entry in engine.attachments.get(name) or ()]
        return _put_back(engine, _rules([*shared, *still]))


def _of_networks(engine: Engine) -> Iterator[Op]:
    for name, record in engine.journal.standing().items():
        if record.kind == KIND and name.startswith(_PREFIX):
            yield from (entry.op for entry in record.entries)


def _zones(rows: Sequence[tuple[str, tuple[Entry, ...]]]) -> set[Facet]:
    """What must be asked of firewalld."""
    ops = (entry.op for _, entries in rows for entry in entries)
    return {facet for op in ops if op.noun == "zone" for facet in op.reads()}


def _differs(rules: Iterable[Op], seen: Snapshot) -> bool:
    return any(op.satisfied_by(seen) for op in rules)


def _rules(ops: Iterable[Op]) -> list[Op]:
    """What is in the host's ruleset, each once, tables first, and then what firewalld is told.

    Gates are seen to by themselves.
    """
    found = {
        op.key(): op
        for op in ops
        if op.noun in {"nft", "zone"} and op.netns == HOST and not isinstance(op, GateOp)
    }
    return sorted(found.values(), key=lambda op: (type(op) not in _TELLTALES, op.noun))


def _put_back(engine: Engine, rules: Sequence[Op]) -> list[str]:
    """What differs and is in nobody's way, as it was made."""
    seen = engine.kernel.snapshot({facet for op in rules for facet in op.reads()})
    lost = [op for op in rules if op.satisfied_by(seen) and not op.obstacle(seen)]
    requests = [request for op in lost for request in op.remedy(seen)]
    for error in engine.kernel.perform(requests) if requests else ():
        if error is not None:
            raise error
    return [str(op) for op in lost]


def _mend_gates(engine: Engine) -> list[str]:
    if not gates.is_used(engine):
        return []
    wanted = gates.needed(engine)
    lost = differences(engine, wanted) if wanted else []
    gates.keep(engine, wanted, anew=bool(lost))
    return lost
