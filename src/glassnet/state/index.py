"""Objects that were seen, by a key: of thousands of routes or links the few that one asks for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Index(Generic[T]):
    """Made when it is first asked, and again once there are more or fewer objects."""

    __slots__ = ("_found", "_key", "_size")

    def __init__(self, key: Callable[[T], object]) -> None:
        self._key = key
        self._size = 0
        self._found: dict[object, list[T]] = {}

    def of(self, objects: Collection[T], key: object) -> Sequence[T]:
        """Those of these with that key, in their order; always ask of the same collection."""
        if len(objects) != self._size:
            self._found.clear()
            for one in objects:
                self._found.setdefault(self._key(one), []).append(one)
            self._size = len(objects)
        return self._found.get(key, ())
