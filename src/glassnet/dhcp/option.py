"""Options as they stand in a message: a code, a length, bytes (RFC 2132, 2).

An option that is longer than 255 bytes is cut, and one that comes more than once is put together
again, in the order of the message (RFC 3396).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from glassnet.dhcp.error import Malformed

SUBNET_MASK: Final = 1
ROUTERS: Final = 3
DNS_SERVERS: Final = 6
HOST_NAME: Final = 12
DOMAIN_NAME: Final = 15
STATIC_ROUTES: Final = 33
REQUESTED_ADDRESS: Final = 50
LEASE_TIME: Final = 51
OVERLOAD: Final = 52
MESSAGE_TYPE: Final = 53
SERVER_ID: Final = 54
PARAMETERS: Final = 55
MESSAGE: Final = 56
MAX_SIZE: Final = 57
RENEWAL_TIME: Final = 58
REBINDING_TIME: Final = 59
VENDOR_CLASS: Final = 60
CLIENT_ID: Final = 61
USER_CLASS: Final = 77
DOMAIN_SEARCH: Final = 119
CLASSLESS_ROUTES: Final = 121

PAD: Final = 0
END: Final = 255
_LENGTH_MAX: Final = 255

Options = Mapping[int, bytes]
"""By code, 1 to 254."""


def encode(options: Options) -> bytes:
    """The options one after another, with the end behind them."""
    out = bytearray()
    for code, value in options.items():
        pieces = range(0, len(value), _LENGTH_MAX) or (0,)
        for start in pieces:
            piece = value[start : start + _LENGTH_MAX]
            out += bytes((code, len(piece))) + piece
    out.append(END)
    return bytes(out)


def decode(fields: Iterable[tuple[str, bytes]]) -> dict[int, bytes]:
    """The options of some fields, each with its name, as if they were one text.

    A field may lack its end. Raises `Malformed` for an option that is cut.
    """
    found: dict[int, bytearray] = {}
    for name, field in fields:
        at = 0
        while at < len(field) and field[at] != END:
            code = field[at]
            if code == PAD:
                at += 1
                continue
            length = field[at + 1] if at + 1 < len(field) else -1
            value = field[at + 2 : at + 2 + length]
            if length < 0 or len(value) < length:
                raise Malformed(f"DHCP option {code} is cut short at byte {at} of {name}")
            found.setdefault(code, bytearray()).extend(value)
            at += 2 + length
    return {code: bytes(value) for code, value in found.items()}
