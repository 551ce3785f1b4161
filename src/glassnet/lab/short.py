"""The short forms: ``ns1:eth0 -- br0``, ``default via 10.0.0.1``, ``8080:80 -> ns1``."""

from __future__ import annotations

import re
from typing import NamedTuple

from glassnet.errors import InvalidValue
from glassnet.values import Cidr, IfName, IpAddress, Prefix

LINK_FORM = "'NAMESPACE:IFNAME [ADDRESS/LENGTH…] -- BRIDGE[:IFNAME]' or the same at both ends"
END_FORM = "'NAMESPACE:IFNAME [ADDRESS/LENGTH…]' or 'BRIDGE[:IFNAME]', or the keys of an end"
ROUTE_FORM = (
    "'default|NETWORK [via ADDRESS] [dev IFNAME] [src ADDRESS] [metric N] [table N] [mtu N] "
    "[advmss N] [scope link] [onlink]'"
)
PUBLISH_FORM = "'[ADDRESS:]PORT[-PORT][:PORT][/tcp|udp|sctp] -> NAMESPACE|ADDRESS'"


_PORTS = re.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?")
_WORDS = frozenset({"via", "dev", "src", "metric", "table", "mtu", "advmss", "scope"})


class EndText(NamedTuple):
    """``where:ifname`` (either part may be empty) and the addresses after it."""

    where: str
    ifname: str
    addresses: tuple[Cidr, ...]


def split_link(text: str) -> tuple[EndText, EndText]:
    """The two ends of a short link. Raises `InvalidValue`."""
    ends = text.split(" -- ")
    if len(ends) != 2:
        raise InvalidValue(f"{text!r} is no link", LINK_FORM)
    return (split_end(ends[0]), split_end(ends[1]))


def split_end(text: str) -> EndText:
    """One end. Raises `InvalidValue`."""
    words = text.split()
    if not words:
        raise InvalidValue(f"{text!r} is no end of a link", LINK_FORM)
    where, _, ifname = words[0].partition(":")
    if not where:
        raise InvalidValue(f"{words[0]!r} names no place", LINK_FORM)
    return EndText(where, ifname, tuple(own_address(word) for word in words[1:]))


def own_address(text: str) -> Cidr:
    """An address that an interface can have as its own. Raises `InvalidValue`."""
    cidr = Cidr(text)
    network, number = cidr.prefix, cidr.address.number
    if cidr.host_bits > 1 and cidr == network and not network.is_default:
        raise InvalidValue(f"{cidr} is a network", f"an address in it, such as {network.nth(1)}")
    last = network.address.number + (1 << cidr.host_bits) - 1
    if cidr.version == 4 and cidr.host_bits > 1 and number == last:
        raise InvalidValue(f"{cidr} is its network's broadcast address", "another one in it")
    first = cidr.address.packed[0]
    group = first == 0xFF if cidr.version == 6 else 0xE0 <= first < 0xF0
    if group or number in {0, 2**32 - 1}:
        raise InvalidValue(f"{cidr} cannot be an interface's own address", "a unicast address")
    return cidr


def split_route(text: str) -> dict[str, str]:
    """A short route as the long form's keys. Raises `InvalidValue`."""
    words = text.split()
    if not words:
        raise InvalidValue("an empty route", ROUTE_FORM)
    out = {"to": words.pop(0)}
    while words:
        word = words.pop(0)
        if word in out:
            raise InvalidValue(f"{word!r} is there twice in {text!r}", ROUTE_FORM)
        if word == "onlink":
            out[word] = "true"
        elif word not in _WORDS:
            raise InvalidValue(f"{word!r} in {text!r} is not known", ROUTE_FORM)
        elif not words:
            raise InvalidValue(f"{word!r} in {text!r} has no value", ROUTE_FORM)
        else:
            out[word] = words.pop(0)
    return out


def destination(text: str) -> Prefix | None:
    """None for ``default``; an address alone is a network of one."""
    if text == "default":
        return None
    if "/" not in text:
        return Prefix.single(IpAddress(text))
    return Prefix(text)


class PublishText(NamedTuple):
    """A short published port: ``ports`` of them from ``port`` on lead to those from ``to_port``."""

    address: IpAddress | None
    port: int
    ports: int
    to_port: int
    protocol: str
    target: str


def split_publish(text: str) -> PublishText:
    """A short published port. Raises `InvalidValue`."""
    ports, arrow, target = text.partition("->")
    if not arrow or not target.strip():
        raise InvalidValue(f"{text!r} is no published port", PUBLISH_FORM)
    ports, slash, protocol = ports.strip().partition("/")
    address: IpAddress | None = None
    if ports.startswith("["):
        host, bracket, ports = ports[1:].partition("]:")
        if not bracket:
            raise InvalidValue(f"{text!r} has no ']:' after its address", PUBLISH_FORM)
        address = IpAddress(host)
    elif "." in ports:
        host, _, ports = ports.partition(":")
        address = IpAddress(host)
    outer, colon, inner = ports.partition(":")
    port, count = port_range(outer)
    to_port = inner_port(inner, count) if colon else port
    return PublishText(address, port, count, to_port, protocol if slash else "tcp", target.strip())


def split_target(text: str) -> tuple[str, str]:
    """``ns1:80``, ``[fd00::2]:80``, ``10.0.0.2``: the target, and its ports or nothing."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise InvalidValue(f"{text!r} is no target", "[ADDRESS], or [ADDRESS]:PORT")
        return (host, rest.removeprefix(":"))
    host, _, port = text.partition(":")
    return (text, "") if ":" in port else (host, port)


def port_range(text: str) -> tuple[int, int]:
    """``8000-8010`` as first port and count. Raises `InvalidValue`."""
    accepted = "a port from 1 to 65535, or a range such as 8000-8010"
    found = _PORTS.fullmatch(text)
    if found is None:
        raise InvalidValue(f"{text!r} is no port", accepted)
    low, high = int(found[1]), int(found[2] or found[1])
    if low > high:
        raise InvalidValue(f"the range {text} goes down", accepted)
    if low < 1 or high > 65535:
        raise InvalidValue(f"port {text} is out of range", accepted)
    return (low, high - low + 1)


def inner_port(text: str, count: int) -> int:
    """The first of the ports that ``count`` ones of the host lead to. Raises `InvalidValue`."""
    first, found = port_range(text)
    if found != count:
        raise InvalidValue(
            f"{_ports(count)} of the host cannot lead to {_ports(found)}", "ranges of one length"
        )
    return first


def _ports(count: int) -> str:
    return "1 port" if count == 1 else f"{count} ports"


def host_ifname(netns: str, ifname: str) -> IfName:
    """The name of a bridge port that was given none: ``ns1-eth0``, shortened if it must be.

    Shortened names end in the checksum of the whole, so that two never meet by their beginnings.
    """
    whole = f"{netns}-{ifname}"
    try:
        return IfName(whole)
    except InvalidValue:
        checksum = 2166136261  # FNV-1a, 32 bits
        for byte in whole.encode():
            checksum = (checksum ^ byte) * 16777619 & 0xFFFFFFFF
        head = "".join(c for c in whole if c.isascii() and c.isalnum())[:6]
        return IfName(f"{head or 'port'}-{checksum:08x}")
