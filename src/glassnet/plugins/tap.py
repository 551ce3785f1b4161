"""tap: an interface in the container whose other end is a program, a virtual machine's say."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, UNSUPPORTED_FIELD, CniError
from glassnet.cni.result import Interface, Result
from glassnet.ops.link import LinkSetOp
from glassnet.ops.tun import TunOp
from glassnet.plugins import upper
from glassnet.plugins.contract import (
    Desired,
    Plugin,
    delegate,
    interface_gone,
    mac_of_its_own,
    netns_of,
)
from glassnet.plugins.inside import configure, numbered
from glassnet.plugins.macvlan import mac_of
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import IfName

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

SELINUX: Final = "/sys/fs/selinux/enforce"
"""What there is where there is SELinux, enforcing or not."""
_ID_MAX: Final = 2**32 - 2  # -1 is nobody
_MTU_MAX: Final = 65521  # drivers/net/tun.c: MAX_MTU less the Ethernet header


class Tap(Plugin):
    """A device that outlasts the program; ``owner`` and ``group`` are ids of who may open it.

    Packets have an offload header, as machines want it. ``bridge`` is one in the container.
    """

    type: ClassVar[str] = "tap"
    gives_addresses: ClassVar[bool] = True

    def ipam(self, ask: Ask) -> Conf | None:
        """The ``ipam`` section, if there is one."""
        for name in ("owner", "group"):
            _id(ask, name)
        ask.conf.get("multiQueue").flag()
        _mtu(ask)
        _bridge(ask)
        mac_of(ask)
        _context(ask)
        return delegate(ask)

    def facts(self, ask: Ask) -> tuple[str, ...]:
        """Whether there is SELinux."""
        return (SELINUX,) if ask.conf.get("selinuxContext").text() else ()

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """The container's link of that name, and its bridge."""
        names = (upper.ifname_of(ask), _bridge(ask))
        return tuple(Facet(netns_of(ask), "link", name) for name in names if name is not None)

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """The device, up, with the addresses that were given."""
        if given is not None and not given.ips:
            raise CniError(INVALID_CONFIG, "IPAM plugin returned missing IP config")
        netns, ifname, bridge = netns_of(ask), upper.ifname_of(ask), _bridge(ask)
        if seen.link(netns, ifname) is not None:
            raise CniError(
                INVALID_CONFIG,
                f'failed to create tap: "{ifname}" already exists',
                "an interface is added once",
            )
        if bridge is not None and seen.link(netns, bridge) is None:
            raise CniError(
                INVALID_CONFIG,
                f'failed to lookup bridge "{bridge}": Link not found',
                "a bridge in the container",
            )
        wanted = given or Result()
        mac = mac_of(ask) or mac_of_its_own(ask, given)
        device = TunOp(
            netns=netns,
            ifname=ifname,
            mode="tap",
            owner=_id(ask, "owner"),
            group=_id(ask, "group"),
            multi_queue=ask.conf.get("multiQueue").flag(),
            vnet_hdr=True,
            mtu=_mtu(ask),
            mac=mac,
            master=bridge,
            alias=upper.alias_of(ask),
            context=_context(ask),
        )
        up = LinkSetOp(netns=netns, ifname=ifname, up=True)
        inside = configure(netns, ifname, given) if given is not None else (up,)
        result = wanted.replace(
            interfaces=(Interface(ifname, mac=mac, sandbox=ask.call.netns),),
            ips=numbered(wanted, 0),
            dns=ask.dns(wanted),
        )
        return Desired(result, own=(device, *inside))

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """The container's interface."""
        return interface_gone(ask)


def _id(ask: Ask, name: str) -> int | None:
    conf = ask.conf.get(name)
    return conf.integer(0, _ID_MAX) if conf else None


def _context(ask: Ask) -> str:
    """The device's SELinux context. Raises `CniError` (2) where nothing has one."""
    conf = ask.conf.get("selinuxContext")
    text = conf.text()
    if text and SELINUX not in ask.facts:
        raise conf.error(
            f"a tap with the SELinux context {text!r}: this host has no SELinux",
            "leave it out: where there is no SELinux nothing has a context",
            UNSUPPORTED_FIELD,
        )
    if not text.isprintable():
        raise conf.error(f"{text!r} is no SELinux context", "user:role:type:level")
    return text


def _mtu(ask: Ask) -> int | None:
    return ask.conf.get("mtu").integer(0, _MTU_MAX) or None


def _bridge(ask: Ask) -> IfName | None:
    return ask.conf.get("bridge").optional(IfName)
