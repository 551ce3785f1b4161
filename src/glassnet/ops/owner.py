"""The marks by which anyone can see what is glassnet's, with nothing but ``ip`` and ``nft``.

=================  ==========================================================================
links              ``ifalias``: ``glassnet:<network>/<what>``, and the group `GROUP` from birth
routes, rules      the routing protocol number `PROTOCOL`
nft                one table, ``inet glassnet``; a comment on every rule and element
=================  ==========================================================================
"""

from __future__ import annotations

from glassnet.errors import InvalidValue

PREFIX = "glassnet:"

PROTOCOL = 103
"""Our routing protocol number (`ip route` prints ``proto 103``).

Numbers above 4 are left to whoever installs routes (linux/rtnetlink.h); 103 is used by no daemon
listed in iproute2's rt_protos.
"""

GROUP = PROTOCOL
"""The group of links (`ip link show group 103`) in which those of ours are born.

An alias can be given only to a link that is there; a death in between leaves a link that is known
by its group (docs/adr/0012).
"""

_ALIAS_MAX = 255  # bytes: IFALIASZ less the NUL
_NAME_MAX = 64


def check_name(text: str) -> str:
    """A network or container name, usable in marks; raises `InvalidValue`."""
    if not text or len(text) > _NAME_MAX:
        raise InvalidValue(f"name {text!r} has {len(text)} characters", f"1 to {_NAME_MAX}")
    if not all(c.isascii() and (c.isalnum() or c in "-_.") for c in text) or text[0] in "-.":
        raise InvalidValue(
            f"name {text!r} has characters that marks cannot carry",
            "letters, digits, '-', '_' and '.', not beginning with '-' or '.'",
        )
    return text


def mark(network: str, what: str = "") -> str:
    """The mark for an object of a network: ``glassnet:article/ns1:veth1``."""
    text = f"{PREFIX}{network}/{what}" if what else f"{PREFIX}{network}"
    return text.encode()[:_ALIAS_MAX].decode(errors="ignore")


def is_ours(text: str) -> bool:
    """Whether an alias or comment is a mark of glassnet."""
    return text.startswith(PREFIX)
