"""What happens while a plan is carried out: frozen values that front ends print or log."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Event(msgspec.Struct, frozen=True, tag_field="event"):
    """One thing that happened to the network ``name``."""

    name: str


class Planned(Event, frozen=True, tag="planned"):
    """A plan of ``total`` changes is about to be carried out."""

    verb: str
    total: int


class Done(Event, frozen=True, tag="done"):
    """Change ``step`` of ``total`` was made."""

    step: int
    total: int
    operation: str
    commands: tuple[str, ...] = ()


class Failed(Event, frozen=True, tag="failed"):
    """Change ``step`` was refused; what had been done will be undone."""

    step: int
    total: int
    operation: str
    error: str


class Undone(Event, frozen=True, tag="undone"):
    """An earlier change was taken back."""

    operation: str


class Recovered(Event, frozen=True, tag="recovered"):
    """A run that had been cut short was taken back (``outcome`` "undone") or completed."""

    verb: str
    outcome: str


class Left(Event, frozen=True, tag="left"):
    """Something was left as it is, and why."""

    operation: str
    reason: str


Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener that listens to nothing."""
    del event
