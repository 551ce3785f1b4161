"""tuning: settings of the container's namespace and of its interface."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from glassnet.cni.ask import Ask
from glassnet.cni.call import arguments
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Interface, Result
from glassnet.ops.announce import AnnounceOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.plugins.contract import Desired, Plugin, netns_of
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName, Mac, Netns, SysctlKey

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

ALLOWLIST: Final = "/etc/cni/tuning/allowlist.conf"
"""If there is such a file, a setting must match one of the regular expressions in its lines."""
_ARGS = frozenset({"MAC", "IP", "GATEWAY"})
_WORD = 2**31 - 1


class Tuning(Plugin):
    """What it sets is put back by DEL, but for what the interface takes with it."""

    type: ClassVar[str] = "tuning"
    repeats: ClassVar[bool] = True

    def ipam(self, ask: Ask) -> Conf | None:
        """No addresses; the whole configuration is checked."""
        _sysctls(ask)
        _settings(ask)
        ask.conf.get("dataDir").text()  # what was before is in the store
        return None

    def facts(self, ask: Ask) -> tuple[str, ...]:
        """The list of settings that may be set."""
        del ask
        return (ALLOWLIST,)

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """The interface."""
        return (Facet(netns_of(ask), "link", _ifname(ask)),)

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """The settings; a new MAC is told in the result."""
        del given
        result = _previous(ask)
        _check_allowed(ask)
        if seen.link(netns_of(ask), _ifname(ask)) is None:
            raise CniError(
                INVALID_CONFIG,
                f'failed to get "{ask.call.ifname}": Link not found',
                "tuning comes after the plugin that makes it",
            )
        own: tuple[AnyOp, ...] = (*_sysctls(ask), *_links(ask), *_announced(ask, result))
        mac = _mac(ask)
        if mac is not None:
            result = result.replace(
                interfaces=tuple(
                    one if one.name != ask.call.ifname or not one.sandbox else _with_mac(one, mac)
                    for one in result.interfaces
                )
            )
        return Desired(result, own=own)

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """Nothing: what was before is not known."""
        del ask
        return ()


def _previous(ask: Ask) -> Result:
    if ask.prev is None:
        raise CniError(
            INVALID_CONFIG,
            "Required prevResult missing",
            "tuning must be called as chained plugin, behind one that makes an interface",
        )
    return ask.prev


def _announced(ask: Ask, result: Result) -> Iterator[AnnounceOp]:
    """A new MAC is told to the neighbours: they have heard of the one before."""
    if _mac(ask) is None:
        return
    inside = [bool(one.sandbox) and one.name == ask.call.ifname for one in result.interfaces]
    for ip in result.ips:
        if ip.interface is None or (0 <= ip.interface < len(inside) and inside[ip.interface]):
            address = ip.address.address
            yield AnnounceOp(netns=netns_of(ask), ifname=_ifname(ask), address=address)


def _with_mac(interface: Interface, mac: Mac) -> Interface:
    return msgspec.structs.replace(interface, mac=str(mac))


def _ifname(ask: Ask) -> IfName:
    return Conf(ask.call.ifname, "CNI_IFNAME").as_(IfName)


def _first(*places: Conf) -> Conf:
    """The first place at which something is written."""
    return next((one for one in places if one), places[-1])


def _sysctls(ask: Ask) -> tuple[SysctlOp, ...]:
    """``args.cni.sysctl`` over the configuration's, in each a key once. Raises `CniError`."""
    found: dict[str, Conf] = {}
    for section in (ask.conf.get("sysctl"), ask.arg("sysctl")):
        said: dict[str, Conf] = {}
        for name, value in section.keys():  # noqa: SIM118  not a dict's
            key = key_of(name, ask.call.ifname, value)
            if key in said:
                raise value.error("duplicated sysctl keys are not allowed")
            said[key] = value
        found |= said
    netns = netns_of(ask)
    return tuple(_setting(netns, key, value) for key, value in found.items())


def _check_allowed(ask: Ask) -> None:
    """Raise `CniError` for a setting that the host's list does not have."""
    if ALLOWLIST not in ask.facts:
        return
    lines = [line.strip() for line in ask.facts[ALLOWLIST].splitlines() if line.strip()]
    try:
        patterns = [re.compile(line) for line in lines]
    except re.error as error:
        raise CniError(INVALID_CONFIG, f"{ALLOWLIST}: {error.pattern!r}: {error}") from None
    for section in (ask.conf.get("sysctl"), ask.arg("sysctl")):
        for name, _ in section.keys():  # noqa: SIM118  not a dict's
            if not any(pattern.search(name) for pattern in patterns):
                raise CniError(
                    INVALID_CONFIG,
                    f"Sysctl {name} is not allowed. Only the following sysctls are allowed: "
                    f"[{' '.join(lines)}]",
                    f"{ALLOWLIST} has them",
                )


def _setting(netns: Netns, key: str, value: Conf) -> SysctlOp:
    return SysctlOp(netns=netns, name=SysctlKey(key), value=value.text())


def key_of(name: str, ifname: str, place: Conf) -> str:
    """The key as a checked one: dots or slashes, ``IFNAME`` for the interface."""
    path = name if "/" in name else name.replace(".", "/")
    path = path.replace("IFNAME", ifname, 1)
    whole = posixpath.normpath(posixpath.join("/proc/sys", path))
    if not whole.startswith("/proc/sys/net/"):
        raise place.error(f'invalid net sysctl key: "{name}"', "a key under net")
    try:
        return SysctlKey(whole.removeprefix("/proc/sys/"))
    except ValueError as error:
        raise place.error(f'invalid net sysctl key: "{name}"', str(error)) from None


def _mac(ask: Ask) -> Mac | None:
    said = Conf(arguments(ask.call.args, _ARGS).get("MAC"), "CNI_ARGS MAC")
    place = _first(ask.arg("mac"), ask.runtime("mac"), said, ask.conf.get("mac"))
    return place.as_(lambda text: Mac(text).check_unicast()) if place and place.text() else None


class LinkSettings(msgspec.Struct, frozen=True):
    """What of the interface itself is set; None is left as it is."""

    mac: Mac | None
    mtu: int | None
    promisc: bool | None
    allmulti: bool | None
    txqlen: int | None


def _settings(ask: Ask) -> LinkSettings:
    """Those of ``args.cni`` over the configuration's. Raises `CniError`."""
    promisc, allmulti, length = (
        _first(ask.arg(name), ask.conf.get(name)) for name in ("promisc", "allmulti", "txQLen")
    )
    return LinkSettings(
        mac=_mac(ask),
        mtu=_first(ask.arg("mtu"), ask.conf.get("mtu")).integer(0, _WORD) or None,
        promisc=promisc.flag() if promisc else None,
        allmulti=allmulti.flag() if allmulti else None,
        txqlen=length.integer(0, _WORD) if length else None,
    )


def _links(ask: Ask) -> Iterator[LinkSetOp]:
    """What of the interface itself is set, if anything is."""
    wanted = msgspec.structs.asdict(_settings(ask))
    if any(value is not None for value in wanted.values()):
        yield LinkSetOp(netns=netns_of(ask), ifname=_ifname(ask), **wanted)
