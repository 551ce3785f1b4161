"""``lab``: a private host for anyone, in which every verb works and nothing outside changes."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_host import answer, example, unchanged

from glassnet.testing import oracle
from glassnet.testing.host import GLASSNET, Host

pytestmark = pytest.mark.kernel

LAB = (*GLASSNET, "lab")
GLASSNET_SH = f'glassnet() {{ {sys.executable} -m glassnet "$@"; }}\n'
EVERYTHING = (
    "glassnet up {article} && glassnet check article && glassnet ping ns1 ns2 -c 1"
    " && glassnet plan {article} --as sh && glassnet ls && glassnet down article"
)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """The outer host, with a network that is up: a lab in it is a lab in a lab."""
    with Host() as one:
        one.glassnet("up", example("article"))
        yield one


@pytest.fixture
def outside(host: Host) -> Iterator[Host]:
    """The outer host, which is as before in the end."""
    before = oracle.look(host)
    files = host.sh("find /run/netns /run/glassnet | sort")
    yield host
    unchanged(host, before)
    assert host.sh("find /run/netns /run/glassnet | sort") == files
    assert host.glassnet("check", "article").returncode == 0


def test_every_verb_works_within(outside: Host) -> None:
    script = GLASSNET_SH + EVERYTHING.format(article=example("article"))
    said = outside.run(*LAB, "--", "sh", "-ec", script).stdout
    for part in ("article is up", "26 of 26 as wanted", " ms from 10.0.0.3", "#!/bin/sh"):
        assert part in said
    assert said.endswith("article is down\n")


def test_within_is_nothing_of_the_outside(outside: Host) -> None:
    script = (
        f"{GLASSNET_SH}id -u; ls -A /run/netns /run/glassnet 2>&1 | grep -vc 'No such file';"
        "ip -o link | wc -l; glassnet ls; glassnet show; cat /proc/sys/net/ipv4/ip_forward"
    )
    root, files, links, head, lo, *rest = outside.run(*LAB, "sh", "-c", script).stdout.split("\n")
    assert (root, files, links, head) == ("0", "0", "1", "host")
    assert lo.startswith("  1: lo loopback up ")
    assert rest[-2:] == ["0", ""]


def test_labs_in_labs(outside: Host) -> None:
    innermost = f"{GLASSNET_SH}glassnet up {example('article')}; glassnet ls"
    inner = f"glassnet up {example('two-hosts')}; glassnet lab -- sh -ec '{innermost}'; glassnet ls"
    said = outside.run(*LAB, "--", "sh", "-ec", GLASSNET_SH + inner).stdout.splitlines()
    assert [line.split()[0] for line in said[-2:]] == ["article", "two-hosts"]


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_the_exit_code_is_the_commands_own(outside: Host, code: int) -> None:
    done = outside.run(*LAB, "--", "sh", "-c", f"exit {code}", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


def test_a_command_that_dies_of_a_signal(outside: Host) -> None:
    done = outside.run(*LAB, "sh", "-c", "kill -KILL $$", check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (("echo", "-n", "--json", "--help"), "--json --help"),
        (("--", "echo", "a"), "a\n"),
        (("sh", "-c", 'echo "$@"', "--", "-h"), "-h\n"),
    ],
)
def test_all_that_follows_is_the_commands_own(
    outside: Host, words: tuple[str, ...], printed: str
) -> None:
    assert outside.run(*LAB, *words).stdout == printed


def test_a_shell_where_no_command_is_given(outside: Host, tmp_path: Path) -> None:
    shell = tmp_path / "shell"
    shell.write_text('#!/bin/sh\necho "$0 $# $GLASSNET_LAB"\n')
    shell.chmod(0o755)
    assert outside.run(*LAB, env={"SHELL": str(shell)}).stdout == f"{shell} 0 1\n"
    assert outside.run(*LAB, stdin="echo typed\n", env={"SHELL": ""}).stdout == "typed\n"


def test_a_journal_named_outside_is_not_used_within(host: Host, tmp_path: Path) -> None:
    env = {"GLASSNET_STATE": str(tmp_path / "journal")}
    script = f"{GLASSNET_SH}glassnet up {example('two-hosts')}; ls /run/glassnet"
    said = host.run(*LAB, "--", "sh", "-ec", script, env=env).stdout
    assert "state.db" in said
    assert not (tmp_path / "journal").exists()


def test_a_program_that_is_not_there(outside: Host) -> None:
    code, said = answer(outside.run(*LAB, "nosuchprogram", check=False))
    assert (code, said) == (2, "glassnet: there is no program 'nosuchprogram'\n")


def test_where_no_namespaces_may_be_made(host: Host) -> None:
    """The limit holds for all that is below: a lab with none left."""
    script = f'{GLASSNET_SH}echo 0 >/proc/sys/user/max_user_namespaces; glassnet lab -- echo "in"'
    code, said = answer(host.run(*LAB, "sh", "-c", script, check=False))
    assert code == 2
    assert said.startswith("glassnet: a private host cannot be made: No space left on device\n")
    assert "max_user_namespaces" in said
