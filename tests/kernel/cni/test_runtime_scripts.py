"""Whole lives of attachments with plugins that are scripts: both runtimes, several processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from runtime_scripts import Ran, Scripts

from glassnet.cni.failed import ChainFailed, PluginFailed
from glassnet.runtime import AsyncRuntime, Runtime

pytestmark = pytest.mark.kernel


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    return Scripts(tmp_path)


@pytest.fixture(params=[Runtime, AsyncRuntime])
def runtime(request: pytest.FixtureRequest, scripts: Scripts) -> Ran:
    return scripts.runtime(request.param)


def test_what_scripts_are_given(
    scripts: Scripts, runtime: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X_INHERITED", "1")
    monkeypatch.setenv("CNI_IFNAME", "of the runtime's own")
    monkeypatch.setenv("TRACEPARENT", "00-inherited")
    scripts.network("first", {"type": "second", "capabilities": {"mac": True}, "kept": [1.50]})
    runtime.add(
        "net", "c1", "/n/a", "net1", args={"A": "B"}, capabilities={"mac": "02:00:00:00:00:01"}
    )
    first, second = scripts.calls
    assert first["env"] == {
        "CNI_COMMAND": "ADD",
        "CNI_CONTAINERID": "c1",
        "CNI_NETNS": "/n/a",
        "CNI_IFNAME": "net1",
        "CNI_ARGS": "A=B",
        "CNI_PATH": str(scripts.bin),
        "X_INHERITED": "1",
        "TRACEPARENT": "00-inherited",
    }
    assert first["conf"] == {"cniVersion": "1.1.0", "name": "net", "type": "first"}
    assert second["conf"] == {
        "cniVersion": "1.1.0",
        "name": "net",
        "type": "second",
        "kept": [1.50],
        "runtimeConfig": {"mac": "02:00:00:00:00:01"},
        "prevResult": {"cniVersion": "1.1.0", "interfaces": [], "by": ["first"]},
    }
    entry = json.loads((scripts.cache / "results" / "net-c1-net1").read_text())
    assert entry["result"]["by"] == ["first", "second"]
    assert entry["cniArgs"] == [["A", "B"]]


def test_a_life(scripts: Scripts, runtime: Ran) -> None:
    scripts.network("a", "b")
    runtime.add("net", "c1", "/n/a")
    runtime.check("net", "c1")
    runtime.status("net")
    assert runtime.validate("net") == ()
    runtime.gc("net", [("c1", "eth0")])
    runtime.delete("net", "c1")
    verbs = ("ADD", "CHECK", "STATUS", "VERSION", "GC")
    forward = [f"{verb} {one}" for verb in verbs for one in "ab"]
    assert scripts.verbs == [*forward, "DEL b", "DEL a"]
    assert os.listdir(scripts.cache / "results") == []


def test_a_failed_add_is_taken_back(scripts: Scripts, runtime: Ran) -> None:
    error = {"code": 101, "msg": "no room", "details": "not here"}
    scripts.plugin("b", "sys.stderr.write('a word aside')")
    scripts.network("a", {"type": "b", "fail": {"ADD": error}}, "c")
    with pytest.raises(PluginFailed) as failed:
        runtime.add("net", "c1", "/n/a")
    assert scripts.verbs == ["ADD a", "ADD b", "DEL b", "DEL a"]
    assert str(failed.value) == 'plugin type="b" name="net" failed (add): no room'
    assert (failed.value.code, failed.value.details) == (101, "not here")
    assert failed.value.stderr == "a word aside"
    assert os.listdir(scripts.cache / "results") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.stderr.write('panic: x'); sys.exit(2)", "netplugin b failed: 'panic: x': exit "),
        ("sys.exit(3)", "netplugin b failed with no error message: exit status 3"),
        ("print('oops'); sys.exit(1)", "error parsing its diagnostic message 'oops'"),
        ("os.kill(os.getpid(), 9)", "netplugin b failed with no error message: signal 9"),
        ("sys.exit(0)", "netplugin b printed no result"),
        ("print('oops'); sys.exit(0)", "netplugin b printed a result that is no JSON"),
    ],
)
def test_how_plugins_fail(scripts: Scripts, runtime: Ran, body: str, words: str) -> None:
    lines = body.replace("; ", "\n    ")
    scripts.plugin("b", f"if verb == 'ADD':\n    {lines}")
    scripts.network("a", "b")
    with pytest.raises(PluginFailed) as failed:
        runtime.add("net", "c1", "/n/a")
    assert words in str(failed.value)
    assert scripts.verbs == ["ADD a", "ADD b", "DEL b", "DEL a"]


def test_one_that_hangs_is_a_failure_like_others(scripts: Scripts) -> None:
    scripts.plugin("b", "if verb == 'ADD':\n    signal.pause()")
    scripts.network("a", "b")
    for kind in (Runtime, AsyncRuntime):
        with pytest.raises(PluginFailed, match="did not end within 5 s"):
            scripts.runtime(kind, timeout=5.0).add("net", "c1", "/n/a")
    assert scripts.verbs == ["ADD a", "ADD b", "DEL b", "DEL a"] * 2


def test_del_goes_on_and_can_be_repeated(scripts: Scripts, runtime: Ran) -> None:
    stuck = {"DEL": {"code": 999, "msg": "stuck"}}
    scripts.network("a", {"type": "b", "fail": stuck}, {"type": "c", "fail": stuck})
    runtime.add("net", "c1", "/n/a")
    with pytest.raises(ChainFailed) as failed:
        runtime.delete("net", "c1")
    assert scripts.verbs[-3:] == ["DEL c", "DEL b", "DEL a"]
    assert [one.type for one in failed.value.failures] == ["c", "b"]  # type: ignore[attr-defined]
    scripts.plugin("b", "error = None")
    scripts.plugin("c", "error = None")
    runtime.delete("net", "c1")
    assert os.listdir(scripts.cache / "results") == []


def test_del_uses_what_add_had_with_what_was_appended(scripts: Scripts, runtime: Ran) -> None:
    scripts.network("a")
    scripts.plugin("late")
    (scripts.conf / "net").mkdir()
    (scripts.conf / "net" / "1.conf").write_text('{"type":"late"}')
    runtime.add("net", "c1", "/n/a", args={"A": "B"})
    (scripts.conf / "net" / "1.conf").unlink()
    (scripts.conf / "net.conflist").unlink()
    runtime.delete("net", "c1")
    assert scripts.verbs == ["ADD a", "ADD late", "DEL late", "DEL a"]
    assert scripts.calls[-1]["env"]["CNI_ARGS"] == "A=B"
    assert scripts.calls[-1]["env"]["CNI_NETNS"] == "/n/a"


# Several processes.

ADD = """
import sys
from glassnet.runtime import Runtime
conf, path, cache, container, ifname = sys.argv[1:]
runtime = Runtime(conf_dir=conf, path=(path,), cache_dir=cache, told=lambda text: print(text))
runtime.add("net", container, "/n/a", ifname)
"""


def start(scripts: Scripts, container: str, ifname: str) -> subprocess.Popen[str]:
    places = [str(one) for one in (scripts.conf, scripts.bin, scripts.cache)]
    return subprocess.Popen(
        [sys.executable, "-c", ADD, *places, container, ifname], stdout=subprocess.PIPE, text=True
    )


ALONE = """
mine = {directory!r} + "/" + os.environ["CNI_CONTAINERID"]
os.close(os.open(mine, os.O_CREAT | os.O_EXCL))  # fails if another is at work
sum(range(3_000_000))  # so long that another would come into it
os.unlink(mine)
"""


def test_processes_for_one_container_wait_for_each_other(scripts: Scripts, tmp_path: Path) -> None:
    scripts.plugin("a", ALONE.format(directory=str(tmp_path)))
    scripts.network("a")
    started = [start(scripts, "c1", f"eth{number}") for number in range(4)]
    assert [process.wait() for process in started] == [0] * 4
    for process in started:
        assert process.stdout is not None
        process.stdout.close()
    assert len(os.listdir(scripts.cache / "results")) == 4


def test_a_killed_runtime_leaves_a_trace_that_the_next_add_follows(
    scripts: Scripts, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "begun")
    begun = str(tmp_path / "begun")
    scripts.plugin("b", f"if verb == 'ADD':\n    open({begun!r}, 'w').close()\n    signal.pause()")
    scripts.network("a", "b")
    first = start(scripts, "c1", "eth0")
    (tmp_path / "begun").read_text()
    first.kill()
    first.wait()
    assert first.stdout is not None
    first.stdout.close()
    plugin = scripts.calls[-1]["pid"]
    os.kill(plugin, signal.SIGKILL)
    (entry,) = [json.loads(p.read_text()) for p in (scripts.cache / "results").iterdir()]
    assert entry["unfinished"] is True
    scripts.plugin("b")
    second = start(scripts, "c1", "eth0")
    told, _ = second.communicate()
    assert second.returncode == 0
    assert told == "eth0 of c1 in network net: its ADD came to no end: DEL goes first\n"
    assert scripts.verbs == ["ADD a", "ADD b", "DEL b", "DEL a", "ADD a", "ADD b"]


def test_an_entry_of_libcnis_is_taken_over(scripts: Scripts, runtime: Ran) -> None:
    scripts.network("a")
    runtime.add("net", "c1", "/n/a")
    file = scripts.cache / "results" / "net-c1-eth0"
    entry = json.loads(file.read_text())
    del entry["bootId"]
    entry["cniArgs"] = [["FROM", "libcni"]]
    file.write_text(json.dumps(entry))
    runtime.check("net", "c1")
    runtime.delete("net", "c1")
    assert [call["env"]["CNI_ARGS"] for call in scripts.calls[1:]] == ["FROM=libcni"] * 2
    assert scripts.calls[-1]["conf"]["prevResult"]["by"] == ["a"]
