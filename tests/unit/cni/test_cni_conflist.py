"""Network configurations: what is read, what is chosen, and every mistake with file and path."""

from __future__ import annotations

import json
from typing import Any

import pytest
from drawn import NAMES, json_values
from hypothesis import given
from hypothesis import strategies as st

from glassnet.cni import conflist
from glassnet.cni import version as versions
from glassnet.cni.conflist import PluginConf, parse, parse_fragment, parse_list, parse_single
from glassnet.cni.error import CniError

FILE = "/etc/cni/net.d/10-a.conflist"
LIST: dict[str, Any] = {"cniVersion": "1.1.0", "name": "net", "plugins": [{"type": "bridge"}]}


def a_list(**changes: Any) -> bytes:
    whole = {key: value for key, value in {**LIST, **changes}.items() if value is not None}
    return json.dumps(whole).encode()


def failure(text: bytes, read: Any = parse_list) -> tuple[int, str]:
    with pytest.raises(CniError) as error:
        read(text, FILE)
    assert error.value.message.startswith(f"{FILE}: $")
    return (error.value.code, error.value.message.removeprefix(f"{FILE}: "))


# Lists.


def test_a_list() -> None:
    text = a_list(
        plugins=[
            {"type": "bridge", "capabilities": {"mac": True, "ips": False}, "x": [1]},
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
        disableCheck=True,
    )
    network = parse_list(text, FILE)
    assert (network.name, network.version, network.file) == ("net", "1.1.0", FILE)
    assert [plugin.type for plugin in network.plugins] == ["bridge", "portmap"]
    assert [plugin.capabilities for plugin in network.plugins] == [("mac",), ("portMappings",)]
    assert network.plugins[1].place == f"{FILE}: $.plugins[1]"
    assert network.capabilities == ("mac", "portMappings")
    assert (network.disable_check, network.disable_gc, network.inlined_only) == (True, False, False)
    assert network.text == text


def test_a_plugins_object_is_kept_as_it_is_written() -> None:
    text = b'{"name":"net","plugins":[ {"type" : "a", "n":1.0000000000000000001} ,{"type":"b"}]}'
    first, second = parse_list(text).plugins
    assert first.text == b'{"type" : "a", "n":1.0000000000000000001}'
    assert second.text == b'{"type":"b"}'
    assert first.conf.get("n").value == 1.0


@given(
    st.lists(
        st.dictionaries(NAMES, json_values(), max_size=4).filter(
            lambda one: not {key.lower() for key in one} & {"type", "capabilities"}
        ),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_else_a_plugin_has_is_its_own(objects: list[dict[str, Any]]) -> None:
    written = [{**one, "type": "thing"} for one in objects]
    network = parse(a_list(plugins=written), FILE)
    assert [json.loads(plugin.text) for plugin in network.plugins] == written


@pytest.mark.parametrize("key", ["disableCheck", "disableGC", "loadOnlyInlinedPlugins"])
@pytest.mark.parametrize(
    ("value", "meant"),
    [(True, True), (False, False), ("true", True), ("TRUE", True), ("false", False), (None, False)],
)
def test_switches_are_booleans_or_words(key: str, value: Any, meant: bool) -> None:
    network = parse_list(a_list(**{key: value}))
    names = {
        "disableCheck": network.disable_check,
        "disableGC": network.disable_gc,
        "loadOnlyInlinedPlugins": network.inlined_only,
    }
    assert names[key] is meant
    assert [other for name, other in names.items() if name != key] == [False, False]


@pytest.mark.parametrize("value", [1, "yes", [], "t"])
def test_a_switch_that_is_none(value: Any) -> None:
    code, words = failure(a_list(disableGC=value))
    assert code == 7
    assert words.startswith("$.disableGC: expected true or false, found ")


# Versions.


@pytest.mark.parametrize(
    ("single", "several", "chosen", "offered"),
    [
        ("1.0.0", None, "1.0.0", ("1.0.0",)),
        (None, None, "0.1.0", ("0.1.0",)),
        ("", None, "0.1.0", ("0.1.0",)),
        ("0.4", None, "0.4.0", ("0.4.0",)),
        (None, ["0.3.1", "1.0.0", "0.4.0"], "1.0.0", ("0.3.1", "0.4.0", "1.0.0")),
        ("1.1.0", ["0.4.0"], "1.1.0", ("0.4.0", "1.1.0")),
        ("0.4.0", ["2.0.0", "1.0.0"], "1.0.0", ("0.4.0", "1.0.0")),
        ("2.0.0", ["1.0.0"], "1.0.0", ("1.0.0",)),
        ("0.9.9", ["1.0.0"], "1.0.0", ("1.0.0",)),
        ("1.0.0", ["1.0.0", "1.0"], "1.0.0", ("1.0.0",)),
        ("1.0.0", [], "1.0.0", ("1.0.0",)),
    ],
)
def test_the_newest_that_is_offered_and_known(
    single: str | None, several: list[str] | None, chosen: str, offered: tuple[str, ...]
) -> None:
    network = parse_list(a_list(cniVersion=single, cniVersions=several))
    assert (network.version, network.offered) == (chosen, offered)


@given(
    st.lists(st.sampled_from([*versions.ALL, "2.0.0", "0.9.0"])),
    st.sampled_from([*versions.ALL, "2.0.0"]),
)
def test_the_choice_is_the_greatest_of_the_known(several: list[str], single: str) -> None:
    known = {one for one in (*several, single) if one in versions.ALL}
    text = a_list(cniVersion=single, cniVersions=several)
    if not known:
        assert failure(text)[0] == 1
        return
    assert parse_list(text).version == max(known, key=versions.ALL.index)


def test_none_is_known() -> None:
    with pytest.raises(CniError) as error:
        parse_list(a_list(cniVersion="9.0.0"), FILE)
    assert error.value.code == 1
    assert error.value.message == f"{FILE}: $.cniVersion: incompatible CNI versions"
    assert error.value.details == 'config is "9.0.0", glassnet supports 0.1.0 to 1.1.0'
    assert failure(a_list(cniVersion=None, cniVersions=["3.0.0"])) == (
        1,
        "$.cniVersions: incompatible CNI versions",
    )


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"cniVersion": "x"}, 6, "$.cniVersion: invalid cniVersion 'x'"),
        ({"cniVersion": "1.0.0.0"}, 6, "$.cniVersion: invalid cniVersion '1.0.0.0'"),
        ({"cniVersion": 1}, 7, "$.cniVersion: expected a string, found 1"),
        ({"cniVersions": ["1.0.0", "y"]}, 6, "$.cniVersions[1]: invalid cniVersion 'y'"),
        ({"cniVersions": ["1.0.0", 2]}, 7, "$.cniVersions[1]: expected a string, found 2"),
        ({"cniVersions": "1.0.0"}, 7, "$.cniVersions: expected a list, found '1.0.0'"),
    ],
)
def test_what_is_no_version(changes: dict[str, Any], code: int, words: str) -> None:
    assert failure(a_list(**changes)) == (code, words)


