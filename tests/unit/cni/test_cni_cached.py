"""Cache entries: libcni's format both ways, the old bare results, and what is damaged."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from drawn import NAMES, json_values
from hypothesis import given
from hypothesis import strategies as st

from glassnet.cni.cached import Entry, Key, decode, encode, file_name, spare_name
from glassnet.cni.error import CniError

KEY = Key("net", "c1", "eth0")
LIBCNI = {
    "kind": "cniCacheV1",
    "containerId": "c1",
    "config": base64.b64encode(b'{"name":"net"}').decode(),
    "ifName": "eth0",
    "networkName": "net",
    "netns": "/run/netns/a",
    "cniArgs": [["IgnoreUnknown", "1"], ["K8S_POD_NAME", "p"]],
    "capabilityArgs": {"portMappings": [{"hostPort": 80}]},
    "result": {"cniVersion": "1.0.0", "ips": [{"address": "10.0.0.2/24"}]},
}
"""As libcni 1.3.0 writes it."""


def test_libcnis_entry_is_read() -> None:
    entry = decode(json.dumps(LIBCNI).encode())
    assert entry == Entry(
        key=KEY,
        netns="/run/netns/a",
        args=(("IgnoreUnknown", "1"), ("K8S_POD_NAME", "p")),
        capabilities={"portMappings": [{"hostPort": 80}]},
        config=b'{"name":"net"}',
        result=json.dumps(LIBCNI["result"]).encode(),
    )


def test_what_is_written_is_libcnis_with_more() -> None:
    entry = decode(json.dumps(LIBCNI).encode())
    assert json.loads(encode(entry)) == LIBCNI
    ours = Entry(KEY, config=b"{}", boot="b", inode=7, unfinished=True)
    assert json.loads(encode(ours)) == {
        "kind": "cniCacheV1",
        "containerId": "c1",
        "config": "e30=",
        "ifName": "eth0",
        "networkName": "net",
        "bootId": "b",
        "netnsInode": 7,
        "unfinished": True,
    }


OBJECTS = st.dictionaries(NAMES, json_values(), max_size=3)
ENTRIES = st.builds(
    Entry,
    key=st.builds(Key, NAMES, NAMES, NAMES),
    netns=NAMES | st.just(""),
    args=st.lists(st.tuples(NAMES, NAMES), max_size=3).map(tuple),
    capabilities=st.dictionaries(NAMES, json_values().filter(lambda v: v is not None), max_size=3),
    config=st.binary(max_size=20),
    result=st.none() | OBJECTS.map(lambda value: json.dumps(value).encode()),
    boot=NAMES | st.just(""),
    inode=st.integers(0, 2**64 - 1),
    unfinished=st.booleans(),
)


@given(ENTRIES)
def test_what_is_written_is_read(entry: Entry) -> None:
    assert decode(encode(entry)) == entry


def test_a_result_is_kept_to_the_letter() -> None:
    entry = Entry(KEY, result=b'{"ips" : [1.50]}')
    assert decode(encode(entry)).result == b'{"ips" : [1.50]}'


@pytest.mark.parametrize("text", [b'{"ip4": {"ip": "10.0.0.2/24"}}', b'{"cniVersion":"1.0.0"}'])
def test_a_bare_result_is_of_nobody(text: bytes) -> None:
    assert decode(text) == Entry(Key("", "", ""), result=text)


@pytest.mark.parametrize(
    ("data", "words", "details"),
    [
        (b"", "/c/x is empty", "whoever wrote it was cut short, by a crash or a full disk"),
        (b" \n", "/c/x is empty", "whoever wrote it was cut short, by a crash or a full disk"),
        (b"{", "/c/x: $: Input data was truncated", "it is damaged"),
        (b"\0\0\0", "/c/x: $: JSON is malformed: invalid character (byte 0)", "it is damaged"),
        (b"[]", "/c/x: $: expected an object, found a list", ""),
        (b'{"a":1}', "/c/x: $: neither a cache entry nor a result", "kind: cniCacheV1"),
        (b'{"kind":"cniCacheV2"}', "/c/x: $: unknown kind 'cniCacheV2'", "known: cniCacheV1"),
        (b'{"kind":1}', "/c/x: $.kind: expected a string, found 1", ""),
        (
            b'{"kind":"cniCacheV1","networkName":"a","ifName":"b"}',
            "/c/x: $: it does not say whose it is",
            "networkName, containerId and ifName",
        ),
    ],
)
def test_what_is_damaged_is_explained(data: bytes, words: str, details: str) -> None:
    with pytest.raises(CniError) as error:
        decode(data, "/c/x")
    assert (error.value.message, error.value.details) == (words, details)


def test_without_a_file_there_is_a_name_for_it_all_the_same() -> None:
    with pytest.raises(CniError, match=r"^the cache entry is empty$"):
        decode(b"")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"config": "?"}, "$.config: no base64: "),
        ({"config": 1}, "$.config: expected a string"),
        ({"cniArgs": [["a"]]}, "$.cniArgs[0]: no pair"),
        ({"cniArgs": [["a", 1]]}, "$.cniArgs[0][1]: expected a string"),
        ({"capabilityArgs": []}, "$.capabilityArgs: expected an object"),
        ({"netns": {}}, "$.netns: expected a string"),
        ({"unfinished": "x"}, "$.unfinished: expected true or false"),
    ],
)
def test_each_part_is_read_with_its_path(change: dict[str, Any], words: str) -> None:
    with pytest.raises(CniError) as error:
        decode(json.dumps({**LIBCNI, **change}).encode())
    assert error.value.message.startswith(words)


def test_nulls_are_nothing() -> None:
    entry = decode(json.dumps({**LIBCNI, "result": None, "cniArgs": None}).encode())
    assert (entry.result, entry.args) == (None, ())


def test_names_are_libcnis_and_the_spare_ones_are_not_shared() -> None:
    one, other = Key("a-b", "c", "eth0"), Key("a", "b-c", "eth0")
    assert file_name(one) == file_name(other) == "a-b-c-eth0"
    assert spare_name(one) != spare_name(other)
    assert spare_name(one).startswith("a-b-c-eth0@")
    assert str(one) == "eth0 of c in network a-b"
