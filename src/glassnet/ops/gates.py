"""Which gates a host needs, by the chains that packets meet there on their way through."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from glassnet.nft import gate
from glassnet.ops.gate import GateOp, is_name
from glassnet.ops.legacy import LegacyGateOp
from glassnet.state.snapshot import Snapshot
from glassnet.values import HOST

FOREIGN: Final = "firewalld"
"""The table of a firewall that is asked by its own means, and takes no rules of others."""


def needed(seen: Snapshot, admins: Iterable[str]) -> tuple[GateOp | LegacyGateOp, ...]:
    """The gates: in iptables' chains, of old and of now, and in others that are closed.

    One whose names no text could carry is passed over, as is `FOREIGN`'s.
    """
    names = tuple(sorted(admins))
    found: dict[tuple[str, str], GateOp] = {}
    for one in seen[HOST].forward:
        iptables = gate.is_iptables(one.family, one.table, one.chain)
        if one.table == FOREIGN or not (iptables or one.is_closed):
            continue
        if (one.family, one.table) in found or not (is_name(one.table) and is_name(one.chain)):
            continue
        found[one.family, one.table] = GateOp(
            netns=HOST,
            family=one.family,
            table=one.table,
            chain=one.chain,
            admins=names if iptables else (),
            ahead_of=0 if iptables else one.closing,
        )
    legacy = (LegacyGateOp(version=version, admins=names) for version in seen[HOST].legacy)
    return (*found.values(), *legacy)
