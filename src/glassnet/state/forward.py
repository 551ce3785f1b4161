"""Chains that packets meet on their way through a host, other than glassnet's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from glassnet.nft.gate import CHAIN
from glassnet.nft.listing import Rule, Table

_SAYS_NOTHING: Final = frozenset({"counter", "log", "comment"})
_ENDS: Final = frozenset({"drop", "reject"})
_LEADS: Final = ("jump", "goto")
_DEEP: Final = 8


class ForwardState(NamedTuple):
    """A filtering base chain on the forward hook.

    ``drops``: by its policy. ``closing``: the handle of its last rule where that drops or rejects
    whatever comes there, else 0.
    """

    family: str
    table: str
    chain: str
    drops: bool = False
    closing: int = 0

    @property
    def is_closed(self) -> bool:
        """Whether what it says nothing of does not pass."""
        return self.drops or bool(self.closing)


def closing(table: Table, chain: str) -> int:
    """The handle of a chain's last rule if it lets nothing pass, else 0."""
    rules = _rules(table, chain)
    return rules[-1].handle if rules and _closes(table, rules[-1], _DEEP) else 0


def _rules(table: Table, chain: str) -> Sequence[Rule]:
    """Those of a chain, but for the way to ours."""
    ours = f'"target": "{CHAIN}"'
    return [rule for rule in table.rules if rule.chain == chain and ours not in rule.expressions]


def _closes(table: Table, rule: Rule, deep: int) -> bool:
    """Whether a rule asks for nothing, and drops or rejects, or leads to a chain that does."""
    expressions: list[dict[str, Any]] = json.loads(rule.expressions)
    said = [pair for one in expressions for pair in one.items() if pair[0] not in _SAYS_NOTHING]
    if len(said) != 1:
        return False
    kind, body = said[0]
    if kind in _LEADS and deep:
        there = _rules(table, body["target"])
        return bool(there) and _closes(table, there[-1], deep - 1)
    return kind in _ENDS
