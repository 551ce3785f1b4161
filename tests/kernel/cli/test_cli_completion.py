"""The shell's completion: scripts for three shells, and what they offer for each argument."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_host import PAIR, Quick, example

pytestmark = pytest.mark.kernel

MAIN = "import sys; from glassnet.cli.main import main; sys.argv[0] = 'glassnet'; main()"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with lab files, and a command glassnet as it is installed."""
    directory = tmp_path_factory.mktemp("completion")
    for name in ("pair.yaml", "pears.yml", "notes.txt", ".hidden.yaml", "labs/deep.yaml"):
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(PAIR)
    command = directory / "bin" / "glassnet"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{MAIN}" "$@"\n')
    command.chmod(0o755)
    return directory


@pytest.fixture(scope="module")
def host(place: Path) -> Iterator[Quick]:
    with Quick() as one:
        one.directory = place
        one.glassnet("up", str(place / "pair.yaml"))
        one.glassnet("up", example("article"))
        one.glassnet("down", "article")
        one.glassnet("undo")
        yield one


def offered(host: Quick, line: str, *, shell: str = "bash", **env: str) -> list[str]:
    """What the shell is told for the last word of a line (a blank at its end: a new word)."""
    words = line.split(" ")
    asked = {
        "COMP_WORDS": line,
        "COMP_CWORD": words[-1] if shell == "fish" else str(len(words) - 1),
        "_GLASSNET_COMPLETE": f"{shell}_complete",
    }
    done = host.glassnet(env={**asked, **env})
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


PLAIN = {
    "glassnet u": ["up", "undo"],
    "glassnet ch": ["check"],
    "glassnet down --d": ["--dry-run"],
    "glassnet plan --as ": ["table", "sh", "json"],
    "glassnet completion ": ["bash", "zsh", "fish"],
    "glassnet show ": ["host", "left", "ns1", "ns2", "right"],
    "glassnet show n": ["ns1", "ns2"],
    "glassnet exec l": ["left"],
    "glassnet ping ho": ["host"],
    "glassnet ping left r": ["right"],
    "glassnet repair ": ["article", "pair"],
    "glassnet repair p": ["pair"],
    "glassnet undo ": ["2", "1"],
    "glassnet undo 2": ["2"],
    "glassnet undo 9": [],
    "glassnet nosuch u": ["up", "undo"],
}


@pytest.mark.parametrize("line", PLAIN)
def test_words_that_are_offered(host: Quick, line: str) -> None:
    assert offered(host, line) == [f"plain,{word}" for word in PLAIN[line]]


@pytest.mark.parametrize("verb", ["check", "down"])
@pytest.mark.parametrize(
    ("begin", "words"),
    [
        ("", ["article", "pair", "pair.yaml", "pears.yml"]),
        ("p", ["pair", "pair.yaml", "pears.yml"]),
        ("pe", ["pears.yml"]),
        ("n", []),
        (".", [".hidden.yaml"]),
        ("labs/", ["labs/deep.yaml"]),
        ("nosuch/", []),
    ],
)
def test_networks_and_lab_files(host: Quick, verb: str, begin: str, words: list[str]) -> None:
    told = offered(host, f"glassnet {verb} {begin}")
    assert told == [f"file,{begin}", *(f"plain,{word}" for word in words)]


@pytest.mark.parametrize("line", ["glassnet up pa", "glassnet plan pa", "glassnet show /run/ne"])
def test_files_are_left_to_the_shell(host: Quick, line: str) -> None:
    assert offered(host, line) == [f"file,{line.rsplit(maxsplit=1)[-1]}"]


def test_runs_have_words_where_the_shell_shows_them(host: Quick) -> None:
    assert offered(host, "glassnet undo ", shell="fish") == [
        "plain,2\tup article",
        "plain,1\tup pair",
    ]
    told = offered(host, "glassnet undo ", shell="zsh")
    assert told == ["plain", "2", "up article", "plain", "1", "up pair"]


@pytest.mark.parametrize("line", ["glassnet check ", "glassnet show ", "glassnet undo "])
@pytest.mark.parametrize("journal", ["none", "none to be read", "a broken one", "an empty one"])
def test_what_cannot_be_read_is_not_offered(tmp_path: Path, line: str, journal: str) -> None:
    state = tmp_path / "state"
    if journal == "none to be read":
        state.write_text("a file")
    elif journal != "none":
        state.mkdir()
        (state / "state.db").write_bytes(
            b"no database\n" * 100 if journal == "a broken one" else b""
        )
    before = sorted(tmp_path.rglob("*")) if journal == "none" else []
    with Quick() as host:
        told = offered(host, line, GLASSNET_STATE=str(state))
    words = [one for one in told if one.startswith("plain,")]
    assert words == (["plain,host"] if "show" in line else [])
    if journal == "none":
        assert sorted(tmp_path.rglob("*")) == before


BASH = """
source <(glassnet completion bash)
complete -p glassnet >/dev/null
ask() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    compopt() { options+="$2 "; }
    _glassnet_completion glassnet "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    echo "${COMPREPLY[*]}"
}
ask glassnet pi
ask glassnet ping n
ask glassnet check pe
ask glassnet undo ''
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_with_the_script(host: Quick, place: Path) -> None:
    script = f"cd {place}; PATH={place}/bin:$PATH\n{BASH}"
    done = host.run("bash", "--norc", "-euc", script)
    assert done.stdout.splitlines() == ["ping", "ns1 ns2", "pears.yml", "2 1"]


@pytest.mark.parametrize(
    ("shell", "telling"),
    [
        ("bash", "complete -o nosort -F _glassnet_completion glassnet"),
        ("zsh", "#compdef glassnet"),
        ("fish", "complete --no-files --command glassnet"),
    ],
)
def test_a_script_for_each_shell(host: Quick, shell: str, telling: str) -> None:
    script = host.glassnet("completion", shell).stdout
    assert telling in script
    assert f"_GLASSNET_COMPLETE={shell}_complete" in script
    if shutil.which(shell):
        host.run(shell, "-n", stdin=script)


def test_a_shell_that_is_not_known(host: Quick) -> None:
    done = host.glassnet("completion", "csh", check=False)
    assert done.returncode == 2
    assert "'bash', 'zsh', 'fish'" in done.stderr
