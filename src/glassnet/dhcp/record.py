"""What is kept of a lease, so that another process can go on with it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from glassnet.dhcp.error import Malformed
from glassnet.dhcp.lease import Lease, Stored


class Interface(msgspec.Struct, frozen=True):
    """Whose it is: a container's interface in a network."""

    network: str
    container: str
    ifname: str

    def __str__(self) -> str:
        return f"{self.container}/{self.network}/{self.ifname}"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Where the interface is, what its client says of itself and asks for, and what it has got.

    ``netns`` is a path, ``inode`` what is there; ``socket`` is that of the daemon whose it is;
    ``priority`` is the metric of the lease's routes.
    """

    netns: str
    inode: int
    socket: str
    client_id: bytes
    provide: Mapping[int, bytes] = {}
    request: tuple[int, ...] = ()
    priority: int = 0
    lease: Lease | None = None


class _Stored(msgspec.Struct):
    netns: str
    inode: int
    socket: str
    client_id: bytes
    provide: Mapping[int, bytes]
    request: tuple[int, ...]
    priority: int
    lease: Stored | None


def encode(record: Record) -> bytes:
    """As JSON."""
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    return msgspec.json.encode(_Stored(**{**fields, "lease": Stored.of(record.lease)}))


def decode(data: bytes) -> Record:
    """The record. Raises `Malformed`."""
    try:
        stored = msgspec.json.decode(data, type=_Stored)
    except msgspec.DecodeError as error:
        raise Malformed(f"no record of a lease: {error}") from None
    fields = {name: getattr(stored, name) for name in stored.__struct_fields__}
    return Record(**{**fields, "lease": stored.lease.lease() if stored.lease else None})
