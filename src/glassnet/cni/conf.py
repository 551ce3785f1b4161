"""A place in a JSON configuration: its value, its path, and readers that blame it.

As Go's decoder has it, keys match whatever their case, unknown keys are passed over and ``null`` is
as good as nothing. What is of the wrong type is an error with its path: ``$.ipam.ranges[0][1]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec

from glassnet.cni.error import DECODING_FAILURE, INVALID_CONFIG, CniError
from glassnet.errors import InvalidValue

T = TypeVar("T")

NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are no JSON, or too deep."""


class Conf:
    """One value of the configuration; it is false where nothing is written."""

    __slots__ = ("path", "value")

    def __init__(self, value: Any, path: str = "$") -> None:
        self.value = value
        self.path = path

    def __bool__(self) -> bool:
        return self.value is not None

    def error(self, problem: str, details: str = "", code: int = INVALID_CONFIG) -> CniError:
        """The error that blames this place."""
        return CniError(code, f"{self.path}: {problem}", details)

    def _wrong(self, wanted: str) -> CniError:
        return self.error(f"expected {wanted}, found {shown(self.value)}")

    def get(self, name: str) -> Conf:
        """What is under a key; false where nothing is, or where this is nothing."""
        if self.value is None:
            return Conf(None, f"{self.path}.{name}")
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        found = self.value.get(name)
        if found is None:
            low = name.lower()
            for key, value in self.value.items():
                if key.lower() == low:
                    found = value
        return Conf(found, f"{self.path}.{name}")

    def exact(self, name: str) -> Conf:
        """What is under a key that is written just so: what libcni itself reads is in maps."""
        if self.value is None:
            return Conf(None, f"{self.path}.{name}")
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        return Conf(self.value.get(name), f"{self.path}.{name}")

    def keys(self) -> Iterator[tuple[str, Conf]]:
        """Every key with what is under it."""
        if self.value is None:
            return
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        for key, value in self.value.items():
            yield key, Conf(value, f"{self.path}.{key}")

    def items(self) -> list[Conf]:
        """The members of a list; none where nothing is written."""
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            raise self._wrong("a list")
        return [Conf(one, f"{self.path}[{n}]") for n, one in enumerate(self.value)]

    def text(self, default: str = "") -> str:
        """A string."""
        if self.value is None:
            return default
        if not isinstance(self.value, str):
            raise self._wrong("a string")
        return self.value

    def flag(self, default: bool = False) -> bool:
        """true or false."""
        if self.value is None:
            return default
        if not isinstance(self.value, bool):
            raise self._wrong("true or false")
        return self.value

    def loose_flag(self, default: bool = False) -> bool:
        """true or false, also as a string: what libcni takes of lists."""
        if isinstance(self.value, str) and self.value.lower() in {"true", "false"}:
            return self.value.lower() == "true"
        return self.flag(default)

    def integer(self, low: int, high: int, default: int = 0) -> int:
        """A whole number within bounds."""
        if self.value is None:
            return default
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self._wrong("a whole number")
        if not low <= self.value <= high:
            raise self.error(f"{self.value} is out of range", f"{low} to {high}")
        return self.value

    def as_(self, kind: Callable[[str], T]) -> T:
        """A string that a checked type takes (`glassnet.values`)."""
        text = self.text()
        try:
            return kind(text)
        except InvalidValue as error:
            raise self.error(error.problem, f"accepted: {error.accepted}") from None

    def optional(self, kind: Callable[[str], T]) -> T | None:
        """The same, or None where nothing, or an empty string, is written."""
        return None if self.value is None or self.value == "" else self.as_(kind)

    def choice(self, choices: Mapping[str, T], default: str, what: str) -> T:
        """One of some words."""
        text = self.text(default) or default
        if text not in choices:
            raise self.error(f'unknown {what}: "{text}"', f"one of {', '.join(choices)}")
        return choices[text]


def shown(value: object) -> str:
    """What was found, in few words."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return repr(value if len(value) < 40 else value[:40] + "…")
        case _:
            return str(value)


def decode(text: str | bytes) -> Conf:
    """The configuration of standard input. Raises `CniError` (6) for what is no JSON object."""
    try:
        value = msgspec.json.decode(text)
    except NOT_JSON as error:
        raise CniError(
            DECODING_FAILURE, f"error unmarshall network config: {error}", "a JSON object"
        ) from None
    if not isinstance(value, dict):
        raise CniError(
            DECODING_FAILURE,
            f"error unmarshall network config: expected an object, found {shown(value)}",
        )
    return Conf(value)


def members(text: bytes) -> dict[str, msgspec.Raw]:
    """An object's members as they are written, so that they can be passed on unchanged."""
    return msgspec.json.decode(text, type=dict[str, msgspec.Raw])
