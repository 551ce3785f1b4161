"""A type's whole matrix in two hosts: all that differs, told by path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import seen
from packets import OUTSIDE, Probe, probe
from seen import Differing, Flat, compare, flat, nobodys

from glassnet.testing.differences import DIFFERENCES, Difference
from sides import LARGE, OLDER, VERSION, Ended, Row, Side, need, sides


@dataclass(frozen=True)
class Matrix:
    """What is asked of both sides: rows to be wired, packets to be sent, and what is refused.

    ``whole`` if it shows all of the type's intended differences; ``executed`` if our plugins are
    to be.
    """

    type: str
    rows: Sequence[Row] = ()
    probes: Sequence[Probe] = ()
    refused: Sequence[Row] = ()
    before: str = ""
    also: tuple[str, ...] = ()
    whole: bool = True
    executed: bool = LARGE

    def asked_in(self, version: str) -> Matrix:
        """The same in another version, where none is said; it shows less."""
        rows = tuple(replace(one, version=version) if _is_free(one) else one for one in self.rows)
        return replace(self, rows=rows, refused=(), whole=False)


def _is_free(one: Row) -> bool:
    return one.version == VERSION and "prevResult" not in one.chain[0]


def differing(matrix: Matrix) -> list[Differing]:
    """All that differs, from the first ADD to the last DEL."""
    need(matrix.type, *matrix.also)
    spaces = [one.space for one in (*matrix.rows, *matrix.refused)]
    spaces += ["outside"] if OUTSIDE in matrix.before else []
    with sides(spaces, matrix.before, executed=matrix.executed) as both:
        theirs, ours = (_life(side, matrix) for side in both)
    return [one for one in compare(theirs, ours) if not _says_as_much(one)]


def _says_as_much(one: Differing) -> bool:
    """Whether one message has all of the other in it; ours says beside it where, theirs in what."""
    if not (one.path.startswith("refused/") and one.path.endswith("/msg")):
        return False
    theirs, ours = (str(words).lower().rstrip(".") for words in (one.theirs, one.ours))
    return theirs in ours or ours in theirs


def _life(side: Side, matrix: Matrix) -> Flat:
    found: dict[str, Any] = {}
    for one in matrix.refused:
        if one.before:
            side.host.sh(one.before)
    if matrix.rows:
        added = side.add(matrix.rows)
        now = seen.look(side.host)
        found |= _told("ADD", added, now.called)
        found |= {f"after ADD/{path}": value for path, value in now.flat.items()}
        found |= {f"packets/{name}": v for name, v in probe(side.host, matrix.probes).items()}
        found |= _told("CHECK", side.check(matrix.rows))
        for one in matrix.rows:
            if one.vanishes:
                side.host.run("ip", "netns", "del", one.space)
        found |= _told("DEL", side.delete(matrix.rows))
        found |= _told("DEL again", side.delete(matrix.rows))
    left = seen.look(side.host).flat
    if matrix.rows:
        found |= {f"after DEL/{path}": value for path, value in left.items()}
    if matrix.refused:
        found |= _refusals(side, matrix, left)
    return found


def _refusals(side: Side, matrix: Matrix, before: Flat) -> Flat:
    found: dict[str, Any] = {}
    for name, ended in side.refused(matrix.refused).items():
        found |= flat(f"refused/{name}", _refusal(ended))
    left = compare(before, seen.look(side.host).flat)
    if side.name == "ours":
        assert not left, f"what is refused leaves something: {left}"
    return found | {f"left of the refused/{one.path}": str(one.ours) for one in left}


def _told(
    phase: str, ended: dict[str, Ended], called: Callable[[Any], Any] = lambda value: value
) -> Flat:
    found: dict[str, Any] = {}
    for name, one in ended.items():
        found |= flat(f"{phase}/{name}", nobodys(called(one.told)))
    return found


def _refusal(ended: Ended) -> Any:
    if ended.code == 0:
        return {"code": 0, "msg": "accepted"}
    if not isinstance(ended.out, dict):
        return {"code": "none", "msg": "no JSON"}
    return {"code": ended.out["code"], "msg": ended.out["msg"]}


def unlisted(matrix: Matrix, found: Sequence[Differing]) -> list[str]:
    """Differences that are not on the list, a line each."""
    mine = [one for one in DIFFERENCES if one.concerns(matrix.type, *matrix.also)]
    return [str(one) for one in found if not any(entry.matches(*one) for entry in mine)]


def gone(matrix: Matrix, found: Sequence[Differing]) -> list[str]:
    """Parts of the type's own entries on the list that were not found."""
    mine = [one for one in DIFFERENCES if one.concerns(matrix.type)]
    return [line for entry in mine for line in _gone(entry, found)]


def _gone(entry: Difference, found: Sequence[Differing]) -> list[str]:
    return [
        f"{entry.type}: {entry.what}: no longer differs at {place.path}"
        for place in entry.at
        if not any(place.matches(*one) for one in found)
    ]


def judge(matrix: Matrix) -> None:
    """Fail on what differs and is not listed, and on what is listed and does not differ."""
    for one in (matrix, *(matrix.asked_in(version) for version in OLDER)):
        found = differing(one)
        problems = unlisted(one, found) + (gone(one, found) if one.whole else [])
        assert not problems, "\n" + "\n".join(problems)