# Mistakes.


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": None}, "$: error parsing configuration list: no name"),
        ({"name": ""}, "$: error parsing configuration list: no name"),
        ({"name": 3}, "$.name: expected a string, found 3"),
        ({"name": "a/b"}, "$.name: invalid characters found in network name"),
        ({"plugins": []}, "$.plugins: error parsing configuration list: no plugins in list"),
        ({"plugins": {}}, "$.plugins: expected a list, found an object"),
        ({"plugins": [1]}, "$.plugins[0]: expected an object, found 1"),
        (
            {"plugins": [{"type": "a"}, {}]},
            "$.plugins[1]: error parsing configuration list: missing 'type'",
        ),
        (
            {"plugins": [{"type": ""}]},
            "$.plugins[0]: error parsing configuration list: missing 'type'",
        ),
        ({"plugins": [{"type": 5}]}, "$.plugins[0].type: expected a string, found 5"),
        ({"plugins": [{"type": "a/b"}]}, "$.plugins[0].type: invalid plugin name: a/b"),
        ({"plugins": [{"type": ".."}]}, "$.plugins[0].type: invalid plugin name: .."),
        (
            {"plugins": [{"type": "a", "capabilities": ["mac"]}]},
            "$.plugins[0].capabilities: expected an object, found a list",
        ),
        (
            {"plugins": [{"type": "a", "capabilities": {"mac": "yes"}}]},
            "$.plugins[0].capabilities.mac: expected true or false, found 'yes'",
        ),
        (
            {"plugins": None, "loadOnlyInlinedPlugins": True},
            "$: error parsing configuration list: `loadOnlyInlinedPlugins` is true, "
            "and no 'plugins' key",
        ),
        ({"Plugins": [], "plugins": None}, '$: "Plugins" is read by no runtime'),
        ({"Name": "x", "name": None}, '$: "Name" is read by no runtime'),
        ({"plugins": [{"Type": "a"}]}, '$.plugins[0]: "Type" is read by no runtime'),
        ({"disablegc": True}, '$: "disablegc" is read by no runtime'),
    ],
)
def test_every_mistake_is_named_with_its_path(changes: dict[str, Any], words: str) -> None:
    assert failure(a_list(**changes)) == (7, words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "Input data was truncated"),
        (b'{\n  "name": ?}', "JSON is malformed: invalid character (byte 12), line 2, column 11"),
        (b'{"a":1} x', "JSON is malformed: trailing characters"),
        (b'{"a":"\xff"}', "'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_what_is_no_json_has_a_line_and_a_column(text: bytes, words: str) -> None:
    code, message = failure(text)
    assert code == 6
    assert message.startswith(f"$: error parsing configuration list: {words}")


def test_too_deep() -> None:
    assert failure(b'{"a":' + b"[" * 100_000)[0] == 6


@pytest.mark.parametrize(("text", "found"), [(b"[]", "a list"), (b"null", "None"), (b"1", "1")])
def test_what_is_no_object(text: bytes, found: str) -> None:
    words = f"$: error parsing configuration list: expected an object, found {found}"
    assert failure(text) == (7, words)


@given(st.binary(max_size=80) | json_values().map(lambda value: json.dumps(value).encode()))
def test_no_input_is_more_than_an_error(text: bytes) -> None:
    for read in (parse, parse_list, parse_single, parse_fragment):
        problem = ""
        try:
            read(text, FILE)
        except CniError as error:
            problem = error.message
        assert not problem or problem.startswith(f"{FILE}: $")


# Single configurations, and what is appended.


def test_a_single_one_is_a_list_of_itself() -> None:
    text = b'{"cniVersion":"0.4","name":"one", "type":"ptp","mtu":1.50,"capabilities":{"mac":true}}'
    network = parse_single(text, "/x/10-a.conf")
    assert (network.name, network.version, network.offered) == ("one", "0.4.0", ("0.4.0",))
    assert network.plugins == (PluginConf("ptp", text, ("mac",), "/x/10-a.conf: $"),)
    assert network.inlined_only
    again = parse_list(network.text)
    assert (again.name, again.version) == ("one", "0.4.0")
    assert again.plugins[0].text == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"name":"a"}', "$: error parsing configuration: missing 'type'"),
        (b'{"type":"a"}', "$: error parsing configuration: no name"),
        (
            b'{"name":"a","plugins":[{"type":"b"}]}',
            "$: error parsing configuration: missing 'type'; it has \"plugins\"",
        ),
    ],
)
def test_a_bad_single_one(text: bytes, words: str) -> None:
    assert failure(text, parse_single) == (7, words)


