"""One transaction: statements in order. Its text is what runs, and what ``nft -f`` would take."""

from __future__ import annotations

from collections.abc import Iterable


class Transaction:
    """Statements that are applied all or none."""

    __slots__ = ("_statements",)

    def __init__(self, statements: Iterable[str] = ()) -> None:
        self._statements = [statement.rstrip("\n") for statement in statements]

    def __str__(self) -> str:
        """Byte for byte what libnftables is given."""
        return "".join(f"{statement}\n" for statement in self._statements)

    def __len__(self) -> int:
        return len(self._statements)

    def __add__(self, other: Transaction) -> Transaction:
        """Both, in order, in one."""
        return Transaction([*self._statements, *other._statements])
