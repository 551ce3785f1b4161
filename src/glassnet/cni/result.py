"""A result: interfaces, addresses, routes, DNS; written and read in every version of the spec.

Inside it is always the newest form. What an older form cannot say is left out (a route's mtu), and
what it says otherwise is translated (``ip4``, ``ips[].version``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from glassnet.cni import version as versions
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.ops.written import encode_value
from glassnet.values import Cidr, IpAddress, Prefix


class Interface(msgspec.Struct, frozen=True):
    """An interface; ``sandbox`` is CNI_NETNS where it is in the container."""

    name: str
    mac: str = ""
    mtu: int = 0
    sandbox: str = ""
    socket_path: str = ""
    pci_id: str = ""


class Ip(msgspec.Struct, frozen=True):
    """An address; ``interface`` is an index into the result's interfaces."""

    address: Cidr
    gateway: IpAddress | None = None
    interface: int | None = None


class Route(msgspec.Struct, frozen=True):
    """A route of the container's; 0 stands for what is not said."""

    dst: Prefix
    gw: IpAddress | None = None
    mtu: int = 0
    advmss: int = 0
    priority: int = 0
    table: int | None = None
    scope: int | None = None


class Dns(msgspec.Struct, frozen=True):
    """What goes into the container's resolv.conf."""

    nameservers: tuple[str, ...] = ()
    domain: str = ""
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.nameservers or self.domain or self.search or self.options)


class Result(msgspec.Struct, frozen=True):
    """What ADD gives."""

    interfaces: tuple[Interface, ...] = ()
    ips: tuple[Ip, ...] = ()
    routes: tuple[Route, ...] = ()
    dns: Dns = Dns()

    def replace(self, **changes: Any) -> Result:
        """The same but for some fields."""
        return msgspec.structs.replace(self, **changes)


def read(conf: Conf, default_version: str) -> Result:
    """A result from its JSON, in the version that it names, or else in the default one.

    Raises `CniError` with the path of what is wrong.
    """
    version = conf.get("cniVersion").text(default_version) or default_version
    versions.check(version)
    if not versions.at_least(version, "0.3.0"):
        return _read_old(conf)
    return Result(
        interfaces=tuple(_read_interface(one) for one in conf.get("interfaces").items()),
        ips=tuple(_read_ip(one) for one in conf.get("ips").items()),
        routes=tuple(read_route(one) for one in conf.get("routes").items()),
        dns=read_dns(conf.get("dns")),
    )


def _read_interface(conf: Conf) -> Interface:
    return Interface(
        name=conf.get("name").text(),
        mac=conf.get("mac").text(),
        mtu=conf.get("mtu").integer(0, 2**31 - 1),
        sandbox=conf.get("sandbox").text(),
        socket_path=conf.get("socketPath").text(),
        pci_id=conf.get("pciID").text(),
    )


def _read_ip(conf: Conf) -> Ip:
    index = conf.get("interface")
    return Ip(
        address=conf.get("address").as_(Cidr),
        gateway=conf.get("gateway").optional(IpAddress),
        interface=index.integer(-1, 2**31 - 1) if index else None,
    )


def read_route(conf: Conf) -> Route:
    """A route of a result, or of an ``ipam`` section."""
    table, scope = conf.get("table"), conf.get("scope")
    return Route(
        dst=network(conf.get("dst").as_(Cidr)),
        gw=conf.get("gw").optional(IpAddress),
        mtu=conf.get("mtu").integer(0, 2**31 - 1),
        advmss=conf.get("advmss").integer(0, 65535),
        priority=conf.get("priority").integer(0, 2**32 - 1),
        table=table.integer(0, 2**32 - 1) if table else None,
        scope=scope.integer(0, 255) if scope else None,
    )


def network(cidr: Cidr) -> Prefix:
    """The network of a destination, host bits or not: Go's decoder passes them over."""
    return cidr.prefix


def read_dns(conf: Conf) -> Dns:
    """The ``dns`` of a result or of a configuration."""
    return Dns(
        nameservers=tuple(one.text() for one in conf.get("nameservers").items()),
        domain=conf.get("domain").text(),
        search=tuple(one.text() for one in conf.get("search").items()),
        options=tuple(one.text() for one in conf.get("options").items()),
    )


