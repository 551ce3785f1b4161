"""What a runtime is told of plugins that failed."""

from __future__ import annotations

import pickle

import pytest

from glassnet.cni.error import CniError
from glassnet.cni.failed import ChainFailed, PluginFailed, exit_code

SAID = CniError(11, "busy", "try later")


@pytest.mark.parametrize(
    ("verb", "word", "code"),
    [
        ("ADD", "add", 3),
        ("DEL", "delete", 4),
        ("CHECK", "check", 1),
        ("STATUS", "status", 1),
        ("GC", "gc", 4),
        ("VERSION", "version", 3),
    ],
)
def test_one_plugin_in_libcnis_words(verb: str, word: str, code: int) -> None:
    error = PluginFailed("bridge", "net", verb, SAID, "")
    assert str(error) == f'plugin type="bridge" name="net" failed ({word}): busy'
    assert (error.code, error.details, error.said, error.verb) == (11, "try later", SAID, verb)
    assert error.exit_code == exit_code(verb) == code


def test_its_advice_is_all_that_it_said() -> None:
    error = PluginFailed("bridge", "net", "ADD", SAID, "a log")
    assert error.advice() == "try later\n  a log"
    error.blame([])
    assert (error.exit_code, error.undo) == (3, ())
    left = PluginFailed("bridge", "net", "DEL", CniError(999, "stuck"), "")
    error.blame([left])
    assert error.exit_code == 4
    assert error.advice() == (
        'try later\n  a log\n  left behind: plugin type="bridge" name="net" failed (delete): stuck'
    )


def test_it_is_data() -> None:
    error = PluginFailed("bridge", "net", "ADD", SAID, "a log")
    error.blame([PluginFailed("bridge", "net", "DEL", CniError(999, "stuck"), "")])
    data = error.as_json()
    assert {key: data[key] for key in ("error", "plugin", "network", "verb", "code", "msg")} == {
        "error": "PluginFailed",
        "plugin": "bridge",
        "network": "net",
        "verb": "ADD",
        "code": 11,
        "msg": "busy",
    }
    assert (data["details"], data["stderr"]) == ("try later", "a log")
    undone: dict[str, object] = data["undo"][0]  # type: ignore[index]
    assert (undone["verb"], undone["msg"]) == ("DEL", "stuck")
    assert "details" not in undone
    assert "stderr" not in undone
    assert "undo" not in undone


def test_a_chain_with_one_failure_says_what_that_says() -> None:
    one = PluginFailed("bridge", "net", "DEL", SAID, "")
    error = ChainFailed([one], "DEL")
    assert (str(error), error.code, error.exit_code) == (str(one), 11, 4)
    assert error.advice() == "try later"


def test_a_chain_with_several_lists_them() -> None:
    failures = [
        PluginFailed("b", "net", "CHECK", SAID, ""),
        PluginFailed("a", "net", "CHECK", CniError(100, "bad", "try later"), "log"),
    ]
    error = ChainFailed(failures, "CHECK")
    assert str(error) == f"2 of its steps failed\n  {failures[0]}\n  {failures[1]}"
    assert (error.code, error.exit_code, error.failures) == (11, 1, tuple(failures))
    assert error.advice() == "try later\n  try later\n  log"
    data = error.as_json()
    assert [one["msg"] for one in data["failures"]] == ["busy", "bad"]  # type: ignore[attr-defined]
    assert (data["verb"], data["code"]) == ("CHECK", 11)


def test_both_cross_processes_whole() -> None:
    one = PluginFailed("bridge", "net", "DEL", SAID, "log")
    copy = pickle.loads(pickle.dumps(ChainFailed([one], "DEL")))
    assert copy.failures[0].as_json() == one.as_json()
    assert copy.exit_code == 4
