"""Leases: who has which address; and the port to where they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from glassnet.ipam.pool import RangeSet
from glassnet.values import Cidr, IpAddress


class Holder(msgspec.Struct, frozen=True):
    """Who holds an address: an interface of a container, in a namespace that has a number.

    ``netns`` is the namespace's path and ``inode`` its number: once there is no namespace of that
    number at the path, the lease has outlived its holder.
    """

    container: str
    ifname: str
    netns: str = ""
    inode: int = 0


class Lease(msgspec.Struct, frozen=True):
    """An address that is given out."""

    network: str
    address: IpAddress
    holder: Holder


class Leases(Protocol):
    """Where leases are kept. Each call is one transaction: two never get the same address."""

    def reserve(
        self, network: str, pools: Sequence[RangeSet], wanted: Sequence[IpAddress], holder: Holder
    ) -> list[Cidr]:
        """An address of each pool, or the wanted one of it, all or none.

        Raises `PoolExhausted`, or `AddressTaken` for one that somebody has.
        """
        ...

    def release(self, network: str, container: str, ifname: str) -> int:
        """Give back all that an interface holds; how many addresses it was."""
        ...

    def of(self, network: str, container: str, ifname: str) -> list[Lease]:
        """What an interface holds."""
        ...

    def all(self, network: str) -> Iterator[Lease]:
        """What is given out of a network."""
        ...