def _read_old(conf: Conf) -> Result:
    """The form of 0.1.0 and 0.2.0: ``ip4`` and ``ip6`` with their routes."""
    ips: list[Ip] = []
    routes: list[Route] = []
    for name in ("ip4", "ip6"):
        part = conf.get(name)
        if part:
            ips.append(
                Ip(part.get("ip").as_(Cidr), gateway=part.get("gateway").optional(IpAddress))
            )
            routes += [read_route(one) for one in part.get("routes").items()]
    return Result(ips=tuple(ips), routes=tuple(routes), dns=read_dns(conf.get("dns")))


def as_data(result: Result, version: str) -> dict[str, Any]:
    """A result as JSON's values, in a version of the spec. Raises `CniError` if it has no form."""
    if not versions.at_least(version, "0.3.0"):
        return _as_old(result, version)
    out: dict[str, Any] = {"cniVersion": version}
    if result.interfaces:
        out["interfaces"] = [_interface(one, version) for one in result.interfaces]
    if result.ips:
        out["ips"] = [_ip(one, version) for one in result.ips]
    if result.routes:
        out["routes"] = [_route(one, version) for one in result.routes]
    if result.dns:
        out["dns"] = _dns(result.dns)
    return out


def _interface(one: Interface, version: str) -> dict[str, Any]:
    out: dict[str, Any] = {"name": one.name}
    if one.mac:
        out["mac"] = one.mac
    if one.sandbox:
        out["sandbox"] = one.sandbox
    if versions.at_least(version, "1.1.0"):
        more = {"mtu": one.mtu, "socketPath": one.socket_path, "pciID": one.pci_id}
        out |= {name: value for name, value in more.items() if value}
    return out


def _ip(one: Ip, version: str) -> dict[str, Any]:
    out: dict[str, Any] = {"address": str(one.address)}
    if not versions.at_least(version, "1.0.0"):
        out["version"] = str(one.address.version)
    if one.gateway is not None:
        out["gateway"] = str(one.gateway)
    if one.interface is not None:
        out["interface"] = one.interface
    return out


def _route(one: Route, version: str) -> dict[str, Any]:
    out: dict[str, Any] = {"dst": str(one.dst)}
    if one.gw is not None:
        out["gw"] = str(one.gw)
    if versions.at_least(version, "1.1.0"):
        more = {"mtu": one.mtu, "advmss": one.advmss, "priority": one.priority}
        out |= {name: value for name, value in more.items() if value}
        late = {"table": one.table, "scope": one.scope}
        out |= {name: value for name, value in late.items() if value is not None}
    return out


def _dns(dns: Dns) -> dict[str, Any]:
    parts: Mapping[str, Any] = {
        "nameservers": list(dns.nameservers),
        "domain": dns.domain,
        "search": list(dns.search),
        "options": list(dns.options),
    }
    return {name: value for name, value in parts.items() if value}


_OLD: Final = {4: "ip4", 6: "ip6"}


def _as_old(result: Result, version: str) -> dict[str, Any]:
    out: dict[str, Any] = {"cniVersion": version}
    for number, name in _OLD.items():
        first = next((ip for ip in result.ips if ip.address.version == number), None)
        if first is None:
            continue
        part: dict[str, Any] = {"ip": str(first.address)}
        if first.gateway is not None:
            part["gateway"] = str(first.gateway)
        routes = [_route(one, version) for one in result.routes if one.dst.version == number]
        if routes:
            part["routes"] = routes
        out[name] = part
    if not out.keys() & set(_OLD.values()):
        raise CniError(INVALID_CONFIG, "cannot convert: no valid IP addresses", version)
    if result.dns:
        out["dns"] = _dns(result.dns)
    return out


def encode(data: Mapping[str, Any]) -> str:
    """JSON as the reference plugins print it: keys sorted, four spaces, no newline at the end."""
    text = msgspec.json.encode(data, enc_hook=encode_value, order="sorted")
    return msgspec.json.format(text, indent=4).decode()
