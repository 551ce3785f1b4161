"""A lease: what a server has acknowledged, when, and until when it holds (RFC 2131, 4.4.5)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import msgspec

from glassnet.dhcp import fields, option, packet
from glassnet.dhcp.error import Malformed
from glassnet.dhcp.packet import Packet
from glassnet.errors import InvalidValue
from glassnet.values import Cidr, IpAddress, Mac, Prefix

FOR_EVER: Final = 0xFFFFFFFF
_UNSAID: Final = 3600
"""Seconds of a lease whose server does not say how long it is, which it must."""
_RENEW, _REBIND = 0.5, 0.875
"""Parts of a lease after which it is renewed, and rebound, unless the server says otherwise."""


class Lease(msgspec.Struct, frozen=True):
    """``since`` is when it was asked for, in seconds of a clock that begins with the boot.

    ``hop`` is the hardware address that the answer came from: the server's, or a relay's.
    """

    ack: Packet
    since: float
    hop: Mac | None = None

    @property
    def ip(self) -> IpAddress:
        """The address."""
        return self.ack.yours

    @property
    def cidr(self) -> Cidr:
        """The address in its network. Raises `Malformed` where there is no proper mask."""
        mask = self.ack.options.get(option.SUBNET_MASK)
        if mask is None:
            raise Malformed("DHCP option Subnet Mask not found in DHCPACK")
        return Cidr.of(self.ip, fields.prefix_length(mask))

    @property
    def server(self) -> IpAddress:
        """Who gave it, and is to be asked for more of it."""
        return self.ack.address(option.SERVER_ID) or packet.NOWHERE

    @property
    def seconds(self) -> float:
        """How long it holds."""
        said = self.ack.seconds_of(option.LEASE_TIME)
        if said == FOR_EVER:
            return math.inf
        return float(_UNSAID if said is None else said)

    @property
    def renewal(self) -> float:
        """When its server is asked for more of it (T1)."""
        said = self.ack.seconds_of(option.RENEWAL_TIME)
        if said is not None and 0 < said <= self._rebinding:
            return self.since + said
        return self.since + min(self.seconds * _RENEW, self._rebinding)

    @property
    def rebinding(self) -> float:
        """When anybody is asked (T2)."""
        return self.since + self._rebinding

    @property
    def _rebinding(self) -> float:
        said = self.ack.seconds_of(option.REBINDING_TIME)
        if said is not None and 0 < said <= self.seconds:
            return float(said)
        return self.seconds * _REBIND

    @property
    def end(self) -> float:
        """From when on the address may be another's."""
        return self.since + self.seconds

    @property
    def gateway(self) -> IpAddress | None:
        """The first router."""
        return self.ack.address(option.ROUTERS)

    def routes(self) -> Iterator[tuple[Prefix, IpAddress | None]]:
        """Destinations and routers; None stands for the link itself.

        Classless routes come in place of all others (RFC 3442). Raises `Malformed`.
        """
        classless = fields.classless_routes(self.ack.options.get(option.CLASSLESS_ROUTES, b""))
        for destination, router in classless:
            yield (destination, router if router.number else None)
        if classless:
            return
        yield from fields.static_routes(self.ack.options.get(option.STATIC_ROUTES, b""))
        if self.gateway is not None:
            yield (Prefix.default(4), self.gateway)

    def nameservers(self) -> list[IpAddress]:
        """DNS servers. Raises `Malformed`."""
        return fields.addresses(self.ack.options.get(option.DNS_SERVERS, b""))

    def domain(self) -> str:
        """The client's domain. Raises `Malformed`."""
        return fields.name(self.ack.options.get(option.DOMAIN_NAME, b""))

    def search(self) -> list[str]:
        """Domains in which names are looked for. Raises `Malformed`."""
        return fields.search(self.ack.options.get(option.DOMAIN_SEARCH, b""))

    def check(self) -> None:
        """Read all of it once. Raises `Malformed`."""
        _ = (self.cidr, list(self.routes()), self.nameservers(), self.domain(), self.search())


class Stored(msgspec.Struct, frozen=True):
    """A lease as JSON has it, for a store or another process: the message in its own bytes."""

    ack: bytes
    since: float
    hop: str = ""

    @classmethod
    def of(cls, lease: Lease | None) -> Stored | None:
        """What a lease is stored as."""
        if lease is None:
            return None
        return cls(packet.encode(lease.ack), lease.since, str(lease.hop or ""))

    def lease(self) -> Lease:
        """What was stored. Raises `Malformed`."""
        try:
            hop = Mac(self.hop) if self.hop else None
        except InvalidValue as error:
            raise Malformed(f"no lease: {error}") from None
        return Lease(packet.decode(self.ack), self.since, hop)
