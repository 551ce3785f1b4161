"""What goes along when something is taken away: more than a plan has asked for."""

from __future__ import annotations

from collections.abc import Iterable

from glassnet.ops.addr import AddrOp
from glassnet.ops.base import Key, Op
from glassnet.ops.link import LinkOp
from glassnet.ops.route import RouteOp


def provided(ops: Iterable[Op]) -> set[Key]:
    """All that comes, or goes, with these: of a cable both ends."""
    return {key for op in ops for key in op.provides()}


def names(op: Op) -> set[Key]:
    """What only one operation can be: itself, and each end of a cable."""
    return {op.key(), *(key for key in op.provides() if key[0] == "link")}


class Losses:
    """What is lost when some operations are taken back."""

    def __init__(self, removed: Iterable[Op] = ()) -> None:
        self._keys: set[Key] = set()
        self._unsettled: set[str] = set()
        self.add(removed)

    def add(self, removed: Iterable[Op]) -> None:
        """These go too."""
        keys = provided(removed)
        self._keys |= keys
        self._unsettled |= {key[1] for key in keys if key[0] in {"addrs", "link"}}

    def take(self, op: Op) -> bool:
        """Whether it is gone: itself or what bears its name, or what it is within."""
        return not self._keys.isdisjoint((*names(op), *op.within()))

    def shake(self, op: Op) -> bool:
        """Whether it may be there no more, as the kernel decides.

        With the last IPv4 address of a link go its routes, also those that do not name it, and
        with the first address in a network go the others (net/ipv4/devinet.c, fib_frontend.c).
        Ports of a bridge that goes stay, and are ports no more.
        """
        if isinstance(op, RouteOp | AddrOp):
            return op.netns in self._unsettled
        return (
            isinstance(op, LinkOp)
            and op.master is not None
            and ("link", op.netns, op.master) in self._keys
        )

    def touch(self, op: Op) -> bool:
        """Whether it is gone, or may be."""
        return self.take(op) or self.shake(op)
