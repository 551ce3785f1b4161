"""The hierarchical token bucket: classes with rates (linux/pkt_sched.h, TCA_HTB_*)."""

from __future__ import annotations

from typing import Any, Final

from glassnet.netlink.route import psched
from glassnet.netlink.route.psched import USUAL, Psched
from glassnet.netlink.route.tctable import RATESPEC_CODES, TcKind, ratespec
from glassnet.netlink.schema import Nested, Row, Table
from glassnet.netlink.wire import BYTES, FLAG, U32, U64, Record

PARMS: Final = Record(
    "struct tc_htb_opt",
    f"{RATESPEC_CODES}{RATESPEC_CODES}IIIII",
    [*ratespec("rate"), *ratespec("ceil"), *"buffer cbuffer quantum level prio".split()],
)
INIT: Final = Record(
    "struct tc_htb_glob", "I", "version rate2quantum defcls debug direct_pkts".split()
)
OPTIONS: Final = Table(
    "TCA_HTB_",
    Row(1, "parms", PARMS, "of a class: rates in bytes a second, bursts in ticks"),
    Row(2, "init", INIT, "of the discipline: the class of packets that no filter knows"),
    Row(3, "ctab", BYTES, "how long packets take at the ceiling, by size"),
    Row(4, "rtab", BYTES, "how long packets take at the rate, by size"),
    Row(5, "direct_qlen", U32, "packets that may wait past the classes"),
    Row(6, "rate64", U64, "the rate, where 32 bits are too few"),
    Row(7, "ceil64", U64, "the ceiling, where 32 bits are too few"),
    Row(8, "pad", BYTES),
    Row(9, "offload", FLAG, "whether the device does it"),
)
KIND: Final = TcKind("htb", Nested(OPTIONS), Nested(OPTIONS))

_MTU: Final = 1600  # iproute2's, where none is given
_VERSION: Final = 3
_RATE2QUANTUM: Final = 10


def options(default: int) -> dict[str, Any]:
    """The discipline; ``default`` is the minor number of the class of what no filter knows."""
    init = {"version": _VERSION, "rate2quantum": _RATE2QUANTUM, "defcls": default}
    return {"init": {**init, "debug": 0, "direct_pkts": 0}}


def class_options(
    rate: int, ceil: int, burst: int, cburst: int, units: Psched = USUAL
) -> dict[str, Any]:
    """A class that may send ``rate`` bytes a second, and up to ``ceil`` where others leave some.

    ``burst`` and ``cburst`` are what may leave at once at either, in bytes. As iproute2 sends it,
    to the byte.
    """
    parms = {
        **psched.ratespec("rate", rate, _MTU),
        **psched.ratespec("ceil", ceil, _MTU),
        "buffer": psched.ticks(rate, burst, units),
        "cbuffer": psched.ticks(ceil, cburst, units),
        "prio": 0,
    }
    wide = {"rate64": rate} if rate >= psched.RATE_LIMIT else {}
    wide |= {"ceil64": ceil} if ceil >= psched.RATE_LIMIT else {}
    tables = {
        "rtab": psched.rate_table(rate, _MTU, units),
        "ctab": psched.rate_table(ceil, _MTU, units),
    }
    return {**wide, "parms": parms, **tables}


def usual_burst(rate: int, units: Psched = USUAL) -> int:
    """The burst that iproute2 gives a rate where none is asked for, in bytes."""
    return int(rate / units.hz + _MTU)
