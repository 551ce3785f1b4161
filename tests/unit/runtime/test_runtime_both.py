"""`Runtime` and `AsyncRuntime` on disk, with plugins that are functions: the same of both."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glassnet.cni
import glassnet.runtime
from glassnet.cni.error import CniError
from glassnet.cni.failed import ChainFailed, PluginFailed
from glassnet.errors import NotFound, NotPermitted
from glassnet.runtime import AsyncRuntime, Runtime
from glassnet.testing.plugins import AsyncFakePlugins, Called, FakePlugins, speaks

ADDRESS = {"address": "10.0.0.2/24"}
PORTS = [{"hostPort": 80}]


def bridge(called: Called) -> object:
    match called.verb:
        case "VERSION":
            return speaks(called)
        case "ADD":
            return {"cniVersion": "1.1.0", "ips": [ADDRESS]}
    return None


def portmap(called: Called) -> object:
    if called.verb in called.conf.get("failOn", ()):
        raise CniError(100, f"{called.verb} is not for me")
    match called.verb:
        case "VERSION":
            return speaks(called)
        case "ADD":
            return called.conf["prevResult"]
    return None


PLUGINS = {"bridge": bridge, "portmap": portmap}


class Both:
    """A runtime of either kind, whose verbs return what they return."""

    def __init__(self, make: Callable[..., Any], fake: FakePlugins, root: Path) -> None:
        self.fake = fake
        self.told: list[str] = []
        self.root = root
        self.conf_dir = root / "net.d"
        self.conf_dir.mkdir()
        self.runtime = make(
            conf_dir=self.conf_dir,
            path=("/opt/cni/bin", root / "bin"),
            cache_dir=root / "cache",
            executor=fake,
            told=self.told.append,
        )

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        method = getattr(self.runtime, verb)

        def call(*args: Any, **kwargs: Any) -> Any:
            outcome = method(*args, **kwargs)
            return asyncio.run(outcome) if inspect.iscoroutine(outcome) else outcome

        return call

    def write(self, name: str = "net", *, fail_on: tuple[str, ...] = (), **keys: Any) -> None:
        plugins = [
            {"type": "bridge"},
            {"type": "portmap", "capabilities": {"portMappings": True}, "failOn": fail_on},
        ]
        whole = {"cniVersion": "1.1.0", "name": name, "plugins": plugins, **keys}
        (self.conf_dir / f"{name}.conflist").write_text(json.dumps(whole))


@pytest.fixture(params=["threads", "asyncio"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Both:
    if request.param == "threads":
        one = Both(Runtime, FakePlugins(PLUGINS), tmp_path)
    else:
        one = Both(AsyncRuntime, AsyncFakePlugins(PLUGINS), tmp_path)
    one.write()
    return one


def test_a_life(both: Both) -> None:
    result = both.add(
        "net",
        "c1",
        "/run/netns/a",
        args={"K": "V"},
        capabilities={"portMappings": PORTS},
        trace={"TRACEPARENT": "00-1"},
    )
    assert [str(ip.address) for ip in result.ips] == ["10.0.0.2/24"]
    both.check("net", "c1")
    both.status("net")
    both.gc("net", [("c1", "eth0")])
    both.delete("net", "c1", trace={"TRACEPARENT": "00-2"})
    verbs = ["ADD", "CHECK", "STATUS", "GC"]
    forward = [f"{verb} {type_}" for verb in verbs for type_ in ("bridge", "portmap")]
    assert both.fake.verbs == [*forward, "DEL portmap", "DEL bridge"]
    first, last = both.fake.calls[1], both.fake.calls[-2]
    assert first.environment["TRACEPARENT"] == "00-1"
    assert last.environment["TRACEPARENT"] == "00-2"
    assert first.environment["CNI_PATH"] == f"/opt/cni/bin:{both.root}/bin"
    assert last.environment["CNI_ARGS"] == "K=V"
    assert last.conf["runtimeConfig"] == {"portMappings": PORTS}
    assert both.attachments() == []
    assert both.told == []


def test_what_is_attached_is_listed_and_found(both: Both) -> None:
    both.add("net", "c1", "/run/netns/a")
    (listed,) = both.attachments()
    assert listed.entry.key == ("net", "c1", "eth0")
    found = both.attachment("net", "c1")
    assert found == listed
    assert json.loads(found.entry.result) == {"cniVersion": "1.1.0", "ips": [ADDRESS]}
    assert both.attachment("net", "c2").entry is None


def test_pairs_and_mappings_are_arguments(both: Both) -> None:
    both.add("net", "c1", "/n", args=[("A", "1"), ("B", "2")])
    assert both.fake.calls[0].environment["CNI_ARGS"] == "A=1;B=2"
    both.check("net", "c1", args={"C": "3"})
    assert both.fake.calls[-1].environment["CNI_ARGS"] == "C=3"


def test_failures_are_typed(both: Both) -> None:
    both.write(fail_on=("ADD",))
    with pytest.raises(PluginFailed, match="ADD is not for me") as failed:
        both.add("net", "c1", "/n")
    assert failed.value.undo == ()
    assert both.attachments() == []
    both.write(fail_on=("DEL", "CHECK", "STATUS", "GC"))
    both.add("net", "c1", "/n")
    for verb, args in (("delete", ["c1"]), ("check", ["c1"]), ("gc", [[("c1", "eth0")]])):
        with pytest.raises(ChainFailed, match="is not for me"):
            getattr(both, verb)("net", *args)
    with pytest.raises(PluginFailed, match="STATUS is not for me"):
        both.status("net")
    with pytest.raises(CniError, match="would take all of them away"):
        both.gc("net", [])
    with pytest.raises(ChainFailed):
        both.gc("net", [], nothing_is_valid=True)


def test_networks_and_their_versions(both: Both) -> None:
    (both.conf_dir / "a.conflist").write_text("{")
    found = both.networks()
    assert [one.name for one in found.networks] == ["net"]
    assert len(found.problems) == 1
    network = both.network("net")
    assert both.validate(network) == ("portMappings",)
    assert list(both.version("net")) == ["bridge", "portmap"]
    with pytest.raises(NotFound, match='no net configuration with name "x"'):
        both.network("x")


def test_what_a_crash_left_goes_first(both: Both) -> None:
    both.add("net", "c1", "/n")
    (both.root / "cache" / "results" / "net-c1-eth0").write_text("")
    both.add("net", "c1", "/n")
    assert both.told == [
        f"{both.root}/cache/results/net-c1-eth0 is empty (whoever wrote it was cut short, by a "
        "crash or a full disk)"
    ]


def test_a_cache_that_may_not_be_used(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path, *args: Any, **kwargs: Any) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", denied)
    with pytest.raises(NotPermitted, match=r"cache/\.glassnet\.lock: Permission denied"):
        both.add("net", "c1", "/n")
    assert both.fake.verbs == []


def test_both_have_the_same_verbs_with_the_same_arguments() -> None:
    def verbs(kind: type) -> dict[str, str]:
        return {
            name: str(inspect.signature(method))
            for name, method in inspect.getmembers(kind, inspect.isfunction)
            if not name.startswith("_") or name == "__init__"
        }

    one, other = verbs(Runtime), verbs(AsyncRuntime)
    one["__init__"] = one["__init__"].replace("Executor", "AsyncExecutor")
    assert one == other


def test_they_are_reached_late() -> None:
    assert glassnet.cni.Runtime is Runtime
    assert glassnet.cni.AsyncRuntime is AsyncRuntime
    for module in ("glassnet.cni", "glassnet.runtime"):
        with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'Runtim'"):
            _ = importlib.import_module(module).Runtim
