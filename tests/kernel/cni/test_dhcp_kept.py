"""dhcp over a lease's life of seconds: renewed, rebound, over, regained; and odd servers."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator

import pytest
from calling import Conf
from dhcp_street import BRIDGE, FIRST, SERVER, Street, street

pytestmark = pytest.mark.kernel

CIDR = f"{FIRST}/24"


@pytest.fixture
def here() -> Iterator[Street]:
    with street(1) as it:
        yield it


def test_a_leases_life(here: Street) -> None:
    server = here.pretend(2)
    log = here.daemon()
    server.tell("noisy")
    conf = {**BRIDGE, "ipam": {"type": "dhcp", "priority": 7}}
    out = here.cni.add(conf).out
    assert here.addresses() == [CIDR]
    routes = here.host.json("ip", "-n", "c0", "-j", "route")
    check = {**conf, "prevResult": out}

    server.until("REQUEST server", FIRST)  # at T1, its server alone
    log.until("lease renewed", FIRST)
    server.tell("deaf")
    server.until("REQUEST everybody", FIRST)  # at T2, anybody
    log.until("lease renewed", FIRST)
    assert here.addresses() == [CIDR]

    server.tell("silent")
    log.until(f"lease of {FIRST} is over: nobody has renewed it")
    assert here.addresses() == []
    assert here.cni.call("CHECK", check).error == (
        999,
        "error calling DHCP.Check: c0/net/eth0 has no lease",
    )
    server.tell("noisy")
    log.until("lease regained", FIRST)
    assert here.addresses() == [CIDR]
    assert here.host.json("ip", "-n", "c0", "-j", "route") == routes
    assert here.cni.reaches("c0", SERVER)
    assert here.cni.call("CHECK", check) == ({}, 0)

    server.tell("refusing")
    log.until(f"lease of {FIRST} is over: server {SERVER} takes it back")
    assert here.addresses() == []
    log.kill()
    assert "is over" in "".join(here.daemon().seen)  # the next daemon believes it no more
    here.cni.delete(BRIDGE)
    assert (here.kept(), here.cni.left()) == ([], {})


def begun(here: Street, conf: Conf) -> subprocess.Popen[str]:
    """An ADD by the executable, which is not waited for."""
    environment = {**os.environ, **here.cni.environment("ADD")}
    process = here.host.start(str(here.cni.bin / conf["type"]), env=environment)
    assert process.stdin is not None
    process.stdin.write(json.dumps({"cniVersion": "1.1.0", "name": "net", **conf}))
    process.stdin.close()
    return process


def test_no_lease_is_to_be_had(here: Street) -> None:
    server = here.pretend(60)
    log = here.daemon()
    # Whoever asks may be killed meanwhile: the daemon asks no more, the next call clears up.
    server.tell("silent")
    with begun(here, BRIDGE) as process:
        server.until("DISCOVER")
        process.kill()
    log.until("no lease: who has asked for it is gone")
    log.process.terminate()
    log.process.wait()

    log = here.daemon_by_flags("-resendtimeout=2500ms", "-timeout", "1s", "-broadcast")
    server.tell("refusing")
    ended = here.cni.call("ADD", BRIDGE)
    assert ended.error == (11, "error calling DHCP.Allocate: no more tries")
    assert "DHCP server NACK'd own offer" in ended.out["details"]
    assert (here.kept(), here.cni.left()) == ([], {})

    server.tell("good")
    assert here.cni.add(BRIDGE).addresses == [FIRST]
    here.host.run("ip", "netns", "del", "c0")
    here.cni.delete(BRIDGE)
    assert (here.kept(), here.cni.left()) == ([], {})
