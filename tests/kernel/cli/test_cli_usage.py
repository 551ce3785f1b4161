"""What every command has in common: JSON, errors, bad usage, streams that are closed, signals."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_host import Quick, answer, example, json_lines, pair, unchanged

from glassnet.cli.main import COMMANDS
from glassnet.testing import oracle
from glassnet.testing.host import GLASSNET, Host

pytestmark = pytest.mark.kernel

GONE = 128 + signal.SIGPIPE


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """A host on which the pair of namespaces is up, and stays as it is."""
    with Quick() as one:
        yield one


@pytest.fixture(scope="module")
def file(host: Host, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = pair(tmp_path_factory.mktemp("lab"))
    host.glassnet("up", path)
    return path


def test_changes_are_json_lines(tmp_path: Path) -> None:
    with Quick() as host:
        path = pair(tmp_path)
        for words, verb in (
            (["up", path], "up"),
            (["up", path], "up"),
            (["down", "pair"], "down"),
            (["undo"], "undo down"),
            (["repair"], "repair"),
        ):
            if verb == "repair":
                host.sh("ip -n left link set lo down")
            done = host.glassnet(*words, "--json")
            first, *steps = json_lines(done.stdout)
            assert done.stderr == ""
            assert (first["event"], first["verb"], first["name"]) == ("planned", verb, "pair")
            assert [one["step"] for one in steps] == list(range(1, first["total"] + 1))
            assert all(one["event"] == "done" and one["commands"] for one in steps)


def test_what_is_left_is_json_too(tmp_path: Path) -> None:
    with Quick() as host:
        path = pair(tmp_path)
        host.glassnet("up", path)
        host.sh("ip -n left link set eth0 alias theirs")
        done = host.glassnet("down", path, "--json")
        left = [one for one in json_lines(done.stdout) if one["event"] == "left"]
        assert [set(one) for one in left] == [{"event", "name", "operation", "reason"}]
        assert "theirs" in left[0]["reason"]


QUESTIONS = (
    "plan {file}",
    "plan {file} --as json",
    "plan {file} --as sh",
    "up {file} --dry-run",
    "down pair --dry-run",
    "undo --dry-run",
    "repair --dry-run",
    "check pair",
    "check {file} --quiet",
    "show",
    "show left",
    "ping left right -c 1",
    "ls",
    "ls --runs",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_answers_are_one_json_document(host: Host, file: str, question: str) -> None:
    done = host.glassnet(*question.format(file=file).split(), "--json")
    assert json.loads(done.stdout) or "--quiet" in question
    assert done.stderr == ""


ERRORS: dict[str, tuple[str, int]] = {
    "up nosuch.yaml": ("NotFound", 2),
    "up {directory}": ("InvalidRequest", 2),
    "up {wrong}": ("ConfigError", 2),
    "down nosuch": ("NotFound", 2),
    "check nosuch": ("NotFound", 2),
    "plan {wrong}": ("ConfigError", 2),
    "undo 99": ("NotFound", 2),
    "repair nosuch": ("NotFound", 2),
    "show nosuch": ("NotFound", 2),
    "ping nosuch 10.0.0.1": ("NotFound", 2),
    "ping left fd00::z": ("InvalidValue", 2),
    "ls --nosuch": ("UsageError", 2),
    "up": ("UsageError", 2),
    "undo one": ("UsageError", 2),
    "nosuch": ("UsageError", 2),
    "down pair --confirm x": ("UsageError", 2),
}


@pytest.mark.parametrize("words", ERRORS)
def test_errors_are_json_with_an_exit_code(
    host: Host, file: str, words: str, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("nonsense: 1\n")
    command = words.format(directory=tmp_path, wrong=wrong, file=file)
    done = host.glassnet(*command.split(), "--json", check=False)
    kind, code = ERRORS[words]
    error = json.loads(done.stdout)
    assert (error["error"], error["exit_code"], done.returncode) == (kind, code, code)
    assert error["message"]
    assert done.stderr == ""
    plain = host.glassnet(*command.split(), check=False)
    assert (plain.returncode, plain.stdout) == (code, "")
    assert plain.stderr.startswith("Usage: glassnet" if kind == "UsageError" else "glassnet: ")


def test_a_change_that_is_refused_ends_in_a_json_error(tmp_path: Path) -> None:
    """The kernel refuses a setting's value, which nobody could know before."""
    path = tmp_path / "refused.yaml"
    path.write_text(
        "name: refused\nnamespaces: [a]\nhost: {sysctls: {net.ipv4.ip_default_ttl: 4711}}\n"
    )
    with Quick() as host:
        before = oracle.look(host)
        done = host.glassnet("up", str(path), "--json", check=False)
        *events, error = json_lines(done.stdout)
        assert done.returncode == 3
        assert (error["error"], error["exit_code"]) == ("StepFailed", 3)
        assert "EINVAL" in error["message"]
        assert [one["event"] for one in events][-2:] == ["failed", "undone"]
        code, said = answer(host.glassnet("up", str(path), check=False))
        assert code == 3
        assert "FAILED setting net.ipv4.ip_default_ttl = 4711 on the host" in said
        assert re.search(r"^glassnet: step \d of \d \(.*\) failed: .*Invalid argument", said, re.M)
        unchanged(host, before)
        assert host.glassnet("ls").stdout == ""


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(host: Host, command: str, option: str) -> None:
    said = host.glassnet(command, option)
    assert said.stdout.startswith(f"Usage: glassnet {command} ")
    assert said.stderr == ""


