"""A runtime's verbs for a whole network: GC, STATUS, VERSION, and whether it can work at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from glassnet.cni import version as versions
from glassnet.cni.answer import is_unknown_verb
from glassnet.cni.cached import Entry
from glassnet.cni.chain import Chains
from glassnet.cni.conflist import Conflist
from glassnet.cni.error import INCOMPATIBLE_VERSION, INVALID_CONFIG, CniError
from glassnet.cni.failed import ChainFailed, PluginFailed
from glassnet.cni.invoke import Invoker
from glassnet.cni.request import Valid, collected
from glassnet.cni.steps import Program, Tell, hold, listing, name_of, network


class Upkeep:
    """The verbs, for plugins that are looked for in the directories of ``path``."""

    def __init__(self, path: Sequence[str]) -> None:
        self._invoker = Invoker(path)
        self._chains = Chains(path)

    # GC.

    def collect(
        self, wanted: str | Conflist, valid: Valid, *, nothing_is_valid: bool = False
    ) -> Program[None]:
        """Take away what is not among the valid attachments, alone on the network.

        First DEL of what the cache has, with what its ADD was given; then GC by each plugin, for
        what no cache knows of. Raises `ChainFailed` with all that failed, and `CniError` (7) for
        an empty list, unless it is said that it is meant.
        """
        kept = {(container, ifname) for container, ifname in valid}
        if not kept and not nothing_is_valid:
            raise CniError(
                INVALID_CONFIG,
                "GC with no valid attachment would take all of them away",
                "name the valid ones, or say that it is meant",
            )
        name = name_of(wanted)
        with (yield from hold("network", name)):
            chosen = yield from network(wanted)
            if chosen.disable_gc:
                yield Tell(f"network {name} has disableGC: nothing is done")
                return
            failed = yield from self._delete_others(chosen, kept)
            if versions.at_least(chosen.version, versions.FIRST["GC"]):
                failed += yield from self._ask_all(chosen, "GC", collected(sorted(kept)))
        if failed:
            raise ChainFailed(failed, "GC")

    def _delete_others(
        self, chosen: Conflist, kept: set[tuple[str, str]]
    ) -> Program[list[CniError]]:
        failed: list[CniError] = []
        for entry in (yield from self._attachments(chosen.name)):
            if (entry.key.container, entry.key.ifname) in kept:
                continue
            try:
                yield from self._chains.delete_cached(chosen, entry)
            except CniError as error:
                failed += error.failures if isinstance(error, ChainFailed) else [error]
        return failed

    def _attachments(self, name: str) -> Program[list[Entry]]:
        """What the cache has of a network; files that cannot be read are told of."""
        found: list[Entry] = []
        for cached in (yield from listing()):
            if cached.problem:
                yield Tell(f"{cached.problem}: GC cannot tell whose it is")
            elif cached.entry is not None and cached.entry.key.network == name:
                found.append(cached.entry)
        return found

    # STATUS.

    def status(self, wanted: str | Conflist) -> Program[None]:
        """Whether an ADD could be served. Raises the `PluginFailed` of the first that says no."""
        chosen = yield from network(wanted)
        if versions.at_least(chosen.version, versions.FIRST["STATUS"]):
            failed = yield from self._ask_all(chosen, "STATUS", {}, first=True)
            if failed:
                raise failed[0]

    def _ask_all(
        self, chosen: Conflist, verb: str, extra: Mapping[str, Any], *, first: bool = False
    ) -> Program[list[PluginFailed]]:
        """Every plugin in turn; those that failed, but for such as have never heard of the verb."""
        failed: list[PluginFailed] = []
        for plugin in chosen.plugins:
            try:
                yield from self._invoker.ask(chosen, plugin, verb, extra)
            except PluginFailed as error:
                if is_unknown_verb(error.said, verb):
                    yield Tell(f"{plugin.type} does not know {verb}: passed over")
                    continue
                failed.append(error)
                if first:
                    break
        return failed

    # VERSION.

    def version(self, wanted: str | Conflist) -> Program[dict[str, tuple[str, ...]]]:
        """The versions that each of its plugins speaks, by type. Raises `PluginFailed`."""
        chosen = yield from network(wanted)
        found: dict[str, tuple[str, ...]] = {}
        for plugin in chosen.plugins:
            if plugin.type not in found:
                found[plugin.type] = yield from self._invoker.version(chosen, plugin)
        return found

    def validate(self, wanted: str | Conflist) -> Program[tuple[str, ...]]:
        """What the network's plugins are able to, if each is there and speaks its version.

        Raises `ChainFailed` with all that is wrong.
        """
        chosen = yield from network(wanted)
        failed: list[CniError] = []
        spoken: dict[str, tuple[str, ...]] = {}
        for plugin in chosen.plugins:
            try:
                spoken[plugin.type] = yield from self._invoker.version(chosen, plugin)
            except PluginFailed as error:
                failed.append(error)
        failed += _unspoken(chosen, spoken)
        if failed:
            raise ChainFailed(failed, "VERSION")
        return chosen.capabilities


def _unspoken(chosen: Conflist, spoken: Mapping[str, tuple[str, ...]]) -> Iterator[CniError]:
    """An error for each plugin that does not speak the network's version; with one that all do."""
    common = versions.newest_of(set(versions.ALL).intersection(*spoken.values()))
    advice = f'; all plugins of network {chosen.name} speak "{common}"' if common else ""
    for type_, found in spoken.items():
        if chosen.version not in found:
            listed = " ".join(f'"{one}"' for one in found)
            yield CniError(
                INCOMPATIBLE_VERSION,
                f'plugin type="{type_}" does not support config version "{chosen.version}"',
                f"it supports [{listed}]{advice}",
            )
