"""Elements of our sets and maps: values, and the statements that add and delete them."""

from __future__ import annotations

import ipaddress
from typing import Final, NamedTuple

from glassnet.errors import InvalidValue
from glassnet.nft.names import FAMILY, TABLE

PROTOCOLS: Final = {"6": "tcp", "17": "udp", "132": "sctp"}
_COMMENT_MAX: Final = 127  # NFTNL_UDATA_COMMENT_MAXLEN less the NUL


class Element(NamedTuple):
    """``key`` and ``value`` in parts, each canonical nft text; ``value`` is empty in a set."""

    set: str
    key: tuple[str, ...]
    value: tuple[str, ...] = ()
    comment: str = ""


def canonical(part: str) -> str:
    """One part as listings have it: short IPv6, ``10.0.0.1`` for a /32, ``80`` for 80-80."""
    first, dash, last = part.partition("-")
    if dash and first == last:
        return canonical(first)
    if "/" in part:
        network = ipaddress.ip_network(part)
        whole = network.prefixlen == network.max_prefixlen
        return str(network.network_address) if whole else str(network)
    if ":" in part:
        return str(ipaddress.ip_address(part))
    return part


def element(
    name: str, key: tuple[str, ...], value: tuple[str, ...] = (), comment: str = ""
) -> Element:
    """An element with canonical parts. Raises `InvalidValue` for text that nft could misread."""
    for part in (*key, *value):
        if not part or not all(c.isalnum() or c in ".:/-" for c in part):
            raise InvalidValue(f"{part!r} is no part of an element", "an address, port or protocol")
    if len(comment.encode()) > _COMMENT_MAX or any(c in '"\\\n' for c in comment):
        raise InvalidValue(f"the comment {comment!r}", f"{_COMMENT_MAX} bytes without quotes")
    return Element(name, tuple(map(canonical, key)), tuple(map(canonical, value)), comment)


def add(one: Element) -> str:
    """The statement that adds it; nothing happens if it is there with the same value.

    ``create`` would be refused then, but nft 1.0.6 refuses it for the intervals of any set that is
    made in the same transaction.
    """
    comment = f' comment "{one.comment}"' if one.comment else ""
    value = f" : {' . '.join(one.value)}" if one.value else ""
    key = " . ".join(one.key)
    return f"add element {FAMILY} {TABLE} {one.set} {{ {key}{comment}{value} }}"


def delete(one: Element) -> str:
    """The statement that deletes it; refused (ENOENT) if it is not there."""
    return f"delete element {FAMILY} {TABLE} {one.set} {{ {' . '.join(one.key)} }}"
