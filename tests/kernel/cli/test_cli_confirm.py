"""``--confirm``: what is not confirmed in time takes itself back; so does what is interrupted."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_host import answer, pair, unchanged

from glassnet.testing import oracle
from glassnet.testing.host import GLASSNET, Host

pytestmark = pytest.mark.kernel

ASKED = "Keep it? Press Enter within "
FOREVER = "600"


@pytest.fixture(params=["up", "down"])
def verb(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as one:
        yield one


@pytest.fixture
def change(host: Host, verb: str, tmp_path: Path) -> tuple[str, str]:
    """The words of a change, for which all is ready."""
    file = pair(tmp_path)
    if verb == "down":
        host.glassnet("up", file)
    return (verb, file)


def asked(host: Host, *words: str) -> subprocess.Popen[str]:
    """A change that was made, and asks whether it may stay."""
    process = host.start(*GLASSNET, *words)
    assert process.stderr is not None
    assert any(ASKED in line for line in process.stderr)
    return process


def is_up(host: Host) -> bool:
    return bool(host.glassnet("ls").stdout)


@pytest.mark.parametrize("typed", ["\n", " Yes \n"])
def test_a_yes_in_time_keeps_it(host: Host, verb: str, change: tuple[str, str], typed: str) -> None:
    before = oracle.look(host)
    process = asked(host, *change, "--confirm", FOREVER)
    made = oracle.look(host)
    assert oracle.differences(before, made)
    out, _ = process.communicate(typed)
    assert process.returncode == 0
    assert out.splitlines()[-1].startswith(f"pair is {verb}")
    unchanged(host, made)
    assert is_up(host) == (verb == "up")


@pytest.mark.parametrize("typed", ["", "n\n", "y"])
def test_anything_else_takes_it_back(
    host: Host, verb: str, change: tuple[str, str], typed: str
) -> None:
    before = oracle.look(host)
    process = asked(host, *change, "--confirm", FOREVER)
    out, said = process.communicate(typed)
    assert process.returncode == 2
    assert f"glassnet: the {verb} of pair was not confirmed and is taken back\n" in said
    assert f"pair is {verb}" not in out
    unchanged(host, before)
    assert is_up(host) == (verb == "down")


def test_silence_takes_it_back(host: Host, verb: str, change: tuple[str, str]) -> None:
    before = oracle.look(host)
    process = host.start(*GLASSNET, *change, "--confirm", "0.05")
    assert process.wait() == 2  # its standard input is open still
    unchanged(host, before)
    assert is_up(host) == (verb == "down")
    process.communicate()


def test_half_a_line_is_not_waited_for(host: Host, change: tuple[str, str]) -> None:
    before = oracle.look(host)
    process = host.start(*GLASSNET, *change, "--confirm", "0.5")
    assert process.stdin is not None
    process.stdin.write("y")
    process.stdin.flush()
    assert process.wait() == 2
    unchanged(host, before)
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_question_takes_it_back(
    host: Host, change: tuple[str, str], number: signal.Signals
) -> None:
    before = oracle.look(host)
    process = asked(host, *change, "--confirm", FOREVER)
    process.send_signal(number)
    assert process.wait() == 2
    unchanged(host, before)
    process.communicate()


def test_closed_streams_take_it_back(host: Host, verb: str, change: tuple[str, str]) -> None:
    before = oracle.look(host)
    for streams in ("<&-", "<&- >&- 2>&-", "2>/dev/full </dev/zero"):
        script = f'"$@" --confirm {FOREVER} {streams}'
        done = host.run("sh", "-c", script, "sh", *GLASSNET, *change, check=False)
        assert done.returncode == 2, streams
        unchanged(host, before)
        assert is_up(host) == (verb == "down")


def _on_a_terminal(host: Host, *words: str) -> tuple[subprocess.Popen[bytes], int]:
    """A change whose three streams are a terminal, and the end where a person sits."""
    person, terminal = pty.openpty()
    streams = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    inside = ("nsenter", f"--user={host.ns('user')}", f"--mount={host.ns('mnt')}")
    net = (f"--net={host.ns('net')}", "--preserve-credentials", f"--wd={Path.cwd()}")
    process = subprocess.Popen([*inside, *net, *GLASSNET, *words], **streams)  # type: ignore[call-overload]
    os.close(terminal)
    return (process, person)


def _read_until(person: int, words: bytes) -> None:
    seen = b""
    while words not in seen:
        seen += os.read(person, 4096)


def test_an_enter_from_before_the_question_is_no_answer(
    host: Host, change: tuple[str, str]
) -> None:
    before = oracle.look(host)
    process, person = _on_a_terminal(host, *change, "--confirm", "0.3")
    os.write(person, b"\n\n")
    _read_until(person, ASKED.encode())
    assert process.wait() == 2
    os.close(person)
    unchanged(host, before)


def test_enter_on_a_terminal(host: Host, change: tuple[str, str], verb: str) -> None:
    process, person = _on_a_terminal(host, *change, "--confirm", FOREVER)
    _read_until(person, ASKED.encode())
    os.write(person, b"\n")
    assert process.wait() == 0
    os.close(person)
    assert is_up(host) == (verb == "up")


def test_a_terminal_that_goes_away(host: Host, change: tuple[str, str]) -> None:
    before = oracle.look(host)
    process, person = _on_a_terminal(host, *change, "--confirm", FOREVER)
    _read_until(person, ASKED.encode())
    os.close(person)
    assert process.wait() == 2
    unchanged(host, before)


def test_nothing_is_asked_where_nothing_is_changed(host: Host, tmp_path: Path) -> None:
    file = pair(tmp_path)
    host.glassnet("up", file)
    done = host.glassnet("up", file, "--confirm", FOREVER)
    assert ASKED not in done.stderr


def test_with_json_the_question_is_aside(host: Host, change: tuple[str, str]) -> None:
    process = asked(host, *change, "--json", "--confirm", FOREVER)
    out, _ = process.communicate("\n")
    assert process.returncode == 0
    assert ASKED not in out


@pytest.mark.parametrize("seconds", ["0", "-1", "inf", "nan", "soon", "1e9"])
def test_a_time_that_is_none(host: Host, tmp_path: Path, seconds: str) -> None:
    before = oracle.look(host)
    done = host.glassnet("up", pair(tmp_path), f"--confirm={seconds}", check=False)
    code, said = answer(done)
    assert code == 2
    assert "--confirm" in said
    unchanged(host, before)
