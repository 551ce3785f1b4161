"""Fair queueing with controlled delay (linux/pkt_sched.h, TCA_FQ_CODEL_*); microseconds."""

from __future__ import annotations

from typing import Final

from glassnet.netlink.route.tctable import TcKind
from glassnet.netlink.schema import Nested, Row, Table
from glassnet.netlink.wire import U8, U32

OPTIONS: Final = Table(
    "TCA_FQ_CODEL_",
    Row(1, "target", U32, "delay in the queue that is acceptable"),
    Row(2, "limit", U32, "packets held at most"),
    Row(3, "interval", U32, "how long it may be more before packets are dropped"),
    Row(4, "ecn", U32, "whether packets are marked before any are dropped"),
    Row(5, "flows", U32, "queues that flows are spread over"),
    Row(6, "quantum", U32, "bytes that a queue may send in its turn"),
    Row(7, "ce_threshold", U32, "delay above which every packet is marked"),
    Row(8, "drop_batch_size", U32, "packets to drop at a time where too many are held"),
    Row(9, "memory_limit", U32, "bytes held at most"),
    Row(10, "ce_threshold_selector", U8, "which packets that is for"),
    Row(11, "ce_threshold_mask", U8, "which of their bits count"),
)
KIND: Final = TcKind("fq_codel", Nested(OPTIONS))