def test_help_of_all(host: Host) -> None:
    said = host.glassnet("--help").stdout
    for name, words in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(words.split()[0])}", said, re.M)
    assert "Exit codes: 0 done" in said
    assert re.fullmatch(r"glassnet \d+\.\d+\.\d+\n", host.glassnet("--version").stdout)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Usage: glassnet"),
        ("chek pair", "No such command 'chek'. Did you mean 'check'?"),
        ("frobnicate", "No such command 'frobnicate'. There are: up, down, plan, "),
        ("--nosuch", "No such option '--nosuch'"),
        ("up", "Missing argument 'FILE'"),
        ("up a.yaml b.yaml", "unexpected extra argument"),
        ("up a.yaml --dry-rum", "Did you mean '--dry-run'?"),
        ("plan a.yaml --as perl", "'perl' is not one of 'table', 'sh', 'json'"),
        ("ls pair", "unexpected extra argument"),
        ("undo --run 3", "No such option '--run'"),
        ("ping left", "Missing argument 'TARGET'"),
        ("ping left right -c many", "'many' is not a valid integer"),
    ],
)
def test_bad_usage(host: Host, words: str, said: str) -> None:
    done = host.glassnet(*words.split(), check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nosuch.yaml", "there is no file {0}/nosuch.yaml\n"),
        ("pair", "there is no file {0}/pair\n  there is {0}/pair.yaml\n"),
        (".", "{0} is a directory\n  give a lab file\n"),
        ("pair.yaml/more", "{0}/pair.yaml/more: Not a directory\n  give a lab file\n"),
        ("binary.yaml", "{0}/binary.yaml is no text: invalid start byte\n  give a lab file\n"),
        ("n" * 300, "File name too long"),
    ],
)
@pytest.mark.parametrize("verb", ["up", "plan", "down", "check"])
def test_what_is_no_lab_file(host: Host, verb: str, name: str, said: str, tmp_path: Path) -> None:
    pair(tmp_path)
    (tmp_path / "binary.yaml").write_bytes(b"name: \xff\xfe\n")
    code, words = answer(host.glassnet(verb, str(tmp_path / name), check=False))
    assert code == 2
    assert said.format(tmp_path) in words
    assert words.startswith("glassnet: ")


# Streams.


