"""dhcp: addresses that a server of the network gives. The ``ipam`` section, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from glassnet.cni.ask import Ask
from glassnet.cni.conf import Conf
from glassnet.cni.error import INVALID_CONFIG, CniError
from glassnet.cni.result import Dns, Ip, Result, Route
from glassnet.dhcp import option
from glassnet.dhcp.lease import Lease
from glassnet.ops.route import SCOPES

TYPE: Final = "dhcp"
SOCKET: Final = "/run/cni/dhcp.sock"

NAMES: Final[Mapping[str, int]] = {
    "dhcp-client-identifier": option.CLIENT_ID,
    "subnet-mask": option.SUBNET_MASK,
    "routers": option.ROUTERS,
    "host-name": option.HOST_NAME,
    "user-class": option.USER_CLASS,
    "vendor-class-identifier": option.VENDOR_CLASS,
}
"""Options that have names; any other is named by its number."""

DEFAULTS: Final = (
    option.SUBNET_MASK,
    option.CLASSLESS_ROUTES,  # before the routers: RFC 3442
    option.ROUTERS,
    option.DNS_SERVERS,
    option.DOMAIN_NAME,
    option.DOMAIN_SEARCH,
)
"""What is asked for unless ``skipDefault`` says no."""

_PROTOCOL: Final = frozenset({option.PAD, option.OVERLOAD, option.MESSAGE_TYPE, option.END})
_VALUE_MAX: Final = 255
_CLIENT_ID_MAX: Final = 254
"""With the byte before it, what an option of one length can hold."""


class DhcpConf(msgspec.Struct, frozen=True):
    """The keys, read and checked. ``priority`` is the routes' metric, 0 for none."""

    socket: str
    client_id: bytes
    provide: Mapping[int, bytes]
    request: tuple[int, ...]
    priority: int


def read(ask: Ask) -> DhcpConf:
    """The section. Raises `CniError` in the reference's words."""
    section = ask.conf.get("ipam")
    if not section:
        raise CniError(INVALID_CONFIG, "IPAM config missing 'ipam' key")
    return DhcpConf(
        socket=socket_of(section),
        client_id=client_id(ask),
        provide=_provide(ask, section),
        request=_request(section),
        priority=section.get("priority").integer(0, 2**32 - 1),
    )


def socket_of(section: Conf) -> str:
    """Where the daemon listens."""
    return section.get("daemonSocketPath").text() or SOCKET


def client_id(ask: Ask) -> bytes:
    """What tells this interface from all others at the server, of the type 0: no hardware."""
    call = ask.call
    text = f"{call.container}/{ask.network}/{call.ifname}"
    return b"\0" + text.encode(errors="surrogateescape")[:_CLIENT_ID_MAX]


def _provide(ask: Ask, section: Conf) -> dict[int, bytes]:
    """What is said: by the configuration, and in its place by an argument of the runtime's."""
    arguments = _arguments(ask.call.args)
    said: dict[int, bytes] = {}
    for one in section.get("provide").items():
        code = _code(one.get("option"))
        value, name = one.get("value"), one.get("fromArg").text()
        if value.text():
            said[code] = _bytes(one, value.text(), "")
        if name and name in arguments:
            said[code] = _bytes(one, arguments[name], f' from CNI_ARGS "{name}"')
    return said


def _arguments(text: str) -> dict[str, str]:
    """CNI_ARGS as they come: which keys there may be, the configuration says."""
    pairs = (pair.partition("=") for pair in text.split(";"))
    return {key: value for key, equals, value in pairs if equals}


def _bytes(one: Conf, text: str, where: str) -> bytes:
    value = text.encode(errors="surrogateescape")
    if len(value) > _VALUE_MAX:
        name = one.get("option").text()
        raise one.error(
            f'value too long for option "{name}"{where}: "{text[:40]}…"',
            f"{_VALUE_MAX} bytes at most, these are {len(value)}",
        )
    return value


def _request(section: Conf) -> tuple[int, ...]:
    """What is asked for: the configuration's, and the defaults unless they are to be skipped."""
    asked: list[int] = []
    skip = False
    for one in section.get("request").items():
        skip = one.get("skipDefault").flag() or skip
        if one.get("option").text():
            asked.append(_code(one.get("option")))
    return tuple(dict.fromkeys((*asked, *(() if skip else DEFAULTS))))


def _code(conf: Conf) -> int:
    text = conf.text()
    if text in NAMES:
        return NAMES[text]
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else -1
    if not 0 <= number <= 255 or number in _PROTOCOL:
        listed = ", ".join(NAMES)
        raise conf.error(
            f'Can not parse option "{text}"',
            f"{listed}, or a number from 1 to 254; the protocol's own 52 and 53 excepted",
        )
    return number


def result(lease: Lease, priority: int) -> Result:
    """What ADD gives: the address with its router, the routes, the DNS. Raises `Malformed`."""
    routes = tuple(
        Route(dst, gw, priority=priority, scope=None if gw is not None else SCOPES["link"])
        for dst, gw in lease.routes()
    )
    dns = Dns(
        nameservers=tuple(map(str, lease.nameservers())),
        domain=lease.domain(),
        search=tuple(lease.search()),
    )
    return Result(ips=(Ip(lease.cidr, lease.gateway),), routes=routes, dns=dns)
