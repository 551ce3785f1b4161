"""What is wrong with what a runtime would find, and what to do about it. No I/O: see `survey`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import msgspec

from glassnet.cni.cached import Key
from glassnet.cni.conf import Conf
from glassnet.cni.conflist import Conflist
from glassnet.cni.error import CniError
from glassnet.errors import InvalidValue
from glassnet.runtime.survey import Survey
from glassnet.values import Cidr, Prefix


class Finding(msgspec.Struct, frozen=True):
    """One thing. ``wrong`` ones keep something from working; the others are good to know."""

    about: str
    text: str
    advice: str = ""
    wrong: bool = True


def findings(survey: Survey) -> list[Finding]:
    """All there is to say, in the order in which it is best mended."""
    return [
        *_directories(survey),
        *_files(survey),
        *_plugins(survey),
        *_unserved(survey),
        *_collisions(survey),
        *_cache(survey),
        *_leases(survey),
    ]


def _directories(survey: Survey) -> Iterator[Finding]:
    for one in survey.missing:
        if one == survey.conf_dir:
            yield Finding("configuration", f"there is no directory {one}", "NETCONFPATH names it")
        else:
            yield Finding("plugins", f"there is no directory {one}", "CNI_PATH names them", False)
    if survey.conf_dir not in survey.missing and not survey.confdir.networks:
        yield Finding("configuration", f"there is no network in {survey.conf_dir}")
    for text in survey.unread:
        yield Finding("look", text)


def _files(survey: Survey) -> Iterator[Finding]:
    for problem in survey.confdir.problems:
        yield Finding("configuration", str(problem), problem.error.details)
    for network in survey.confdir.networks:
        for plugin in network.plugins:
            for key, _ in plugin.conf.keys():  # noqa: SIM118
                if _is_reserved(key):
                    yield Finding(
                        "configuration",
                        f"{plugin.place}.{key}: the protocol's own key: no plugin gets to see it",
                        "remove it",
                        False,
                    )


def _is_reserved(key: str) -> bool:
    small = key.lower()
    return small in {"runtimeconfig", "prevresult"} or small.startswith("cni.dev/")


def _plugins(survey: Survey) -> Iterator[Finding]:
    speaking = {one.type: one.versions for one in survey.plugins}
    for one in survey.plugins:
        if one.problem:
            advice = {
                "missing": "install it, or 'glassnet cni install'",
                "ours": "'glassnet cni install' again",
            }.get(one.whose, "chmod +x" if not one.executable else "")
            networks = ", ".join(one.networks)
            yield Finding("plugins", f"{one.problem}; networks that need it: {networks}", advice)
    for network in survey.confdir.networks:
        for type_ in dict.fromkeys(plugin.type for plugin in network.plugins):
            spoken = speaking[type_]
            if spoken and network.version not in spoken:
                yield Finding(
                    "plugins",
                    f"network {network.name} is of version {network.version}, which plugin {type_} "
                    "does not speak",
                    f"it speaks {', '.join(spoken)}",
                )


def _unserved(survey: Survey) -> Iterator[Finding]:
    for one in survey.unserved:
        yield Finding("networks", f"network {one.network}: {one.problem}", one.advice)


def _collisions(survey: Survey) -> Iterator[Finding]:
    networks = survey.confdir.networks
    for one, other in combinations(networks, 2):
        for bridge in sorted(_bridges(one) & _bridges(other)):
            yield Finding(
                "networks",
                f"networks {one.name} and {other.name} are on one bridge, {bridge}",
                f'say "bridge" in one of {one.file} and {other.file}',
            )
        for mine in _subnets(one):
            for theirs in _subnets(other):
                if mine.overlaps(theirs):
                    yield Finding(
                        "networks",
                        f"networks {one.name} and {other.name} give the same addresses: {mine} "
                        f"and {theirs} overlap",
                        f"other ranges in one of {one.file} and {other.file}",
                    )


def _bridges(network: Conflist) -> set[str]:
    """The bridges that its plugins make."""
    found: set[str] = set()
    for plugin in network.plugins:
        if plugin.type == "bridge":
            name = plugin.conf.get("bridge").value
            found.add(name if isinstance(name, str) and name else "cni0")
    return found


def _subnets(network: Conflist) -> list[Prefix]:
    """The subnets that its IPAM sections give addresses of."""
    found: list[Prefix] = []
    for plugin in network.plugins:
        section = plugin.conf.get("ipam")
        try:
            places = [section, *(o for several in _ranges(section) for o in several.items())]
            found += [
                Cidr(place.get("subnet").text()).prefix for place in places if place.get("subnet")
            ]
        except (CniError, InvalidValue):
            continue  # the plugin says what is wrong, better than a guess
    return found


def _ranges(section: Conf) -> list[Conf]:
    return section.get("ranges").items()


def _cache(survey: Survey) -> Iterator[Finding]:
    known = {network.name for network in survey.confdir.networks}
    for attached in survey.attached:
        cached, entry = attached.cached, attached.cached.entry
        if entry is None:
            yield Finding("cache", cached.problem, "remove the file: nothing can be read from it")
            continue
        key = entry.key
        if not any(key):
            text = f"{cached.file} is a bare result of old: it does not say whose it is"
            yield Finding("cache", text, "DEL finds it by its name", False)
            continue
        again = _del(key, entry.netns)
        if attached.busy:
            yield Finding("cache", f"{key}: somebody is at work on it", "look again", False)
        elif cached.stale:
            yield Finding("cache", f"{key}: {cached.stale}", again)
        elif entry.unfinished:
            yield Finding("cache", f"{key}: its ADD came to no end", again)
        elif attached.gone:
            yield Finding("cache", f"{key}: its namespace {entry.netns} is gone", again)
        if key.network not in known:
            text = f"{key}: the network is not configured any more"
            yield Finding("cache", text, "DEL uses what ADD had", False)


def _del(key: Key, netns: str) -> str:
    words = ["glassnet cni del", key.network, netns or "-", "--container", key.container]
    return " ".join([*words, "-i", key.ifname])


def _leases(survey: Survey) -> Iterator[Finding]:
    for lease in survey.leases:
        yield Finding(
            "leases",
            f"{lease.address} of network {lease.network} is held for {lease.ifname} of "
            f"{lease.container}, whose namespace is gone",
            _del(Key(lease.network, lease.container, lease.ifname), lease.netns),
        )
