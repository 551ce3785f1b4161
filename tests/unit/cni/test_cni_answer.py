"""What a plugin's process answers: errors in libcni's words, results, versions."""

from __future__ import annotations

import json

import pytest
from drawn import results
from hypothesis import given
from hypothesis import strategies as st

from glassnet.cni import version as versions
from glassnet.cni.answer import Ended, answer, failure, is_unknown_verb, supported
from glassnet.cni.error import CniError
from glassnet.cni.result import Result, as_data, encode

ERROR = b'{"code": 11, "msg": "later", "details": "busy"}'


@pytest.mark.parametrize(
    ("ended", "code", "message", "details"),
    [
        (Ended(1, ERROR), 11, "later", "busy"),
        (Ended(1, b'{"code":999,"msg":"m"}', b"log"), 999, "m", ""),
        (Ended(1, b'{"code":7,"msg":"m","details":null}'), 7, "m", ""),
        (Ended(2, b"", b"panic: x\n"), 999, "netplugin p failed: 'panic: x': exit status 2", ""),
        (Ended(3), 999, "netplugin p failed with no error message: exit status 3", ""),
        (Ended(-9), 999, "netplugin p failed with no error message: signal 9", ""),
        (
            Ended(1, b'{"x":1}'),
            999,
            "netplugin p failed with no error message: exit status 1",
            "it printed '{\"x\":1}'",
        ),
        (
            Ended(1, b"[1]"),
            999,
            "netplugin p failed with no error message: exit status 1",
            "it printed '[1]'",
        ),
        (Ended(1, b'{"code":true}', b"w"), 999, "netplugin p failed: 'w': exit status 1", ""),
    ],
)
def test_a_failure(ended: Ended, code: int, message: str, details: str) -> None:
    error = failure("p", ended)
    assert (error.code, error.message, error.details) == (code, message, details)


@pytest.mark.parametrize("printed", [b"oops", b'"\xff"', b"[" * 100_000])
def test_a_failure_that_prints_no_json(printed: bytes) -> None:
    error = failure("p", Ended(1, printed, b"on stderr"))
    assert error.message.startswith("netplugin p failed but error parsing its diagnostic message ")
    assert (error.code, error.details) == (999, "on stderr")
    assert len(error.message) < 500


# Results.


@pytest.mark.parametrize("version", versions.ALL)
@given(data=st.data())
def test_a_result_in_the_networks_version(version: str, data: st.DataObject) -> None:
    result = data.draw(results(version))
    text = encode(as_data(result, version)).encode()
    given_ = answer("p", text, version)
    assert given_.result == result
    assert json.loads(given_.text) == json.loads(text)


@given(results("0.4.0"))
def test_one_in_another_version_is_translated(result: Result) -> None:
    text = encode(as_data(result, "0.4.0")).encode()
    given_ = answer("p", text, "1.1.0")
    assert given_.result == result
    assert json.loads(given_.text) == as_data(result, "1.1.0")


def test_what_a_plugin_adds_to_its_result_is_kept() -> None:
    given_ = answer("p", b'{"ips": [], "x": {"y" : 1.50}, "cniVersion":"1.1.0"}', "1.1.0")
    assert b'"x":{"y" : 1.50}' in given_.text


@pytest.mark.parametrize("printed", [b"null", b"{}", b'{"cniVersion":""}'])
def test_an_empty_result_has_the_networks_version(printed: bytes) -> None:
    given_ = answer("p", printed, "0.4.0")
    assert given_.result == Result()
    assert json.loads(given_.text) == {"cniVersion": "0.4.0"}


@pytest.mark.parametrize(
    ("printed", "code", "words"),
    [
        (b"", 6, "netplugin p printed no result"),
        (b" \n", 6, "netplugin p printed no result"),
        (b"{", 6, "netplugin p printed a result that is no JSON: Input data was truncated"),
        (b"\xff", 6, "netplugin p printed a result that is no JSON: "),
        (b"[]", 7, "the result of p: $: expected an object, found a list"),
        (b'{"ips":[{}]}', 7, "the result of p: $.ips[0].address: '' is no IP address"),
        (b'{"cniVersion":"9"}', 1, "incompatible CNI versions"),
    ],
)
def test_what_is_no_result(printed: bytes, code: int, words: str) -> None:
    with pytest.raises(CniError) as error:
        answer("p", printed, "1.1.0")
    assert error.value.code == code
    assert error.value.message.startswith(words)


# Versions.


def test_the_versions_that_a_plugin_speaks() -> None:
    printed = b'{"cniVersion":"1.1.0","supportedVersions":["0.4.0","1.0.0"]}'
    assert supported("p", Ended(0, printed)) == ("0.4.0", "1.0.0")


def test_one_that_does_not_know_the_question() -> None:
    printed = b'{"code":4,"msg":"unknown CNI_COMMAND: VERSION"}'
    assert supported("p", Ended(1, printed)) == ("0.1.0",)


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (Ended(1, ERROR), "later"),
        (Ended(0, b""), "netplugin p printed versions that are no JSON"),
        (Ended(0, b"usage"), "netplugin p printed versions that are no JSON"),
        (Ended(0, b"{}"), r"the versions of p: \$: no supportedVersions"),
        (Ended(0, b'{"supportedVersions":[1]}'), r"supportedVersions\[0\]: expected a string"),
        (Ended(0, b"[]"), r"the versions of p: \$: expected an object"),
    ],
)
def test_what_is_no_answer(ended: Ended, words: str) -> None:
    with pytest.raises(CniError, match=words):
        supported("p", ended)


def test_a_verb_that_is_unknown() -> None:
    said = CniError(4, "unknown CNI_COMMAND: GC")
    assert is_unknown_verb(said, "GC")
    assert not is_unknown_verb(said, "STATUS")
    assert not is_unknown_verb(CniError(4, "other"), "GC")


def test_words_are_text_whatever_they_are() -> None:
    assert Ended(1, stderr=b" \xff a\n").words == "� a"
