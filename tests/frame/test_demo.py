"""`make demo`, without its set-up: the main job, on a real kernel, from a checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.kernel
def test_the_demo_does_the_main_job_and_leaves_nothing() -> None:
    run = subprocess.run(
        [ROOT / "scripts/demo"], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "ip netns add ns1" in run.stdout
    for target in ("10.0.0.3", "fd00:10::3", "203.0.113.1", "2001:db8:ffff::1"):
        assert f"{target} #1: " in run.stdout
        assert f"from {target}" in run.stdout
    assert "as they were before" in run.stdout
