"""A key of a configuration: its type, its default, what it means, and what becomes of it here."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from glassnet.plugins.registry import TYPES

NOTHING: Final = None
"""A default that is nothing: the key changes nothing unless it is there."""


class Key(msgspec.Struct, frozen=True):
    """One key.

    ``name`` is its path below its section: ``ranges[][].subnet``. ``type`` is a word for JSON's;
    ``default`` the value that is as good as none, and ``otherwise`` words where it is no fixed one.
    ``example`` is a value to be tried, and ``beside`` what must be beside it. ``refused`` and
    ``idle`` say why there is an error, or why nothing follows from it; ``ours`` that the reference
    plugins do not have it.
    """

    name: str
    type: str
    words: str
    default: Any = NOTHING
    otherwise: str = ""
    example: Any = None
    beside: Mapping[str, Any] = {}
    refused: str = ""
    idle: str = ""
    ours: bool = False


class Table(msgspec.Struct, frozen=True):
    """What may be said to one type.

    ``conf`` are keys of its object or, for a type that gives addresses, of ``ipam``; ``runtime``
    those of ``runtimeConfig``, each a capability; ``args`` those of ``args.cni``; ``arguments``
    those of CNI_ARGS. ``least`` is the least configuration that is taken.
    """

    type: str
    words: str
    conf: tuple[Key, ...] = ()
    runtime: tuple[Key, ...] = ()
    args: tuple[Key, ...] = ()
    arguments: tuple[Key, ...] = ()
    least: Mapping[str, Any] = {}


SECTIONS: Final = {
    "conf": "",
    "runtime": "runtimeConfig.",
    "args": "args.cni.",
    "arguments": "CNI_ARGS ",
}
"""The sections of a table, and how a key of each is written."""


def tables() -> dict[str, Table]:
    """The table of each type there is."""
    return {type_: table(type_) for type_ in TYPES}


def table(type_: str) -> Table:
    """That of one."""
    module = importlib.import_module(f"glassnet.plugins.keys.{type_.replace('-', '_')}")
    found: Table = module.TABLE
    return found
