"""DHCP leases in the store: the daemon that keeps them may end, and another goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from glassnet.dhcp import record as records
from glassnet.dhcp.record import Interface, Record
from glassnet.engine.store import Store

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS dhcp ( -- what servers have leased to interfaces
    network TEXT NOT NULL,
    container TEXT NOT NULL,
    ifname TEXT NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (network, container, ifname)
) WITHOUT ROWID
"""
_WHERE: Final = "network = ? AND container = ? AND ifname = ?"


class DhcpLeases:
    """The leases of one store. The table is made by the first who has to do with it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.execute(_TABLE)

    def save(self, of: Interface, record: Record) -> None:
        """Write it, in place of what there was of this interface."""
        values = (of.network, of.container, of.ifname, records.encode(record))
        self._store.execute("INSERT OR REPLACE INTO dhcp VALUES (?, ?, ?, ?)", values)

    def find(self, of: Interface) -> Record | None:
        """What an interface has. Raises `Malformed`."""
        row = self._store.row(f"SELECT record FROM dhcp WHERE {_WHERE}", _key(of))
        return None if row is None else records.decode(row[0])

    def forget(self, of: Interface) -> None:
        """It has none any more."""
        self._store.execute(f"DELETE FROM dhcp WHERE {_WHERE}", _key(of))

    def all(self, network: str = "") -> Iterator[tuple[Interface, Record]]:
        """Those of one network, or of all. Raises `Malformed`."""
        rows = self._store.rows(
            "SELECT network, container, ifname, record FROM dhcp WHERE ? IN ('', network)",
            (network,),
        )
        for of, container, ifname, data in rows:
            yield (Interface(of, container, ifname), records.decode(data))


def _key(of: Interface) -> tuple[str, str, str]:
    return (of.network, of.container, of.ifname)
