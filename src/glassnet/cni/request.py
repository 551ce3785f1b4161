"""What each plugin of a network gets on standard input (SPEC 1.1.0, section 4).

Its own object as it is written, less what is the protocol's, and with what the protocol adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from glassnet.cni.conf import members
from glassnet.cni.conflist import Conflist, PluginConf
from glassnet.cni.error import INVALID_ENVIRONMENT, CniError

_OURS: Final = frozenset({"cniversion", "name", "runtimeconfig", "prevresult", "capabilities"})
"""Keys of the protocol: what an object has under them is not the plugin's to read. In small
letters, for plugins in Go do not tell letters apart, and would take the last that is written."""
_RESERVED: Final = "cni.dev/"

Valid = Iterable[tuple[str, str]]
"""Attachments, as (container id, interface)."""


def build(
    network: Conflist,
    plugin: PluginConf,
    *,
    prev: bytes | None = None,
    capabilities: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> bytes:
    """The configuration for one call of one plugin.

    ``prev`` is the previous result as JSON; ``capabilities`` are those that the runtime has
    arguments for: the plugin gets those that it declares.
    """
    out: dict[str, Any] = {"cniVersion": network.version, "name": network.name}
    out |= {key: raw for key, raw in members(plugin.text).items() if not _is_ours(key)}
    has = capabilities or {}
    given = {key: has[key] for key in plugin.capabilities if key in has}
    if given:
        out["runtimeConfig"] = given
    if prev is not None:
        out["prevResult"] = msgspec.Raw(prev)
    return msgspec.json.encode(out | dict(extra or {}))


def _is_ours(key: str) -> bool:
    small = key.lower()
    return small in _OURS or small.startswith(_RESERVED)


def collected(valid: Valid) -> dict[str, Any]:
    """What GC adds: the attachments that are valid, under SPEC's key and libcni's first one."""
    listed = [{"containerID": container, "ifname": ifname} for container, ifname in valid]
    return {"cni.dev/valid-attachments": listed, "cni.dev/attachments": listed}


def arguments(pairs: Iterable[tuple[str, str]]) -> str:
    """CNI_ARGS of pairs. Raises `CniError` (4) for what would be read as something else."""
    listed = list(pairs)
    for key, value in listed:
        if not key or "=" in key or not _is_plain(f"{key}{value}"):
            raise CniError(
                INVALID_ENVIRONMENT,
                f'ARGS: invalid pair "{key}={value}"',
                "KEY=VALUE;…, in UTF-8, without ; in either and without = in the key",
            )
    return ";".join(f"{key}={value}" for key, value in listed)


def _is_plain(text: str) -> bool:
    """Whether it stays one argument, and can be kept as JSON."""
    return not any(c in ";\0" or "\ud800" <= c <= "\udfff" for c in text)


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """CNI_ARGS as pairs. Raises `CniError` (4)."""
    found = [part.partition("=") for part in text.split(";") if part]
    for key, equals, value in found:
        if not key or not equals:
            raise CniError(INVALID_ENVIRONMENT, f'ARGS: invalid pair "{key}{equals}{value}"')
    return tuple((key, value) for key, _, value in found)
