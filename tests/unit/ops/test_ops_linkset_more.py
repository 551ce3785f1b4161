"""Settings of what a link takes in and lets wait: promisc, allmulti, txqlen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from scene import ETH0, NS1, Sent, link, seen, seen_in, sent, state, typed, words

from glassnet.errors import InvalidValue
from glassnet.netlink.message import Message, decode, encode, split
from glassnet.netlink.route.link import IFF_ALLMULTI, IFF_PROMISC, IFF_UP, NEWLINK
from glassnet.ops.base import Receipt
from glassnet.ops.link import DummyOp, LinkSetOp
from glassnet.plan.model import Step
from glassnet.plan.newborn import remember_births
from glassnet.state.link import LinkState

BOTH = IFF_PROMISC | IFF_ALLMULTI


def settings(**values: Any) -> LinkSetOp:
    return LinkSetOp(netns=NS1, ifname=ETH0, **values)


ON = settings(promisc=True, allmulti=True, txqlen=5)
OFF = settings(promisc=False, allmulti=False)


def flagged(flags: int, txqlen: int = 1000) -> LinkState:
    return msgspec.structs.replace(link(), flags=flags, txqlen=txqlen)


@pytest.mark.parametrize(
    ("op", "text", "header", "attrs"),
    [
        (
            ON,
            "txqueuelen 5 promisc on allmulticast on",
            {"flags": BOTH, "change": BOTH},
            {"txqlen": 5},
        ),
        (OFF, "promisc off allmulticast off", {"change": BOTH}, {}),
        (
            settings(up=True, promisc=False),
            "promisc off up",
            {"flags": IFF_UP, "change": IFF_UP | IFF_PROMISC},
            {},
        ),
        (settings(txqlen=0), "txqueuelen 0", {}, {"txqlen": 0}),
    ],
)
def test_the_faces(op: LinkSetOp, text: str, header: dict[str, int], attrs: dict[str, Any]) -> None:
    assert typed(op) == [f"ip -n ns1 link set eth0 {text}"]
    message = Sent("RTM_NEWLINK", 0, header, {"ifname": "eth0", **attrs})
    assert sent(op.requests()) == [message]


def test_as_seen() -> None:
    label = "link eth0 in ns1: wanted "
    assert words(ON.satisfied_by(seen(flagged(0)))) == [
        f"{label}promisc on, found promisc off",
        f"{label}allmulti on, found allmulti off",
        f"{label}txqlen 5, found txqlen 1000",
    ]
    assert not ON.satisfied_by(seen(flagged(BOTH, 5)))
    assert not OFF.satisfied_by(seen(flagged(IFF_UP)))
    by_flags = state(NS1)
    by_flags.flags["eth0"] = IFF_PROMISC
    assert words(OFF.satisfied_by(seen_in(by_flags))) == [
        f"{label}promisc off, found promisc on",
    ]


def test_back_to_what_it_was() -> None:
    before = ON.before(seen(flagged(IFF_PROMISC)))
    assert before == {"promisc": "on", "allmulti": "off", "txqlen": "1000"}
    [back] = ON.inverse(Receipt(changed=True, before=before))
    assert back == settings(promisc=True, allmulti=False, txqlen=1000)


@pytest.mark.parametrize("length", [-1, 2**31])
def test_lengths_that_no_queue_has(length: int) -> None:
    with pytest.raises(InvalidValue) as caught:
        settings(txqlen=length)
    assert str(caught.value) == f"txqlen {length} is out of range; accepted: 0 to 2147483647"


def test_a_length_is_read_from_the_kernel() -> None:
    told = Message(NEWLINK, 0, {"index": 3}, {"ifname": "eth0", "txqlen": 7})
    [raw] = split(encode(told, 1))
    assert LinkState.from_message(decode(raw)).txqlen == 7


def test_a_link_that_is_born_takes_in_what_is_meant_for_it() -> None:
    assert remember_births([Step(ON, "make")])[0].before == {}
    born = Step(DummyOp(netns=NS1, ifname=ETH0), "make")
    told = [Step(op, "make") for op in (ON, OFF, settings(up=True, promisc=True))]
    befores = [step.before for step in remember_births([born, *told])[1:]]
    assert befores == [
        {"promisc": "off", "allmulti": "off"},
        {},
        {"promisc": "off", "state": "down"},
    ]
