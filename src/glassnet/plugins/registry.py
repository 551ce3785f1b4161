"""Every plugin type by its name; a module is imported when its type is called."""

from __future__ import annotations

import importlib
from typing import Final

from glassnet.plugins.contract import Plugin

INTERFACES: Final = {
    "bandwidth": ("bandwidth", "Bandwidth"),
    "bridge": ("bridge", "Bridge"),
    "dummy": ("dummy", "Dummy"),
    "firewall": ("firewall", "Firewall"),
    "glassnet": ("glassnet", "Glassnet"),
    "host-device": ("host_device", "HostDevice"),
    "ipvlan": ("ipvlan", "Ipvlan"),
    "loopback": ("loopback", "Loopback"),
    "macvlan": ("macvlan", "Macvlan"),
    "portmap": ("portmap", "PortMap"),
    "ptp": ("ptp", "Ptp"),
    "sbr": ("sbr", "Sbr"),
    "tap": ("tap", "Tap"),
    "tuning": ("tuning", "Tuning"),
    "vlan": ("vlan", "Vlan"),
    "vrf": ("vrf", "Vrf"),
}
"""Types that make or change interfaces: the module of `glassnet.plugins`, and its class."""

IPAM: Final = ("dhcp", "host-local", "static")
"""Types that give addresses: their verbs are in `glassnet.serve`."""

LINK_FIRST: Final = frozenset({"dhcp"})
"""Of those, whoever's they are, the types that ask from the interface: it must be there before."""

TYPES: Final = (*INTERFACES, *IPAM)


def plugin(type_: str) -> Plugin:
    """The plugin of a type. Raises `KeyError`."""
    module, name = INTERFACES[type_]
    found: type[Plugin] = getattr(importlib.import_module(f"glassnet.plugins.{module}"), name)
    return found()
