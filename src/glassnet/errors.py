"""Every error glassnet raises, and the exit code each ends a command with.

::

    GlassnetError                          exit
    ├── InvalidRequest                        2   we were asked for something wrong; nothing touched
    │   ├── InvalidValue                      2   one value: what it is, what is accepted
    │   ├── ConfigError                       2   a file: file:line:column: $.path: what, accepted
    │   └── PlanError                         2   the whole: duplicates, cycles, missing parts
    ├── Refusal                               2   the host is not fit for it; nothing touched
    │   ├── NotPermitted                      2   a missing capability or privilege
    │   ├── Unsupported                       2   the kernel or a library lacks something
    │   ├── Conflict                          2   somebody else's object stands in the way
    │   └── NotFound                          2   no such namespace, network, file
    ├── KernelRefused                         3   errno and the kernel's own words
    ├── NftRefused                            3   libnftables' own words
    ├── ProgramFailed                         3   a program's own words
    ├── KernelNonsense                        3   bytes from the kernel that cannot be decoded
    ├── StepFailed                            3   a step of a plan failed; what was done is undone
    ├── RollbackFailed                        4   …and some of it could not be undone
    └── StateError                            4   the journal cannot be read or written
"""

from __future__ import annotations

import copyreg
import errno
import os
from collections.abc import Sequence


class GlassnetError(Exception):
    """The root: a sentence of what is wrong, and advice of what to do."""

    exit_code = 3

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self._advice = advice

    def advice(self) -> str:
        """What to do next, or an empty string."""
        return self._advice

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross processes whole, whatever their ``__init__`` takes."""
        return (copyreg.__newobj__, (type(self), *self.args), self.__dict__)  # type: ignore[attr-defined]

    def as_json(self) -> dict[str, object]:
        """The error as data, for ``--json``."""
        out: dict[str, object] = {"error": type(self).__name__, "message": str(self)}
        if self.advice():
            out["advice"] = self.advice()
        return out


class InvalidRequest(GlassnetError):
    """What was asked for is wrong in itself; nothing was touched."""

    exit_code = 2


class InvalidValue(InvalidRequest, ValueError):
    """One bad value: what it is, and what is accepted in its place.

    A `ValueError` too, so that whoever decodes values (msgspec) can say where it stands.
    """

    def __init__(self, problem: str, accepted: str) -> None:
        super().__init__(f"{problem}; accepted: {accepted}")
        self.problem = problem
        self.accepted = accepted


class ConfigError(InvalidRequest):
    """A bad place in a file, as ``file:line:column: $.path: what is wrong; accepted: …``."""

    def __init__(
        self, problem: str, accepted: str, *, file: str, line: int, column: int, path: str
    ) -> None:
        text = f"{file}:{line}:{column}: {path}: {problem}"
        super().__init__(f"{text}; accepted: {accepted}" if accepted else text)
        self.problem = problem
        self.accepted = accepted
        self.file = file
        self.line = line
        self.column = column
        self.path = path


class PlanError(InvalidRequest):
    """The operations do not make a whole: a duplicate, a cycle, something missing."""


class Refusal(GlassnetError):
    """The host is not fit for the request; nothing was touched."""

    exit_code = 2


class NotPermitted(Refusal):
    """A capability or privilege is missing."""


class Unsupported(Refusal):
    """The kernel, or a library, lacks a feature."""


class Conflict(Refusal):
    """An object that is not ours stands where ours should be."""


class NotFound(Refusal):
    """A namespace, network or file that does not exist."""


class KernelRefused(GlassnetError):
    """The kernel answered with an errno; `words` is its extended ack, where it gave one."""

    def __init__(self, code: int, words: str = "", attribute: str = "", what: str = "") -> None:
        self.errno = code
        self.words = words
        self.attribute = attribute
        self.what = what
        name = _NAMES.get(code) or errno.errorcode.get(code, str(code))
        parts = [f"{what}: " if what else "", f"{os.strerror(code)} ({name})"]
        if words:
            parts.append(f", the kernel says: {words}")
        if attribute:
            parts.append(f" (attribute {attribute})")
        super().__init__("".join(parts), _ERRNO_ADVICE.get(code, ""))


_NAMES = {errno.EOPNOTSUPP: "EOPNOTSUPP", errno.EAGAIN: "EAGAIN"}
"""Of numbers with two names, the one that the kernel's own sources have."""

_ERRNO_ADVICE = {
    errno.EPERM: "needs CAP_NET_ADMIN in the namespace: run it as root, or in 'glassnet lab'",
    errno.EACCES: "needs CAP_NET_ADMIN in the namespace: run it as root, or in 'glassnet lab'",
    errno.EEXIST: "it exists already: 'glassnet show' tells whose it is",
    errno.ENODEV: "the interface is gone: 'glassnet check' names what is missing",
    errno.EOPNOTSUPP: "this kernel lacks the feature, or its module is not loaded",
    errno.ENETUNREACH: "the gateway is on no network of an interface that is up",
    errno.EADDRNOTAVAIL: "the address is not there any more",
    errno.EINVAL: "the kernel found the request contradictory: see its words",
    errno.ENOBUFS: "the kernel ran out of buffers: try again with fewer at a time",
}


class NftRefused(GlassnetError):
    """libnftables (or the nft program) refused a transaction; nothing of it was applied."""

    def __init__(self, words: str, text: str = "", *, missing: bool = False) -> None:
        super().__init__(f"nft refused the transaction: {words.strip()}")
        self.words = words
        self.text = text
        self.missing = missing


class ProgramFailed(GlassnetError):
    """A program that was run ended with an error: its words."""

    def __init__(self, argv: Sequence[str], words: str) -> None:
        super().__init__(f"{' '.join(argv)}: {words.strip() or 'it failed'}")


class KernelNonsense(GlassnetError):
    """Bytes that no kernel should send: cut, mis-sized or unknown where it must be known."""


class StepFailed(GlassnetError):
    """A step of a plan failed. What had been done was undone again."""

    def __init__(self, step: int, total: int, operation: str, cause: GlassnetError) -> None:
        super().__init__(f"step {step} of {total} ({operation}) failed: {cause}")
        self.step = step
        self.operation = operation
        self.cause = cause

    def advice(self) -> str:
        """The cause's own advice; the host is as it was."""
        return self.cause.advice()


class RollbackFailed(GlassnetError):
    """A step failed and some of what had been done could not be undone."""

    exit_code = 4

    def __init__(self, first: GlassnetError, left: Sequence[str]) -> None:
        listed = "".join(f"\n  left behind: {item}" for item in left)
        super().__init__(f"{first}{listed}", "run 'glassnet repair' to finish the undoing")
        self.first = first
        self.left = tuple(left)


class StateError(GlassnetError):
    """The journal in the state directory cannot be read or written."""

    exit_code = 4
