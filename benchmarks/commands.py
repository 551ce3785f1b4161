"""Whole commands, interpreter start included, against a bare interpreter's start."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.private import in_private_host
from glassnet.runtime.install import install

ROOT = Path(__file__).resolve().parent.parent
ARTICLE = ROOT / "examples" / "article.yaml"
GLASSNET = Path(sys.executable).with_name("glassnet")


def timed(command: list[str]) -> float:
    """Milliseconds from start to end of a process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1e3


def spread(times: list[float]) -> dict[str, float]:
    """Median, and the smallest and largest seen."""
    return {
        "p50_ms": round(statistics.median(times), 1),
        "min_ms": round(min(times), 1),
        "max_ms": round(max(times), 1),
    }


def help_against_bare(rounds: int) -> dict[str, Any]:
    """``glassnet --help`` and ``python -c pass``, in turn."""
    bare: list[float] = []
    helped: list[float] = []
    for _ in range(rounds):
        bare.append(timed([sys.executable, "-c", "pass"]))
        helped.append(timed([str(GLASSNET), "--help"]))
    over = [b - a for a, b in zip(bare, helped, strict=True)]
    return {"bare": spread(bare), "help": spread(helped), "over": spread(over)}


def plugin_against_bare(rounds: int) -> dict[str, Any]:
    """All that an ADD by bridge and host-local imports, and ``python -I -c pass``, in turn.

    The second ADD of two: the first one of a network has more to do.
    """
    modules: list[str] = in_private_host(_imported)
    script = f"import glassnet.serve.start, {', '.join(modules)}"
    bare: list[float] = []
    imported: list[float] = []
    for _ in range(rounds):
        bare.append(timed([sys.executable, "-I", "-c", "pass"]))
        imported.append(timed([sys.executable, "-I", "-c", script]))
    over = [b - a for a, b in zip(bare, imported, strict=True)]
    return {"bare": spread(bare), "imported": spread(imported), "over": spread(over)}


_ADD = """
import os, sys
import glassnet.serve.start
from glassnet.serve.main import run
output, code = run("bridge", os.environ, sys.stdin.buffer.read())
assert code == 0, output
print(*(name for name in sys.modules if name.startswith("glassnet")))
"""


def _imported() -> list[str]:
    """The modules of ours in a process that has added a container to a network."""
    subnet = {"subnet": "10.1.0.0/24"}
    ipam = {"type": "host-local", "ranges": [[subnet]], "routes": [{"dst": "0.0.0.0/0"}]}
    conf = {"cniVersion": "1.1.0", "name": "net", "type": "bridge", "isGateway": True}
    stdin = json.dumps({**conf, "ipMasq": True, "ipam": ipam})
    words = ""
    with tempfile.TemporaryDirectory() as directory:
        install(Path(directory), daemon=False)
        for name in ("a", "b"):
            subprocess.run(["ip", "netns", "add", name], check=True)
            environment = {
                "CNI_COMMAND": "ADD",
                "CNI_CONTAINERID": name,
                "CNI_NETNS": f"/run/netns/{name}",
                "CNI_IFNAME": "eth0",
                "CNI_PATH": directory,
            }
            command = [sys.executable, "-I", "-c", _ADD]
            done = subprocess.run(
                command, env=environment, input=stdin, text=True, check=True, capture_output=True
            )
            words = done.stdout
    return words.split()


def up_in_lab(rounds: int) -> dict[str, Any]:
    """``glassnet up examples/article.yaml`` and ``glassnet down article`` within a private host."""

    def work() -> dict[str, Any]:
        up: list[float] = []
        down: list[float] = []
        for _ in range(rounds):
            up.append(timed([str(GLASSNET), "up", str(ARTICLE)]))
            down.append(timed([str(GLASSNET), "down", "article"]))
        return {"up": spread(up), "down": spread(down)}

    figures: dict[str, Any] = in_private_host(work)
    return figures