def test_either_is_told_by_what_is_in_it() -> None:
    assert parse(a_list()).plugins[0].type == "bridge"
    assert parse('{"name":"a","type":"b"}').plugins[0].type == "b"
    assert parse('{"name":"a","type":"b","plugins":[{"type":"c"}]}').plugins[0].type == "c"
    assert conflist.of(LIST) == parse(json.dumps(LIST, separators=(",", ":")))


def test_a_list_may_wait_for_its_plugins_but_not_for_ever() -> None:
    empty = parse_list(a_list(plugins=None), FILE)
    assert empty.plugins == ()
    with pytest.raises(CniError, match=r"10-a.conflist: \$.plugins: no plugin configs found"):
        empty.whole()
    assert failure(a_list(plugins=None), parse) == (7, "$.plugins: no plugin configs found")
    more = (parse_fragment(b'{"type":"late","x":2.0}', "/x/net/1.conf"),)
    filled = empty.with_appended(more)
    assert [plugin.type for plugin in filled.whole().plugins] == ["late"]


def test_what_is_appended_comes_last_and_is_part_of_the_text() -> None:
    network = parse_list(a_list(disableGC="true"), FILE)
    fragment = parse_fragment(b'{"type":"late","x":2.50}', "/x/net/1.conf")
    longer = network.with_appended((fragment,))
    assert [plugin.type for plugin in longer.plugins] == ["bridge", "late"]
    assert longer.plugins[1].place == "/x/net/1.conf: $"
    again = parse(longer.text)
    assert [plugin.text for plugin in again.plugins] == [plugin.text for plugin in longer.plugins]
    assert (again.disable_gc, again.version, again.name) == (True, "1.1.0", "net")
    assert network.with_appended(()) is network


def test_a_bad_fragment_names_its_file() -> None:
    assert failure(b'{"name":"x"}', parse_fragment) == (
        7,
        "$: error parsing configuration: missing 'type'",
    )
