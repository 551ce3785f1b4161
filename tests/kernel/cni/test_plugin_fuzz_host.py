"""Random environments and inputs, carried out on a host: the answer is JSON, whatever is asked.

``GLASSNET_FUZZ`` says how many, of which a fiftieth is tried here: 400 if it says nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import Counter
from typing import Final

import pytest
from calling import cni_host, ipam

from glassnet.plugins.registry import TYPES
from glassnet.serve.main import run
from glassnet.testing.chance import Chance

COUNT: Final = int(os.environ.get("GLASSNET_FUZZ") or 20_000) // 50
SECONDS: Final = 20
pytestmark = [pytest.mark.kernel, pytest.mark.timeout(300 + COUNT)]

SCENE: Final = """
ip netns add a
ip link add ens1 address 02:00:00:00:00:09 type veth peer name far
ip addr add 192.0.2.1/24 dev ens1
ip link set ens1 up
ip route add default via 192.0.2.2
"""


def carry_out(path: str, seed: int, count: int) -> Counter[str]:
    """So many calls in this process, which is in a host: how many of each verb went well."""
    chance, done = Chance(seed), Counter[str]()
    for number in range(count):
        type_ = chance.choice(TYPES)
        environment, stdin = chance.environment(), chance.stdin(type_)
        if environment.get("CNI_PATH") == "/opt/cni/bin":
            environment["CNI_PATH"] = path
        begin = time.monotonic()
        with contextlib.ExitStack() as opened:
            out, code = run(type_, environment, stdin, opened)
        where = f"{number}: {type_} {environment} {stdin!r}\n{out}"
        assert "glassnet has a defect" not in out, where
        assert time.monotonic() - begin < SECONDS, where
        if code:
            assert {"cniVersion", "code", "msg"} <= json.loads(out).keys(), where
        elif out:
            assert isinstance(json.loads(out), dict), where
        done[environment.get("CNI_COMMAND", "") if code == 0 else "error"] += 1
    return done


def test_what_was_found_so() -> None:
    """A plugin that asks itself for addresses, a NUL in a path, a namespace that is no text."""
    with cni_host(1) as host:
        for type_ in ("bridge", "ptp", "glassnet"):
            itself = {"type": "bridge", "ipam": {"type": type_}}
            for verb in ("ADD", "DEL", "STATUS"):
                code, words = host.call(verb, itself).error
                assert (code, words) == (7, f'plugin "{type_}" gives no addresses')
        assert host.call("ADD", {"type": "host-device", "pciBusID": "a\0"}).error[0] == 7
        lease = {"type": "host-local", **ipam("10.1.0.0/24", routes=[])}
        ended = host.call("ADD", lease, CNI_NETNS=os.fsdecode(b"\x80"))
        assert ended.error[0] == 7
        assert host.rows("SELECT * FROM leases") == []


def test_the_answer_is_json_whatever_is_carried_out() -> None:
    with cni_host(0) as host:
        host.host.sh(SCENE)
        done = host.host.call(carry_out, str(host.bin), 1, COUNT)
    assert {"ADD", "DEL", "STATUS", "error"} <= done.keys(), done
