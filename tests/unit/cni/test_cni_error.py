"""Errors as CNI has them: the object, its JSON, and the code of each of glassnet's own."""

from __future__ import annotations

import json
import pickle

import pytest

from glassnet.cni.error import (
    DECODING_FAILURE,
    INCOMPATIBLE_VERSION,
    INTERNAL,
    INVALID_CONFIG,
    INVALID_ENVIRONMENT,
    INVALID_NETNS,
    IO_FAILURE,
    LIMITED_CONNECTIVITY,
    NOT_AVAILABLE,
    TRY_AGAIN_LATER,
    UNKNOWN_CONTAINER,
    UNSUPPORTED_FIELD,
    CniError,
    encode,
    of,
)
from glassnet.errors import (
    ConfigError,
    Conflict,
    GlassnetError,
    InvalidValue,
    KernelRefused,
    NotFound,
    NotPermitted,
    RollbackFailed,
    StateError,
    StepFailed,
    Unsupported,
)

PLACE = ConfigError("no key", "a key", file="f", line=1, column=2, path="$")


def test_the_codes_are_the_specifications() -> None:
    named = (
        INCOMPATIBLE_VERSION,
        UNSUPPORTED_FIELD,
        UNKNOWN_CONTAINER,
        INVALID_ENVIRONMENT,
        IO_FAILURE,
        DECODING_FAILURE,
        INVALID_CONFIG,
        INVALID_NETNS,
        TRY_AGAIN_LATER,
        NOT_AVAILABLE,
        LIMITED_CONNECTIVITY,
        INTERNAL,
    )
    assert named == (1, 2, 3, 4, 5, 6, 7, 8, 11, 50, 51, 999)


def test_an_error_is_an_object_with_the_callers_version() -> None:
    error = CniError(7, "missing network name", "a name")
    assert error.object("0.4.0") == {
        "cniVersion": "0.4.0",
        "code": 7,
        "msg": "missing network name",
        "details": "a name",
    }
    assert "details" not in CniError(7, "missing network name").object("1.0.0")


def test_it_is_printed_as_libcni_prints_it() -> None:
    printed = encode(CniError(4, "unknown CNI_COMMAND: UP"), "1.1.0")
    assert printed == (
        '{\n    "cniVersion": "1.1.0",\n    "code": 4,\n    "msg": "unknown CNI_COMMAND: UP"\n}'
    )


def test_its_details_are_its_advice_and_it_crosses_processes() -> None:
    error = CniError(7, "bad", "better")
    assert (str(error), error.advice()) == ("bad", "better")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.message, copy.details) == (7, "bad", "better")


@pytest.mark.parametrize(("code", "exit_code"), [(1, 2), (2, 2), (4, 2), (6, 2), (7, 2)])
def test_what_is_wrong_with_the_input_ends_a_command_with_2(code: int, exit_code: int) -> None:
    assert CniError(code, "bad").exit_code == exit_code


@pytest.mark.parametrize("code", [3, 5, 8, 11, 50, 51, 100, 999])
def test_what_went_wrong_on_the_way_ends_it_with_3(code: int) -> None:
    assert CniError(code, "bad").exit_code == 3


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CniError(11, "later"), TRY_AGAIN_LATER),
        (Unsupported("no veth"), NOT_AVAILABLE),
        (NotPermitted("no right"), NOT_AVAILABLE),
        (NotFound("no ns1"), UNKNOWN_CONTAINER),
        (StateError("full"), IO_FAILURE),
        (InvalidValue("'x' is no y", "a y"), INVALID_CONFIG),
        (PLACE, INVALID_CONFIG),
        (Conflict("somebody's"), INTERNAL),
        (KernelRefused(1), INTERNAL),
        (StepFailed(1, 2, "veth", KernelRefused(17)), INTERNAL),
        (StepFailed(1, 2, "veth", Conflict("somebody's")), INTERNAL),
        (RollbackFailed(NotFound("gone"), ["veth"]), INTERNAL),
    ],
)
def test_each_error_has_its_code(error: GlassnetError, code: int) -> None:
    found = of(error)
    assert (found.code, found.message, found.advice()) == (code, str(error), error.advice())


def test_an_error_of_cni_stays_what_it_is() -> None:
    error = CniError(100, "mine")
    assert of(error) is error


def test_json_escapes_what_must_be() -> None:
    text = 'a "quoted"\nword'
    assert json.loads(encode(CniError(999, text), "1.1.0"))["msg"] == text
