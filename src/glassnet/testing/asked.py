"""What becomes of a key: a plugin asked with its example, on a host that has what it may name.

The reference says by this which kernel feature a key needs, and tests hold the tables of
`glassnet.plugins.keys` to what the plugins do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec import UNSET

from glassnet.cni.ask import Ask
from glassnet.cni.call import Call
from glassnet.cni.conf import Conf
from glassnet.cni.result import Ip, Result, Route
from glassnet.ops import require
from glassnet.ops.registry import AnyOp
from glassnet.plugins import dhcp, host_local, static
from glassnet.plugins.contract import Desired
from glassnet.plugins.host_device import PCI
from glassnet.plugins.keys.host_device import BUS, PATH
from glassnet.plugins.keys.key import Key, Table
from glassnet.plugins.registry import IPAM, plugin
from glassnet.plugins.tap import SELINUX
from glassnet.state.link import LinkState
from glassnet.state.route import RouteState
from glassnet.state.snapshot import NetnsState, Snapshot
from glassnet.values import HOST, Cidr, IpAddress, Mac, Netns, Prefix

READERS: Final[Mapping[str, Callable[[Ask], Any]]] = {
    "dhcp": dhcp.read,
    "host-local": host_local.read,
    "static": static.read,
}
"""How the types that give addresses read their configuration."""
NETNS: Final = Netns("/run/netns/a")
CHAINED: Final = ("portmap", "firewall", "bandwidth", "tuning", "sbr", "vrf")
FACTS: Final = {SELINUX: "1", f"{PATH}/net": "ens1", f"{PCI}/{BUS}": "", f"{PCI}/{BUS}/net": "ens1"}

_GIVEN: Final = Result(
    ips=(
        Ip(Cidr("10.1.0.2/24"), IpAddress("10.1.0.1")),
        Ip(Cidr("fd00::2/64"), IpAddress("fd00::1")),
    ),
    routes=(Route(Prefix("0.0.0.0/0")), Route(Prefix("::/0"))),
)
PREV: Final = {
    "cniVersion": "1.1.0",
    "interfaces": [
        {"name": "cni0"},
        {"name": "veth0"},
        {"name": "eth0", "mac": "02:00:00:00:00:03", "sandbox": NETNS},
    ],
    "ips": [{"address": "10.1.0.2/24", "gateway": "10.1.0.1", "interface": 2}],
}


def asked(table: Table, section: str = "", key: Key | None = None, value: Any = UNSET) -> Ask:
    """An ADD with the least configuration, and a key of a section with a value or its example.

    None is as good as leaving the key out, but not what is to be beside it.
    """
    whole: dict[str, Any] = {"type": table.type} if table.type in IPAM else {}
    whole |= table.least
    conf: dict[str, Any] = {"ipam": whole} if table.type in IPAM else whole
    conf |= {"prevResult": PREV} if table.type in CHAINED else {}
    args = ""
    if key is not None:
        value = key.example if value is UNSET else value
        if section == "arguments":
            args = f"{key.name}={value}"
        else:
            place = {"conf": whole, "runtime": {}, "args": {}}[section]
            _put(place, key.name, value, key.beside)
            conf |= {"runtimeConfig": place} if section == "runtime" else {}
            conf |= {"args": {"cni": place}} if section == "args" else {}
    call = Call("ADD", "c1", NETNS, "eth0", args, ("/opt/cni/bin",))
    written = {"cniVersion": "1.1.0", "name": "net", "type": table.type, **conf}
    ask = Ask(table.type, call, Conf(written))
    ask.facts = FACTS
    return ask


def _put(place: dict[str, Any], name: str, value: Any, beside: Mapping[str, Any]) -> None:
    """Put a value at a path: ``ranges[][].subnet``; what is beside it comes first."""
    *parents, last = re.findall(r"[^.\[\]]+(?:\[\])*", name)
    for parent in parents:
        place = _within(place, parent, {})
    place |= beside
    _within(place, last, value)


def _within(place: dict[str, Any], part: str, value: Any) -> Any:
    """What is under a part of a path, with as many lists round it as it has brackets."""
    name, brackets, _ = part.partition("[]")
    if not brackets:
        if value == {}:
            return place.setdefault(name, value)
        place[name] = value
        return value
    there = value
    for _ in range(part.count("[]")):
        there = [there]
    place[name] = there
    return value


def answer(ask: Ask) -> Any:
    """What is made of it, to be compared: what an IPAM type has read, or what is desired.

    Raises `CniError`.
    """
    return READERS[ask.type](ask) if ask.type in READERS else desired(ask)


def desired(ask: Ask) -> Desired:
    """What a type that makes or changes interfaces desires. Raises `CniError`."""
    one = plugin(ask.type)
    section = one.ipam(ask)
    one.looks(ask)
    return one.add(ask, _seen(ask.type), _GIVEN if section is not None else None)


def _seen(type_: str) -> Snapshot:
    """A host with a card by which all else is reached, and the container."""
    card = LinkState(2, "ens1", 1, mtu=1500, mac=Mac("02:00:00:00:00:09"))
    host, inside = NetnsState(HOST), NetnsState(NETNS)
    near = LinkState(4, "veth0", 1, mtu=1500, kind="veth")
    host.links = {"ens1": card, "veth0": near}
    host.routes = [RouteState(Prefix("0.0.0.0/0"), 254, index=2, via=IpAddress("192.0.2.1"))]
    inside.links = {"ens1": card, "br0": LinkState(6, "br0", 1, kind="bridge")}
    inside.routes = host.routes
    if type_ in CHAINED:
        inside.links["eth0"] = LinkState(5, "eth0", 1)
    return Snapshot({HOST: host, NETNS: inside})


def features(ops: Iterable[AnyOp]) -> list[str]:
    """What of the kernel they need, by the names of its configuration."""
    found = {require.feature(one) for op in ops for one in op.requires()}
    return sorted(found - {""})
