"""What a runtime would find on this host: looked at, and nothing changed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from glassnet.cni.confdir import Confdir
from glassnet.cni.conflist import Conflist, PluginConf
from glassnet.cni.error import CniError
from glassnet.cni.steps import Cached, Hold
from glassnet.engine.leases import StoredLeases, is_dead
from glassnet.engine.store import Store, state_dir
from glassnet.errors import GlassnetError
from glassnet.plugins import dhcp
from glassnet.plugins.host_local import DATA_DIR
from glassnet.runtime.lock import is_free
from glassnet.serve.dhcp.call import reach
from glassnet.serve.find import find, is_ours


class PluginFile(msgspec.Struct, frozen=True):
    """A plugin that some network names. ``whose`` is ``ours``, ``foreign`` or ``missing``."""

    type: str
    networks: tuple[str, ...]
    path: str = ""
    whose: str = "missing"
    executable: bool = False
    versions: tuple[str, ...] = ()
    problem: str = ""


class Attached(msgspec.Struct, frozen=True):
    """A cache entry; whether its namespace is gone, and whether somebody is at work on it."""

    cached: Cached
    gone: bool = False
    busy: bool = False


class DeadLease(msgspec.Struct, frozen=True):
    """An address that is held for a namespace that is there no more."""

    network: str
    address: str
    container: str
    ifname: str
    netns: str = ""


class Unserved(msgspec.Struct, frozen=True):
    """A network for which a daemon is to ask for addresses, and there is none."""

    network: str
    problem: str
    advice: str = ""


class Survey(msgspec.Struct, frozen=True):
    """All of it."""

    conf_dir: str
    path: tuple[str, ...]
    missing: tuple[str, ...]
    """Directories, of those above, that are not there."""
    confdir: Confdir
    plugins: tuple[PluginFile, ...]
    cache_dir: str
    attached: tuple[Attached, ...]
    leases: tuple[DeadLease, ...]
    unserved: tuple[Unserved, ...] = ()
    unread: tuple[str, ...] = ()
    """What could not be looked at, and why."""


class Asked(Protocol):
    """The part of a runtime that is asked."""

    def networks(self) -> Confdir:
        """The networks that are configured."""
        ...

    def attachments(self) -> list[Cached]:
        """All that the cache has."""
        ...

    def version(self, network: str | Conflist) -> dict[str, tuple[str, ...]]:
        """The versions that each plugin of a network speaks."""
        ...


def survey(runtime: Asked, conf_dir: str, path: Sequence[str], cache_dir: str) -> Survey:
    """Look at all that a runtime would look at. VERSION is asked of every plugin."""
    confdir = runtime.networks()
    unread: list[str] = []
    return Survey(
        conf_dir=conf_dir,
        path=tuple(path),
        missing=tuple(one for one in (conf_dir, *path) if not Path(one).is_dir()),
        confdir=confdir,
        plugins=tuple(_plugins(runtime, confdir, path)),
        cache_dir=cache_dir,
        attached=tuple(_attached(runtime, Path(cache_dir), unread)),
        leases=tuple(_leases(unread)),
        unserved=tuple(_unserved(confdir)),
        unread=tuple(unread),
    )


def _plugins(runtime: Asked, confdir: Confdir, path: Sequence[str]) -> Iterator[PluginFile]:
    named: dict[str, list[str]] = {}
    for network in confdir.networks:
        for plugin in network.plugins:
            for type_ in (plugin.type, ipam_type(plugin)):
                if type_ and network.name not in named.setdefault(type_, []):
                    named[type_].append(network.name)
    for type_, networks in named.items():
        yield _plugin(runtime, type_, tuple(networks), path)


def ipam_type(plugin: PluginConf) -> str:
    """The plugin that a plugin delegates to, or nothing."""
    try:
        return plugin.conf.get("ipam").get("type").text()
    except CniError:
        return ""


def _plugin(
    runtime: Asked, type_: str, networks: tuple[str, ...], path: Sequence[str]
) -> PluginFile:
    try:
        file = find(type_, path)
    except CniError as error:
        return PluginFile(type_, networks, problem=error.message)
    whose = "ours" if is_ours(file) else "foreign"
    if not os.access(file, os.X_OK):
        problem = f"{file} is not executable"
        return PluginFile(type_, networks, file, whose, problem=problem)
    alone = Conflist("doctor", "1.1.0", (PluginConf(type_, b"{}"),), b"{}")
    try:
        versions = runtime.version(alone)[type_]
    except CniError as error:
        said = getattr(error, "said", error)
        return PluginFile(type_, networks, file, whose, True, problem=f"{file}: {said}")
    return PluginFile(type_, networks, file, whose, True, versions)


def _attached(runtime: Asked, cache_dir: Path, unread: list[str]) -> Iterator[Attached]:
    try:
        found = runtime.attachments()
    except GlassnetError as error:
        unread.append(str(error))
        return
    for cached in found:
        if cached.entry is None:
            yield Attached(cached)
            continue
        netns, container = cached.entry.netns, cached.entry.key.container
        gone = bool(netns) and not Path(netns).exists()
        yield Attached(cached, gone, not is_free(cache_dir, Hold("container", container)))


def _unserved(confdir: Confdir) -> Iterator[Unserved]:
    for network in confdir.networks:
        for plugin in network.plugins:
            if ipam_type(plugin) != dhcp.TYPE:
                continue
            try:
                reach(dhcp.socket_of(plugin.conf.get("ipam")))
            except CniError as error:
                yield Unserved(network.name, error.message, error.details)


def _leases(unread: list[str]) -> Iterator[DeadLease]:
    """Those in our store: the reference plugin's files do not say which namespace has them."""
    directory = state_dir()
    if not (directory / "state.db").exists():
        return
    try:
        store = Store(directory)
        try:
            yield from _dead(store)
        finally:
            store.close()
    except GlassnetError as error:
        unread.append(str(error))


def _dead(store: Store) -> Iterator[DeadLease]:
    leases = StoredLeases(store, Path(DATA_DIR))
    for (network,) in store.rows("SELECT DISTINCT network FROM leases ORDER BY network"):
        for lease in leases.all(network):
            if is_dead(lease.holder):
                holder = lease.holder
                yield DeadLease(
                    network, str(lease.address), holder.container, holder.ifname, holder.netns
                )
