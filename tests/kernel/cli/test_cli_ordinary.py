"""An ordinary user: everything in a lab, and without one a refusal that says what to do.

A user's namespaces can only be made outside of all others, so these tests look at the machine
itself, and only look.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_host import example

pytestmark = pytest.mark.kernel

NOBODY = 65534
LOOK = (
    "ip -j link; ip -j addr; ip -j route show table all; nft list ruleset; ls -A /run/netns; true"
)
PROBE = "import ctypes, glassnet.cli.main, msgspec, socket, sqlite3, yaml"


class User:
    """An ordinary user, and an interpreter that such a one may run, with our packages."""

    def __init__(self, python: str) -> None:
        self.python = python
        self.env = {**os.environ, "PYTHONPATH": ":".join(filter(None, sys.path))}

    def run(self, script: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a shell script, in which glassnet is a command."""
        command = f'glassnet() {{ {self.python} -m glassnet "$@"; }}\n{script}'
        become = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        return subprocess.run(
            [*become, "sh", "-c", command],
            capture_output=True,
            text=True,
            check=False,
            env={**self.env, **env},
        )

    def in_lab(self, script: str) -> str:
        """The command that runs a script in a lab."""
        return (
            f"glassnet lab -- sh -ec 'glassnet() {{ {self.python} -m glassnet \"$@\"; }}\n{script}'"
        )


@pytest.fixture(scope="module")
def user() -> User:
    """A skip where there is none to be had."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv (util-linux)")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{version}"):
        one = User(python)
        if one.run(f"exec {python} -c '{PROBE}'").returncode == 0:
            return one
    pytest.skip(f"user {NOBODY} may run no Python {version} with this checkout")


@pytest.fixture(autouse=True)
def _nothing_outside_changes(user: User) -> Iterator[None]:
    before = _machine()
    yield
    assert _machine() == before


def _machine() -> str:
    return subprocess.run(["sh", "-c", LOOK], capture_output=True, text=True, check=True).stdout


def test_every_verb_works_in_a_lab(user: User) -> None:
    file = example("article")
    script = user.in_lab(
        f"glassnet up {file} && glassnet check article && glassnet ping ns1 ns2 -c 1"
        f" && glassnet plan {file} --as sh && glassnet undo && glassnet ls"
    )
    done = user.run(script)
    assert done.returncode == 0, done.stderr
    for part in ("article is up", "26 of 26 as wanted", " ms from 10.0.0.3", "#!/bin/sh"):
        assert part in done.stdout
    assert done.stdout.endswith("undo up article: done\n")


def test_labs_in_labs_and_exit_codes(user: User) -> None:
    done = user.run(f"id -u; {user.in_lab('id -u; glassnet lab id -u; exit 9')}")
    assert (done.returncode, done.stdout) == (9, f"{NOBODY}\n0\n0\n"), done.stderr


@pytest.mark.parametrize(
    "words",
    [
        "up {article}",
        "up {article} --dry-run",
        "down article",
        "plan {article}",
        "undo",
        "repair",
        "ls",
        "ping host 127.0.0.1",
    ],
)
def test_without_a_lab_nothing_is_begun(user: User, words: str, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    command = words.format(article=example("article"))
    done = user.run(f"glassnet {command}", GLASSNET_STATE=str(closed / "journal"))
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "run it as root" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(closed.iterdir()) == []


@pytest.mark.parametrize("name", ["article", "dual-stack", "two-hosts"])
def test_with_a_journal_of_his_own_nothing_is_changed(user: User, name: str) -> None:
    script = f"GLASSNET_STATE=$(mktemp -d); export GLASSNET_STATE; glassnet up {example(name)}"
    done = user.run(f"{script}; code=$?; rm -r $GLASSNET_STATE; exit $code")
    assert done.returncode == 2, done.stderr
    assert "run it as root, or within 'glassnet lab'" in done.stderr
    assert done.stdout == ""


def test_check_of_a_file(user: User) -> None:
    done = user.run(f"glassnet check {example('article')}")
    assert done.returncode == 2
    assert "run it as root, or within 'glassnet lab'" in done.stderr


def test_the_host_may_be_looked_at(user: User) -> None:
    done = user.run("glassnet show host")
    assert done.returncode == 0, done.stderr
    assert "1: lo loopback " in done.stdout
