"""Errors as CNI has them: a code, a sentence, and details; printed as JSON on standard output.

Codes are those of SPEC 1.1.0, section "Error"; 999 is what libcni calls internal.
"""

from __future__ import annotations

from typing import Final

import msgspec

from glassnet.errors import (
    GlassnetError,
    InvalidRequest,
    NotFound,
    NotPermitted,
    StateError,
    Unsupported,
)

INCOMPATIBLE_VERSION: Final = 1
UNSUPPORTED_FIELD: Final = 2
UNKNOWN_CONTAINER: Final = 3
INVALID_ENVIRONMENT: Final = 4
IO_FAILURE: Final = 5
DECODING_FAILURE: Final = 6
INVALID_CONFIG: Final = 7
INVALID_NETNS: Final = 8
TRY_AGAIN_LATER: Final = 11
NOT_AVAILABLE: Final = 50
LIMITED_CONNECTIVITY: Final = 51
INTERNAL: Final = 999

_ABOUT_INPUT: Final = frozenset(
    {
        INCOMPATIBLE_VERSION,
        UNSUPPORTED_FIELD,
        INVALID_ENVIRONMENT,
        DECODING_FAILURE,
        INVALID_CONFIG,
    }
)
"""Codes of what is wrong before anything is done."""


class CniError(GlassnetError):
    """An error object: ``code``, ``message`` and ``details``."""

    def __init__(self, code: int, message: str, details: str = "") -> None:
        super().__init__(message, details)
        self.code = code
        self.details = details
        if code in _ABOUT_INPUT:
            self.exit_code = InvalidRequest.exit_code

    def object(self, version: str) -> dict[str, object]:
        """The error as the spec has it, in the caller's version."""
        out: dict[str, object] = {
            "cniVersion": version,
            "code": self.code,
            "msg": _printable(self.message),
        }
        if self.details:
            out["details"] = _printable(self.details)
        return out


def _printable(text: str) -> str:
    """Bytes of the environment or of a path that are no UTF-8 have no form in JSON."""
    return text.encode(errors="backslashreplace").decode()


def of(error: GlassnetError) -> CniError:
    """The CNI error for one of glassnet's own."""
    if isinstance(error, CniError):
        return error
    return CniError(_code(error), str(error), error.advice())


def _code(error: GlassnetError) -> int:
    if isinstance(error, Unsupported | NotPermitted):
        return NOT_AVAILABLE
    if isinstance(error, NotFound):
        return UNKNOWN_CONTAINER
    if isinstance(error, StateError):
        return IO_FAILURE
    if isinstance(error, InvalidRequest):
        return INVALID_CONFIG
    return INTERNAL


def encode(error: CniError, version: str) -> str:
    """The JSON that goes to standard output: four spaces of indent, as libcni prints it."""
    text = msgspec.json.encode(error.object(version))
    return msgspec.json.format(text, indent=4).decode()
