"""docs/reference is what the code says today; the README has the exit codes of the errors."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from glassnet.errors import GlassnetError

ROOT = Path(__file__).resolve().parents[2]


def generate(*options: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the generator."""
    return subprocess.run(
        [sys.executable, ROOT / "scripts/docs.py", *options],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_committed_reference_is_current() -> None:
    run = generate("--check")
    assert run.returncode == 0, f"run `make docs`\n{run.stdout}{run.stderr}"


def test_a_stale_page_is_noticed_and_written_again(tmp_path: Path) -> None:
    assert generate("--into", tmp_path).returncode == 0
    page = tmp_path / "cli.md"
    fresh = page.read_text()
    page.write_text(fresh.replace("glassnet up", "glassnet rise"))
    assert generate("--check", "--into", tmp_path).stdout == f"stale: {page}\n"
    assert generate("--into", tmp_path).stdout == f"written: {page}\n"
    assert page.read_text() == fresh


def exit_codes(error: type[GlassnetError]) -> set[int]:
    """Of an error and of all its kinds."""
    return {error.exit_code}.union(*(exit_codes(kind) for kind in error.__subclasses__()))


def test_the_readme_lists_every_exit_code() -> None:
    listed = re.findall(r"^\| (\d) \| (?=\S)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert {int(code) for code in listed} == {0, 1} | exit_codes(GlassnetError)
