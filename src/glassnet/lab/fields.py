"""Values of single keys: numbers, choices, addresses, options, with what is taken for granted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from glassnet.lab import schema, short
from glassnet.lab.place import Place
from glassnet.ops.bridge import Option
from glassnet.values import Cidr, Mac, Prefix

T = TypeVar("T")

Fields = Mapping[str, Place]
"""The keys of a mapping that have a value, as `Place.fields` gives them."""


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names that are accepted: the first of them, if they are many."""
    known = list(names)
    more = ["…"] if len(known) > most else []
    return ", ".join([*known[:most], *more]) or "none"


def items(fields: Fields, name: str) -> list[Place]:
    """The items of a list that may be missing."""
    return list(fields[name].items()) if name in fields else []


def flag(fields: Fields, name: str, *, default: bool = False) -> bool:
    """True or false."""
    return fields[name].boolean() if name in fields else default


def optional(fields: Fields, name: str, kind: type[T]) -> T | None:
    """A checked value such as `IpAddress`, or None."""
    return fields[name].value(kind) if name in fields else None


def number(fields: Fields, name: str, known: schema.Schema) -> int | None:
    """A whole number within the bounds of the schema, or None."""
    if name not in fields:
        return None
    bounds = known["properties"][name]
    return fields[name].integer(bounds["minimum"], bounds["maximum"])


def choice(fields: Fields, name: str, known: schema.Schema, default: str) -> str:
    """One of the words that the schema lists."""
    if name not in fields:
        return default
    text = fields[name].text()
    choices = [str(one) for one in known["properties"][name]["enum"]]
    if text not in choices:
        raise fields[name].error(f"no {name} {text!r}", ", ".join(choices))
    return text


def mac(fields: Fields) -> Mac | None:
    """The key ``mac``: an address that an interface can have as its own."""
    if "mac" not in fields:
        return None
    return fields["mac"].value(lambda text: Mac(text).check_unicast())


def addresses(fields: Fields) -> tuple[Cidr, ...]:
    """The key ``addresses``: those of an interface."""
    return fields["addresses"].values(short.own_address) if "addresses" in fields else ()


def networks(fields: Fields, name: str) -> tuple[Prefix, ...]:
    """A list of networks, none of which overlaps another."""
    out: list[Prefix] = []
    for item in fields[name].each() if name in fields else ():
        network = item.value(Prefix)
        for other in out:
            if network.overlaps(other):
                raise item.error(f"{network} overlaps {other}", "networks that share no address")
        out.append(network)
    return tuple(out)


def options(
    fields: Fields, name: str, known: schema.Schema, table: Mapping[str, Option]
) -> Mapping[str, int]:
    """Options of a bridge or a port: numbers, or for those that are 0 or 1 a boolean."""
    if name not in fields:
        return {}
    out: dict[str, int] = {}
    for key, item in fields[name].fields(known).items():
        option = table[key]
        if option.high == 1 and not item.text().isdigit():
            out[key] = int(item.boolean())
        else:
            out[key] = item.integer(option.low, option.high)
    return out
