"""One queue at each end of a cable against the kernel's default, by what TCP carries over it."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.private import in_private_host
from glassnet.engine.engine import Engine
from glassnet.engine.store import STATE_DIR, Store
from glassnet.kernel.linux import LinuxKernel
from glassnet.ops.addr import AddrOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.registry import AnyOp
from glassnet.ops.veth import VethOp
from glassnet.plan.model import Wanted
from glassnet.values import Cidr, IfName, Netns

SECONDS = 1.0
STREAMS = (1, 4)
SETTINGS: dict[str, int | None] = {"default": None, "one": 1}
ETH0 = IfName("eth0")

RECEIVER = """
import socket, sys, threading
listener = socket.create_server(("", 5001))
print("ready", flush=True)
def drain(peer):
    room = bytearray(1 << 20)
    while peer.recv_into(room):
        pass
while True:
    threading.Thread(target=drain, args=(listener.accept()[0],), daemon=True).start()
"""
SENDER = """
import socket, sys, threading, time
streams, seconds = int(sys.argv[1]), float(sys.argv[2])
sent = [0] * streams
def send(number):
    data, end = b"x" * (1 << 18), time.monotonic() + seconds
    with socket.create_connection(("10.9.0.2", 5001)) as peer:
        while time.monotonic() < end:
            sent[number] += peer.send(data)
threads = [threading.Thread(target=send, args=(number,)) for number in range(streams)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sum(sent) * 8 / seconds / 1e9)
"""


def carried(rounds: int) -> dict[str, Any]:
    """Gigabits a second by number of streams and setting, the settings in turn."""
    figures: dict[str, Any] = in_private_host(lambda: _measure(rounds))
    return figures


def _measure(rounds: int) -> dict[str, Any]:
    with Engine(LinuxKernel(), Store(STATE_DIR)) as engine:
        for name, queues in SETTINGS.items():
            engine.up(name, [Wanted(op) for op in _pair(name, queues)])
    out: dict[str, Any] = {}
    for streams in STREAMS:
        seen: dict[str, list[float]] = {name: [] for name in SETTINGS}
        for _ in range(rounds):
            for name in SETTINGS:
                seen[name].append(_carry(name, streams))
        out[str(streams)] = {
            name: {"p50_gbit": round(statistics.median(values), 2), "all": values}
            for name, values in seen.items()
        }
    return out


def _pair(name: str, queues: int | None) -> list[AnyOp]:
    ends = [Netns(f"{name}-a"), Netns(f"{name}-b")]
    ops: list[AnyOp] = [NetnsOp(netns=netns) for netns in ends]
    ops.append(
        VethOp(netns=ends[0], ifname=ETH0, peer=ETH0, peer_netns=ends[1], queues=queues, up=True)
    )
    ops.append(LinkSetOp(netns=ends[1], ifname=ETH0, up=True))
    for number, netns in enumerate(ends, 1):
        ops.append(AddrOp(netns=netns, ifname=ETH0, cidr=Cidr(f"10.9.0.{number}/24")))
    return ops


def _carry(name: str, streams: int) -> float:
    glassnet = str(Path(sys.executable).with_name("glassnet"))
    receive = [glassnet, "exec", f"{name}-b", "--", sys.executable, "-c", RECEIVER]
    send = [glassnet, "exec", f"{name}-a", "--", sys.executable, "-c", SENDER]
    with subprocess.Popen(receive, stdout=subprocess.PIPE) as receiver:
        assert receiver.stdout is not None
        receiver.stdout.readline()
        done = subprocess.run(
            [*send, str(streams), str(SECONDS)], capture_output=True, check=True, text=True
        )
        receiver.kill()
    return float(done.stdout)
