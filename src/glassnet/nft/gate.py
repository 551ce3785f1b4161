"""The gate in somebody else's table: a chain of ours there, and the rule that leads to it.

An accept in one table does not spare a packet the others on the same hook: a forward chain that
drops by default has to be told, in its own table, what it shall let through. Sets do not reach
from table to table, but a packet's mark does. So what is admitted is decided in ``inet glassnet``,
before all others, and each gate asks for the mark alone: its rules are as many for one container
as for a thousand.

The texts are such that iptables-nft reads them in its own tables: no sets, no ``ct state``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from glassnet.nft.listing import Table


CHAIN: Final = "GLASSNET-FORWARD"
"""Our chain in the other table; iptables takes names of up to 28 characters."""

MASK: Final = "0xff000000"
MARK: Final = "0x67000000"  # 103, as our routing protocol and our group
UNMARKED: Final = "0x00ffffff"

FIRST: Final = -1000
LAST: Final = 1000
"""Priorities on the forward hook between which the mark is in use: all that is known lies within
(linux/netfilter_ipv4.h: -450 to 300)."""

JUMP: Final = "glassnet: what networks let through"
ADMIN: Final = "glassnet: the host has its say first"
ACCEPT: Final = "glassnet: admitted by table inet glassnet"

_FORWARD: Final = ("filter", "FORWARD")


def is_iptables(family: str, table: str, chain: str) -> bool:
    """Whether it is the forward chain of iptables-nft or ip6tables-nft."""
    return family in {"ip", "ip6"} and (table, chain) == _FORWARD


def opening(
    family: str, table: str, chain: str, admins: Sequence[str], ahead_of: int
) -> tuple[str, ...]:
    """The statements that make the gate.

    At the head of iptables' chain, as the reference plugin has it; elsewhere after all that the
    host says itself: ahead of the rule whose handle is ``ahead_of``, or at the end.
    """
    where = f"{family} {table}"
    accept = f'meta mark & {MASK} == {MARK} counter accept comment "{ACCEPT}"'
    if is_iptables(family, table, chain):
        place = f"insert rule {where} {chain}"
    elif ahead_of:
        place = f"insert rule {where} {chain} position {ahead_of}"
    else:
        place = f"add rule {where} {chain}"
    return (
        *(f"add chain {where} {admin}" for admin in admins),
        f"add chain {where} {CHAIN}",
        f"flush chain {where} {CHAIN}",
        *(f'add rule {where} {CHAIN} counter jump {admin} comment "{ADMIN}"' for admin in admins),
        f"add rule {where} {CHAIN} {accept}",
        f'{place} counter jump {CHAIN} comment "{JUMP}"',
    )


def closing(table: Table, chain: str) -> tuple[str, ...]:
    """The statements that take it away, by the handles of a listing; of ours what is there.

    The chains of the host's own say are the host's, and stay.
    """
    where = f"{table.family} {table.name}"
    lines = [f"delete rule {where} {chain} handle {one}" for one in jumps(table, chain)]
    if any(one.name == CHAIN for one in table.chains):
        lines += [f"flush chain {where} {CHAIN}", f"delete chain {where} {CHAIN}"]
    return tuple(lines)


def jumps(table: Table, chain: str) -> tuple[int, ...]:
    """The handles of the rules in a chain that lead to ours.

    iptables-restore keeps comments in a form that nft does not show: the rule is known by where
    it leads.
    """
    target = f'"target": "{CHAIN}"'
    return tuple(
        rule.handle for rule in table.rules if rule.chain == chain and target in rule.expressions
    )


def is_whole(table: Table, chain: str, admins: Sequence[str]) -> bool:
    """Whether the gate stands as `opening` makes it."""
    wanted = [*(f'"jump": {{"target": "{admin}"}}' for admin in admins), '"accept": null']
    found = [rule.expressions for rule in table.rules if rule.chain == CHAIN]
    return (
        len(jumps(table, chain)) == 1
        and len(found) == len(wanted)
        and all(one in text for one, text in zip(wanted, found, strict=True))
    )


def uses(admins: Sequence[str]) -> int:
    """How many rules are in our chain or lead to it, as the kernel counts a chain's users."""
    return len(admins) + 2
