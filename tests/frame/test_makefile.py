"""The Makefile lists itself, whole; scripts are fit to run."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [
    path
    for path in sorted([*ROOT.glob("scripts/**/*"), ROOT / ".ci/run"])
    if path.is_file() and path.read_bytes().startswith(b"#!/usr/bin/env bash\n")
]


def targets() -> set[str]:
    """The phony targets, as declared."""
    [line] = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return set(line.split())


def test_make_alone_lists_every_target() -> None:
    run = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^  make (\w+) +\S", run.stdout, re.MULTILINE)
    assert sorted(listed) == sorted(targets())


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_documents_name_only_targets_that_exist(document: str) -> None:
    named = re.findall(r"(?:`|^\$ )make ([a-z]+)", (ROOT / document).read_text(), re.MULTILINE)
    assert set(named) <= targets()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_scripts_stop_at_the_first_error(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert re.search(r"^set -eu$", script.read_text(), re.MULTILINE)
    subprocess.run(["bash", "-n", script], check=True)
