"""What is a reason to look after our rules, of all that netfilter tells."""

from __future__ import annotations

import pytest

from glassnet.engine.watch import is_reason
from glassnet.netlink.message import Message, MessageType
from glassnet.netlink.netfilter import nftables


@pytest.mark.parametrize(
    ("kind", "attrs", "reason"),
    [
        (nftables.DELTABLE, {"name": "glassnet"}, True),
        (nftables.DELCHAIN, {"table": "glassnet", "name": "passing"}, True),
        (nftables.DELRULE, {"table": "glassnet"}, True),
        (nftables.DELSETELEM, {"table": "glassnet"}, True),
        (nftables.DELSET, {"table": "glassnet"}, True),
        (nftables.NEWTABLE, {"name": "glassnet"}, False),
        (nftables.NEWCHAIN, {"table": "glassnet", "name": "passing"}, False),
        (nftables.NEWCHAIN, {"table": "filter", "name": "FORWARD"}, True),
        (nftables.DELRULE, {"table": "filter"}, True),
        (nftables.DELTABLE, {"name": "firewalld"}, True),
        (nftables.NEWRULE, {"table": "filter"}, False),
        (nftables.DELSETELEM, {"table": "mine"}, False),
        (nftables.NEWTABLE, {"name": "mine"}, False),
    ],
)
def test_a_reason_to_look(kind: MessageType, attrs: dict[str, str], reason: bool) -> None:
    told = Message(kind, 0, {"family": 1}, attrs)
    other = Message(nftables.NEWTABLE, 0, {"family": 1}, {"name": "other"})
    assert is_reason([other, told]) is reason


def test_what_was_missed_is_a_reason_too() -> None:
    assert is_reason(None)
    assert not is_reason([])
