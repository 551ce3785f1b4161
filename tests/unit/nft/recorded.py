"""What nft listed, as recorded by tests/data/nft/record.py."""

from __future__ import annotations

from pathlib import Path

from glassnet.nft.listing import Ruleset, Table, parse

DATA = Path(__file__).parents[2] / "data" / "nft"


def text(name: str) -> str:
    return (DATA / f"{name}.json").read_text(encoding="utf-8")


def ruleset(name: str) -> Ruleset:
    return parse(text(name))


def ours(name: str) -> Table:
    table = ruleset(name).table("inet", "glassnet")
    assert table is not None
    return table
