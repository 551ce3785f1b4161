"""A runtime's verbs for one attachment: ADD, DEL and CHECK of a network's whole chain.

What is better than the specification asks for: all plugins are looked up before the first is run;
what a failed ADD has begun is taken back; DEL goes on past a plugin that fails; DEL and CHECK use
what ADD was given, from the cache, in which an attachment is noted before anything is done for it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from glassnet.cni import version as versions
from glassnet.cni.answer import Answer, answer
from glassnet.cni.cached import Entry, Key
from glassnet.cni.conflist import Conflist, PluginConf, parse
from glassnet.cni.error import (
    INCOMPATIBLE_VERSION,
    INVALID_ENVIRONMENT,
    UNKNOWN_CONTAINER,
    CniError,
)
from glassnet.cni.failed import ChainFailed, PluginFailed, exit_code
from glassnet.cni.invoke import Attachment, Invoker
from glassnet.cni.result import Result
from glassnet.cni.steps import (
    Cached,
    Forget,
    Program,
    Save,
    Tell,
    hold,
    load,
    name_of,
    network,
)


class Chains:
    """The verbs, for plugins that are looked for in the directories of ``path``."""

    def __init__(self, path: Sequence[str]) -> None:
        self._invoker = Invoker(path)

    # ADD.

    def add(self, wanted: str | Conflist, of: Attachment) -> Program[Result]:
        """Attach: all plugins in their order, or none of them. Raises `PluginFailed`."""
        name = name_of(wanted)
        of.check(name)
        if not of.netns:
            raise CniError(
                INVALID_ENVIRONMENT, "required env variables [CNI_NETNS] missing", "a path"
            )
        with (
            (yield from hold("network", name, alone=False)),
            (yield from hold("container", of.container)),
        ):
            chosen = yield from network(wanted)
            yield from self._make_room(chosen, of)
            return (yield from self._add(chosen, of))

    def _make_room(self, chosen: Conflist, of: Attachment) -> Program[None]:
        """An attachment is added once; what is left of an earlier one goes first."""
        key = Key(chosen.name, of.container, of.ifname)
        cached = yield from load(key)
        entry = cached.entry
        if entry is None:
            if cached.problem:
                yield Tell(cached.problem)
            return
        if not cached.stale and not entry.unfinished:
            raise CniError(
                INVALID_ENVIRONMENT,
                f"{key} is attached already",
                f"DEL comes before another ADD; it is in {cached.file}",
            )
        yield Tell(f"{key}: {cached.stale or 'its ADD came to no end'}: DEL goes first")
        try:
            left = Attachment(of.container, ifname=of.ifname, trace=of.trace)
            yield from self._delete(chosen, key, left, cached)
        except CniError as error:
            yield Tell(f"{key}: what is left of it could not be taken away: {error}")

    def _add(self, chosen: Conflist, of: Attachment) -> Program[Result]:
        paths: list[str] = []
        for plugin in chosen.plugins:
            paths.append((yield from self._invoker.find(chosen, plugin, "ADD")))
        entry = _entry(chosen, of)
        yield Save(entry, durable=False)
        done: Answer | None = None
        begun: list[PluginConf] = []
        try:
            for plugin, path in zip(chosen.plugins, paths, strict=True):
                begun.append(plugin)
                done = yield from self._invoker.add(chosen, plugin, of, done, path)
            assert done is not None, "a network has a plugin"
            yield Save(_finished(entry, done, unfinished=False))
        except BaseException as error:  # an interruption too: nothing is to stay half made
            left = yield from self._take_back(chosen, of, begun, done)
            if isinstance(error, PluginFailed):
                error.blame(left)
            raise
        return done.result

    def _take_back(
        self, chosen: Conflist, of: Attachment, begun: Sequence[PluginConf], done: Answer | None
    ) -> Program[list[PluginFailed]]:
        """DEL of what was begun, last first. What cannot be taken back is kept for DEL and GC."""
        left = yield from self._follow_all(chosen, of, list(reversed(begun)), done, "DEL")
        key = Key(chosen.name, of.container, of.ifname)
        if not left:
            yield Forget(key)
            return left
        for one in left:
            yield Tell(f"left behind: {one}")
        yield Save(_finished(_entry(chosen, of), done, unfinished=True))
        return left

    # DEL.

    def delete(self, wanted: str | Conflist, of: Attachment) -> Program[None]:
        """Detach, last plugin first; all of them, whatever fails. Raises `ChainFailed`.

        There need not be such an attachment.
        """
        name = name_of(wanted)
        of.check(name)
        with (
            (yield from hold("network", name, alone=False)),
            (yield from hold("container", of.container)),
        ):
            key = Key(name, of.container, of.ifname)
            cached = yield from load(key)
            yield from self._delete(wanted, key, of, cached)

    def delete_cached(self, wanted: str | Conflist, entry: Entry) -> Program[None]:
        """The same for what the cache has, for one who holds the network already."""
        of = Attachment(entry.key.container, ifname=entry.key.ifname)
        with (yield from hold("container", of.container)):
            cached = yield from load(entry.key)
            if cached.entry is not None:  # else somebody has taken it away meanwhile
                yield from self._delete(wanted, entry.key, of, cached)

    def _delete(
        self, wanted: str | Conflist, key: Key, of: Attachment, cached: Cached
    ) -> Program[None]:
        if cached.problem:
            yield Tell(f"{cached.problem}: DEL goes on without it")
        chosen = yield from _cached_network(wanted, cached)
        done = yield from _previous(chosen, cached)
        of = _as_added(of, cached)
        failed = yield from self._follow_all(
            chosen, of, list(reversed(chosen.plugins)), done, "DEL"
        )
        if failed:
            raise ChainFailed(failed, "DEL")
        yield Forget(key)

    # CHECK.

    def check(self, wanted: str | Conflist, of: Attachment) -> Program[None]:
        """Whether all is as ADD has made it; every plugin is asked. Raises `ChainFailed`."""
        name = name_of(wanted)
        of.check(name)
        with (
            (yield from hold("network", name, alone=False)),
            (yield from hold("container", of.container)),
        ):
            key = Key(name, of.container, of.ifname)
            cached = yield from load(key)
            chosen = yield from _cached_network(wanted, cached)
            if not versions.at_least(chosen.version, versions.FIRST["CHECK"]):
                raise CniError(
                    INCOMPATIBLE_VERSION,
                    f'configuration version "{chosen.version}" does not support the CHECK command',
                    f"it came with {versions.FIRST['CHECK']}",
                )
            if chosen.disable_check:
                return
            _must_stand(key, cached)
            done = yield from _previous(chosen, cached)
            of = _as_added(of, cached)
            failed = yield from self._follow_all(chosen, of, chosen.plugins, done, "CHECK")
            if failed:
                raise ChainFailed(failed, "CHECK")

    def _follow_all(
        self,
        chosen: Conflist,
        of: Attachment,
        plugins: Sequence[PluginConf],
        done: Answer | None,
        verb: str,
    ) -> Program[list[PluginFailed]]:
        """Every plugin in turn; those that failed."""
        failed: list[PluginFailed] = []
        for plugin in plugins:
            try:
                yield from self._invoker.follow(chosen, plugin, of, done, verb)
            except PluginFailed as error:
                failed.append(error)
        return failed


def _entry(chosen: Conflist, of: Attachment) -> Entry:
    return Entry(
        key=Key(chosen.name, of.container, of.ifname),
        netns=of.netns,
        args=of.args or (),
        capabilities=of.capabilities or {},
        config=chosen.text,
        unfinished=True,
    )


def _finished(entry: Entry, done: Answer | None, *, unfinished: bool) -> Entry:
    text = done.text if done is not None else None
    return msgspec.structs.replace(entry, result=text, unfinished=unfinished)


def _as_added(of: Attachment, cached: Cached) -> Attachment:
    """The attachment with what ADD was given where the caller says nothing.

    A path at which another namespace is by now is none: a plugin would take the interface of
    whoever is there for the one that it made.
    """
    entry = cached.entry
    if entry is None:
        return of
    netns = of.netns or entry.netns
    return msgspec.structs.replace(
        of,
        netns="" if cached.stale and netns == entry.netns else netns,
        args=entry.args if of.args is None else of.args,
        capabilities=entry.capabilities if of.capabilities is None else of.capabilities,
    )


def _cached_network(wanted: str | Conflist, cached: Cached) -> Program[Conflist]:
    """The network as ADD had it; as it is now where the cache does not say."""
    entry = cached.entry
    if entry is not None and entry.config:
        try:
            return parse(entry.config, f"{cached.file} (config)")
        except CniError as error:
            yield Tell(f"{error}: the network's configuration of today is used")
    return (yield from network(wanted))


def _previous(chosen: Conflist, cached: Cached) -> Program[Answer | None]:
    """ADD's result, in the network's version."""
    entry = cached.entry
    if entry is None or entry.result is None:
        return None
    try:
        return answer(cached.file, entry.result, chosen.version)
    except CniError as error:
        yield Tell(f"{error}: it is done without the result of ADD")
        return None


def _must_stand(key: Key, cached: Cached) -> None:
    """Raise `CniError` (3) where there is nothing to be checked."""
    problem = ""
    if cached.entry is None:
        problem = cached.problem or "it is in no cache"
    elif cached.stale and cached.entry.boot:  # a file's time is no proof
        problem = cached.stale
    elif cached.entry.unfinished:
        problem = "its ADD came to no end"
    elif cached.entry.result is None:
        problem = "the cache has no result"
    if problem:
        error = CniError(
            UNKNOWN_CONTAINER, f"{key} is not attached: {problem}", "ADD comes before CHECK"
        )
        error.exit_code = exit_code("CHECK")
        raise error
