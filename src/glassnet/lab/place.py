"""A place in a YAML file: its value, its line and column, its path; and readers that blame it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import TypeVar

import yaml

from glassnet.errors import ConfigError, InvalidValue
from glassnet.lab.schema import Schema, keys, required

T = TypeVar("T")

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_TEXT = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})


class Place:
    """One node of the file, with the way to it from the root (``$.bridges.br0``)."""

    __slots__ = ("_key", "_node", "file", "path")

    def __init__(
        self, node: yaml.Node, file: str, path: str = "$", key: yaml.Node | None = None
    ) -> None:
        self._node = node
        self._key = key or node
        self.file = file
        self.path = path

    @property
    def origin(self) -> str:
        """``article.yaml:12:3: $.links[0]``: where an operation comes from; a value at its key."""
        mark = self._key.start_mark
        return f"{self.file}:{mark.line + 1}:{mark.column + 1}: {self.path}"

    def error(self, problem: str, accepted: str = "") -> ConfigError:
        """The error that blames this place."""
        mark = self._node.start_mark
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
        return self._node.tag == _NULL

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self._node, yaml.MappingNode)

    @property
    def is_sequence(self) -> bool:
        """Whether it is a list."""
        return isinstance(self._node, yaml.SequenceNode)

    def entries(self) -> dict[str, Place]:
        """Any keys, in order; each once."""
        if not isinstance(self._node, yaml.MappingNode):
            raise self.error(f"expected keys, found {self._shown()}", "'key: value' lines")
        out: dict[str, Place] = {}
        for key_node, value_node in self._node.value:
            key = Place(key_node, self.file, self.path)
            name = key.text()
            if name in out:
                raise key.error(f"the key {name!r} is there twice", "each key once")
            out[name] = Place(value_node, self.file, f"{self.path}.{_step(name)}", key_node)
        return out

    def fields(self, schema: Schema) -> dict[str, Place]:
        """The keys that this schema knows; those written without a value are left out."""
        known = keys(schema)
        found = self.entries()
        for name, place in found.items():
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise self._key_error(name, place, hint, known)
        for name in required(schema):
            if name not in found or found[name].is_null:
                raise self.error(f"the key {name!r} is missing", ", ".join(known))
        return {name: place for name, place in found.items() if not place.is_null}

    def _key_error(self, name: str, place: Place, hint: str, known: tuple[str, ...]) -> ConfigError:
        assert isinstance(self._node, yaml.MappingNode)
        for key_node, _ in self._node.value:
            if key_node.value == name:
                where = Place(key_node, self.file, place.path)
                return where.error(f"unknown key {name!r}{hint}", ", ".join(known))
        return place.error(f"unknown key {name!r}{hint}", ", ".join(known))

    def items(self) -> Iterator[Place]:
        """The items of a list."""
        if not isinstance(self._node, yaml.SequenceNode):
            raise self.error(f"expected a list, found {self._shown()}", "'- item' lines or [a, b]")
        for number, node in enumerate(self._node.value):
            yield Place(node, self.file, f"{self.path}[{number}]")

    def text(self) -> str:
        """A scalar exactly as it is written: ``8080:53`` is no number here."""
        if not isinstance(self._node, yaml.ScalarNode) or self.is_null:
            raise self.error(f"expected text, found {self._shown()}", "a single value")
        return str(self._node.value)

    def word(self, text: str) -> Place:
        """A part of the text here, to be read as if it stood alone."""
        node = self._node
        part = yaml.ScalarNode(_TEXT, text, node.start_mark, node.end_mark)
        return Place(part, self.file, self.path)

    def integer(self, low: int, high: int) -> int:
        """A whole number within bounds."""
        text = self.text()
        try:
            value = int(text, 0)
        except ValueError:
            raise self.error(f"{text!r} is no whole number", f"{low} to {high}") from None
        if not low <= value <= high:
            raise self.error(f"{value} is out of range", f"{low} to {high}")
        return value

    def boolean(self) -> bool:
        """True or false."""
        text = self.text().lower()
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
        raise self.error(f"{text!r} is neither true nor false", "true, false")

    def value(self, kind: Callable[[str], T]) -> T:
        """A checked value such as `Cidr`, made from the text here."""
        return self.blame(lambda: kind(self.text()))

    def values(self, kind: Callable[[str], T]) -> tuple[T, ...]:
        """A list of checked values; a single one may stand without its list."""
        if self.is_sequence:
            return tuple(item.value(kind) for item in self.items())
        return (self.value(kind),)

    def blame(self, make: Callable[[], T]) -> T:
        """What ``make`` returns; an `InvalidValue` it raises is turned into this place's error."""
        try:
            return make()
        except InvalidValue as error:
            raise self.error(error.problem, error.accepted) from None

    def _shown(self) -> str:
        if self.is_null:
            return "nothing"
        if self.is_mapping:
            return "keys"
        return "a list" if self.is_sequence else repr(self._node.value)


def _step(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() else repr(name)


def parse(text: str, file: str) -> Place:
    """The root of a YAML document; `ConfigError` if it is none, is empty or holds several."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(
            error.problem or "this is no YAML",
            "a lab file: see docs/howto/lab-files.md",
            file=file,
            line=mark.line + 1 if mark else 1,
            column=mark.column + 1 if mark else 1,
            path="$",
        ) from None
    except yaml.YAMLError as error:
        raise ConfigError(
            f"this is no YAML: {error}", "", file=file, line=1, column=1, path="$"
        ) from None
    if node is None:
        raise ConfigError(
            "the file is empty", "namespaces, bridges, links", file=file, line=1, column=1, path="$"
        )
    return Place(node, file)
