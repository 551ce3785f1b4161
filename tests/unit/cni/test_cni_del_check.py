"""DEL and CHECK of a chain: with what ADD had, past what fails."""

from __future__ import annotations

import json

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
    a_network,
    confs,
    fails,
    three,
)

from glassnet.cni.cached import Entry
from glassnet.cni.error import CniError
from glassnet.cni.failed import ChainFailed
from glassnet.cni.invoke import Attachment

# DEL.


def test_del_runs_backwards_with_what_add_had() -> None:
    on = three()
    of = msgspec.structs.replace(OF, args=(("K", "V"),), capabilities={"portMappings": PORTS})
    on.play(CHAINS.add("net", of))
    result = json.loads(on.cache[KEY].result or b"")
    on.networks["net"] = a_network({"type": "other"})  # it has changed since
    on.log.clear()
    on.plugins.calls.clear()
    on.play(CHAINS.delete("net", LATER))
    assert on.log == [*HOLDS, "DEL firewall", "DEL portmap", "DEL bridge", "forget"]
    for called in on.plugins.calls:
        assert called.conf["prevResult"] == result
        assert called.environment["CNI_NETNS"] == "/run/netns/a"
        assert called.environment["CNI_ARGS"] == "K=V"
    assert confs(on, "DEL")[1]["runtimeConfig"] == {"portMappings": PORTS}
    assert confs(on, "DEL")[2]["bridge"] == "cni0"


def test_what_the_caller_says_comes_before_what_add_had() -> None:
    on = three()
    on.play(CHAINS.add("net", msgspec.structs.replace(OF, args=(("K", "V"),))))
    of = Attachment("c1", "/run/netns/b", args=(), capabilities={"portMappings": []})
    on.plugins.calls.clear()
    on.play(CHAINS.delete("net", of))
    assert {called.environment["CNI_NETNS"] for called in on.plugins.calls} == {"/run/netns/b"}
    assert {called.environment["CNI_ARGS"] for called in on.plugins.calls} == {""}
    assert confs(on, "DEL")[1]["runtimeConfig"] == {"portMappings": []}


@pytest.mark.parametrize(
    ("said", "given"),
    [("", ""), ("/run/netns/a", ""), ("/run/netns/b", "/run/netns/b")],
)
def test_a_path_that_is_anothers_by_now_is_not_passed_on(said: str, given: str) -> None:
    on = three()
    on.play(CHAINS.add("net", OF))
    on.stale[KEY] = "its namespace is gone, and another has the path /run/netns/a"
    on.plugins.calls.clear()
    on.play(CHAINS.delete("net", Attachment("c1", said)))
    assert {called.environment["CNI_NETNS"] for called in on.plugins.calls} == {given}


def test_del_goes_past_what_fails_and_tells_all() -> None:
    on = three(fails("DEL", code=100), firewall=fails("DEL", code=101))
    on.play(CHAINS.add("net", OF))
    on.log.clear()
    with pytest.raises(ChainFailed) as error:
        on.play(CHAINS.delete("net", LATER))
    assert on.log == [*HOLDS, "DEL firewall", "DEL portmap", "DEL bridge"]
    assert [one.code for one in error.value.failures] == [101, 100]
    assert error.value.exit_code == 4
    assert KEY in on.cache, "so that it can be tried again"


def test_a_plugin_that_is_gone_does_not_stop_it() -> None:
    on = three()
    on.play(CHAINS.add("net", OF))
    del on.plugins.plugins["portmap"]
    on.log.clear()
    with pytest.raises(ChainFailed, match='failed to find plugin "portmap"'):
        on.play(CHAINS.delete("net", LATER))
    assert on.log == [*HOLDS, "DEL firewall", "DEL bridge"]


def test_del_may_be_repeated_and_come_without_add() -> None:
    on = three()
    for _ in range(2):
        on.play(CHAINS.delete("net", LATER))
    assert on.log == [*HOLDS, "DEL firewall", "DEL portmap", "DEL bridge", "forget"] * 2
    assert not any("prevResult" in conf for conf in confs(on, "DEL"))
    assert {called.environment["CNI_NETNS"] for called in on.plugins.calls} == {""}


def test_a_cache_that_cannot_be_read_is_told_and_removed() -> None:
    on = three()
    on.problems = ["/c/x is empty"]
    on.play(CHAINS.delete("net", LATER))
    assert on.told == ["/c/x is empty: DEL goes on without it"]
    assert on.log[-1] == "forget"


def test_a_kept_configuration_that_is_damaged_is_told() -> None:
    on = three()
    on.play(CHAINS.add("net", OF))
    on.cache[KEY] = msgspec.structs.replace(on.cache[KEY], config=b"{")
    on.log.clear()
    on.play(CHAINS.delete("net", LATER))
    assert on.log[2:] == ["DEL firewall", "DEL portmap", "DEL bridge", "forget"]
    assert on.told[0].startswith("/cache/net-c1-eth0 (config): $: error parsing")
    assert on.told[0].endswith("the network's configuration of today is used")


