"""Every command that the documents show is run, each document in a lab of its own.

A document is one shell session: its commands run in order, in one shell, in a directory that has
``examples`` and ``.venv`` as a checkout does. A command that fails ends it, as a reader would end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from console import Shown, commands, matches

ROOT = Path(__file__).resolve().parents[2]

# Shown, but not run here: the first words of the command, and why.
EXEMPT = {
    "make demo": "tests/frame runs it, and it cannot set up this checkout while it is in use",
    "make test": "it is what runs this",
}

MARK = "\x1e"  # ASCII's record separator, before the output of each command

DOCUMENTS = sorted(
    path for path in (ROOT / "README.md", *ROOT.glob("docs/**/*.md")) if commands(path)
)


def is_exempt(shown: Shown) -> bool:
    """Whether a command is on the short list."""
    return shown.command.startswith(tuple(EXEMPT))


def session(document: list[Shown]) -> str:
    """The shell script that is the document."""
    lines = ["exec 2>&1"]
    for shown in document:
        lines += [f"printf '{MARK}'", shown.command]
    return "\n".join(lines) + "\n"


def run(script: str, place: Path) -> subprocess.CompletedProcess[str]:
    """The script in a private lab, from a directory that looks like a checkout."""
    shutil.copytree(ROOT / "examples", place / "examples")
    (place / ".venv").symlink_to(ROOT / ".venv")
    programs = Path(sys.executable).parent
    return subprocess.run(
        [programs / "glassnet", "lab", "--", "sh", "-euc", script],
        cwd=place,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.kernel
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_commands_of_a_document_do_as_it_says(document: Path, tmp_path: Path) -> None:
    shown = [one for one in commands(document) if not is_exempt(one)]
    ran = run(session(shown), tmp_path)
    outputs = ran.stdout.split(MARK)[1:]
    for one, output in zip(shown, outputs, strict=False):
        place = f"{document.relative_to(ROOT)}:{one.line}: $ {one.command}"
        if one.output:
            said = f"{place}\nshown:\n{one.output}\nreal:\n{output[:3000]}"
            assert matches(one.output, output), said
    last = shown[max(len(outputs) - 1, 0)]
    assert ran.returncode == 0, (
        f"line {last.line}: $ {last.command}\n{ran.stdout[-4000:]}{ran.stderr}"
    )
    assert len(outputs) == len(shown)


def test_every_exemption_is_used() -> None:
    shown = [one.command for document in DOCUMENTS for one in commands(document)]
    for words in EXEMPT:
        assert any(command.startswith(words) for command in shown), words