@pytest.mark.parametrize("command", ["show", "plan {article} --as sh", "ls --runs", "check pair"])
def test_a_reader_who_has_gone(host: Host, file: str, command: str) -> None:
    words = command.format(article=example("article")).split()
    script = '{ "$@"; echo "$?" >&2; } | true'
    done = host.run("sh", "-c", script, "sh", *GLASSNET, *words)
    assert done.stderr in {f"{GONE}\n", "0\n"}  # it may have written all before the reader went
    assert file


def test_a_change_whose_reader_has_gone_is_made_all_the_same(tmp_path: Path) -> None:
    with Quick() as host:
        path = pair(tmp_path)
        before = oracle.look(host)
        script = '{ "$@"; echo "$?" >&2; } | head -1'
        for words in (("up", path), ("up", path), ("down", "pair"), ("undo",), ("repair",)):
            done = host.run("sh", "-c", script, "sh", *GLASSNET, *words)
            assert done.stderr == "0\n"
            assert len(done.stdout.splitlines()) == 1
            if words[0] != "down":
                host.glassnet("check", "pair")
            else:
                unchanged(host, before)


@pytest.mark.parametrize("streams", [">&-", ">/dev/full", "2>&-", ">&- 2>&-", "<&-"])
def test_streams_that_are_closed_or_full(streams: str, tmp_path: Path) -> None:
    with Quick() as host:
        path = pair(tmp_path)
        before = oracle.look(host)
        for words in (("up", path), ("down", path)):
            host.run("sh", "-c", f'"$@" {streams}', "sh", *GLASSNET, *words)
            if words[0] == "up":
                host.glassnet("check", "pair")
        unchanged(host, before)
        done = host.run("sh", "-c", f'"$@" {streams}', "sh", *GLASSNET, "show", check=False)
        full = "full" in streams
        unwritable = "Error: The output cannot be written: No space left on device\n"
        assert answer(done) == ((2, unwritable) if full else (0, ""))
        done = host.run("sh", "-c", f'"$@" {streams}', "sh", *GLASSNET, "down", "x", check=False)
        assert done.returncode == 2


def test_letters_that_a_terminal_lacks() -> None:
    env = {"PYTHONIOENCODING": "latin-1"}
    with Host() as host:
        for verb in ("plan", "up"):
            assert host.glassnet(verb, example("article"), env=env).stdout.isascii()
        assert "\\u2026" in host.glassnet("plan", example("article"), env=env).stdout
        assert "\u2026" in host.glassnet("plan", example("article")).stdout


# Signals.


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_what_is_waiting(host: Host, file: str, number: signal.Signals) -> None:
    process = host.start(*GLASSNET, "ping", "left", "10.0.5.1", "-c", "1000000")
    assert process.stdout is not None
    assert " ms from " in process.stdout.readline()
    process.send_signal(number)
    _, said = process.communicate()
    assert (process.returncode, said) == (128 + number, "glassnet: interrupted\n")
    assert file


def test_a_signal_on_the_way_takes_back_what_was_done() -> None:
    """It comes as the kernel is asked for the setting, in the middle of the way up."""
    inject = "inject=openat:signal=SIGTERM:when=2"
    ahead = ("strace", "-qq", "-o", "/dev/null", "-P", "/proc/sys/net/ipv4/ip_forward", "-e")
    with Quick() as host:
        before = oracle.look(host)
        done = host.run(*ahead, inject, *GLASSNET, "up", example("article"), check=False)
        assert done.returncode == 128 + signal.SIGTERM, done.stderr
        assert done.stderr.endswith("glassnet: interrupted\n")
        assert "undone" in done.stdout
        unchanged(host, before)
        [run] = json.loads(host.glassnet("ls", "--runs", "--json").stdout)
        assert run["state"] == "undone"


def test_hangups_are_ignored_for_whom_they_are_ignored(host: Host, file: str) -> None:
    words = [*GLASSNET, "ping", "left", "10.0.5.1", "-c", "5"]
    process = host.start("nohup", *words)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    process.communicate()
    assert process.returncode == 0
    assert file
