"""Leases in the store, beside those of the reference plugin's directory, which are honoured.

An address is given in one transaction, so two never get the same. Leases die with the boot, as the
store does, and with the namespace of their holder: once a pool is used up, what is held by the dead
is taken back.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from glassnet.engine.store import Store
from glassnet.errors import StateError
from glassnet.ipam.error import AddressTaken, PoolExhausted
from glassnet.ipam.lease import Holder, Lease
from glassnet.ipam.pool import RangeSet
from glassnet.values import Cidr, IpAddress

_ONE_BY_ONE: Final = 32
"""So many addresses are asked about one by one before the whole network's are read."""

_NOT_ADDRESSES: Final = ("lock", "last_reserved_ip.")


class StoredLeases:
    """The leases of one store; ``directory`` is where the reference plugin keeps its own."""

    def __init__(self, store: Store, directory: Path) -> None:
        self._store = store
        self._directory = directory

    def reserve(
        self, network: str, pools: Sequence[RangeSet], wanted: Sequence[IpAddress], holder: Holder
    ) -> list[Cidr]:
        """An address of each pool, or the wanted one of it, all or none.

        Raises `PoolExhausted`, or `AddressTaken` for one that somebody has or that no pool has.
        """
        left = list(wanted)
        given: list[Cidr] = []
        with self._store.transaction():
            held = self._held(network, holder.container, holder.ifname)
            for number, pool in enumerate(pools):
                asked = next((one for one in left if pool.find(one)), None)
                if asked is not None:
                    left.remove(asked)
                    given.append(self._give_wanted(network, number, pool, asked, holder))
                else:
                    mine = [one for one in held if pool.find(one)]
                    if mine:
                        raise AddressTaken(
                            f"failed to allocate for range {number}: {mine[0]} has been allocated "
                            f"to {holder.container}, duplicate allocation is not allowed",
                            "DEL comes before another ADD",
                        )
                    given.append(self._give_next(network, number, pool, holder))
            if left:
                listed = " ".join(left)
                raise AddressTaken(
                    f"failed to allocate all requested IPs: {listed}", "addresses of the ranges"
                )
        return given

    def _give_wanted(
        self, network: str, number: int, pool: RangeSet, address: IpAddress, holder: Holder
    ) -> Cidr:
        one = pool.find(address)
        if one is None:
            raise StateError(f"{address} lies in none of {pool}")
        if address == one.gateway:
            raise AddressTaken(
                f"failed to allocate for range {number}: requested ip {address} is subnet's "
                "gateway",
                "another address",
            )
        if self._is_taken(network, address) and not self._reclaim(network, address):
            raise AddressTaken(
                f"failed to allocate for range {number}: requested IP address {address} is not "
                f"available in range set {pool}",
                f"it is {self._owner(network, address)}",
            )
        self._write(network, number, address, holder)
        return one.cidr(address)

    def _give_next(self, network: str, number: int, pool: RangeSet, holder: Holder) -> Cidr:
        found = self._free(network, number, pool)
        if found is None and self._reclaim_all(network):
            found = self._free(network, number, pool)
        if found is None:
            raise PoolExhausted(
                f"failed to allocate for range {number}: no IP addresses available in range set: "
                f"{pool}",
                "a larger range, or GC: 'glassnet cni gc' gives back what the dead hold",
            )
        self._write(network, number, found.address, holder)
        return found

    def _free(self, network: str, number: int, pool: RangeSet) -> Cidr | None:
        """The next address that nobody has, in turn."""
        turn = self._store.row(
            "SELECT last FROM turns WHERE network = ? AND pool = ?", (network, number)
        )
        candidates = pool.after(IpAddress(turn[0]) if turn else None)
        for one in itertools.islice(candidates, _ONE_BY_ONE):
            if not self._is_taken(network, one.address):
                return one
        taken = {str(lease.address) for lease in self.all(network)}
        return next((one for one in candidates if one.address not in taken), None)

    def _write(self, network: str, number: int, address: IpAddress, holder: Holder) -> None:
        self._store.execute(
            "INSERT INTO leases VALUES (?, ?, ?, ?, ?, ?)",
            (
                network,
                str(address),
                holder.container,
                holder.ifname,
                holder.netns,
                holder.inode,
            ),
        )
        self._store.execute(
            "INSERT OR REPLACE INTO turns VALUES (?, ?, ?)", (network, number, str(address))
        )

    # What is taken.

    def _is_taken(self, network: str, address: IpAddress) -> bool:
        row = self._store.row(
            "SELECT 1 FROM leases WHERE network = ? AND address = ?", (network, str(address))
        )
        return row is not None or self._file(network, address).exists()

    def _file(self, network: str, address: str) -> Path:
        return self._directory / network / address

    def _owner(self, network: str, address: IpAddress) -> str:
        row = self._store.row(
            "SELECT container, ifname FROM leases WHERE network = ? AND address = ?",
            (network, str(address)),
        )
        return f"held by {row[0]} {row[1]}" if row else f"in {self._file(network, address)}"

    def _held(self, network: str, container: str, ifname: str) -> list[IpAddress]:
        return [lease.address for lease in self.of(network, container, ifname)]

    # What the dead hold.

    def _reclaim(self, network: str, address: IpAddress) -> bool:
        """Take an address back if its holder is dead; whether it is free now."""
        leases = [one for one in self._stored(network) if one.address == address]
        if self._file(network, address).exists() or not leases or not is_dead(leases[0].holder):
            return False
        self._delete(leases)
        return True

    def _reclaim_all(self, network: str) -> bool:
        dead = [lease for lease in self._stored(network) if is_dead(lease.holder)]
        self._delete(dead)
        return bool(dead)

    def _delete(self, leases: Sequence[Lease]) -> None:
        for lease in leases:
            self._store.execute(
                "DELETE FROM leases WHERE network = ? AND address = ?",
                (lease.network, str(lease.address)),
            )

    # Giving back, and listing.

    def release(self, network: str, container: str, ifname: str) -> int:
        """Give back all that an interface holds; how many addresses it was."""
        count = self._store.execute(
            "DELETE FROM leases WHERE network = ? AND container = ? AND ifname = ?",
            (network, container, ifname),
        ).rowcount
        if count:
            return count
        files = [one for one in self._files(network) if _is_of(one.holder, container, ifname)]
        for lease in files:
            self._file(network, lease.address).unlink(missing_ok=True)
        return len(files)

    def of(self, network: str, container: str, ifname: str) -> list[Lease]:
        """What an interface holds."""
        rows = self._store.rows(
            "SELECT address, netns, inode FROM leases"
            " WHERE network = ? AND container = ? AND ifname = ?",
            (network, container, ifname),
        )
        return [
            Lease(network, IpAddress(address), Holder(container, ifname, netns, inode))
            for address, netns, inode in rows
        ]

    def all(self, network: str) -> Iterator[Lease]:
        """What is given out of a network, by us and by the reference plugin."""
        yield from self._stored(network)
        yield from self._files(network)

    def _stored(self, network: str) -> list[Lease]:
        rows = self._store.rows(
            "SELECT address, container, ifname, netns, inode FROM leases WHERE network = ?",
            (network,),
        )
        return [Lease(network, IpAddress(row[0]), Holder(*row[1:])) for row in rows]

    def _files(self, network: str) -> Iterator[Lease]:
        """The reference plugin's: a file each, named after the address, with who has it."""
        try:
            names = sorted(one.name for one in (self._directory / network).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return
        for name in names:
            if name.startswith(_NOT_ADDRESSES):
                continue
            try:
                address = IpAddress(name)
                text = self._file(network, name).read_text(encoding="utf-8", errors="replace")
            except (ValueError, OSError):
                continue  # no address, or given back at this moment
            container, _, ifname = text.partition("\n")
            yield Lease(network, address, Holder(container.strip(), ifname.strip()))


def _is_of(holder: Holder, container: str, ifname: str) -> bool:
    """Old files name the container alone."""
    return holder.container == container and holder.ifname in {"", ifname}


def is_dead(holder: Holder) -> bool:
    """Whether the namespace in which an address was used is there no more."""
    if not holder.netns:
        return False
    try:
        return Path(holder.netns).stat().st_ino != holder.inode
    except OSError:
        return True
