"""Lab files compiled, as text."""

from __future__ import annotations

from glassnet.lab.compile import compile_lab
from glassnet.lab.read import read
from glassnet.ops.base import Op


def ops(text: str, kind: type[Op] | None = None) -> list[str]:
    """The operations in words, all or those of one kind."""
    wanted = compile_lab(read(text, "f.yaml"))
    return [str(item.op) for item in wanted if kind is None or isinstance(item.op, kind)]


def commands(text: str, kind: type[Op]) -> list[str]:
    """The commands of those of one kind."""
    wanted = compile_lab(read(text, "f.yaml"))
    return [
        str(command)
        for item in wanted
        if isinstance(item.op, kind)
        for command in item.op.commands()
    ]
