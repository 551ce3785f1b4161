"""Killed at every send of every verb over every example, and again in the recovery.

A recovery that dies after each single send and is begun anew passes through every state that a
recovery can be cut short in. Besides, pairs of deaths are taken, a seeded sample. Over the article
death comes at every send, over the others at some; ``GLASSNET_SOAK=1`` takes all of all (an hour).
"""

from __future__ import annotations

import os
import random

import pytest
from faulty import NAMES, RECOVER, Deed, Fault, done, killed
from outside import differences, state
from scenes import SCENES, SENDS_MAX, Scene, die

from glassnet.engine.executor import NO_LIMIT
from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

SOAK = bool(os.environ.get("GLASSNET_SOAK"))
PAIRS = 2
LONG = frozenset({"up, asked", "undo down", "repair", "change", "undo change"})
"""Scenes of many sends: every eighth of them, over all but the article; of others every third."""


@pytest.mark.parametrize("verb", SCENES)
@pytest.mark.parametrize("name", NAMES)
def test_death_at_every_send_leaves_all_or_nothing(name: str, verb: str) -> None:
    scene = SCENES[verb](name)
    stride = 1 if SOAK or name == "article" else 8 if verb in LONG else 3
    with Host() as host:
        wanted = scene.settled(host)
        first = at = random.Random(f"{name} {verb}").randrange(stride)
        while die(host, scene, Fault(at)):
            assert not differences(wanted, state(host)), f"after death at send {at}"
            at += stride
            assert at < SENDS_MAX
            if scene.completed:
                scene.begin(host)
        assert at > first


@pytest.mark.parametrize("verb", SCENES)
@pytest.mark.parametrize("name", NAMES)
def test_a_recovery_that_dies_after_each_send_comes_to_its_end(name: str, verb: str) -> None:
    scene = SCENES[verb](name)
    with Host() as host:
        wanted = scene.settled(host)
        at = 0 if scene.completed else _last_send(host, scene)
        assert killed(host, scene.deed, Fault(at))
        deaths = 0
        while killed(host, RECOVER, Fault(1)):
            deaths += 1
            assert deaths < SENDS_MAX
        assert not differences(wanted, state(host))
        assert deaths >= 2


def _last_send(host: Host, scene: Scene) -> int:
    """The number of the last send of a deed; the host is at the scene's beginning again."""
    last = done(host, scene.deed) - 1
    if scene.deed.verb == "up":
        done(host, Deed("undo"))
    else:
        scene.settled(host)
    return last


@pytest.mark.parametrize("verb", SCENES)
@pytest.mark.parametrize("name", NAMES)
def test_death_in_the_deed_and_then_in_its_recovery(name: str, verb: str) -> None:
    scene = SCENES[verb](name)
    rng = random.Random(f"{name} {verb}")
    some = 40 if name == "article" and verb == "change" else PAIRS
    with Host() as host:
        wanted = scene.settled(host)
        last = _last_send(host, scene)
        pairs = [(at, again) for at in range(last + 1) for again in range(SENDS_MAX)]
        if not SOAK:
            pairs = sorted((rng.randint(0, last), rng.randint(0, 12)) for _ in range(some))
        over = -1  # the deed that was cut there is recovered in fewer sends than are left to try
        for at, again in pairs:
            if at == over:
                continue
            assert killed(host, scene.deed, Fault(at))
            if not killed(host, RECOVER, Fault(again)):
                over = at
            done(host, RECOVER)
            assert not differences(wanted, state(host)), f"deaths at {at}, then at {again}"
            if scene.completed:
                scene.begin(host)


@pytest.mark.parametrize("verb", ["up", "down", "undo up", "change"])
def test_death_at_every_statement_of_the_journal(verb: str) -> None:
    """Between the journal and the kernel, and before and after each commit."""
    scene = SCENES[verb]("two-hosts")
    with Host() as host:
        ends = scene.settled(host)
        beginning = state(host)
        at = 0
        while die(host, scene, Fault(at, of="statement"), chunk=NO_LIMIT):
            now = state(host)
            if differences(ends, now):
                assert not differences(beginning, now), f"after death at statement {at}"
            elif scene.completed:
                scene.begin(host)
            at += 1
            assert at < SENDS_MAX
        assert at >= 8
