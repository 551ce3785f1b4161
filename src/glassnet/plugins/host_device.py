"""host-device: a device of the host's, a card say, goes to the container and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Interface, Result
from glassnet.errors import InvalidValue
from glassnet.ops.link import LinkSetOp
from glassnet.ops.move import LinkMoveOp
from glassnet.plugins.contract import Desired, Plugin, delegate, netns_of
from glassnet.plugins.inside import configure, numbered
from glassnet.plugins.upper import ifname_of
from glassnet.state.link import LinkState
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.values import HOST, IfName, Mac

if TYPE_CHECKING:
    from glassnet.ops.registry import AnyOp

DPDK_DRIVERS: Final = frozenset({"vfio-pci", "uio_pci_generic", "igb_uio"})
"""Drivers that give a device to a program, so that the kernel has no link of it."""
PCI: Final = "/sys/bus/pci/devices"
AUXILIARY: Final = "/sys/bus/auxiliary/devices"
_DEVICES: Final = "/sys/devices/"


class HostDevice(Plugin):
    """By ``device``, else ``hwaddr``, else ``kernelpath``, else ``pciBusID``.

    The runtime's ``deviceID`` comes before all of them. The host's addresses and routes of the
    device are lost. DEL gives it back, down; if the container is gone already the kernel has done
    so with what is hardware, and what is not has died with it.
    """

    type: ClassVar[str] = "host-device"
    gives_addresses: ClassVar[bool] = True

    def ipam(self, ask: Ask) -> Conf | None:
        """The ``ipam`` section, if there is one."""
        bus = _bus_id(ask)
        named = ("device", "hwaddr", "kernelpath")
        if not bus and not any(ask.conf.get(name).text() for name in named):
            raise CniError(
                INVALID_CONFIG,
                'specify either "device", "hwaddr", "kernelpath" or "pciBusID"',
            )
        path = ask.conf.get("kernelpath").text()
        if not _device_id(ask) and path and (not path.startswith(_DEVICES) or "/.." in path):
            raise CniError(
                INVALID_CONFIG,
                f'kernel device path "{path}" must be absolute and begin with {_DEVICES}',
            )
        return delegate(ask)

    def facts(self, ask: Ask) -> tuple[str, ...]:
        """Where sysfs tells of it."""
        bus, path = _bus_id(ask), ask.conf.get("kernelpath").text()
        found: tuple[str, ...] = ()
        if path.startswith(_DEVICES) and "*" not in path:
            found += (f"{path}/net",)
        if bus:
            found += tuple(f"{directory}/{bus}" for directory in (PCI, AUXILIARY))
            found += tuple(f"{directory}/{bus}/net" for directory in (PCI, AUXILIARY))
            found += (f"{PCI}/{bus}/virtio*/net", f"{PCI}/{bus}/driver")
        return found

    def looks(self, ask: Ask) -> tuple[Facet, ...]:
        """The host's links, and that the container has none of that name."""
        return (Facet(HOST, "links"), Facet(netns_of(ask), "link", ifname_of(ask)))

    def add(self, ask: Ask, seen: Snapshot, given: Result | None) -> Desired:
        """The link moved, up, with the addresses that were given; nothing of a DPDK device."""
        if given is not None and not given.ips:
            raise CniError(INVALID_CONFIG, "IPAM plugin returned missing IP config")
        wanted = given or Result()
        netns, ifname = netns_of(ask), ifname_of(ask)
        if is_dpdk(ask):
            return Desired(wanted.replace(dns=ask.dns(wanted)))
        link = _find(ask, seen)
        if seen.link(netns, ifname) is not None:
            raise CniError(
                INVALID_CONFIG,
                f'failed to move link "{link.ifname}": the container has a link {ifname} already',
            )
        name = IfName(link.ifname)
        move = LinkMoveOp(ifname=name, to_netns=netns, to_ifname=ifname, alias=name)
        up = LinkSetOp(netns=netns, ifname=ifname, up=True)
        inside = configure(netns, ifname, given) if given is not None else (up,)
        interface = Interface(ifname, mac=link.mac or "", sandbox=ask.call.netns)
        result = wanted.replace(
            interfaces=(interface,), ips=numbered(wanted, 0), dns=ask.dns(wanted)
        )
        return Desired(result, own=(move, *inside))

    def rest(self, ask: Ask) -> tuple[AnyOp, ...]:
        """Nothing of ours: the device goes `back`."""
        del ask
        return ()

    def looks_back(self, ask: Ask) -> tuple[Facet, ...]:
        """The container's interface, if there still is a namespace to look for it in."""
        return (Facet(netns_of(ask), "link", ifname_of(ask)),) if ask.call.netns else ()

    def back(self, ask: Ask, seen: Snapshot) -> tuple[AnyOp, ...]:
        """To the host, by the name that is its alias, be it the reference plugin that gave it.

        What has no name for an alias, or is not the device that is named, is somebody else's.
        """
        netns, ifname = netns_of(ask), ifname_of(ask)
        link = seen.link(netns, ifname)
        if link is None or not _is_meant(ask, link):
            return ()
        try:
            name = IfName(link.alias)
        except InvalidValue:
            return ()
        return (
            LinkMoveOp(
                present=False, ifname=name, to_netns=netns, to_ifname=ifname, alias=link.alias
            ),
        )


