"""An index of what was seen: the same as looking through all of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from glassnet.state.index import Index


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=4))
def test_it_finds_what_a_look_through_all_finds_also_when_there_is_more(
    batches: list[list[int]],
) -> None:
    index: Index[tuple[int, int]] = Index(lambda one: one[0])
    objects: list[tuple[int, int]] = []
    for number, batch in enumerate(batches):
        objects += [(key, number) for key in batch]
        for key in range(10):
            assert list(index.of(objects, key)) == [one for one in objects if one[0] == key]


def test_it_looks_through_them_once() -> None:
    asked: list[int] = []

    def key_of(one: int) -> int:
        asked.append(one)
        return one

    index: Index[int] = Index(key_of)
    for key in (1, 2, 3):
        index.of([1, 2], key)
    assert asked == [1, 2]
