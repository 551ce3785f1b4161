"""The proof that an operation's four faces agree, over every operation there is.

What is typed and what is sent lead to the same state of the host, as ``ip``, ``bridge``, ``nft``
and /proc/sys show it; what was done is taken back whole; what is there already is left alone; and
what somebody has changed is named and mended.
"""

from __future__ import annotations

from typing import Final

import pytest
from journeys import (
    BY_NAME,
    Mended,
    by_glassnet,
    by_hand,
    mended,
    over_cases,
    over_drifting_cases,
    runnable,
    typed,
)

from glassnet.ops.base import KEPT, ObjectOp
from glassnet.ops.masquerade import MasqueradeOp
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.publish import PublishOp
from glassnet.testing.cases import Case, Drift
from glassnet.testing.cases.case import TABLE
from glassnet.testing.oracle import State, differences
from glassnet.values import IpAddress, Prefix

pytestmark = pytest.mark.kernel

FIRST_UP: Final = "loopback gets 127.0.0.1 when it first comes up, and keeps it when it goes down"
MEMBERS: Final = "with a namespace's first VRF comes a rule for the members of all, and stays"
STAYS: Final = {
    "LinkSetOp-loopback-up": ("127.", FIRST_UP),
    "LinkSetOp-loopback-up-in-a-path": ("127.", FIRST_UP),
    "LinkSetOp-down-with-addresses": ("fd00:", "IPv6 drops the addresses of a link that goes down"),
    "VrfOp-plain": ("l3mdev", MEMBERS),
    "VrfOp-whole": ("l3mdev", MEMBERS),
}
"""What no inverse takes back, for the kernel keeps it: a word of its every line, and why."""


@over_cases
def test_commands_and_requests_lead_to_the_same_state(name: str) -> None:
    runnable(name)
    hand, ours = by_hand(name), by_glassnet(name)
    assert not ours.first.refused
    assert differences(hand.before, hand.after), "the commands change nothing that is looked at"
    assert not differences(hand.after, ours.after)


@over_cases
def test_requests_are_taken_back_to_exactly_before(name: str) -> None:
    case = runnable(name)
    hand, ours = by_hand(name), by_glassnet(name)
    assert ours.first.receipt.changed
    assert case.op.inverse(ours.first.receipt)
    assert not ours.back_refused
    assert not _astray(name, hand.before, ours.back)


@over_cases
def test_commands_are_taken_back_by_the_commands_of_the_inverse(name: str) -> None:
    runnable(name)
    hand = by_hand(name)
    assert not _astray(name, hand.before, hand.back)


def _astray(name: str, before: State, back: State) -> list[str]:
    """How the state differs from that before, but for what `STAYS`; that it stays, if not."""
    lines = differences(before, back)
    if name not in STAYS:
        return lines
    word, reason = STAYS[name]
    return [line for line in lines if word not in line] if lines else [f"no more: {reason}"]


@over_cases
def test_what_differs_is_said_before_and_nothing_after(name: str) -> None:
    runnable(name)
    ours = by_glassnet(name)
    assert ours.first.differences
    assert ours.first.action == "make"
    assert not ours.second.differences


@over_cases
def test_what_is_there_already_is_kept(name: str) -> None:
    """By the plan, which does nothing; and by the remedy, should it be carried out all the same."""
    case = runnable(name)
    ours = by_glassnet(name)
    assert ours.second.action == "keep"
    assert ours.second.receipt == KEPT
    assert not case.op.inverse(ours.second.receipt)
    if not isinstance(case.op, ObjectOp) or case.op.present:
        assert not ours.second.refused
    assert not differences(ours.after, ours.again)


@over_drifting_cases
def test_drifts_are_named_and_mended(name: str) -> None:
    runnable(name)
    ours = by_glassnet(name)
    assert len(ours.mends) == len(BY_NAME[name].drifts)
    wrong = {one.drift.script: _wrong(one, ours.after) for one in ours.mends}
    assert not {script: lines for script, lines in wrong.items() if lines}


def test_a_table_that_is_mended_keeps_what_was_added_to_it() -> None:
    published = PublishOp(protocol="tcp", port=80, to=IpAddress("10.0.0.2"), to_port=8080)
    network = MasqueradeOp(prefix=Prefix("fd00::/64"), comment="glassnet:net1/all of it")
    adding = typed(command for op in (published, network) for command in op.commands())
    drift = Drift("nft flush chain inet glassnet published", "others")
    before, one = mended(Case("with-elements", NftBaseOp(), TABLE + adding), drift)
    assert not _wrong(one, before)


def _wrong(one: Mended, wanted: State) -> list[str]:
    said = "; ".join(one.deed.differences)
    found = [] if one.drift.word in said else [f"{one.drift.word!r} is not in {said!r}"]
    found += [f"refused: {words}" for words in one.deed.refused]
    found += [f"left: {words}" for words in one.left]
    return found + differences(wanted, one.state)
