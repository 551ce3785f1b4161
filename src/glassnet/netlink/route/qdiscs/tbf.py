"""The token bucket: no more than a rate, but for a burst (linux/pkt_sched.h, TCA_TBF_*)."""

from __future__ import annotations

from typing import Any, Final

from glassnet.netlink.route import psched
from glassnet.netlink.route.psched import USUAL, Psched
from glassnet.netlink.route.tctable import RATESPEC_CODES, TcKind, ratespec
from glassnet.netlink.schema import Nested, Row, Table
from glassnet.netlink.wire import BYTES, U32, U64, Record

PARMS: Final = Record(
    "struct tc_tbf_qopt",
    f"{RATESPEC_CODES}{RATESPEC_CODES}III",
    [*ratespec("rate"), *ratespec("peakrate"), "limit", "buffer", "mtu"],
)
OPTIONS: Final = Table(
    "TCA_TBF_",
    Row(1, "parms", PARMS, "rates in bytes a second, bytes that may wait, burst in ticks"),
    Row(2, "rtab", BYTES, "how long packets take at the rate, by size"),
    Row(3, "ptab", BYTES, "how long packets take at the peak rate, by size"),
    Row(4, "rate64", U64, "the rate, where 32 bits are too few"),
    Row(5, "prate64", U64, "the peak rate, where 32 bits are too few"),
    Row(6, "burst", U32, "bytes that may leave at once"),
    Row(7, "pburst", U32, "bytes that may leave at once at the peak rate"),
    Row(8, "pad", BYTES),
)
KIND: Final = TcKind("tbf", Nested(OPTIONS))

_MTU: Final = 2047  # iproute2's, where none is given


def options(rate: int, burst: int, limit: int, units: Psched = USUAL) -> dict[str, Any]:
    """A bucket of ``burst`` bytes, filled with ``rate`` bytes a second; ``limit`` bytes may wait.

    As iproute2 sends it, to the byte.
    """
    parms = {
        **psched.ratespec("rate", rate, _MTU),
        "limit": limit,
        "buffer": psched.ticks(psched.narrow(rate), burst, units),
        "mtu": 0,
    }
    wide = {"rate64": rate} if rate >= psched.RATE_LIMIT else {}
    table = psched.rate_table(psched.narrow(rate), _MTU, units)
    return {"parms": parms, "burst": burst, **wide, "rtab": table}


def limit_for(rate: int, burst: int, latency: int) -> int:
    """The bytes that may wait for none to wait longer than ``latency`` microseconds."""
    return int(rate * latency / 1_000_000 + burst)
