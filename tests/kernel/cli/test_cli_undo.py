"""``undo``, ``ls``, ``repair`` of what was cut short, and the ``--dry-run`` of every verb."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from cli_host import Quick, answer, example, pair, unchanged

from glassnet.testing import oracle
from glassnet.testing.host import GLASSNET, Host

pytestmark = pytest.mark.kernel

WIDER = """
name: pair
namespaces: [left, right, third]
links:
  - left:eth0 10.0.5.1/30 fd00:5::1/64 -- right:eth0 10.0.5.3/29
  - right:eth1 10.0.6.1/30 -- third:eth0 10.0.6.2/30
"""
ASKED = "Keep it?"


def runs(host: Host) -> list[tuple[int, str, str]]:
    """Number, verb and state of what was done, newest first."""
    listed = json.loads(host.glassnet("ls", "--runs", "--json").stdout)
    return [(one["id"], one["verb"], one["state"]) for one in listed]


def cut_short(host: Host, *words: str) -> None:
    """A change that is killed when all of it is done, but nothing of it is settled."""
    process = host.start(*GLASSNET, *words, "--confirm", "600")
    assert process.stderr is not None
    assert any(ASKED in line for line in process.stderr)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_the_way_back_step_by_step(tmp_path: Path) -> None:
    with Quick() as host:
        file = pair(tmp_path)
        states = [oracle.look(host)]
        host.glassnet("up", file)
        states.append(oracle.look(host))
        Path(file).write_text(WIDER)
        host.glassnet("up", file)
        states.append(oracle.look(host))
        host.glassnet("down", "pair")
        unchanged(host, states[0])
        assert host.glassnet("undo").stdout.endswith("undo down pair: done\n")
        unchanged(host, states[2])
        host.glassnet("check", "pair")
        host.glassnet("check", file)
        assert host.glassnet("undo").stdout.endswith("undo up pair: done\n")
        unchanged(host, states[1])
        host.glassnet("check", "pair")
        assert host.glassnet("check", file, check=False).returncode == 1
        assert host.glassnet("undo").stdout.endswith("undo up pair: done\n")
        unchanged(host, states[0])
        code, said = answer(host.glassnet("undo", check=False))
        assert (code, said) == (2, "glassnet: there is nothing to undo\n")
        assert {state for _, _, state in runs(host)} == {"reverted"}
        assert host.glassnet("ls").stdout == ""


def test_by_number_and_what_is_in_the_way(tmp_path: Path) -> None:
    with Quick() as host:
        before = oracle.look(host)
        file = pair(tmp_path)
        host.glassnet("up", file)
        with_pair = oracle.look(host)
        host.glassnet("up", example("two-hosts"))
        Path(file).write_text(WIDER)
        host.glassnet("up", file)
        state = oracle.look(host)
        assert runs(host) == [(3, "up", "done"), (2, "up", "done"), (1, "up", "done")]
        refused: list[tuple[tuple[str, ...], str]] = [
            (("1",), "run 3 (up pair) came after run 1\n  undo that one first: glassnet undo 3\n"),
            (("9",), "there is no run 9 that can be undone\n"),
            (("0",), "there is no run 0 that can be undone\n"),
        ]
        for words, said in refused:
            for dry in ((), ("--dry-run",)):
                done = host.glassnet("undo", *words, *dry, check=False)
                assert answer(done) == (2, f"glassnet: {said}")
        unchanged(host, state)
        host.glassnet("undo", "2")  # another network's: nothing of it is in the way
        host.glassnet("undo", "3")
        unchanged(host, with_pair)
        done = host.glassnet("undo", "3", check=False)
        assert answer(done) == (2, "glassnet: there is no run 3 that can be undone\n")
        host.glassnet("undo", "1")
        unchanged(host, before)


def test_undo_leaves_what_somebody_has_changed_since(tmp_path: Path) -> None:
    file = tmp_path / "set.yaml"
    key = "net.ipv4.conf.all.rp_filter"
    file.write_text(f"name: set\nhost: {{sysctls: {{{key}: 1, net.core.somaxconn: 77}}}}\n")
    with Quick() as host:
        host.sh(f"sysctl -w {key}=0 net.core.somaxconn=99")
        host.glassnet("up", str(file))
        assert host.sh(f"sysctl -n {key} net.core.somaxconn") == "1\n77\n"
        host.sh(f"sysctl -w {key}=2")
        done = host.glassnet("undo")
        assert "left" in done.stderr
        assert key in done.stderr
        assert host.sh(f"sysctl -n {key} net.core.somaxconn") == "2\n99\n"


def test_ls(tmp_path: Path) -> None:
    with Quick() as host:
        assert host.glassnet("ls").stdout == ""
        assert json.loads(host.glassnet("ls", "--json").stdout) == []
        assert json.loads(host.glassnet("ls", "--runs", "--json").stdout) == []
        host.glassnet("up", pair(tmp_path))
        host.glassnet("up", example("two-hosts"))
        listed = json.loads(host.glassnet("ls", "--json").stdout)
        assert [(one["name"], one["kind"]) for one in listed] == [
            ("pair", "lab"),
            ("two-hosts", "lab"),
        ]
        first = host.glassnet("ls").stdout.splitlines()[0]
        count = listed[0]["operations"]
        assert first.split() == ["pair", "lab", str(count), "objects,", str(count), "made", "here"]
        host.glassnet("down", "pair")
        newest, *_ = host.glassnet("ls", "--runs").stdout.splitlines()
        assert newest.split()[:1] == ["3"]
        assert newest.split()[3:6] == ["down", "pair", "done"]
        [*_, oldest] = json.loads(host.glassnet("ls", "--runs", "--json").stdout)
        assert set(oldest) == {"id", "verb", "name", "state", "started", "changes"}
        assert oldest["changes"] == count


@pytest.mark.parametrize("verb", ["up", "down"])
@pytest.mark.parametrize("how", [("repair",), ("repair", "article"), ("up", "other")])
def test_what_was_cut_short_is_settled(verb: str, how: tuple[str, ...], tmp_path: Path) -> None:
    with Quick() as host:
        if verb == "down":
            host.glassnet("up", example("article"))
        before = oracle.look(host)
        target = example("article") if verb == "up" else "article"
        cut_short(host, verb, target)
        assert oracle.differences(before, oracle.look(host))
        listed = host.glassnet("ls")
        assert f"{verb} was cut short: glassnet repair settles it" in listed.stderr
        assert runs(host)[0][1:] == (verb, "cut short")
        dry = host.glassnet("repair", "--dry-run").stdout
        assert f"the {verb} of article that was cut short would be taken back first" in dry
        words = ("up", pair(tmp_path)) if how == ("up", "other") else how
        done = host.glassnet(*words)
        assert f"an earlier {verb} of article was cut short: it is undone now" in done.stderr
        if how == ("up", "other"):
            host.glassnet("down", "pair")
        unchanged(host, before)
        assert host.glassnet("ls").stderr == ""
        if verb == "down":
            host.glassnet("check", "article")


def test_a_death_in_the_middle_of_it() -> None:
    """Killed as the kernel is asked for the setting: all before it is made, all after is not."""
    inject = "inject=openat:signal=SIGKILL"
    ahead = ("strace", "-qq", "-o", "/dev/null", "-P", "/proc/sys/net/ipv4/ip_forward", "-e")
    with Quick() as host:
        before = oracle.look(host)
        # Its first opening is the look, the second the writing of it.
        done = host.run(
            *ahead, f"{inject}:when=2", *GLASSNET, "up", example("article"), check=False
        )
        assert done.returncode == -signal.SIGKILL
        assert host.sh("ls /run/netns") == "ns1\nns2\n"
        assert host.sh("cat /proc/sys/net/ipv4/ip_forward") == "0\n"
        host.glassnet("repair")
        unchanged(host, before)


def test_dry_runs_change_nothing_and_say_what_would_be(tmp_path: Path) -> None:
    with Quick() as host:
        empty = oracle.look(host)
        file = pair(tmp_path)
        said = host.glassnet("up", file, "--dry-run").stdout
        assert said.startswith("up pair: ")
        unchanged(host, empty)
        assert runs(host) == []
        host.glassnet("up", file)
        host.sh("ip -n left link set lo down")
        state, done = oracle.look(host), runs(host)
        planned: list[tuple[tuple[str, ...], str]] = [
            (("up", file), "up pair: "),
            (("down", file), "down pair: "),
            (("down", "pair"), "down pair: "),
            (("undo",), "undo up pair: "),
            (("undo", "1"), "undo up pair: "),
            (("repair",), "repair pair: 1 to make, "),
            (("repair", "pair"), "repair pair: 1 to make, "),
        ]
        for words, first in planned:
            assert host.glassnet(*words, "--dry-run").stdout.startswith(first)
            plan = json.loads(host.glassnet(*words, "--dry-run", "--json").stdout)
            [one] = plan if words[0] == "repair" else [plan]
            assert one["name"] == "pair"
        unchanged(host, state)
        assert runs(host) == done


def test_dry_runs_of_what_is_not_there() -> None:
    with Quick() as host:
        assert host.glassnet("repair", "--dry-run").stdout == "nothing is up\n"
        assert host.glassnet("repair").stdout == "repaired: nothing is up\n"
        for verb in ("down", "repair", "check"):
            code, said = answer(host.glassnet(verb, "nosuch", check=False))
            assert code == 2
            assert said == "glassnet: no network 'nosuch' is up\n  those that are: none\n"
        for verb in ("down", "repair"):
            assert host.glassnet(verb, "nosuch", "--dry-run", check=False).returncode == 2
        assert host.glassnet("undo", "--dry-run", check=False).returncode == 2
