"""The configuration that each plugin gets, as the specification has it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from drawn import NAMES, json_values
from hypothesis import given
from hypothesis import strategies as st
from played import a_network

from glassnet.cni import conflist
from glassnet.cni.error import CniError
from glassnet.cni.request import arguments, build, collected, pairs

OURS = {"cniversion", "name", "runtimeconfig", "prevresult", "capabilities", "type"}


def request(plugin: dict[str, Any], **more: Any) -> dict[str, Any]:
    network = a_network(plugin)
    built: dict[str, Any] = json.loads(build(network, network.plugins[0], **more))
    return built


def test_the_protocols_keys_are_added() -> None:
    assert request({"type": "bridge", "bridge": "cni0"}) == {
        "cniVersion": "1.1.0",
        "name": "net",
        "type": "bridge",
        "bridge": "cni0",
    }


@given(
    st.dictionaries(NAMES, json_values(), max_size=5).filter(
        lambda one: not any(k.lower() in OURS or k.lower().startswith("cni.dev/") for k in one)
    )
)
def test_what_is_unknown_is_passed_on_unchanged(keys: dict[str, Any]) -> None:
    assert request({**keys, "type": "a"}) == {
        **keys,
        "type": "a",
        "cniVersion": "1.1.0",
        "name": "net",
    }


def test_to_the_letter() -> None:
    text = '{"name":"net","plugins":[{"type":"a","n":1.0000000000000000001,"o":{"b" : 1e2}}]}'
    network = conflist.parse(text)
    built = build(network, network.plugins[0])
    assert b'"n":1.0000000000000000001,"o":{"b" : 1e2}' in built


@pytest.mark.parametrize(
    "key",
    [
        "capabilities",
        "runtimeConfig",
        "prevResult",
        "RuntimeConfig",
        "PREVRESULT",
        "cni.dev/valid-attachments",
        "cni.dev/anything",
        "CNI.dev/x",
    ],
)
def test_the_protocols_keys_are_not_the_files_to_say(key: str) -> None:
    value: object = {} if key == "capabilities" else {"mac": "x"}
    assert key not in request({"type": "a", key: value})


@pytest.mark.parametrize("key", ["name", "Name", "cniVersion", "CNIVERSION"])
def test_a_plugins_own_name_and_version_do_not_count(key: str) -> None:
    built = request({"type": "a", key: "0.3.0"})
    assert built == {"type": "a", "cniVersion": "1.1.0", "name": "net"}


def test_args_of_the_file_are_passed_on() -> None:
    assert request({"type": "a", "args": {"cni": {"mac": "x"}}})["args"] == {"cni": {"mac": "x"}}


@given(
    st.dictionaries(st.sampled_from(["mac", "ips", "bandwidth", "dns"]), st.booleans()),
    st.dictionaries(st.sampled_from(["mac", "ips", "bandwidth", "x"]), json_values()),
)
def test_a_plugin_gets_the_capabilities_that_it_declares_and_there_are(
    declared: dict[str, bool], given_: dict[str, Any]
) -> None:
    built = request({"type": "a", "capabilities": declared}, capabilities=given_)
    wanted = {k: v for k, v in given_.items() if declared.get(k)}
    assert built.get("runtimeConfig", {}) == wanted
    assert ("runtimeConfig" in built) is bool(wanted)


def test_a_previous_result_is_passed_on_to_the_letter() -> None:
    network = a_network({"type": "a"})
    built = build(network, network.plugins[0], prev=b'{"ips" : [1.50]}')
    assert b'"prevResult":{"ips" : [1.50]}' in built


def test_gc_is_told_what_is_valid_under_both_keys() -> None:
    listed = [{"containerID": "c1", "ifname": "eth0"}, {"containerID": "c2", "ifname": "eth1"}]
    extra = collected([("c1", "eth0"), ("c2", "eth1")])
    assert extra == {"cni.dev/valid-attachments": listed, "cni.dev/attachments": listed}
    built = request({"type": "a", "cni.dev/attachments": 1}, extra=extra)
    assert built["cni.dev/attachments"] == listed


# CNI_ARGS.


def test_arguments_and_pairs() -> None:
    assert arguments([]) == ""
    assert arguments([("A", "B"), ("C", "d=e")]) == "A=B;C=d=e"
    assert pairs("") == ()
    assert pairs("A=B;;C=d=e;") == (("A", "B"), ("C", "d=e"))


@given(st.lists(st.tuples(NAMES, NAMES)))
def test_what_is_written_is_read(listed: list[tuple[str, str]]) -> None:
    mean_others = any("=" in key or set(";\0") & set(key + value) for key, value in listed)
    if mean_others:
        with pytest.raises(CniError, match="invalid pair"):
            arguments(listed)
    else:
        assert list(pairs(arguments(listed))) == listed


@pytest.mark.parametrize(
    "pair", [("", "a"), ("a=b", "c"), ("a;b", "c"), ("a", "b;c"), ("a", "\0"), ("a", "\udcff")]
)
def test_pairs_that_would_be_read_as_others(pair: tuple[str, str]) -> None:
    with pytest.raises(CniError) as error:
        arguments([pair])
    assert error.value.code == 4
    assert error.value.message == f'ARGS: invalid pair "{pair[0]}={pair[1]}"'


@pytest.mark.parametrize("text", ["A", "A=B;C", "=B"])
def test_text_that_is_no_pairs(text: str) -> None:
    with pytest.raises(CniError, match="ARGS: invalid pair"):
        pairs(text)
