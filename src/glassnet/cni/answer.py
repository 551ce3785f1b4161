"""What a plugin's process answers: a result, its versions, or an error, by exit code and output."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from glassnet.cni import version as versions
from glassnet.cni.conf import NOT_JSON, Conf, members
from glassnet.cni.error import DECODING_FAILURE, INTERNAL, CniError
from glassnet.cni.result import Result, as_data, encode, read

_SHOWN_MAX: Final = 200


class Ended(msgspec.Struct, frozen=True):
    """How a process ended: its exit code, negative for a signal, and what it wrote."""

    code: int
    stdout: bytes = b""
    stderr: bytes = b""

    @property
    def words(self) -> str:
        """Standard error as text."""
        return self.stderr.decode(errors="replace").strip()


class Answer(msgspec.Struct, frozen=True):
    """A result: as a value, and as JSON in the version of the network it is for."""

    result: Result
    text: bytes


def failure(name: str, ended: Ended) -> CniError:
    """The error that a plugin printed, or words for one that printed none."""
    printed = ended.stdout.strip()
    try:
        said: Any = msgspec.json.decode(printed) if printed else None
    except NOT_JSON as error:
        return CniError(
            INTERNAL,
            f"netplugin {name} failed but error parsing its diagnostic message "
            f"{_shown(printed)}: {error}",
            ended.words,
        )
    if isinstance(said, dict) and _is_code(said.get("code")):
        return CniError(said["code"], str(said.get("msg", "")), str(said.get("details") or ""))
    if ended.words:
        return CniError(INTERNAL, f"netplugin {name} failed: {ended.words!r}: {_status(ended)}")
    return CniError(
        INTERNAL,
        f"netplugin {name} failed with no error message: {_status(ended)}",
        f"it printed {_shown(printed)}" if printed else "",
    )


def _is_code(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _status(ended: Ended) -> str:
    return f"signal {-ended.code}" if ended.code < 0 else f"exit status {ended.code}"


def _shown(printed: bytes) -> str:
    text = printed.decode(errors="replace")
    return repr(text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…")


def answer(name: str, printed: bytes, version: str) -> Answer:
    """The result that a plugin printed, in a network's version.

    A result that names no version has the network's, as libcni has it, and ``null`` is an empty
    one. One in the network's version is passed on as it was printed, key for key. Raises
    `CniError`.
    """
    if not printed.strip():
        raise CniError(
            DECODING_FAILURE, f"netplugin {name} printed no result", "ADD must print one (SPEC)"
        )
    try:
        value: Any = msgspec.json.decode(printed)
    except NOT_JSON as error:
        raise CniError(
            DECODING_FAILURE,
            f"netplugin {name} printed a result that is no JSON: {error}",
            f"it printed {_shown(printed.strip())}",
        ) from None
    conf = Conf({} if value is None else value, f"the result of {name}: $")
    result = read(conf, version)
    said = conf.get("cniVersion").text() or version
    if value is None:
        return Answer(result, msgspec.json.encode({"cniVersion": version}))
    if said == version:
        return Answer(result, _versioned(printed, version))
    return Answer(result, encode(as_data(result, version)).encode())


def _versioned(printed: bytes, version: str) -> bytes:
    said = {"cniVersion": msgspec.Raw(msgspec.json.encode(version))}
    return msgspec.json.encode(members(printed) | said)


def supported(name: str, ended: Ended) -> tuple[str, ...]:
    """The versions that a plugin says it speaks. Raises `CniError`.

    One that does not know the question is of a time in which there was one version.
    """
    if ended.code:
        error = failure(name, ended)
        if is_unknown_verb(error, "VERSION"):
            return (versions.UNSAID,)
        raise error
    try:
        value: Any = msgspec.json.decode(ended.stdout)
    except NOT_JSON as error:
        raise CniError(
            DECODING_FAILURE,
            f"netplugin {name} printed versions that are no JSON: {error}",
            f"it printed {_shown(ended.stdout.strip())}",
        ) from None
    conf = Conf(value, f"the versions of {name}: $")
    listed = tuple(one.text() for one in conf.get("supportedVersions").items())
    if not listed:
        raise conf.error("no supportedVersions", "a list of versions", DECODING_FAILURE)
    return listed


def is_unknown_verb(error: CniError, verb: str) -> bool:
    """Whether a plugin says that it has never heard of a verb."""
    return error.message.endswith(f"unknown CNI_COMMAND: {verb}")
