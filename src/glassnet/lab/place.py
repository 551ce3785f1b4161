"""A place in a YAML file: its value, its line and column, its path; and readers that blame it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

import yaml

from glassnet.errors import ConfigError, InvalidValue
from glassnet.lab.schema import Schema, keys, required

T = TypeVar("T")

_TAG = "tag:yaml.org,2002:"
_TEXT, _NULL, _MERGE = f"{_TAG}str", f"{_TAG}null", f"{_TAG}merge"
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*|0x[0-9A-Fa-f]+)")
_DIGITS = 20
"""More than a number of 64 bits has; int() refuses thousands of them."""


class Place:
    """One node of the file, with the way to it from the root (``$.bridges.br0``)."""

    __slots__ = ("_key", "file", "node", "path")

    def __init__(
        self, node: yaml.Node, file: str, path: str = "$", key: yaml.Node | None = None
    ) -> None:
        self.node = node
        self._key = key or node
        self.file = file
        self.path = path

    @property
    def origin(self) -> str:
        """``article.yaml:12:3: $.links[0]``: where an operation comes from; a value at its key."""
        mark = self._key.start_mark
        return f"{self.file}:{mark.line + 1}:{mark.column + 1}: {self.path}"

    @property
    def key(self) -> Place:
        """The key that it is the value of, for what is wrong with that; else itself."""
        return Place(self._key, self.file, self.path)

    def error(self, problem: str, accepted: str = "") -> ConfigError:
        """The error that blames this place."""
        mark = self.node.start_mark
        return ConfigError(
            problem,
            accepted,
            file=self.file,
            line=mark.line + 1,
            column=mark.column + 1,
            path=self.path,
        )

    @property
    def is_null(self) -> bool:
        """Whether nothing is written here."""
        return self.node.tag == _NULL

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_sequence(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def shown(self) -> str:
        """What stands here, for messages."""
        if self.is_null:
            return "nothing"
        if self.is_mapping:
            return "keys"
        return "a list" if self.is_sequence else repr(self.node.value)

    def entries(self) -> dict[str, Place]:
        """Any keys, in order; each once."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"expected keys, found {self.shown}", "'key: value' lines")
        out: dict[str, Place] = {}
        for key_node, value_node in self.node.value:
            name = Place(key_node, self.file, self.path).text()
            place = Place(value_node, self.file, f"{self.path}.{_step(name)}", key_node)
            if key_node.tag == _MERGE:
                raise place.key.error("merge keys are not read", "each key where it belongs")
            if name in out:
                raise place.key.error(f"the key {name!r} is there twice", "each key once")
            out[name] = place
        return out

    def fields(self, schema: Schema) -> dict[str, Place]:
        """The keys that this schema knows; those written without a value are left out."""
        known = keys(schema)
        found = self.entries()
        for name, place in found.items():
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise place.key.error(f"unknown key {name!r}{hint}", ", ".join(known))
        for name in required(schema):
            if name not in found or found[name].is_null:
                raise self.error(f"the key {name!r} is missing", ", ".join(known))
        return {name: place for name, place in found.items() if not place.is_null}

    def children(self) -> Iterator[Place]:
        """Keys and their values, or items, whatever they are."""
        if isinstance(self.node, yaml.MappingNode):
            for key_node, value_node in self.node.value:
                yield Place(key_node, self.file, self.path)
                path = f"{self.path}.{_step(str(key_node.value))}"
                yield Place(value_node, self.file, path, key_node)
        elif self.is_sequence:
            yield from self.items()

    def items(self) -> Iterator[Place]:
        """The items of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error(f"expected a list, found {self.shown}", "'- item' lines or [a, b]")
        for number, node in enumerate(self.node.value):
            yield Place(node, self.file, f"{self.path}[{number}]")

    def each(self) -> Iterator[Place]:
        """The items of a list; a single one may stand without its list."""
        return self.items() if self.is_sequence else iter((self,))

    def text(self) -> str:
        """A scalar exactly as it is written: ``8080:53`` is no number here."""
        if not isinstance(self.node, yaml.ScalarNode) or self.is_null:
            raise self.error(f"expected text, found {self.shown}", "a single value")
        return str(self.node.value)

    def word(self, name: str, text: str) -> Place:
        """A part of the text here, to be read as the value of the key ``name``."""
        part = yaml.ScalarNode(_TEXT, text, self.node.start_mark, self.node.end_mark)
        return Place(part, self.file, f"{self.path}.{name}")

    def integer(self, low: int, high: int) -> int:
        """A whole number within bounds, decimal or as ``0x1f``."""
        text = self.text()
        if not _NUMBER.fullmatch(text):
            raise self.error(f"{text!r} is no whole number", f"{low} to {high}")
        if len(text) > _DIGITS or not low <= int(text, 0) <= high:
            raise self.error(f"{text} is out of range", f"{low} to {high}")
        return int(text, 0)

    def boolean(self) -> bool:
        """True or false."""
        text = self.text()
        if text.lower() in _TRUE:
            return True
        if text.lower() in _FALSE:
            return False
        raise self.error(f"{text!r} is neither true nor false", "true, false")

    def value(self, kind: Callable[[str], T]) -> T:
        """A checked value such as `Cidr`, made from the text here."""
        return self.blame(lambda: kind(self.text()))

    def short(self, kind: Callable[[str], T], form: str) -> T:
        """As `value`, of a short form in whose place keys might stand as well."""
        if self.is_null or not isinstance(self.node, yaml.ScalarNode):
            raise self.error(f"expected text or keys, found {self.shown}", form)
        return self.value(kind)

    def values(self, kind: Callable[[str], T]) -> tuple[T, ...]:
        """A list of checked values, or a single one."""
        return tuple(item.value(kind) for item in self.each())

    def blame(self, make: Callable[[], T]) -> T:
        """What ``make`` returns; an `InvalidValue` it raises is turned into this place's error."""
        try:
            return make()
        except InvalidValue as error:
            raise self.error(error.problem, error.accepted) from None


def _step(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() else repr(name)
