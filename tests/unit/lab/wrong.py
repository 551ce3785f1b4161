"""The tables of wrong lab files under tests/data/lab/wrong.

A case is a line ``== title``, the lab file ``wrong.yaml``, and a line ``=> `` with the error less
the file's name. After the title may stand ``[schema]``: the JSON Schema refuses the file as well;
or ``[syntax]``: a plain YAML loader does, so that the schema never sees it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

TABLES = Path(__file__).parents[2] / "data" / "lab" / "wrong"
_CASE = re.compile(
    r"== (.*?)(?: \[(schema|syntax)\])?\n(.*?)^=> ([^\n]*)\n", re.DOTALL | re.MULTILINE
)


class Wrong(NamedTuple):
    """One case."""

    table: str
    title: str
    known_to: str
    text: str
    error: str


def cases() -> list[Wrong]:
    """All of them; `ValueError` for what is between them."""
    out: list[Wrong] = []
    for table in sorted(TABLES.glob("*.txt")):
        found = _CASE.split(table.read_text(encoding="utf-8"))
        if between := "".join(found[::5]).strip():
            raise ValueError(f"{table.name}: {between}")
        for at in range(1, len(found), 5):
            title, known_to, text, error = found[at : at + 4]
            out.append(Wrong(table.stem, title, known_to or "", text, f"wrong.yaml:{error}"))
    return out
