"""ADD of a chain: order, what each plugin gets, and what a failure does."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from played import (
    BOOT,
    CHAINS,
    HOLDS,
    KEY,
    LATER,
    OF,
    PORTS,
    confs,
    fails,
    three,
)

from glassnet.cni.answer import Ended
from glassnet.cni.error import CniError
from glassnet.cni.failed import PluginFailed
from glassnet.cni.invoke import Attachment
from glassnet.cni.steps import Save
from glassnet.errors import NotFound
from glassnet.testing.plugins import Called


def test_add_runs_forward_and_keeps_the_result() -> None:
    on = three()
    result = on.play(CHAINS.add("net", OF))
    assert on.log == [
        *HOLDS,
        "save for now",
        "ADD bridge",
        "ADD portmap",
        "ADD firewall",
        "save for good",
    ]
    assert [one.name for one in result.interfaces] == ["eth0"]
    entry = on.cache[KEY]
    assert not entry.unfinished
    assert entry.config == on.networks["net"].text
    assert (entry.netns, entry.boot) == ("/run/netns/a", BOOT)
    assert json.loads(entry.result or b"") == {
        "cniVersion": "1.1.0",
        "interfaces": [{"name": "eth0", "made-by": "bridge"}],
        "portmap": True,
        "firewall": True,
    }


def test_each_gets_the_result_of_the_one_before_to_the_letter() -> None:
    on = three()
    on.play(CHAINS.add("net", OF))
    first, second, third = confs(on, "ADD")
    made = {"cniVersion": "1.1.0", "interfaces": [{"name": "eth0", "made-by": "bridge"}]}
    assert "prevResult" not in first
    assert second["prevResult"] == made
    assert third["prevResult"] == {**made, "portmap": True}


def test_what_add_is_given_reaches_every_plugin() -> None:
    on = three()
    trace = {"TRACEPARENT": "00-a-b-01", "TRACESTATE": "x=y", "BAGGAGE": "p=q"}
    args = (("IgnoreUnknown", "1"), ("K", "V"))
    of = Attachment("c1", "/run/netns/a", "net1", args, {"portMappings": PORTS}, trace)
    on.play(CHAINS.add("net", of))
    for called in on.plugins.calls:
        assert called.environment == {
            "CNI_COMMAND": "ADD",
            "CNI_CONTAINERID": "c1",
            "CNI_NETNS": "/run/netns/a",
            "CNI_IFNAME": "net1",
            "CNI_ARGS": "IgnoreUnknown=1;K=V",
            "CNI_PATH": "/opt/cni/bin:/usr/lib/cni",
            **trace,
        }
    assert [conf.get("runtimeConfig") for conf in confs(on, "ADD")] == [
        None,
        {"portMappings": PORTS},
        None,
    ]
    assert not any("capabilities" in conf for conf in confs(on, "ADD"))


def test_a_plugin_that_is_missing_stops_it_before_anything_is_done() -> None:
    on = three()
    del on.plugins.plugins["firewall"]
    with pytest.raises(PluginFailed) as error:
        on.play(CHAINS.add("net", OF))
    assert str(error.value) == (
        'plugin type="firewall" name="net" failed (add): failed to find plugin "firewall" '
        "in path [/opt/cni/bin /usr/lib/cni]"
    )
    assert on.log == HOLDS
    assert on.cache == {}


def test_a_failed_add_takes_itself_back() -> None:
    on = three(fails("ADD", code=100))
    with pytest.raises(PluginFailed) as error:
        on.play(CHAINS.add("net", OF))
    assert (error.value.type, error.value.code, error.value.undo) == ("portmap", 100, ())
    assert error.value.exit_code == 3
    assert on.log[2:] == [
        "save for now",
        "ADD bridge",
        "ADD portmap",
        "DEL portmap",
        "DEL bridge",
        "forget",
    ]
    assert on.cache == {}
    made = {"cniVersion": "1.1.0", "interfaces": [{"name": "eth0", "made-by": "bridge"}]}
    assert [conf["prevResult"] for conf in confs(on, "DEL")] == [made, made]


def test_the_first_that_fails_has_no_result_to_be_taken_back_with() -> None:
    on = three()
    on.plugins.plugins["bridge"] = fails("ADD")
    with pytest.raises(PluginFailed):
        on.play(CHAINS.add("net", OF))
    assert on.log[-3:] == ["ADD bridge", "DEL bridge", "forget"]
    assert "prevResult" not in confs(on, "DEL")[0]


def test_what_cannot_be_taken_back_is_said_and_kept() -> None:
    on = three(fails("ADD", "DEL", words="stuck"))
    with pytest.raises(PluginFailed) as error:
        on.play(CHAINS.add("net", OF))
    assert [one.verb for one in error.value.undo] == ["DEL"]
    assert error.value.exit_code == 4
    assert on.log[-3:] == ["DEL portmap", "DEL bridge", "save for good"]
    entry = on.cache[KEY]
    assert entry.unfinished
    assert entry.result is not None
    assert "made-by" in entry.result.decode()
    assert 'left behind: plugin type="portmap" name="net" failed (delete): stuck' in on.told


@pytest.mark.parametrize(
    "printed", [None, {"ips": [{"address": "x"}]}, {"cniVersion": "9"}, [], "text"]
)
def test_a_result_that_is_none_is_a_failure(printed: object) -> None:
    on = three(lambda called: printed if called.verb == "ADD" else None)
    with pytest.raises(PluginFailed, match=r'^plugin type="portmap" name="net" failed \(add\): '):
        on.play(CHAINS.add("net", OF))
    assert on.log[-3:] == ["DEL portmap", "DEL bridge", "forget"]


def test_a_result_that_cannot_be_kept_is_a_failure() -> None:
    on = three()
    play = on._do
    full = CniError(5, "disk full")

    def do(step: Any) -> Any:
        if isinstance(step, Save) and step.durable:
            raise full
        return play(step)

    on._do = do  # type: ignore[method-assign]
    with pytest.raises(CniError, match=r"^disk full$"):
        on.play(CHAINS.add("net", OF))
    assert on.log[-4:] == ["DEL firewall", "DEL portmap", "DEL bridge", "forget"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("a defect")])
def test_whatever_ends_it_takes_it_back(error: BaseException) -> None:
    def plugin(called: Called) -> object:
        if called.verb == "ADD":
            raise error
        return None

    on = three(plugin)
    with pytest.raises(type(error)):
        on.play(CHAINS.add("net", OF))
    assert on.log[-3:] == ["DEL portmap", "DEL bridge", "forget"]


def test_an_attachment_is_added_once() -> None:
    on = three()
    on.play(CHAINS.add("net", OF))
    on.log.clear()
    with pytest.raises(CniError) as error:
        on.play(CHAINS.add("net", OF))
    assert str(error.value) == "eth0 of c1 in network net is attached already"
    assert "DEL comes before another ADD" in error.value.advice()
    assert error.value.exit_code == 2
    assert on.log == HOLDS


def test_another_interface_of_the_container_is_another_attachment() -> None:
    on = three()
    on.play(CHAINS.add("net", OF))
    on.play(CHAINS.add("net", msgspec.structs.replace(OF, ifname="eth1")))
    assert len(on.cache) == 2


@pytest.mark.parametrize("how", ["stale", "unfinished"])
def test_what_is_left_of_an_earlier_one_goes_first(how: str) -> None:
    on = three()
    on.play(CHAINS.add("net", msgspec.structs.replace(OF, args=(("OLD", "1"),))))
    if how == "stale":
        on.stale[KEY] = "it was made in boot b0"
    else:
        on.cache[KEY] = msgspec.structs.replace(on.cache[KEY], unfinished=True)
    on.log.clear()
    on.plugins.calls.clear()
    on.play(CHAINS.add("net", OF))
    assert on.log == [
        *HOLDS,
        "DEL firewall",
        "DEL portmap",
        "DEL bridge",
        "forget",
        "save for now",
        "ADD bridge",
        "ADD portmap",
        "ADD firewall",
        "save for good",
    ]
    given = [called.environment["CNI_ARGS"] for called in on.plugins.calls]
    assert given == ["OLD=1"] * 3 + [""] * 3
    reason = "it was made in boot b0" if how == "stale" else "its ADD came to no end"
    assert on.told == [f"eth0 of c1 in network net: {reason}: DEL goes first"]


def test_what_is_left_and_cannot_go_is_said_and_does_not_stop_it() -> None:
    on = three(fails("DEL"))
    on.play(CHAINS.add("net", OF))
    on.stale[KEY] = "it was made in boot b0"
    on.play(CHAINS.add("net", OF))
    assert "what is left of it could not be taken away" in on.told[-1]
    assert not on.cache[KEY].unfinished


def test_a_cache_that_cannot_be_read_does_not_stop_it() -> None:
    on = three()
    on.problems = ["/c/x is empty"]
    on.play(CHAINS.add("net", OF))
    assert on.told == ["/c/x is empty"]
    assert KEY in on.cache


def test_what_a_plugin_says_beside_is_told() -> None:
    on = three()
    run = on.plugins.run

    def aloud(step: Any) -> Any:
        return msgspec.structs.replace(run(step), stderr=b"a word\n")

    on.plugins.run = aloud  # type: ignore[method-assign]
    on.play(CHAINS.add("net", OF))
    assert on.told == ["bridge: a word", "portmap: a word", "firewall: a word"]


@pytest.mark.parametrize(
    ("of", "network", "code", "words"),
    [
        (Attachment("?", "/n"), "net", 4, "invalid characters in containerID"),
        (Attachment("c1", "/n", ""), "net", 4, "interface name is empty"),
        (Attachment("c1", "/n", "a b"), "net", 4, "interface name contains /"),
        (Attachment("c1", ""), "net", 4, r"required env variables \[CNI_NETNS\] missing"),
        (Attachment("c1", "/n\0"), "net", 4, "is no path of a namespace"),
        (Attachment("c1", "/n\udcff"), "net", 4, "is no path of a namespace"),
        (Attachment("c1", "/n", trace={"PATH": "x"}), "net", 4, "PATH is no variable of a trace"),
        (Attachment("c1", "/n", capabilities={"x": object()}), "net", 4, "^capability arguments: "),
        (Attachment("c1", "/n", args=(("a", "b;c"),)), "net", 4, "ARGS: invalid pair"),
        (Attachment("c1", "/n"), "a/b", 7, "invalid characters found in network name"),
        (Attachment("c1", "/n"), "", 7, "missing network name"),
    ],
)
def test_bad_names_are_refused_before_anything(
    of: Attachment, network: str, code: int, words: str
) -> None:
    on = three()
    for verb in (CHAINS.add, CHAINS.delete, CHAINS.check):
        if verb != CHAINS.add and not of.netns:
            continue
        with pytest.raises(CniError, match=words) as error:
            on.play(verb(network, of))
        assert error.value.code == code
    assert on.log == []


def test_a_network_may_be_given_as_it_is() -> None:
    on = three()
    network = on.networks.pop("net")
    on.play(CHAINS.add(network, OF))
    on.play(CHAINS.check(network, LATER))
    on.play(CHAINS.delete(network, LATER))
    assert on.cache == {}
    with pytest.raises(NotFound):
        on.play(CHAINS.add("net", OF))


@pytest.mark.parametrize(
    ("printed", "message", "beside"),
    [
        (b'{"code":100,"msg":"no"}', "no", "a word"),
        (b"", "netplugin portmap failed: 'a word': exit status 1", ""),
    ],
)
def test_what_a_failed_plugin_says_is_said_once(printed: bytes, message: str, beside: str) -> None:
    on = three()
    run = on.plugins.run

    def failing(step: Any) -> Any:
        if (step.type, step.environment["CNI_COMMAND"]) == ("portmap", "ADD"):
            return Ended(1, printed, b"a word\n")
        return run(step)

    on.plugins.run = failing  # type: ignore[method-assign]
    with pytest.raises(PluginFailed) as error:
        on.play(CHAINS.add("net", OF))
    assert (error.value.said.message, error.value.stderr) == (message, beside)


def test_a_plugin_that_cannot_be_run_is_a_failure() -> None:
    on = three()
    run = on.plugins.run

    def cannot(step: Any) -> Any:
        if (step.type, step.environment["CNI_COMMAND"]) == ("portmap", "ADD"):
            raise CniError(5, "netplugin /x cannot be run: Permission denied", "chmod +x")
        return run(step)

    on.plugins.run = cannot  # type: ignore[method-assign]
    with pytest.raises(PluginFailed, match="cannot be run: Permission denied") as error:
        on.play(CHAINS.add("net", OF))
    assert (error.value.type, error.value.code) == ("portmap", 5)
    assert on.log[-3:] == ["DEL portmap", "DEL bridge", "forget"]
