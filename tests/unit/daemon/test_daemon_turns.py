"""Turns: one after the other by key, in order, whoever gives up; side by side otherwise."""

from __future__ import annotations

import asyncio

import pytest

from glassnet.daemon.turns import Turns


async def _go(
    turns: Turns, key: str, name: str, said: list[str], leave: asyncio.Event | None = None
) -> None:
    async with turns.of(key):
        said.append(f"+{name}")
        await (asyncio.sleep(0) if leave is None else leave.wait())
        said.append(f"-{name}")


def test_the_same_key_in_order_and_others_meanwhile() -> None:
    async def main() -> list[str]:
        turns, leave = Turns(), asyncio.Event()
        said: list[str] = []
        tasks = [asyncio.create_task(_go(turns, "a", "a1", said, leave))]
        tasks += [asyncio.create_task(_go(turns, "a", f"a{n}", said)) for n in (2, 3)]
        await asyncio.create_task(_go(turns, "b", "b", said))
        assert said == ["+a1", "+b", "-b"]
        leave.set()
        await asyncio.gather(*tasks)
        assert not turns._last
        return said

    assert asyncio.run(main()) == ["+a1", "+b", "-b", "-a1", "+a2", "-a2", "+a3", "-a3"]


@pytest.mark.parametrize("gone", [1, 2])
def test_one_that_gives_up_lets_nobody_past_who_is_before(gone: int) -> None:
    async def main() -> list[str]:
        turns, leave = Turns(), asyncio.Event()
        said: list[str] = []
        tasks = [asyncio.create_task(_go(turns, "a", "a0", said, leave))]
        tasks += [asyncio.create_task(_go(turns, "a", f"a{n}", said)) for n in (1, 2, 3)]
        await asyncio.sleep(0)
        tasks[gone].cancel()
        await asyncio.sleep(0)
        assert said == ["+a0"]
        leave.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert not turns._last
        return said

    left = [n for n in (1, 2, 3) if n != gone]
    assert asyncio.run(main()) == ["+a0", "-a0", *(f"{s}a{n}" for n in left for s in "+-")]


def test_without_a_key_nobody_waits() -> None:
    async def main() -> list[str]:
        turns, leave = Turns(), asyncio.Event()
        said: list[str] = []
        first = asyncio.create_task(_go(turns, "", "x", said, leave))
        await _go(turns, "", "y", said)
        leave.set()
        await first
        return said

    assert asyncio.run(main()) == ["+y", "+x", "-y", "-x"]


def test_an_error_is_the_end_of_a_turn() -> None:
    async def main() -> list[str]:
        turns = Turns()
        said: list[str] = []
        with pytest.raises(ZeroDivisionError):
            async with turns.of("a"):
                raise ZeroDivisionError
        await _go(turns, "a", "x", said)
        return said

    assert asyncio.run(main()) == ["+x", "-x"]
