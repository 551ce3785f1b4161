"""Whether a chain lets nothing pass in the end, by its rules as nft lists them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from glassnet.nft.gate import CHAIN
from glassnet.nft.listing import Rule, Table
from glassnet.state.forward import ForwardState, closing

COUNTER = {"counter": {"packets": 1, "bytes": 60}}
DROP = {"drop": None}
REJECT = {"reject": {"type": "icmpx", "expr": "admin-prohibited"}}
MATCH = {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "eth0"}}


def jump(target: str) -> dict[str, Any]:
    return {"jump": {"target": target}}


@pytest.mark.parametrize(
    ("rules", "handle"),
    [
        ([], 0),
        ([("fwd", [DROP])], 1),
        ([("fwd", [COUNTER, {"log": {"prefix": "x"}}, REJECT])], 1),
        ([("fwd", [{"log": None}, DROP])], 1),
        ([("fwd", [MATCH, DROP])], 0),
        ([("fwd", [{"accept": None}])], 0),
        ([("fwd", [COUNTER])], 0),
        ([("fwd", [DROP]), ("fwd", [{"accept": None}])], 0),
        ([("fwd", [DROP]), ("fwd", [COUNTER, jump(CHAIN)])], 1),
        ([("fwd", [jump("rest")]), ("rest", [MATCH, DROP]), ("rest", [DROP])], 1),
        ([("fwd", [{"goto": {"target": "rest"}}]), ("rest", [REJECT])], 1),
        ([("fwd", [jump("rest")]), ("rest", [MATCH, DROP])], 0),
        ([("fwd", [jump("rest")])], 0),
        ([("fwd", [jump("fwd")])], 0),
        ([("other", [DROP])], 0),
    ],
)
def test_the_rule_that_closes(rules: list[tuple[str, Any]], handle: int) -> None:
    table = Table("inet", "mine")
    table.rules = [Rule(chain, json.dumps(said), "", n) for n, (chain, said) in enumerate(rules, 1)]
    assert closing(table, "fwd") == handle


def test_closed_is_by_policy_or_by_the_last_rule() -> None:
    assert ForwardState("ip", "a", "b", drops=True).is_closed
    assert ForwardState("ip", "a", "b", closing=3).is_closed
    assert not ForwardState("ip", "a", "b").is_closed
