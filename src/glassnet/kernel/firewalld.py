"""firewalld, asked over D-Bus (firewalld.dbus(5)): sources of its zones."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from glassnet.errors import NotFound
from glassnet.kernel.dbus import BUS, DEFAULT, VARIABLE, Bus, BusError, address_of
from glassnet.ops.request import ZoneRequest

NAME: Final = "org.fedoraproject.FirewallD1"
_PATH: Final = "/org/fedoraproject/FirewallD1"
_ZONE: Final = f"{NAME}.zone"
_DONE_ALREADY: Final = ("ZONE_ALREADY_SET", "ALREADY_ENABLED", "UNKNOWN_SOURCE", "NOT_ENABLED")
"""What it says to a source that the zone has already, or has no more."""


def zones_of(asked: frozenset[str]) -> dict[str, bool] | None:
    """Of ``ZONE SOURCE`` each, whether it is so; None if firewalld does not run.

    Empty ones ask for that alone; a zone that there is not has none. Raises `BusError`.
    """
    with _running() as bus:
        return None if bus is None else {one: _has(bus, *one.split(" ")) for one in asked if one}


def _has(bus: Bus, zone: str, source: str) -> bool:
    try:
        return bus.call(NAME, _PATH, _ZONE, "querySource", zone, source) == (True,)
    except BusError as error:
        if error.words.startswith("INVALID_ZONE"):
            return False
        raise


def change(request: ZoneRequest) -> None:
    """Add a source to a zone, or remove it; what is so already is left so.

    Raises `NotFound` if firewalld does not run, but not to remove; `BusError` if it refuses.
    """
    with _running() as bus:
        if bus is None:
            if request.add:
                raise NotFound("firewalld does not run", "start it, or choose another backend")
            return
        verb = "addSource" if request.add else "removeSource"
        try:
            bus.call(NAME, _PATH, _ZONE, verb, request.zone, request.source)
        except BusError as error:
            if not error.words.startswith(_DONE_ALREADY):
                raise


@contextlib.contextmanager
def _running() -> Iterator[Bus | None]:
    """The bus with firewalld on it, else None."""
    place = address_of(os.environ.get(VARIABLE) or DEFAULT)
    if not place.startswith("\0") and not Path(place).exists():
        yield None
        return
    try:
        bus = Bus()
    except NotFound:
        yield None
        return
    with contextlib.closing(bus):
        owned = bus.call(BUS, "/org/freedesktop/DBus", BUS, "NameHasOwner", NAME)
        yield bus if owned == (True,) else None
