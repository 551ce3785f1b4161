"""Random environments and inputs: whatever is asked, the answer is JSON and no traceback.

``GLASSNET_FUZZ`` says how many, 20,000 if it says nothing.
"""

from __future__ import annotations

import json
import os
from typing import Final

import pytest
from asking import given, host, route

from glassnet.cni.ask import Ask
from glassnet.cni.result import Result
from glassnet.plugins import dhcp, host_local, static
from glassnet.plugins.contract import netns_of
from glassnet.plugins.registry import INTERFACES, TYPES, plugin
from glassnet.serve import main
from glassnet.state.link import LinkState
from glassnet.state.snapshot import NetnsState, Snapshot
from glassnet.testing.chance import Chance
from glassnet.values import HOST, Mac, Netns

COUNT: Final = int(os.environ.get("GLASSNET_FUZZ") or 20_000)
ROUNDS: Final = 20

LINKS = (
    LinkState(2, "ens1", 1, mtu=1500, mac=Mac("02:00:00:00:00:09")),
    LinkState(3, "cni0", 1, mtu=1500, kind="bridge"),
    LinkState(4, "veth0", 1, mtu=1500),
)
IPAMS = (
    given(),
    given("10.1.0.2/24"),
    given("10.1.0.2/24 via 10.1.0.1", "fd00::2/64 via fd00::1", routes=[route("0.0.0.0/0")]),
    given("10.1.0.2/32", routes=[route("::/0", table=7, scope=253, mtu=9)]),
)


class Reading:
    """Verbs that read the configuration as the real ones do, and touch nothing."""

    def __init__(self, type_: str, chance: Chance) -> None:
        self._type = type_
        self._chance = chance

    def _seen(self, netns: Netns) -> Snapshot:
        links = [one for one in LINKS if self._chance.random() < 0.8]
        inside = NetnsState(netns)
        if self._chance.random() < 0.8:
            inside.links["eth0"] = LinkState(5, "eth0", 1)
        return Snapshot({HOST: host(*links)[HOST], netns: inside})

    def add(self, ask: Ask) -> Result:
        if self._type == "host-local":
            host_local.read(ask)
            return self._chance.choice(IPAMS)
        if self._type == "dhcp":
            dhcp.read(ask)
            return self._chance.choice(IPAMS)
        if self._type == "static":
            return static.read(ask)
        one = plugin(self._type)
        section = one.ipam(ask)
        one.looks(ask)
        drawn = self._chance.choice(IPAMS) if section is not None else None
        wanted = one.add(ask, self._seen(netns_of(ask)), drawn)
        for op in (*wanted.shared, *wanted.own):
            assert op.commands() is not None
            assert op.requests() is not None
            assert op.key()
        return wanted.result

    def delete(self, ask: Ask) -> None:
        if self._type in INTERFACES:
            plugin(self._type).rest(ask)

    def check(self, ask: Ask) -> None:
        self.add(ask)

    def collect(self, ask: Ask) -> None:
        main.supported(self._type)

    def status(self, ask: Ask) -> None:
        if self._type in INTERFACES:
            plugin(self._type).ipam(ask)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_the_answer_is_json_whatever_is_asked(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Chance(seed)
    monkeypatch.setattr(main, "verbs_of", lambda type_, opened: Reading(type_, chance))
    ended = {0: 0, 1: 0}
    for number in range(COUNT // ROUNDS):
        type_ = chance.choice(TYPES)
        environment, stdin = chance.environment(), chance.stdin(type_)
        out, code = main.run(type_, environment, stdin)
        ended[code] += 1
        where = f"{seed} {number}: {type_} {environment} {stdin!r}"
        assert "glassnet has a defect" not in out, f"{out}\n{where}"
        if code:
            assert {"cniVersion", "code", "msg"} <= json.loads(out).keys(), where
        elif out:
            assert isinstance(json.loads(out), dict), where
    if COUNT >= 20_000:
        assert min(ended.values()) > COUNT // ROUNDS // 20
