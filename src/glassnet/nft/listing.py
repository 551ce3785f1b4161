"""What ``nft -j list ruleset`` says, as values: tables, chains, sets, elements, rules.

The schema is libnftables-json(5). Versions differ in small things (a protocol by name or number, an
element with or without its wrapper, a flag alone or in a list): all come out the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from glassnet.errors import InvalidValue, KernelNonsense
from glassnet.nft.element import PROTOCOLS, Element, canonical, span


class Chain(NamedTuple):
    """A chain; ``type``, ``hook``, ``prio`` and ``policy`` are empty where it is no base chain."""

    name: str
    type: str = ""
    hook: str = ""
    prio: str = ""
    policy: str = ""


class SetDefinition(NamedTuple):
    """A set, or a map where ``value`` is not empty."""

    name: str
    key: tuple[str, ...]
    value: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Rule(NamedTuple):
    """A rule: its expressions as canonical JSON, the handle the kernel gave it."""

    chain: str
    expressions: str
    comment: str = ""
    handle: int = 0


Static = tuple[tuple[Chain, ...], tuple[SetDefinition, ...], tuple[tuple[str, str, str], ...]]


class Table:
    """One table, with all that is in it."""

    __slots__ = ("chains", "elements", "family", "name", "rules", "sets")

    def __init__(self, family: str, name: str) -> None:
        self.family = family
        self.name = name
        self.chains: list[Chain] = []
        self.sets: list[SetDefinition] = []
        self.rules: list[Rule] = []
        self.elements: dict[str, tuple[Element, ...]] = {}

    def static(self) -> Static:
        """What does not change by attachments: compare it to tell whether somebody edited it."""
        return (
            tuple(sorted(self.chains)),
            tuple(sorted(self.sets)),
            tuple((rule.chain, rule.expressions, rule.comment) for rule in self.rules),
        )


class Ruleset:
    """Every table, by family and name."""

    __slots__ = ("tables",)

    def __init__(self) -> None:
        self.tables: dict[tuple[str, str], Table] = {}

    def table(self, family: str, name: str) -> Table | None:
        """One table, or None."""
        return self.tables.get((family, name))


def parse(text: str | bytes) -> Ruleset:
    """The ruleset of a JSON listing. Raises `KernelNonsense` if it is none."""
    ruleset = Ruleset()
    try:
        for item in json.loads(text)["nftables"]:
            for kind, body in item.items():
                _take(ruleset, kind, body)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise KernelNonsense(f"this is no listing of nft: {error!r}") from error
    return ruleset


def _take(ruleset: Ruleset, kind: str, body: Mapping[str, Any]) -> None:
    if kind == "table":
        ruleset.tables[(body["family"], body["name"])] = Table(body["family"], body["name"])
        return
    if kind not in {"chain", "set", "map", "rule"}:
        return
    table = ruleset.tables[(body["family"], body["table"])]
    if kind == "chain":
        table.chains.append(_chain(body))
    elif kind == "rule":
        expressions = json.dumps(body["expr"], sort_keys=True)
        comment = body.get("comment", "")
        table.rules.append(Rule(body["chain"], expressions, comment, body.get("handle", 0)))
    else:
        table.sets.append(_definition(body))
        members = body.get("elem", ())
        table.elements[body["name"]] = tuple(_element(body["name"], one) for one in members)


def _chain(body: Mapping[str, Any]) -> Chain:
    return Chain(
        body["name"],
        body.get("type", ""),
        body.get("hook", ""),
        str(body.get("prio", "")),
        body.get("policy", ""),
    )


def _definition(body: Mapping[str, Any]) -> SetDefinition:
    value, flags = body.get("map", ()), body.get("flags", ())
    return SetDefinition(body["name"], _types(body["type"]), _types(value), _types(flags))


def _types(value: Any) -> tuple[str, ...]:
    """``"a . b"`` or ``["a", "b"]``, by version; a ``typeof`` expression as the listing has it."""
    if isinstance(value, str):
        return tuple(value.split(" . "))
    if isinstance(value, dict):
        return (json.dumps(value, sort_keys=True),)
    return tuple(text if isinstance(text, str) else json.dumps(text) for text in value)


def _element(name: str, item: Any) -> Element:
    """A member: ``KEY``, ``[KEY, VALUE]``, either with the key inside ``{"elem": …}``."""
    key, value = item if isinstance(item, list) else (item, None)
    comment = ""
    if isinstance(key, dict) and "elem" in key:
        comment = key["elem"].get("comment", "")
        key = key["elem"]["val"]
    return Element(name, _parts(key), () if value is None else _parts(value), comment)


def _parts(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict) and "concat" in value:
        parts = [_part(one) for one in value["concat"]]
    else:
        parts = [_part(value)]
    return tuple(_protocol(parts, position) for position in range(len(parts)))


def _protocol(parts: list[str], position: int) -> str:
    """A protocol by its name: the part before a port, where nft knew only its number."""
    if position == len(parts) - 2 and not _is_address(parts[position]):
        return PROTOCOLS.get(parts[position], parts[position])
    return parts[position]


def _is_address(part: str) -> bool:
    return "." in part or ":" in part


def _part(value: Any) -> str:
    """A part of a key or value; what is none of ours (a MAC, a verdict) as the listing has it."""
    if not isinstance(value, dict):
        return _text(str(value))
    try:
        if "prefix" in value:
            return canonical(f"{value['prefix']['addr']}/{value['prefix']['len']}")
        if "range" in value:
            low, high = value["range"]
            return span(str(low), str(high))
    except (InvalidValue, ValueError):
        pass
    return json.dumps(value, sort_keys=True)


def _text(part: str) -> str:
    """An address in its one form; ``a-b`` is no range here but, say, the name of an interface."""
    if not _is_address(part):
        return part
    try:
        return canonical(part) if "-" not in part else part
    except InvalidValue:
        return part
