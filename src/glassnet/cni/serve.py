"""The plugin's side of the protocol: a function from environment and input to output and code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import glassnet
from glassnet.cni import call as calls
from glassnet.cni import result as results
from glassnet.cni import version as versions
from glassnet.cni.ask import Ask
from glassnet.cni.conf import decode
from glassnet.cni.error import IO_FAILURE, CniError, encode, of
from glassnet.cni.result import Result
from glassnet.errors import GlassnetError


class Verbs(Protocol):
    """What carries the verbs out. Each raises `GlassnetError`."""

    def add(self, ask: Ask) -> Result:
        """ADD: wire it."""
        ...

    def delete(self, ask: Ask) -> None:
        """DEL: take it away, or what is left of it."""
        ...

    def check(self, ask: Ask) -> None:
        """CHECK: is it still so?"""
        ...

    def collect(self, ask: Ask) -> None:
        """GC: take away what is not among the valid attachments."""
        ...

    def status(self, ask: Ask) -> None:
        """STATUS: could it serve an ADD?"""
        ...


FAILED: Final = 1


def about(type_: str, supported: tuple[str, ...]) -> str:
    """What a plugin says of itself when it is called without a command."""
    return (
        f"CNI {type_} plugin of glassnet {glassnet.__version__}\n"
        f"CNI protocol versions supported: {', '.join(supported)}\n"
    )


def serve(
    type_: str,
    environment: Mapping[str, str],
    stdin: bytes,
    verbs: Verbs,
    supported: tuple[str, ...] = versions.ALL,
) -> tuple[str, int]:
    """One call: what goes to standard output, and the exit code. Never raises `GlassnetError`."""
    version = versions.NEWEST
    try:
        call = calls.read(environment)
        if call.verb == "VERSION":
            return (_version(stdin, supported), 0)
        if not stdin.strip():
            raise CniError(IO_FAILURE, "error reading from stdin: it is empty", "a configuration")
        conf = decode(stdin)
        said = conf.get("cniVersion").value
        version = said if isinstance(said, str) and said in versions.ALL else version
        ask = Ask(type_, call, conf, supported)
        return (_carry_out(ask, verbs), 0)
    except GlassnetError as error:
        return (encode(of(error), version), FAILED)


def _carry_out(ask: Ask, verbs: Verbs) -> str:
    match ask.call.verb:
        case "ADD":
            return results.encode(results.as_data(verbs.add(ask), ask.version))
        case "DEL":
            verbs.delete(ask)
        case "CHECK":
            verbs.check(ask)
        case "GC":
            verbs.collect(ask)
        case _:
            verbs.status(ask)
    return ""


def _version(stdin: bytes, supported: tuple[str, ...]) -> str:
    """VERSION asks nothing but the version to be answered in; what is no JSON is passed over."""
    version = versions.NEWEST
    try:
        said = decode(stdin).get("cniVersion").text()
    except CniError:
        said = ""
    if said in versions.ALL:
        version = said
    return results.encode({"cniVersion": version, "supportedVersions": list(supported)}) + "\n"
