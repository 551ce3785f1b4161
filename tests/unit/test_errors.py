"""Every error: its words, its exit code, its advice, its JSON, and its way across processes."""

from __future__ import annotations

import errno
import inspect
import pickle

import pytest

from glassnet import errors
from glassnet.errors import (
    ConfigError,
    Conflict,
    GlassnetError,
    InvalidRequest,
    InvalidValue,
    KernelNonsense,
    KernelRefused,
    NftRefused,
    NotFound,
    NotPermitted,
    PlanError,
    ProgramFailed,
    Refusal,
    RollbackFailed,
    StateError,
    StepFailed,
    Unsupported,
)

ROOT = "needs CAP_NET_ADMIN in the namespace: run it as root, or in 'glassnet lab'"
PLACE = ConfigError("no key 'adress'", "address", file="a.yaml", line=3, column=5, path="$.links")
EPERM = KernelRefused(errno.EPERM)
STEP = StepFailed(2, 5, "link br0 on the host", EPERM)

TOLD: list[tuple[GlassnetError, int, str, str]] = [
    (GlassnetError("it went wrong", "try again"), 3, "it went wrong", "try again"),
    (InvalidRequest("bad"), 2, "bad", ""),
    (InvalidValue("'x' is no y", "a y"), 2, "'x' is no y; accepted: a y", ""),
    (PLACE, 2, "a.yaml:3:5: $.links: no key 'adress'; accepted: address", ""),
    (
        ConfigError("it is cut", "", file="a.yaml", line=1, column=1, path="$"),
        2,
        "a.yaml:1:1: $: it is cut",
        "",
    ),
    (PlanError("two of one name"), 2, "two of one name", ""),
    (ProgramFailed(["ip", "link"], "no such link\n"), 3, "ip link: no such link", ""),
    (ProgramFailed(["ip"], ""), 3, "ip: it failed", ""),
    (Refusal("unfit"), 2, "unfit", ""),
    (NotPermitted("no right", "be root"), 2, "no right", "be root"),
    (Unsupported("no nft"), 2, "no nft", ""),
    (Conflict("somebody's"), 2, "somebody's", ""),
    (NotFound("no ns1"), 2, "no ns1", ""),
    (EPERM, 3, "Operation not permitted (EPERM)", ROOT),
    (
        KernelRefused(errno.EINVAL, "Invalid prefix", "IFA_ADDRESS", "RTM_NEWADDR"),
        3,
        "RTM_NEWADDR: Invalid argument (EINVAL), the kernel says: Invalid prefix"
        " (attribute IFA_ADDRESS)",
        "the kernel found the request contradictory: see its words",
    ),
    (KernelRefused(9999), 3, "Unknown error 9999 (9999)", ""),
    (KernelRefused(errno.EBUSY, what="x"), 3, "x: Device or resource busy (EBUSY)", ""),
    (
        NftRefused(" Error: no\n", "add x", missing=True),
        3,
        "nft refused the transaction: Error: no",
        "",
    ),
    (KernelNonsense("cut"), 3, "cut", ""),
    (
        STEP,
        3,
        "step 2 of 5 (link br0 on the host) failed: Operation not permitted (EPERM)",
        ROOT,
    ),
    (
        RollbackFailed(STEP, ["bridge br0", "route"]),
        4,
        "step 2 of 5 (link br0 on the host) failed: Operation not permitted (EPERM)"
        "\n  left behind: bridge br0\n  left behind: route",
        "run 'glassnet repair' to finish the undoing",
    ),
    (StateError("no journal"), 4, "no journal", ""),
]
KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, GlassnetError)
]
by_error = pytest.mark.parametrize(
    ("error", "exit_code", "text", "advice"), TOLD, ids=lambda value: type(value).__name__
)


def test_every_kind_is_told_of_here() -> None:
    assert {type(error) for error, *_ in TOLD} == set(KINDS)


def test_the_tree_of_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    lines = errors.__doc__.splitlines()
    drawn = {
        name: int(code)
        for line in lines
        for name, code, *_ in [[*line.strip("│├└─ ").split(), "", ""]]
        if code.isdigit()
    }
    assert drawn == {
        kind.__name__: kind.exit_code for kind in KINDS if kind.__name__ != "GlassnetError"
    }


@by_error
def test_words_exit_code_and_advice(
    error: GlassnetError, exit_code: int, text: str, advice: str
) -> None:
    assert str(error) == error.message == text
    assert error.exit_code == exit_code
    assert error.advice() == advice


@by_error
def test_as_json(error: GlassnetError, exit_code: int, text: str, advice: str) -> None:
    del exit_code
    expected = {"error": type(error).__name__, "message": text}
    if advice:
        expected["advice"] = advice
    assert error.as_json() == expected


@by_error
def test_across_processes(error: GlassnetError, exit_code: int, text: str, advice: str) -> None:
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is type(error)
    assert (str(other), other.exit_code, other.advice()) == (text, exit_code, advice)
    for name, value in vars(error).items():
        mine = vars(other)[name]
        assert str(mine) == str(value)
        assert type(mine) is type(value)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.EPERM, ROOT),
        (errno.EACCES, ROOT),
        (errno.EEXIST, "it exists already: 'glassnet show' tells whose it is"),
        (errno.ENODEV, "the interface is gone: 'glassnet check' names what is missing"),
        (errno.EOPNOTSUPP, "this kernel lacks the feature, or its module is not loaded"),
        (errno.ENETUNREACH, "the gateway is on no network of an interface that is up"),
        (errno.EADDRNOTAVAIL, "the address is not there any more"),
        (errno.ENOBUFS, "the kernel ran out of buffers: try again with fewer at a time"),
        (errno.EIO, ""),
    ],
)
def test_what_to_do_about_an_errno(code: int, advice: str) -> None:
    assert KernelRefused(code).advice() == advice


def test_what_errors_keep_apart_from_their_words() -> None:
    value = InvalidValue("'x' is no y", "a y")
    assert (value.problem, value.accepted) == ("'x' is no y", "a y")
    assert isinstance(value, ValueError)
    place = (PLACE.problem, PLACE.accepted, PLACE.file, PLACE.line, PLACE.column, PLACE.path)
    assert place == ("no key 'adress'", "address", "a.yaml", 3, 5, "$.links")
    refused = KernelRefused(errno.EINVAL, "words", "ATTR", "what")
    kept = (refused.errno, refused.words, refused.attribute, refused.what)
    assert kept == (errno.EINVAL, "words", "ATTR", "what")
    nft = NftRefused(" no\n", "add x", missing=True)
    assert (nft.words, nft.text, nft.missing) == (" no\n", "add x", True)
    assert NftRefused("no").missing is False
    assert (STEP.step, STEP.operation, STEP.cause) == (2, "link br0 on the host", EPERM)
    rollback = RollbackFailed(STEP, ["a", "b"])
    assert (rollback.first, rollback.left) == (STEP, ("a", "b"))
