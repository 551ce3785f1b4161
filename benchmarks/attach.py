"""Engine attach against the kernel's floor: same run, same mode, same IPv6 setting, same counts."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.private import in_private_host, namespaces_alive, raise_limits, settle
from glassnet.engine.attach import attach
from glassnet.engine.engine import Engine
from glassnet.engine.store import STATE_DIR, Store
from glassnet.kernel import netns as namespaces
from glassnet.kernel.linux import LinuxKernel
from glassnet.plan.attachment import Attachment
from glassnet.plan.model import Wanted
from glassnet.values import Cidr, IfName, IpAddress, Netns, Prefix

FLOOR = Path(__file__).with_name("floor.py")
NETWORK = Prefix("10.100.0.0/16")
WINDOW = 50


def floor(mode: str, marks: list[int], *, ipv6: bool) -> dict[str, Any]:
    """The floor's own figures: milliseconds by attachment count."""
    command = [sys.executable, str(FLOOR), "--mode", mode, "--at", ",".join(map(str, marks))]
    out = subprocess.run(
        command + ([] if ipv6 else ["--no-ipv6"]),
        capture_output=True,
        check=True,
        text=True,
        preexec_fn=raise_limits,
    )
    figures: dict[str, Any] = json.loads(out.stdout)["attach"]
    return figures


def ours(mode: str, marks: list[int], *, ipv6: bool) -> dict[str, Any]:
    """The same for glassnet's engine, journaled; and the time a check of all of them takes."""
    figures: dict[str, Any] = in_private_host(lambda: _attach_all(mode, marks, ipv6=ipv6))
    return figures


def _attach_all(mode: str, marks: list[int], *, ipv6: bool) -> dict[str, Any]:
    host = namespaces.open_current()
    if not ipv6:
        _ipv6_off()
    kernel = LinuxKernel()
    out: dict[str, Any] = {}
    times: list[float] = []
    with Engine(kernel, Store(STATE_DIR)) as engine:
        if mode == "bridge":
            _make_bridge(engine)
        for number in range(marks[-1]):
            wanted = _attachment(mode, number, _new_netns(host, ipv6=ipv6))
            start = time.perf_counter()
            attach(engine, wanted)
            times.append((time.perf_counter() - start) * 1e3)
            if number + 1 in marks:
                last = sorted(times[-WINDOW:])
                out[str(number + 1)] = {
                    "p50_ms": round(statistics.median(last), 3),
                    "p95_ms": round(last[int(len(last) * 0.95)], 3),
                }
        out["check"] = _check_all(engine)
    return out


def _attachment(mode: str, number: int, netns: int) -> Attachment:
    address = NETWORK.nth(number + 2).address
    return Attachment(
        network="bench",
        container=f"c{number}",
        netns=Netns(f"/proc/self/fd/{netns}"),
        ifname=IfName("eth0"),
        host_ifname=IfName(f"gn{number}"),
        addresses=(Cidr(f"{address}/{16 if mode == 'bridge' else 32}"),),
        gateways=(IpAddress("10.100.0.1" if mode == "bridge" else "169.254.1.1"),),
        bridge=IfName("gnbr") if mode == "bridge" else None,
    )


def _make_bridge(engine: Engine) -> None:
    from glassnet.ops.addr import AddrOp
    from glassnet.ops.bridge import BridgeOp
    from glassnet.ops.written import known

    bridge = IfName("gnbr")
    ops = [BridgeOp(ifname=bridge, up=True), AddrOp(ifname=bridge, cidr=Cidr("10.100.0.1/16"))]
    engine.up("bridge", [Wanted(known(op)) for op in ops])


def _new_netns(host: int, *, ipv6: bool) -> int:
    namespaces.unshare(namespaces.CLONE_NEWNET)
    if not ipv6:
        _ipv6_off()
    fd = namespaces.open_current()
    namespaces.setns(host)
    return fd


def _ipv6_off() -> None:
    for scope in ("all", "default"):
        Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1", encoding="ascii")


def _check_all(engine: Engine) -> dict[str, Any]:
    wanted = [
        Wanted(entry.op) for entries in engine.attachments.all().values() for entry in entries
    ]
    start = time.perf_counter()
    findings = engine.check(wanted)
    spent = time.perf_counter() - start
    drifted = [finding for finding in findings if finding.differences]
    if drifted:
        raise SystemExit(f"the benchmark's own network has drifted: {drifted[0]}")
    return {"operations": len(findings), "seconds": round(spent, 3)}


def compare(mode: str, marks: list[int], rounds: int, *, ipv6: bool) -> list[dict[str, Any]]:
    """Rounds of floor and engine, one after the other; the ratios of each round."""
    baseline = namespaces_alive() if os.access("/proc/slabinfo", os.R_OK) else 0
    out = []
    for _ in range(rounds):
        settle(baseline)
        low = floor(mode, marks, ipv6=ipv6)
        settle(baseline)
        high = ours(mode, marks, ipv6=ipv6)
        out.append({"floor": low, "ours": high})
    settle(baseline)
    return out