def test_a_kept_result_that_is_damaged_is_told() -> None:
    on = three()
    on.play(CHAINS.add("net", OF))
    on.cache[KEY] = msgspec.structs.replace(on.cache[KEY], result=b'{"ips":[3]}')
    on.play(CHAINS.delete("net", LATER))
    assert "prevResult" not in confs(on, "DEL")[0]
    assert on.told == [
        "the result of /cache/net-c1-eth0: $.ips[0]: expected an object, found 3: "
        "it is done without the result of ADD"
    ]


@pytest.mark.parametrize(("version", "has"), [("0.3.1", False), ("0.4.0", True), ("1.0.0", True)])
def test_del_has_a_previous_result_since_0_4_0(version: str, has: bool) -> None:
    on = three(cniVersion=version)
    on.play(CHAINS.add("net", OF))
    on.play(CHAINS.delete("net", LATER))
    assert ["prevResult" in conf for conf in confs(on, "DEL")] == [has] * 3


def test_a_bare_result_of_old_is_used() -> None:
    on = three()
    text = b'{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.2/24"}]}'
    on.cache[KEY] = Entry(KEY, result=text)
    on.play(CHAINS.delete("net", LATER))
    assert confs(on, "DEL")[0]["prevResult"] == {
        "cniVersion": "1.1.0",
        "ips": [{"address": "10.0.0.2/24"}],
    }
    assert on.told == []


def test_an_add_that_was_cut_short_left_no_result() -> None:
    on = three()
    on.cache[KEY] = Entry(KEY, config=on.networks["net"].text, unfinished=True)
    on.play(CHAINS.delete("net", LATER))
    assert not any("prevResult" in conf for conf in confs(on, "DEL"))
    assert on.told == []


# CHECK.


def test_check_asks_all_as_add_had_it() -> None:
    on = three(fails("CHECK", code=100), firewall=fails("CHECK", code=101))
    on.play(CHAINS.add("net", msgspec.structs.replace(OF, args=(("K", "V"),))))
    result = json.loads(on.cache[KEY].result or b"")
    on.log.clear()
    on.plugins.calls.clear()
    with pytest.raises(ChainFailed) as error:
        on.play(CHAINS.check("net", LATER))
    assert on.log == [*HOLDS, "CHECK bridge", "CHECK portmap", "CHECK firewall"]
    assert [one.code for one in error.value.failures] == [100, 101]
    assert error.value.exit_code == 1
    for called in on.plugins.calls:
        assert called.conf["prevResult"] == result
        assert called.environment["CNI_NETNS"] == "/run/netns/a"
        assert called.environment["CNI_ARGS"] == "K=V"


def test_check_is_silent_where_all_is_well() -> None:
    on = three()
    on.play(CHAINS.add("net", OF))
    on.play(CHAINS.check("net", LATER))
    assert on.told == []
    assert KEY in on.cache


def test_a_network_may_refuse_check() -> None:
    on = three(disableCheck="true")
    on.play(CHAINS.add("net", OF))
    on.log.clear()
    on.play(CHAINS.check("net", LATER))
    assert on.log == HOLDS


def test_check_came_with_0_4_0() -> None:
    on = three(cniVersion="0.3.1")
    on.play(CHAINS.add("net", OF))
    with pytest.raises(CniError) as error:
        on.play(CHAINS.check("net", LATER))
    assert error.value.code == 1
    assert str(error.value) == ('configuration version "0.3.1" does not support the CHECK command')


@pytest.mark.parametrize(
    ("entry", "stale", "words"),
    [
        (None, "", "it is in no cache"),
        (Entry(KEY, result=b"{}", unfinished=True), "", "its ADD came to no end"),
        (Entry(KEY, result=b"{}", unfinished=True, boot=BOOT), "", "its ADD came to no end"),
        (Entry(KEY), "", "the cache has no result"),
        (Entry(KEY, boot=BOOT), "", "the cache has no result"),
        (Entry(KEY, result=b"{}", boot="b0"), "made in boot b0", "made in boot b0"),
    ],
)
def test_what_is_not_attached_is_not_checked(entry: Entry | None, stale: str, words: str) -> None:
    on = three()
    if entry is not None:
        on.cache[KEY] = entry
        on.stale[KEY] = stale
    with pytest.raises(CniError) as error:
        on.play(CHAINS.check("net", LATER))
    assert str(error.value) == f"eth0 of c1 in network net is not attached: {words}"
    assert (error.value.code, error.value.exit_code) == (3, 1)
    assert on.log == HOLDS


def test_a_files_time_alone_is_no_reason_not_to_check() -> None:
    on = three()
    on.cache[KEY] = Entry(KEY, result=b"{}")
    on.stale[KEY] = "it was made before this boot"
    on.play(CHAINS.check("net", LATER))
    assert on.log[-1] == "CHECK firewall"


def test_a_cache_that_cannot_be_read_is_the_reason() -> None:
    on = three()
    on.problems = ["/c/x is empty"]
    with pytest.raises(CniError, match="is not attached: /c/x is empty"):
        on.play(CHAINS.check("net", LATER))
