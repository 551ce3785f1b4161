"""What documents show: the commands of their ```console blocks, and the output given for each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Shown(NamedTuple):
    """A command as typed, the output shown below it, and the line of the file it stands in."""

    line: int
    command: str
    output: str


def commands(document: Path) -> list[Shown]:
    """Every command of a document, in order.

    A line ``$ ...`` begins one, ``> ...`` lines go on with it; what follows is its output, of
    which nothing is compared where nothing is shown.
    """
    text = document.read_text()
    found: list[Shown] = []
    for block in _BLOCK.finditer(text):
        first = text[: block.start(1)].count("\n") + 1
        for number, line in enumerate(block[1].splitlines(), first):
            if line.startswith("$ "):
                found.append(Shown(number, line[2:], ""))
            elif not found or found[-1].line < first:
                raise ValueError(f"{document}:{number}: output without a command")
            elif line.startswith("> ") and not found[-1].output:
                found[-1] = found[-1]._replace(command=f"{found[-1].command}\n{line[2:]}")
            else:
                found[-1] = found[-1]._replace(output=f"{found[-1].output}{line}\n")
    return found


def matches(shown: str, real: str) -> bool:
    """Whether the real output is as shown: ``...`` stands for any text within its line.

    Alone on a line, it stands for any number of lines. Blanks at line ends do not count.
    """
    pattern = ""
    for line in shown.rstrip().splitlines():
        if line.strip() == "...":
            pattern += "(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(part) for part in line.rstrip().split("...")) + "\n"
    tidy = "".join(f"{line.rstrip()}\n" for line in real.rstrip().splitlines())
    return re.fullmatch(pattern, tidy) is not None
