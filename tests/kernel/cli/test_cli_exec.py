"""``exec``: a command in a namespace is what it would be without glassnet, but for the network."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_host import Quick, answer, example

from glassnet.testing.host import GLASSNET, Host

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Quick() as one:
        one.glassnet("up", example("article"))
        yield one


@pytest.mark.parametrize("code", [0, 1, 2, 7, 255])
def test_the_exit_code_is_the_commands_own(host: Host, code: int) -> None:
    assert host.glassnet("exec", "ns1", "sh", "-c", f"exit {code}", check=False).returncode == code


def test_a_command_that_dies_of_a_signal(host: Host) -> None:
    done = host.glassnet("exec", "ns1", "--", "sh", "-c", "kill -TERM $$", check=False)
    assert done.returncode == -signal.SIGTERM


@pytest.mark.parametrize("netns", ["ns1", "host"])
@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (("echo", "a", "b"), "a b\n"),
        (("--", "echo", "a", "--", "b"), "a -- b\n"),
        (("--", "--", "echo"), None),
        (("echo", "--json", "--help", "-h", "--version"), "--json --help -h --version\n"),
        (("printf", "%s|", "", "a b", "*"), "|a b|*|"),
    ],
)
def test_all_that_follows_is_the_commands_own(
    host: Host, netns: str, words: tuple[str, ...], printed: str | None
) -> None:
    done = host.glassnet("exec", netns, *words, check=False)
    if printed is None:
        assert answer(done) == (2, "glassnet: there is no program '--'\n")
    else:
        assert (done.returncode, done.stdout, done.stderr) == (0, printed, "")


def test_it_is_in_the_namespace_and_sees_its_devices(host: Host) -> None:
    links = host.glassnet("exec", "ns1", "ip", "-j", "link").stdout
    assert [one["ifname"] for one in json.loads(links)] == ["lo", "veth1"]
    assert host.glassnet("exec", "ns1", "ls", "/sys/class/net").stdout == "lo\nveth1\n"
    assert host.glassnet("exec", "ns1", "cat", "/proc/sys/net/ipv4/ip_forward").stdout == "0\n"
    assert host.glassnet("exec", "host", "cat", "/proc/sys/net/ipv4/ip_forward").stdout == "1\n"


def test_by_path_and_by_process(host: Host) -> None:
    holder = host.start("ip", "netns", "exec", "ns2", "sh", "-c", "echo ready; exec cat")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    for netns in ("ns2", "/run/netns/ns2", f"/proc/{holder.pid}/ns/net", str(holder.pid)):
        links = host.glassnet("exec", netns, "ls", "/sys/class/net").stdout
        assert links == "lo\nveth2\n"
    holder.communicate("")
    assert host.glassnet("exec", str(holder.pid), "true", check=False).returncode == 2


def test_standard_input_directory_and_environment_are_kept(host: Host, tmp_path: Path) -> None:
    script = f"cd {tmp_path} && echo words | MINE=1 \"$@\" sh -c 'pwd; cat; echo $MINE'"
    out = host.run("sh", "-c", script, "sh", *GLASSNET, "exec", "ns1").stdout
    assert out == f"{tmp_path}\nwords\n1\n"


def test_signals_are_as_they_were(host: Host) -> None:
    """Python ignores SIGPIPE; a command that inherits that would go on without a reader."""
    script = 'grep SigIgn /proc/self/status; "$@" grep SigIgn /proc/self/status'
    plain, ours = host.run("sh", "-c", script, "sh", *GLASSNET, "exec", "ns1").stdout.splitlines()
    assert ours == plain
    done = host.glassnet("exec", "ns1", "--", "sh", "-c", "yes | head -1")
    assert (done.stdout, done.stderr) == ("y\n", "")


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("nosuchprogram", "there is no program 'nosuchprogram'"),
        ("/nosuch/program", "there is no program '/nosuch/program'"),
        ("", "there is no program ''"),
        ("/etc/passwd", "/etc/passwd: Permission denied"),
        ("/etc", "/etc: Permission denied"),
        ("{junk}", "cannot be run: Exec format error"),
    ],
)
def test_what_is_no_program(host: Host, program: str, said: str, tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.write_text("this is no program\n")
    junk.chmod(0o755)
    code, words = answer(
        host.glassnet("exec", "ns1", program.format(junk=junk), "--json", check=False)
    )
    assert code == 2
    assert said in words
    assert "Traceback" not in words


@pytest.mark.parametrize("words", [(), ("ns1",), ("ns1", "--"), ("--",), ("--nosuch", "ns1", "id")])
def test_words_that_lack_something(host: Host, words: tuple[str, ...]) -> None:
    code, said = answer(host.glassnet("exec", *words, check=False))
    assert code == 2
    assert said.startswith("Usage: glassnet exec [OPTIONS] NS CMD...\n")


def test_files_of_its_own_in_etc(tmp_path: Path) -> None:
    etc = tmp_path / "etc"
    for name in ("ns1/hosts", "ns1/absent", "ns2/hosts/part"):
        (etc / "netns" / name).parent.mkdir(parents=True, exist_ok=True)
        (etc / "netns" / name).write_text(f"of {name}\n")
    (etc / "hosts").write_text("of all\n")
    with Quick() as host:
        host.sh("ip netns add ns1; ip netns add ns2; ip netns add ns3")
        host.sh(f"mount --bind {etc} /etc")
        assert host.glassnet("exec", "ns1", "cat", "/etc/hosts").stdout == "of ns1/hosts\n"
        assert host.glassnet("exec", "ns1", "ls", "/etc").stdout == "hosts\nnetns\n"
        assert host.glassnet("exec", "ns3", "cat", "/etc/hosts").stdout == "of all\n"
        by_path = host.glassnet("exec", "/run/netns/ns1", "cat", "/etc/hosts").stdout
        assert by_path == "of all\n"
        code, said = answer(host.glassnet("exec", "ns2", "cat", "/etc/hosts", check=False))
        assert (code, "/etc/netns/ns2/hosts cannot stand in for /etc/hosts" in said) == (2, True)
        assert host.sh("cat /etc/hosts") == "of all\n"
