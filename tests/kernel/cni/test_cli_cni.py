"""``glassnet cni``: as cnitool, and better: words, exit codes, JSON, the environment."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from runtime_scripts import Scripts

from glassnet.testing.host import Host

pytestmark = pytest.mark.kernel

BLUE = "/run/netns/blue"
ID = "cnitool-" + hashlib.sha512(BLUE.encode()).digest()[:10].hex()
PTP: dict[str, Any] = {
    "type": "bridge",
    "bridge": "cni7",
    "ipam": {"type": "host-local", "subnet": "10.7.0.0/24"},
}


class Cli:
    """The command line in a private host, with directories of its own."""

    def __init__(self, host: Host, root: Path) -> None:
        self.host = host
        self.scripts = Scripts(root)

    def __call__(self, verb: str, *args: str, **env: str) -> CompletedProcess[str]:
        """Run a command with the options of the place."""
        return self.host.glassnet("cni", verb, *args, *self.scripts.options, check=False, env=env)

    def ok(self, verb: str, *args: str, **env: str) -> str:
        """The output of a command that must do."""
        done = self(verb, *args, **env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, verb: str, *args: str) -> Any:
        """What it prints with ``--json``, whatever comes of it."""
        return json.loads(self(verb, *args, "--json").stdout)

    def bare(self, *args: str, **env: str) -> CompletedProcess[str]:
        """Run a command with nothing but its own arguments."""
        return self.host.glassnet("cni", *args, check=False, env=env)


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    with Host() as host:
        host.sh("ip netns add blue")
        yield Cli(host, tmp_path)


def test_a_life_with_our_own_plugins(cli: Cli) -> None:
    cli.host.glassnet("cni", "install", "--bin-dir", str(cli.scripts.bin))
    cli.scripts.network({"type": "loopback"}, PTP)
    result = json.loads(cli.ok("add", "net", "blue"))
    assert result["ips"][-1]["address"] == "10.7.0.2/24"
    assert result["interfaces"][-1]["sandbox"] == BLUE
    assert cli.ok("check", "net", "blue") == ""
    assert cli.ok("status", "net") == "network net is ready\n"
    assert cli.ok("gc", "net", "blue") == ""
    assert "10.7.0.2/24" in cli.host.sh("ip -n blue addr show eth0")
    assert cli.ok("doctor").endswith("nothing is wrong\n")
    assert cli.ok("del", "net", "blue") == ""
    assert cli.ok("del", "net", "blue", "--in-process") == ""
    assert cli.host.sh("ip -n blue -o link").count("\n") == 1


def test_ids_and_files_are_cnitools(cli: Cli) -> None:
    cli.scripts.network("a")
    cli.ok("add", "net", BLUE)
    (call,) = cli.scripts.calls
    assert call["env"]["CNI_CONTAINERID"] == ID
    assert call["env"]["CNI_NETNS"] == BLUE
    assert call["env"]["CNI_IFNAME"] == "eth0"
    assert os.listdir(cli.scripts.cache / "results") == [f"net-{ID}-eth0"]


def test_the_environment_is_cnitools(cli: Cli) -> None:
    cli.scripts.network({"type": "a", "capabilities": {"mac": True}})
    done = cli.bare(
        "add",
        "net",
        BLUE,
        "--cache-dir",
        str(cli.scripts.cache),
        NETCONFPATH=str(cli.scripts.conf),
        CNI_PATH=f"/nowhere:{cli.scripts.bin}",
        CNI_ARGS="A=B;C=D",
        CAP_ARGS='{"mac": "02:00:00:00:00:01"}',
        CNI_IFNAME="net1",
    )
    assert done.returncode == 0, done.stderr
    (call,) = cli.scripts.calls
    assert call["env"]["CNI_ARGS"] == "A=B;C=D"
    assert call["env"]["CNI_IFNAME"] == "net1"
    assert call["env"]["CNI_PATH"] == f"/nowhere:{cli.scripts.bin}"
    assert call["conf"]["runtimeConfig"] == {"mac": "02:00:00:00:00:01"}


def test_options_come_before_the_environment(cli: Cli) -> None:
    cli.scripts.network("a")
    cli.ok("add", "net", "blue", "-i", "net2", "--container", "c1", "--args", "X=Y", CNI_IFNAME="n")
    (call,) = cli.scripts.calls
    assert (call["env"]["CNI_IFNAME"], call["env"]["CNI_CONTAINERID"]) == ("net2", "c1")
    assert call["env"]["CNI_ARGS"] == "X=Y"


def test_add_prints_the_result_as_it_is_kept(cli: Cli) -> None:
    cli.scripts.network("a", "b")
    assert json.loads(cli.ok("add", "net", "blue")) == {
        "cniVersion": "1.1.0",
        "interfaces": [],
        "by": ["a", "b"],
    }


def test_what_plugins_say_aside_goes_to_standard_error(cli: Cli) -> None:
    cli.scripts.plugin("a", "sys.stderr.write('a word')")
    cli.scripts.network("a")
    done = cli("add", "net", "blue")
    assert done.stderr == "note: a: a word\n"


def test_a_plugin_that_fails(cli: Cli) -> None:
    error = {"code": 101, "msg": "no room", "details": "look elsewhere"}
    cli.scripts.network("a", {"type": "b", "fail": {"ADD": error}})
    done = cli("add", "net", "blue")
    assert done.returncode == 3
    assert done.stderr == (
        'glassnet: plugin type="b" name="net" failed (add): no room\n  look elsewhere\n'
    )
    data = cli.json("add", "net", "blue")
    assert data["code"] == 101
    assert (data["plugin"], data["verb"], data["msg"]) == ("b", "ADD", "no room")
    assert data["exit_code"] == 3


def test_what_cannot_be_taken_back_ends_with_4(cli: Cli) -> None:
    stuck = {"code": 999, "msg": "stuck"}
    cli.scripts.network("a", {"type": "b", "fail": {"ADD": stuck, "DEL": stuck}})
    done = cli("add", "net", "blue")
    assert done.returncode == 4
    assert 'left behind: plugin type="b" name="net" failed (delete): stuck' in done.stderr
    done = cli("del", "net", "blue")
    assert done.returncode == 4
    assert cli.scripts.verbs[-2:] == ["DEL b", "DEL a"]


def test_answers_that_are_no_end_with_1(cli: Cli) -> None:
    error = {"code": 50, "msg": "no addresses left"}
    cli.scripts.network({"type": "a", "fail": {"CHECK": error, "STATUS": error}})
    assert cli("check", "net", "blue").returncode == 1
    cli.ok("add", "net", "blue")
    for verb, args in (("check", ["net", "blue"]), ("status", ["net"])):
        done = cli(verb, *args)
        assert done.returncode == 1
        assert "no addresses left" in done.stderr
        assert cli.json(verb, *args)["code"] == 50


def test_requests_that_are_wrong_end_with_2(cli: Cli) -> None:
    cli.scripts.network("a")
    (cli.scripts.conf / "0.conflist").write_text("{")
    for args, words in (
        (["add", "other", "blue"], 'no net configuration with name "other" in '),
        (["add", "other", "blue"], "networks there are: net"),
        (["add", "other", "blue"], "broken: "),
        (["add", "net", "blue", "--args", "A"], 'ARGS: invalid pair "A"'),
        (["add", "net", "blue", "--capabilities", "{"], "capabilities: Expecting"),
        (["add", "net", "blue", "--capabilities", "[]"], "capabilities: [] is no JSON object"),
        (["add", "net", "blue", "--container", "?"], "invalid characters in containerID"),
        (["add", "net", "blue", "-i", "a/b"], "interface name contains /"),
        (["add", "net", "a b"], "is no namespace name"),
        (["add", "net"], "Missing argument 'NETNS'"),
        (["gc", "net"], "name the valid attachments, or say --all"),
        (["gc", "net", "--valid", "c1"], "is not of the form ID:IFNAME"),
        (["gc", "net", "blue", "--all"], "--all says that none is valid"),
    ):
        done = cli(*args)
        assert done.returncode == 2, args
        assert words in done.stderr
    assert cli.scripts.verbs == []


def test_an_attachment_is_added_once(cli: Cli) -> None:
    cli.scripts.network("a")
    cli.ok("add", "net", "blue")
    done = cli("add", "net", "blue")
    assert done.returncode == 2
    assert f"eth0 of {ID} in network net is attached already" in done.stderr


def test_gc_keeps_what_is_named(cli: Cli) -> None:
    cli.scripts.network("a")
    for container in ("c1", "c2", "c3"):
        cli.ok("add", "net", "blue", "--container", container)
    cli.ok("add", "net", "blue")
    cli.ok("gc", "net", "blue", "--valid", "c1:eth0", "--valid", "c2:eth0")
    kept = sorted(os.listdir(cli.scripts.cache / "results"))
    assert kept == ["net-c1-eth0", "net-c2-eth0", f"net-{ID}-eth0"]
    done = cli("gc", "net", "--all")
    assert done.returncode == 0
    assert done.stderr.startswith("note: all attachments of network net are taken away")
    assert os.listdir(cli.scripts.cache / "results") == []
    assert cli.scripts.calls[-1]["conf"]["cni.dev/valid-attachments"] == []


def test_versions(cli: Cli) -> None:
    cli.scripts.network("a")
    assert cli.ok("version", "net") == (
        "net              1.1.0\n  a              0.3.1 0.4.0 1.0.0 1.1.0\n"
    )
    cli.scripts.network("a", cniVersion="0.2.0")
    done = cli("version", "net", "blue")
    assert done.returncode == 1
    assert done.stdout.endswith("0.3.1 0.4.0 1.0.0 1.1.0   <- not this one\n")
    assert cli.json("version", "net") == {
        "network": "net",
        "cniVersion": "0.2.0",
        "plugins": {"a": ["0.3.1", "0.4.0", "1.0.0", "1.1.0"]},
    }


def test_json_of_what_prints_nothing_else(cli: Cli) -> None:
    cli.scripts.network("a")
    where = {"network": "net", "container": ID, "ifname": "eth0"}
    cli.ok("add", "net", "blue", "--json")
    assert cli.json("check", "net", "blue") == {"checked": where}
    assert cli.json("status", "net") == {"network": "net", "ready": True}
    valid = [{"containerID": ID, "ifname": "eth0"}]
    assert cli.json("gc", "net", "blue") == {"network": "net", "valid": valid}
    assert cli.json("del", "net", "blue") == {"deleted": where}


def test_a_plugin_that_hangs(cli: Cli) -> None:
    cli.scripts.plugin("a", "if verb == 'ADD':\n    signal.pause()")
    cli.scripts.network("a")
    done = cli("add", "net", "blue", "--timeout", "2")
    assert done.returncode == 3
    assert "did not end within 2 s" in done.stderr


def test_help_lists_the_commands(cli: Cli) -> None:
    shown = cli.bare("--help").stdout
    for verb in ("add", "del", "check", "gc", "status", "version", "doctor", "install"):
        assert f"\n  {verb} " in shown
    assert cli.bare("attach").returncode == 2


# install and uninstall.


def test_install_and_uninstall(cli: Cli) -> None:
    place = ["--bin-dir", str(cli.scripts.bin)]
    done = cli.bare("install", *place, "--types", "bridge,loopback")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"installed  {cli.scripts.bin}/bridge",
        f"installed  {cli.scripts.bin}/loopback",
    ]
    cli.scripts.plugin("ptp")
    refused = cli.bare("install", *place, "--types", "ptp,bridge")
    assert refused.returncode == 2
    assert f"{cli.scripts.bin} has plugins of others: ptp" in refused.stderr
    done = cli.bare("install", *place, "--types", "ptp,bridge", "--replace", "--json")
    former = f"{cli.scripts.bin}/ptp.before-glassnet"
    assert json.loads(done.stdout) == [
        {
            "type": "ptp",
            "path": f"{cli.scripts.bin}/ptp",
            "outcome": "replaced",
            "beside": former,
        },
        {
            "type": "bridge",
            "path": f"{cli.scripts.bin}/bridge",
            "outcome": "unchanged",
            "beside": "",
        },
    ]
    done = cli.bare("uninstall", *place)
    assert done.returncode == 0
    assert f"restored   {cli.scripts.bin}/ptp" in done.stdout.splitlines()
    assert os.listdir(cli.scripts.bin) == ["ptp"]
    assert cli.bare("install", *place, "--types", "flannel").returncode == 2


# doctor.


def test_the_doctor_finds_what_is_wrong(cli: Cli) -> None:
    assert cli.bare("doctor", "--conf-dir", "/nowhere").returncode == 1
    cli.scripts.network("a", {"type": "late"})
    (cli.scripts.bin / "late").unlink()
    plain = cli.scripts.bin / "plain"
    plain.write_text("")
    cli.scripts.network("a", {"type": "plain"}, name="other")
    (cli.scripts.conf / "0.conflist").write_text("{")
    (cli.scripts.cache / "results").mkdir(parents=True)
    (cli.scripts.cache / "results" / "net-c1-eth0").write_text("")
    done = cli("doctor")
    assert done.returncode == 1
    for words in (
        f"wrong: configuration: {cli.scripts.conf}/0.conflist: $: error parsing",
        'wrong: plugins: failed to find plugin "late" in path ',
        f"wrong: plugins: {plain} is not executable",
        f"wrong: cache: {cli.scripts.cache}/results/net-c1-eth0 is empty",
        "4 things wrong",
    ):
        assert words in done.stdout
    data = cli.json("doctor")
    assert [one["name"] for one in data["configuration"]["networks"]] == ["net", "other"]
    files = {one["type"]: one["whose"] for one in data["plugins"]["files"]}
    assert files == {"a": "foreign", "late": "missing", "plain": "foreign"}
    assert sum(one["wrong"] for one in data["findings"]) == 4


def test_the_doctor_finds_what_is_left_of_the_dead(cli: Cli) -> None:
    cli.bare("install", "--bin-dir", str(cli.scripts.bin))
    cli.scripts.network(PTP)
    cli.ok("add", "net", "blue")
    cli.host.sh("ip netns del blue")
    done = cli("doctor")
    assert done.returncode == 1
    again = f"glassnet cni del net {BLUE} --container {ID} -i eth0"
    assert done.stdout.count(again) == 2
    assert f"eth0 of {ID} in network net: its namespace {BLUE} is gone" in done.stdout
    assert f"10.7.0.2 of network net is held for eth0 of {ID}" in done.stdout
    cli.host.glassnet(*again.split()[1:], *cli.scripts.options)
    assert cli("doctor").returncode == 0


def test_the_doctor_changes_nothing(cli: Cli) -> None:
    cli.scripts.network({"type": "a", "capabilities": {"mac": True, "ips": True}})
    assert "able to: ips, mac" in cli.ok("doctor")
    assert cli.scripts.verbs == ["VERSION a"]
    assert not cli.scripts.cache.exists()
    assert "glassnet" not in cli.host.sh("ls /run")
