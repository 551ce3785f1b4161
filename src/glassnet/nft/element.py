"""Elements of our sets and maps: values, and the statements that add and delete them."""

from __future__ import annotations

import ipaddress
import re
from typing import Final, NamedTuple

from glassnet.errors import InvalidValue
from glassnet.nft.names import FAMILY, OF_LINKS, TABLE

PROTOCOLS: Final = {"6": "tcp", "17": "udp", "132": "sctp"}
_ACCEPTED: Final = "an address, a prefix, a port, a range or a protocol"
_NAME: Final = re.compile("[a-zA-Z][a-zA-Z0-9_]*").fullmatch
_PART: Final = re.compile("[a-zA-Z0-9.:/-]+").fullmatch
_LINK: Final = re.compile(r'[^\s"\\*/]{1,15}').fullmatch
_COMMENT_MAX: Final = 127  # NFTNL_UDATA_COMMENT_MAXLEN less the NUL


class Element(NamedTuple):
    """``key`` and ``value`` in parts, each canonical nft text; ``value`` is empty in a set."""

    set: str
    key: tuple[str, ...]
    value: tuple[str, ...] = ()
    comment: str = ""


def canonical(part: str) -> str:
    """One part as listings have it.

    Short IPv6; ``10.0.0.1`` for a /32; ``80`` for 80-80; a range that is a prefix as that prefix.
    Raises `InvalidValue` for what is no address, prefix, range, port or protocol.
    """
    try:
        if "-" in part:
            return span(*part.split("-", 1))
        if "/" in part:
            return _prefix(ipaddress.ip_network(part))
        if ":" in part or "." in part:
            return str(ipaddress.ip_address(part))
    except ValueError as error:
        raise InvalidValue(f"{part!r} is no part of an element: {error}", _ACCEPTED) from None
    return str(int(part)) if part.isdecimal() else part


def span(low: str, high: str) -> str:
    """The range from ``low`` to ``high``, of ports or of addresses. Raises `ValueError`."""
    if low.isdecimal() and high.isdecimal():
        if not int(low) <= int(high) <= 65535:
            raise ValueError("a range goes upwards, to 65535 at most")
        return str(int(low)) if int(low) == int(high) else f"{int(low)}-{int(high)}"
    first, last = ipaddress.ip_address(low), ipaddress.ip_address(high)
    size = int(last) - int(first) + 1
    if first.version != last.version or size < 1:
        raise ValueError("a range goes upwards, within one family")
    if size & (size - 1) == 0 and int(first) % size == 0:
        length = first.max_prefixlen - size.bit_length() + 1
        return _prefix(ipaddress.ip_network(f"{first}/{length}"))
    return f"{first}-{last}"


def _prefix(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    one = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if one else str(network)


def element(
    name: str, key: tuple[str, ...], value: tuple[str, ...] = (), comment: str = ""
) -> Element:
    """An element with canonical parts. Raises `InvalidValue` for text that nft could misread."""
    if not _NAME(name):
        raise InvalidValue(f"{name!r} is no name of a set", "a letter, then letters and digits")
    named = name in OF_LINKS
    for part in (*key, *value):
        if not (_LINK(part) if named else _PART(part)):
            accepted = "an interface's name without quotes and '*'" if named else _ACCEPTED
            raise InvalidValue(f"{part!r} is no part of an element", accepted)
    fine = comment.isprintable() and not any(c in '"\\' for c in comment)
    if not fine or len(comment.encode()) > _COMMENT_MAX:
        raise InvalidValue(f"the comment {comment!r}", f"{_COMMENT_MAX} bytes without quotes")
    if named:
        return Element(name, key, value, comment)
    return Element(name, tuple(map(canonical, key)), tuple(map(canonical, value)), comment)


def add(one: Element) -> str:
    """The statement that adds it; nothing happens if it is there with the same value.

    ``create`` would be refused then, but nft 1.0.6 refuses it for the intervals of any set that is
    made in the same transaction.
    """
    comment = f' comment "{one.comment}"' if one.comment else ""
    value = f" : {' . '.join(one.value)}" if one.value else ""
    key = _key(one)
    return f"add element {FAMILY} {TABLE} {one.set} {{ {key}{comment}{value} }}"


def delete(one: Element) -> str:
    """The statement that deletes it; refused (ENOENT) if it is not there."""
    return f"delete element {FAMILY} {TABLE} {one.set} {{ {_key(one)} }}"


def _key(one: Element) -> str:
    """The key's parts; names of links in quotes, for they may look like anything."""
    parts = (f'"{part}"' for part in one.key) if one.set in OF_LINKS else one.key
    return " . ".join(parts)
