"""The short forms: ``ns1:eth0 -- br0``, ``default via 10.0.0.1``, ``8080:80 -> ns1``."""

from __future__ import annotations

from typing import NamedTuple

from glassnet.errors import InvalidValue
from glassnet.values import Cidr, IfName, IpAddress, Prefix

LINK_FORM = "'NAMESPACE:IFNAME [ADDRESS/LENGTH…] -- BRIDGE[:IFNAME]' or the same at both ends"
ROUTE_FORM = (
    "'default|NETWORK [via ADDRESS] [dev IFNAME] [src ADDRESS] [metric N] [table N] [mtu N] "
    "[advmss N] [scope link] [onlink]'"
)
PUBLISH_FORM = "'[ADDRESS:]PORT[-PORT][:PORT][/tcp|udp|sctp] -> NAMESPACE|ADDRESS'"


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
    return EndText(where, ifname, tuple(Cidr(word) for word in words[1:]))


def split_route(text: str) -> dict[str, str]:
    """A short route as the long form's keys. Raises `InvalidValue`."""
    words = text.split()
    if not words:
        raise InvalidValue("an empty route", ROUTE_FORM)
    out = {"to": words.pop(0)}
    while words:
        word = words.pop(0)
        if word == "onlink":
            out[word] = "true"
        elif word in {"via", "dev", "src", "metric", "table", "mtu", "advmss", "scope"}:
            if not words or word in out:
                raise InvalidValue(f"{word!r} in {text!r}", ROUTE_FORM)
            out[word] = words.pop(0)
        else:
            raise InvalidValue(f"{word!r} in {text!r} is not known", ROUTE_FORM)
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
    ports, _, protocol = ports.strip().partition("/")
    address: IpAddress | None = None
    if ports.startswith("["):
        host, bracket, ports = ports[1:].partition("]:")
        if not bracket:
            raise InvalidValue(f"{text!r} has no ']:' after its address", PUBLISH_FORM)
        address = IpAddress(host)
    elif "." in ports:
        host, _, ports = ports.partition(":")
        address = IpAddress(host)
    outer, _, inner = ports.partition(":")
    port, count = port_range(outer)
    to_port, to_count = port_range(inner or outer)
    if inner and to_count not in {1, count}:
        raise InvalidValue(f"{text!r} has ranges of different length", PUBLISH_FORM)
    if inner and to_count == 1 and count > 1:
        raise InvalidValue(f"{text!r} leads {count} ports to one", PUBLISH_FORM)
    return PublishText(address, port, count, to_port, protocol or "tcp", target.strip())


def port_range(text: str) -> tuple[int, int]:
    """``8000-8010`` as first port and count. Raises `InvalidValue`."""
    first, dash, last = text.partition("-")
    accepted = "a port from 1 to 65535, or a range such as 8000-8010"
    try:
        low, high = int(first), int(last if dash else first)
    except ValueError:
        raise InvalidValue(f"{text!r} is no port", accepted) from None
    if not 1 <= low <= high <= 65535:
        raise InvalidValue(f"port {text}", accepted)
    return (low, high - low + 1)


def host_ifname(netns: str, ifname: str) -> IfName:
    """The name of a bridge port that was given none: ``ns1-eth0``, shortened if it must be.

    Shortened names end in the checksum of the whole, so that two never meet by their beginnings.
    """
    whole = f"{netns}-{ifname}"
    if len(whole.encode()) <= 15 and "/" not in whole:
        return IfName(whole)
    checksum = 2166136261  # FNV-1a, 32 bits
    for byte in whole.encode():
        checksum = (checksum ^ byte) * 16777619 & 0xFFFFFFFF
    head = "".join(c for c in whole if c.isascii() and c.isalnum())[:6]
    return IfName(f"{head}-{checksum:08x}")
