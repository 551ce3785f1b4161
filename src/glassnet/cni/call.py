"""What a runtime says in the environment: the verb, the container, its namespace, the interface."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from glassnet.cni.error import INVALID_CONFIG, INVALID_ENVIRONMENT, CniError
from glassnet.errors import InvalidValue
from glassnet.values import IfName

TRACE: Final = ("TRACEPARENT", "TRACESTATE", "BAGGAGE")
"""What carries a trace (W3C), from a runtime to its plugins and from them to their delegates."""

VERBS: Final = ("ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION")

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "ADD": ("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"),
    "CHECK": ("CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"),
    "DEL": ("CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"),
    "GC": ("CNI_PATH",),
    "STATUS": ("CNI_PATH",),
    "VERSION": (),
}
_IDENTIFIER: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.\-]*").fullmatch
_ATTACHMENT: Final = frozenset({"ADD", "DEL", "CHECK"})


class Call(msgspec.Struct, frozen=True):
    """One call: ``verb``, and what of the environment goes with it.

    ``netns`` is a path and may be empty on DEL; ``args`` is CNI_ARGS as given; ``path`` are the
    directories of CNI_PATH; ``extra`` are the trace's variables, to be passed on.
    """

    verb: str
    container: str = ""
    netns: str = ""
    ifname: str = ""
    args: str = ""
    path: tuple[str, ...] = ()
    override: bool = False
    extra: Mapping[str, str] = {}

    def environment(self) -> dict[str, str]:
        """The six variables, and the trace's, as a delegate wants them."""
        return {
            "CNI_COMMAND": self.verb,
            "CNI_CONTAINERID": self.container,
            "CNI_NETNS": self.netns,
            "CNI_IFNAME": self.ifname,
            "CNI_ARGS": self.args,
            "CNI_PATH": ":".join(self.path),
            **self.extra,
        }


def read(environment: Mapping[str, str]) -> Call:
    """The call that an environment makes. Raises `CniError` (4), in skel's words and order."""
    verb = environment.get("CNI_COMMAND", "")
    if verb and verb not in VERBS:
        raise CniError(INVALID_ENVIRONMENT, f"unknown CNI_COMMAND: {verb}")
    needed = ("CNI_COMMAND", *_NEEDED.get(verb, ()))
    missing = [name for name in needed if not environment.get(name)]
    if missing:
        words = ",".join(missing)
        raise CniError(INVALID_ENVIRONMENT, f"required env variables [{words}] missing")
    call = Call(
        verb=verb,
        container=environment.get("CNI_CONTAINERID", ""),
        netns=environment.get("CNI_NETNS", ""),
        ifname=environment.get("CNI_IFNAME", ""),
        args=environment.get("CNI_ARGS", ""),
        path=tuple(part for part in environment.get("CNI_PATH", "").split(":") if part),
        override=environment.get("CNI_NETNS_OVERRIDE", "").lower() in {"1", "true"},
        extra={name: environment[name] for name in TRACE if name in environment},
    )
    if verb in _ATTACHMENT:
        check_container(call.container)
        check_ifname(call.ifname)
    return call


def check_container(container: str) -> None:
    """Raise `CniError` (4) for an id that has other than letters, digits, ``_.-``."""
    if not _IDENTIFIER(container):
        raise CniError(INVALID_ENVIRONMENT, "invalid characters in containerID", container)


def check_ifname(ifname: str) -> None:
    """Raise `CniError` (4) for a name that no interface can have."""
    if len(ifname.encode(errors="surrogateescape")) > 15:
        raise CniError(
            INVALID_ENVIRONMENT,
            "interface name is too long",
            "interface name should be less than 16 characters",
        )
    if ifname in {".", ".."}:
        raise CniError(INVALID_ENVIRONMENT, "interface name is . or ..", ifname)
    if any(c in "/:" or c.isspace() for c in ifname):
        raise CniError(
            INVALID_ENVIRONMENT,
            "interface name contains / or : or whitespace characters",
            ifname,
        )
    try:
        IfName(ifname)
    except InvalidValue as error:
        raise CniError(INVALID_ENVIRONMENT, error.problem, error.accepted) from None


def check_network(name: str) -> None:
    """Raise `CniError` (7) for a network's name that is missing or malformed."""
    if not name:
        raise CniError(INVALID_CONFIG, "missing network name")
    if not _IDENTIFIER(name):
        raise CniError(INVALID_CONFIG, "invalid characters found in network name", name)


def arguments(text: str, known: frozenset[str]) -> dict[str, str]:
    """CNI_ARGS, ``K=V;K=V``: those of the known keys.

    Raises `CniError` (4) for a pair that is none, and for keys that nobody knows unless
    ``IgnoreUnknown`` says so.
    """
    out: dict[str, str] = {}
    unknown: list[str] = []
    lenient = False
    for pair in text.split(";") if text else ():
        key, equals, value = pair.partition("=")
        if not equals or "=" in value:
            raise CniError(INVALID_ENVIRONMENT, f'ARGS: invalid pair "{pair}"', "KEY=VALUE;…")
        if key == "IgnoreUnknown":
            lenient = value.lower() in {"1", "true"}
        elif key in known:
            out[key] = value
        else:
            unknown.append(pair)
    if unknown and not lenient:
        listed = " ".join(f'"{pair}"' for pair in unknown)
        raise CniError(INVALID_ENVIRONMENT, f"ARGS: unknown args [{listed}]", "add IgnoreUnknown=1")
    return out
