"""Each import contract holds, and each can fail: a bad import planted in a copy is found."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# (contract, file to plant in, line to plant)
PLANTED = [
    ("layers", "values.py", "import glassnet.events"),
    ("layers", "netlink/__init__.py", "import glassnet.nft"),
    ("layers", "nft/__init__.py", "import glassnet.netlink"),
    ("layers", "frames.py", "import glassnet.netlink"),
    ("layers", "ops/addr.py", "from glassnet.plan import model"),
    ("layers", "state/link.py", "from glassnet.ops import base"),
    ("layers", "kernel/linux.py", "from glassnet.engine import journal"),
    ("layers", "engine/engine.py", "import glassnet.lab"),
    ("layers", "engine/engine.py", "import glassnet.cli"),
    ("layers", "lab/__init__.py", "import glassnet.app"),
    ("layers", "serve/__init__.py", "import glassnet.runtime"),
    ("layers", "runtime/__init__.py", "import glassnet.app"),
    ("layers", "stray.py", "'a module that no layer has'"),
    ("pure", "netlink/__init__.py", "import socket"),
    ("pure", "nft/__init__.py", "import ctypes"),
    ("pure", "frames.py", "import socket"),
    ("pure", "ops/addr.py", "import subprocess"),
    ("pure", "state/link.py", "from os import path"),
    ("pure", "plan/build.py", "import glassnet.kernel.linux"),
    ("pure", "lab/__init__.py", "from pathlib import Path"),
    ("pure", "lab/__init__.py", "from glassnet.engine import journal"),
    ("pure", "dhcp/client.py", "import time"),
    ("pure", "values.py", "import os"),
    ("pure", "errors.py", "import sqlite3"),
    ("pure", "events.py", "import time"),
    ("kernel", "engine/engine.py", "import socket"),
    ("kernel", "cli/__init__.py", "import ctypes"),
    ("kernel", "runtime/__init__.py", "import ctypes"),
    ("libraries", "app.py", "import click"),
    ("libraries", "ops/addr.py", "import yaml"),
    ("testing", "ops/addr.py", "import glassnet.testing"),
    ("testing", "cli/__init__.py", "import glassnet.testing"),
]


def lint(place: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """import-linter over the package that lies in ``place``."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo", *options],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package to spoil, beside the project's own contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "src/glassnet", tmp_path / "glassnet", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def test_all_contracts_hold() -> None:
    run = lint(ROOT)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(("contract", "file", "line"), PLANTED)
def test_a_planted_import_is_found(copy: Path, contract: str, file: str, line: str) -> None:
    target = copy / "glassnet" / file
    text = target.read_text() if target.exists() else ""
    target.write_text(f"{text}\n{line}\n")
    run = lint(copy, "--contract", contract)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "0 kept, 1 broken" in run.stdout


def test_every_contract_has_a_planted_import() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = project["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == {contract for contract, _, _ in PLANTED}