def _device_id(ask: Ask) -> str:
    return ask.runtime("deviceID").text()


def _bus_id(ask: Ask) -> str:
    """The device's name on its bus. Raises `CniError` for what is no name."""
    conf = ask.runtime("deviceID") if _device_id(ask) else ask.conf.get("pciBusID")
    name = conf.text()
    if "/" in name or "*" in name or name in {".", ".."}:
        raise conf.error(f"{name!r} is no name of a device on a bus", "0000:00:1f.6")
    return name


def is_dpdk(ask: Ask) -> bool:
    """Whether the device has a driver that leaves it to a program."""
    bus = _bus_id(ask)
    return bool(bus) and ask.facts.get(f"{PCI}/{bus}/driver") in DPDK_DRIVERS


def _is_meant(ask: Ask, link: LinkState) -> bool:
    """Whether a link in the container may be the device that is named, by what can be told there.

    What it is on a bus is told on the host alone.
    """
    name, address = ask.conf.get("device").text(), ask.conf.get("hwaddr").text()
    if _bus_id(ask) and (_device_id(ask) or not (name or address)):
        return True
    return link.alias == name if name else not address or link.mac == _mac(address)


def _find(ask: Ask, seen: Snapshot) -> LinkState:
    """The device's link on the host. Raises `CniError` in the reference's words."""
    device_id, conf = _device_id(ask), ask.conf
    links = seen[HOST].links
    if device_id:
        found = _on_bus(ask, seen, device_id)
        if found is None:
            raise CniError(
                INVALID_CONFIG, f"runtime config DeviceID {device_id} not found or unsupported"
            )
        return found
    if name := conf.get("device").text():
        found = links.get(name)
    elif address := conf.get("hwaddr").text():
        found = next((one for one in links.values() if one.mac == _mac(address)), None)
        if found is None:
            raise _missing("failed to find physical interface")
    elif path := conf.get("kernelpath").text():
        found = _in(ask, seen, f"{path}/net")
        if found is None:
            raise _missing(f'failed to find network devices at "{path}/net"')
    else:
        bus = _bus_id(ask)
        if f"{PCI}/{bus}" not in ask.facts:
            raise CniError(
                INVALID_CONFIG,
                f"error with host device: lstat {PCI}/{bus}: no such file or directory",
            )
        found = _on_bus(ask, seen, bus)
        if found is None:
            raise _missing(f"no net directory under pci device {bus}")
    if found is None:
        raise _missing("Link not found")
    return found


def _missing(words: str) -> CniError:
    return CniError(INVALID_CONFIG, f"failed to find host device: {words}")


def _mac(text: str) -> Mac:
    try:
        return Mac(text)
    except InvalidValue:
        raise _missing(f'failed to parse MAC address "{text}"') from None


def _on_bus(ask: Ask, seen: Snapshot, bus: str) -> LinkState | None:
    places = (f"{PCI}/{bus}/net", f"{PCI}/{bus}/virtio*/net", f"{AUXILIARY}/{bus}/net")
    return next(filter(None, (_in(ask, seen, place) for place in places)), None)


def _in(ask: Ask, seen: Snapshot, directory: str) -> LinkState | None:
    """The first of a directory's names that is a link's."""
    names = ask.facts.get(directory, "").splitlines()
    return next((seen[HOST].links[name] for name in names if name in seen[HOST].links), None)
