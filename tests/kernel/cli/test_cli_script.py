"""``plan`` in its forms: the printed script makes the very network, with a plain shell alone."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from cli_host import NAMES, Quick, example, pair, same, unchanged

from glassnet.testing import oracle
from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

BARE_ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def by_hand(host: Host, script: str) -> None:
    """Run a script with the plainest shell there is, and no glassnet on the way."""
    host.run("dash", "-eu", stdin=script, env=BARE_ENV)


@pytest.mark.parametrize("name", NAMES)
def test_the_script_makes_the_network(name: str) -> None:
    with Quick() as host, Quick() as other:
        script = host.glassnet("plan", example(name), "--as", "sh").stdout
        by_hand(host, script)
        assert host.glassnet("check", example(name)).returncode == 0
        other.glassnet("up", example(name))
        same(oracle.look(other), oracle.look(host))


@pytest.mark.parametrize("name", NAMES)
def test_up_after_the_script_makes_nothing_twice_and_down_leaves_it(name: str) -> None:
    with Quick() as host:
        by_hand(host, host.glassnet("plan", example(name), "--as", "sh").stdout)
        made = oracle.look(host)
        assert host.glassnet("up", example(name)).stdout.startswith(f"up {name}: 0 changes\n")
        [listed] = json.loads(host.glassnet("ls", "--json").stdout)
        assert (listed["name"], listed["made"]) == (name, 0)
        unchanged(host, made)
        assert host.glassnet("down", name).stdout.startswith(f"down {name}: 0 changes\n")
        unchanged(host, made)


def test_the_script_says_what_each_command_is_for() -> None:
    with Quick() as host:
        script = host.glassnet("plan", example("article"), "--as", "sh").stdout
        lines = script.splitlines()
        assert lines[0] == "#!/bin/sh"
        assert "set -eu" in lines
        at = next(i for i, line in enumerate(lines) if line.startswith("# veth veth1-host"))
        assert re.search(r"\[/.*/article\.yaml:\d+:\d+: \$\.links\[0\]\]$", lines[at])
        assert lines[at + 1].startswith("ip link add veth1-host ")
        # What stands already is in it all the same: it is for a host where nothing is.
        host.glassnet("up", example("article"))
        assert host.glassnet("plan", example("article"), "--as", "sh").stdout == script


def test_a_script_that_fails_ends_where_it_fails() -> None:
    with Quick() as host:
        script = host.glassnet("plan", example("article"), "--as", "sh").stdout
        host.sh("ip netns add ns2")
        done = host.run("dash", stdin=script, env=BARE_ENV, check=False)
        assert done.returncode != 0
        assert host.sh("ip -o link show type bridge") == ""


def test_the_changes_alone(tmp_path: Path) -> None:
    with Quick() as host:
        file = pair(tmp_path)
        host.glassnet("up", file)
        up = oracle.look(host)
        host.sh("ip -n right addr del 10.0.5.2/30 dev eth0; ip -n left link set lo down")
        script = host.glassnet("plan", file, "--as", "sh", "--changes").stdout
        said = [line for line in script.splitlines() if line and not line.startswith("#")]
        assert said == [
            "set -eu",
            "ip -n left link set lo up",
            "ip -n right addr add 10.0.5.2/30 dev eth0",
        ]
        table = host.glassnet("plan", file, "--changes").stdout.splitlines()
        assert [line.split()[1] for line in table[1:]] == ["+", "+"]
        steps = json.loads(host.glassnet("plan", file, "--changes", "--json").stdout)["steps"]
        assert [step["action"] for step in steps] == ["make", "make"]
        by_hand(host, script)
        unchanged(host, up)
        script = host.glassnet("plan", file, "--as", "sh", "--changes").stdout
        assert script.endswith("\n# nothing to do\n")
        by_hand(host, script)
        unchanged(host, up)


def test_the_table_shows_what_stands_and_what_does_not(tmp_path: Path) -> None:
    with Quick() as host:
        file = pair(tmp_path)
        fresh = host.glassnet("plan", file, "--as", "table").stdout
        assert (
            fresh
            == host.glassnet("plan", file).stdout
            == host.glassnet("up", file, "--dry-run").stdout
        )
        host.glassnet("up", file)
        host.sh("ip -n left link set eth0 mtu 1400; ip -n right link set lo down")
        table = host.glassnet("plan", file).stdout.splitlines()
        signs = {line[7:].split("  ")[0]: line[5] for line in table[1:]}
        assert signs["namespace left"] == "="
        assert signs["link lo up in right"] == "+"
        assert signs["link lo up in left"] == "="


def test_json_has_the_steps_with_their_commands() -> None:
    with Quick() as host:
        by_form = host.glassnet("plan", example("article"), "--as", "json").stdout
        assert by_form == host.glassnet("plan", example("article"), "--json").stdout
        plan = json.loads(by_form)
        assert (plan["name"], plan["verb"], len(plan["steps"])) == ("article", "up", 26)
        script = host.glassnet("plan", example("article"), "--as", "sh").stdout
        for step in plan["steps"]:
            assert step["action"] == "make"
            for command in step["commands"]:
                assert f"\n{command}\n" in script
            assert f"\n# {step['text']}  [{step['origin']}]\n" in script


def test_plan_can_be_asked_of_a_file_from_a_pipe(tmp_path: Path) -> None:
    with Quick() as host:
        pair(tmp_path)
        done = host.run(
            "sh",
            "-c",
            f"cat {tmp_path}/pair.yaml | {sys.executable} -m glassnet plan /dev/stdin",
            check=False,
        )
        assert done.stdout.startswith("up pair: "), done.stderr
