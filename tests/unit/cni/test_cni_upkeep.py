"""GC, STATUS, VERSION and validate: what is asked of whom, and what is told."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from played import KEY, Stage, a_network, fails, passes, wires

from glassnet.cni.cached import Entry, Key
from glassnet.cni.chain import Chains
from glassnet.cni.error import CniError
from glassnet.cni.failed import ChainFailed, PluginFailed
from glassnet.cni.invoke import Attachment
from glassnet.cni.upkeep import Upkeep
from glassnet.testing.plugins import Called, Plugin, speaks

PATH = ("/opt/cni/bin", "/usr/lib/cni")
CHAINS, UPKEEP = Chains(PATH), Upkeep(PATH)


def stage(bridge: Plugin = wires, portmap: Plugin = passes, **keys: Any) -> Stage:
    network = a_network({"type": "bridge"}, {"type": "portmap"}, **keys)
    return Stage({"bridge": bridge, "portmap": portmap}, network)


def attach(on: Stage, *containers: str) -> None:
    for container in containers:
        on.play(CHAINS.add("net", Attachment(container, f"/run/netns/{container}")))
    on.log.clear()
    on.plugins.calls.clear()


# GC.


def test_gc_deletes_what_is_not_valid_and_then_asks_the_plugins() -> None:
    on = stage()
    attach(on, "c1", "c2", "c3")
    on.play(UPKEEP.collect("net", [("c2", "eth0"), ("c9", "eth0")]))
    assert on.log == [
        "hold network net alone",
        "hold container c1 alone",
        "DEL portmap",
        "DEL bridge",
        "forget",
        "hold container c3 alone",
        "DEL portmap",
        "DEL bridge",
        "forget",
        "GC bridge",
        "GC portmap",
    ]
    assert [key.container for key in on.cache] == ["c2"]
    listed = [{"containerID": "c2", "ifname": "eth0"}, {"containerID": "c9", "ifname": "eth0"}]
    for called in on.plugins.calls[-2:]:
        assert called.conf == {
            "cniVersion": "1.1.0",
            "name": "net",
            "type": called.type,
            "cni.dev/valid-attachments": listed,
            "cni.dev/attachments": listed,
        }
        assert called.environment == {
            "CNI_COMMAND": "GC",
            "CNI_CONTAINERID": "",
            "CNI_NETNS": "",
            "CNI_IFNAME": "",
            "CNI_ARGS": "",
            "CNI_PATH": "/opt/cni/bin:/usr/lib/cni",
        }


def test_it_deletes_with_what_add_had() -> None:
    on = stage()
    attach(on, "c1")
    on.networks["net"] = a_network({"type": "portmap"})
    on.play(UPKEEP.collect("net", [("c2", "eth0")]))
    deleted = [called for called in on.plugins.calls if called.verb == "DEL"]
    assert [called.type for called in deleted] == ["portmap", "bridge"]
    assert {called.environment["CNI_NETNS"] for called in deleted} == {"/run/netns/c1"}


def test_an_interface_is_an_attachment_of_its_own() -> None:
    on = stage()
    attach(on, "c1")
    on.cache[Key("net", "c1", "eth1")] = Entry(Key("net", "c1", "eth1"))
    on.play(UPKEEP.collect("net", [("c1", "eth1")]))
    assert [key.ifname for key in on.cache] == ["eth1"]


def test_other_networks_are_not_touched() -> None:
    on = stage()
    other = Key("other", "c1", "eth0")
    on.cache[other] = Entry(other)
    on.play(UPKEEP.collect("net", [("c2", "eth0")]))
    assert on.cache == {other: Entry(other)}
    assert on.log == ["hold network net alone", "GC bridge", "GC portmap"]


def test_nothing_given_is_not_everything_meant() -> None:
    on = stage()
    attach(on, "c1")
    with pytest.raises(CniError) as error:
        on.play(UPKEEP.collect("net", []))
    assert (error.value.code, error.value.exit_code) == (7, 2)
    assert str(error.value) == "GC with no valid attachment would take all of them away"
    assert on.log == []
    assert KEY in on.cache


def test_unless_it_is_said_so() -> None:
    on = stage()
    attach(on, "c1")
    on.play(UPKEEP.collect("net", [], nothing_is_valid=True))
    assert on.cache == {}
    assert on.plugins.calls[-1].conf["cni.dev/valid-attachments"] == []


def test_gc_goes_past_what_fails_and_tells_all() -> None:
    on = stage(bridge=fails("GC", code=100), portmap=fails("DEL", "GC", code=101))
    on.plugins.plugins["bridge"] = lambda called: (
        wires(called) if called.verb == "ADD" else fails("GC", code=100)(called)
    )
    attach(on, "c1", "c2")
    with pytest.raises(ChainFailed) as error:
        on.play(UPKEEP.collect("net", [("c3", "eth0")]))
    told = [(one.verb, one.code) for one in error.value.failures]  # type: ignore[attr-defined]
    assert told == [("DEL", 101), ("DEL", 101), ("GC", 100), ("GC", 101)]
    assert error.value.exit_code == 4
    assert len(on.cache) == 2, "so that they can be tried again"


def test_what_the_cache_cannot_do_is_told_too() -> None:
    on = stage()
    attach(on, "c1")
    on.cache[KEY] = msgspec.structs.replace(on.cache[KEY], args=(("a;", "b"),))
    with pytest.raises(ChainFailed, match="ARGS: invalid pair"):
        on.play(UPKEEP.collect("net", [("c3", "eth0")]))
    assert on.log[-2:] == ["GC bridge", "GC portmap"]


def test_a_network_may_refuse_gc() -> None:
    on = stage(disableGC=True)
    attach(on, "c1")
    on.play(UPKEEP.collect("net", [("c2", "eth0")]))
    assert on.log == ["hold network net alone"]
    assert on.told == ["network net has disableGC: nothing is done"]
    assert KEY in on.cache


@pytest.mark.parametrize("version", ["0.4.0", "1.0.0"])
def test_before_1_1_0_plugins_have_no_gc_but_the_cache_has(version: str) -> None:
    on = stage(cniVersion=version)
    attach(on, "c1")
    on.play(UPKEEP.collect("net", [("c2", "eth0")]))
    assert on.log[2:] == ["DEL portmap", "DEL bridge", "forget"]


def unknown(verb: str) -> Plugin:
    return fails(verb, code=4, words=f"unknown CNI_COMMAND: {verb}")


def test_one_that_does_not_know_gc_is_passed_over() -> None:
    on = stage(bridge=unknown("GC"))
    on.play(UPKEEP.collect("net", [("c2", "eth0")]))
    assert on.log[-2:] == ["GC bridge", "GC portmap"]
    assert on.told == ["bridge does not know GC: passed over"]


def test_entries_that_cannot_be_read_are_told_and_left() -> None:
    on = stage()
    on.problems = ["/c/x is empty"]
    on.play(UPKEEP.collect("net", [("c2", "eth0")]))
    assert on.told == ["/c/x is empty: GC cannot tell whose it is"]


def test_what_has_gone_meanwhile_is_not_deleted() -> None:
    on = stage()
    attach(on, "c1")
    play = on._do

    def do(step: Any) -> Any:
        if type(step).__name__ == "Load":
            on.cache.clear()
        return play(step)

    on._do = do  # type: ignore[method-assign]
    on.play(UPKEEP.collect("net", [("c2", "eth0")]))
    assert on.log[1:] == ["hold container c1 alone", "GC bridge", "GC portmap"]


# STATUS.


def test_status_asks_each_with_the_configuration_only() -> None:
    on = stage()
    on.play(UPKEEP.status("net"))
    assert on.log == ["STATUS bridge", "STATUS portmap"]
    for called in on.plugins.calls:
        assert called.conf == {"cniVersion": "1.1.0", "name": "net", "type": called.type}
        assert called.environment["CNI_CONTAINERID"] == ""


def test_the_first_that_says_no_is_the_answer() -> None:
    on = stage(bridge=fails("STATUS", code=50, words="no addresses"))
    with pytest.raises(PluginFailed) as error:
        on.play(UPKEEP.status("net"))
    assert (error.value.code, error.value.type, error.value.exit_code) == (50, "bridge", 1)
    assert on.log == ["STATUS bridge"]


def test_one_that_does_not_know_status_is_passed_over() -> None:
    on = stage(bridge=unknown("STATUS"), portmap=fails("STATUS", code=51))
    with pytest.raises(PluginFailed) as error:
        on.play(UPKEEP.status("net"))
    assert error.value.code == 51


def test_status_came_with_1_1_0() -> None:
    on = stage(cniVersion="1.0.0")
    on.play(UPKEEP.status("net"))
    assert on.log == []


def test_a_plugin_that_is_missing_is_a_no() -> None:
    on = stage()
    del on.plugins.plugins["portmap"]
    with pytest.raises(PluginFailed, match=r'failed \(status\): failed to find plugin "portmap"'):
        on.play(UPKEEP.status("net"))


# VERSION and validate.


def test_the_versions_of_each() -> None:
    on = stage(bridge=lambda called: speaks(called, "0.4.0", "1.1.0"))
    found = on.play(UPKEEP.version("net"))
    assert found["bridge"] == ("0.4.0", "1.1.0")
    assert found["portmap"][0] == "0.1.0"
    assert on.log == ["VERSION bridge", "VERSION portmap"]


def test_version_is_asked_as_libcni_asks() -> None:
    on = stage()
    on.play(UPKEEP.version("net"))
    called = on.plugins.calls[0]
    assert called.conf == {"cniVersion": "1.1.0"}
    assert called.environment == {
        "CNI_COMMAND": "VERSION",
        "CNI_CONTAINERID": "",
        "CNI_NETNS": "dummy",
        "CNI_IFNAME": "dummy",
        "CNI_ARGS": "",
        "CNI_PATH": "dummy",
    }


def test_a_type_is_asked_once() -> None:
    on = Stage({"tuning": passes}, a_network({"type": "tuning"}, {"type": "tuning", "mtu": 1}))
    assert list(on.play(UPKEEP.version("net"))) == ["tuning"]
    assert on.log == ["VERSION tuning"]


def test_one_that_cannot_say_its_versions() -> None:
    on = stage(portmap=fails("VERSION"))
    with pytest.raises(PluginFailed, match=r'type="portmap" name="net" failed \(version\)'):
        on.play(UPKEEP.version("net"))


def test_a_network_that_can_work() -> None:
    network = a_network(
        {"type": "bridge", "capabilities": {"mac": True, "ips": True, "x": False}},
        {"type": "portmap", "capabilities": {"portMappings": True, "ips": True}},
    )
    on = Stage({"bridge": wires, "portmap": passes}, network)
    assert on.play(UPKEEP.validate("net")) == ("ips", "mac", "portMappings")


def test_all_that_is_wrong_is_told_with_the_version_that_would_do() -> None:
    def old(called: Called) -> object:
        return speaks(called, "0.3.1", "0.4.0", "1.0.0")

    on = stage(bridge=old, portmap=lambda called: speaks(called, "0.4.0", "1.0.0"))
    with pytest.raises(ChainFailed) as error:
        on.play(UPKEEP.validate("net"))
    first, second = error.value.failures
    assert str(first) == 'plugin type="bridge" does not support config version "1.1.0"'
    assert first.details == (
        'it supports ["0.3.1" "0.4.0" "1.0.0"]; all plugins of network net speak "1.0.0"'
    )
    assert str(second) == 'plugin type="portmap" does not support config version "1.1.0"'
    assert error.value.code == 1


def test_there_may_be_no_version_that_would_do() -> None:
    on = stage(
        bridge=lambda called: speaks(called, "0.3.1"),
        portmap=lambda called: speaks(called, "0.4.0"),
    )
    with pytest.raises(ChainFailed) as error:
        on.play(UPKEEP.validate("net"))
    assert error.value.failures[0].details == 'it supports ["0.3.1"]'


def test_a_missing_plugin_is_told_beside() -> None:
    on = stage(bridge=lambda called: speaks(called, "1.0.0"))
    del on.plugins.plugins["portmap"]
    with pytest.raises(ChainFailed) as error:
        on.play(UPKEEP.validate("net"))
    assert len(error.value.failures) == 2
    assert json.dumps(error.value.as_json()).count('"message"') == 3


def test_a_network_may_be_given_as_it_is() -> None:
    on = stage()
    network = on.networks.pop("net")
    on.play(UPKEEP.collect(network, [("c", "eth0")]))
    on.play(UPKEEP.status(network))
    assert on.play(UPKEEP.validate(network)) == ()
