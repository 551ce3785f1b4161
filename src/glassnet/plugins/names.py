"""Names and MACs that follow from what they belong to, so that no two attachments share one.

They are the same each time, so that a result is known before anything is made, a retry meets its
own leftovers, and an address that returns to a container has the MAC that neighbours remember.
"""

from __future__ import annotations

from typing import Final

from glassnet.ops.derived import digest, mac
from glassnet.values import IfName, IpAddress, Mac

_DIGITS: Final = 11  # "veth" and 11 make the 15 bytes of a name


def host_ifname(network: str, container: str, ifname: str) -> IfName:
    """The host's end: ``veth`` and 44 bits of the whole."""
    return IfName(f"veth{digest('link', network, container, ifname) >> 20:0{_DIGITS}x}")


def host_mac(network: str, container: str, ifname: str) -> Mac:
    """The MAC of the host's end."""
    return mac("host", network, container, ifname)


def ifb_ifname(network: str, container: str, ifname: str) -> IfName:
    """The link that shapes what a container sends: ``ifb`` and 44 bits of the whole."""
    return IfName(f"ifb{digest('ifb', network, container, ifname) >> 20:0{_DIGITS}x}")


def ifb_mac(network: str, container: str, ifname: str) -> Mac:
    """Its MAC; no frame bears it."""
    return mac("ifb", network, container, ifname)


def container_mac(network: str, container: str, ifname: str, address: IpAddress | None) -> Mac:
    """The MAC of the container's end: that of its first address, if it has one."""
    if address is not None:
        return mac("address", network, str(address))
    return mac("container", network, container, ifname)


def bridge_mac(bridge: str) -> Mac:
    """The MAC that a bridge is born with, so that it does not follow its ports' (docs/adr)."""
    return mac("bridge", bridge)
