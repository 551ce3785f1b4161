"""Events as JSON: each names itself, so that a log of them can be read back."""

from __future__ import annotations

import msgspec
import pytest

from glassnet import events
from glassnet.events import Done, Event, Failed, Left, Planned, Recovered, Undone

TOLD: list[tuple[Event, str]] = [
    (Planned("net1", "up", 7), '{"event":"planned","name":"net1","verb":"up","total":7}'),
    (
        Done("net1", 1, 7, "bridge br0 on the host", ("ip link add br0 type bridge",)),
        '{"event":"done","name":"net1","step":1,"total":7,"operation":"bridge br0 on the host",'
        '"commands":["ip link add br0 type bridge"]}',
    ),
    (
        Failed("net1", 2, 7, "route", "no"),
        '{"event":"failed","name":"net1","step":2,"total":7,"operation":"route","error":"no"}',
    ),
    (Undone("net1", "route"), '{"event":"undone","name":"net1","operation":"route"}'),
    (
        Recovered("net1", "up", "undone"),
        '{"event":"recovered","name":"net1","verb":"up","outcome":"undone"}',
    ),
    (
        Left("net1", "route", "it is somebody else's"),
        '{"event":"left","name":"net1","operation":"route","reason":"it is somebody else\'s"}',
    ),
]
AnyEvent = Planned | Done | Failed | Undone | Recovered | Left


@pytest.mark.parametrize(("event", "json"), TOLD)
def test_an_event_says_what_it_is(event: Event, json: str) -> None:
    assert msgspec.json.encode(event).decode() == json
    back: AnyEvent = msgspec.json.decode(json, type=AnyEvent)
    assert back == event


def test_every_event_is_told_of_here() -> None:
    kinds = {kind for kind in vars(events).values() if isinstance(kind, type) and kind is not Event}
    known = {kind for kind in kinds if issubclass(kind, Event)}
    assert known == {type(event) for event, _ in TOLD}


def test_a_listener_that_does_not_listen() -> None:
    listener: events.Listener = events.ignore
    assert [listener(event) for event, _ in TOLD] == [None] * len(TOLD)  # type: ignore[func-returns-value]
