"""Queueing disciplines and their classes: tables, numbers derived as tc does, bytes as tc's."""

from __future__ import annotations

import struct
from typing import Any

import pytest
import tc_captures
from pyroute2.netlink.rtnl.tcmsg import sched_fq_codel, sched_htb, sched_tbf, tcmsg

from glassnet.errors import InvalidValue, KernelNonsense
from glassnet.netlink.conversation import Conversation, Refused
from glassnet.netlink.message import (
    ACK,
    CREATE,
    EXCL,
    REPLACE,
    REQUEST,
    Message,
    check,
    decode,
    encode,
    split,
)
from glassnet.netlink.placeholder import IndexOf, Placeholder
from glassnet.netlink.route.qdisc import DELQDISC, GETQDISC, KINDS, NEWQDISC
from glassnet.netlink.route.qdiscs import fq_codel, htb, tbf
from glassnet.netlink.route.tclass import DELTCLASS, NEWTCLASS
from glassnet.netlink.route.tctable import INGRESS, INGRESS_HANDLE, ROOT, handle, handle_text
from glassnet.netlink.schema import Table
from glassnet.netlink.wire import Misfit

NEW, CHANGE = REQUEST | ACK | CREATE | EXCL, REQUEST | ACK | CREATE | REPLACE
SENT = tc_captures.sent()
REPLIES = tc_captures.replies()


def index_in(command: str) -> Any:
    return tc_captures.read(SENT[command]).header["ifindex"]


def cases() -> dict[str, Message]:
    h0 = index_in("tc qdisc add dev h0 ingress")
    p0 = index_in("tc qdisc add dev p0 clsact")
    ifb0 = index_in("tc qdisc add dev ifb0 root tbf rate 10mbit burst 32kb latency 25ms")
    root, at_ingress = {"parent": ROOT}, {"parent": INGRESS, "handle": INGRESS_HANDLE}
    ten = tbf.options(1_250_000, 32768, tbf.limit_for(1_250_000, 32768, 25_000))
    odd = tbf.options(1_234_567 // 8, 5000, 6000)
    wide = tbf.options(5_000_000_000, 10 << 20, tbf.limit_for(5_000_000_000, 10 << 20, 400))
    htb10 = htb.class_options(1_250_000, 1_250_000, 32768, htb.usual_burst(1_250_000))
    htb11 = htb.class_options(125_000, 5_000_000_000, 5000, 7000)
    codel = {"limit": 100, "flows": 16, "interval": 100_000, "target": 5000, "ecn": 0}

    def new(index: int, header: dict[str, int], **attrs: Any) -> Message:
        return Message(NEWQDISC, NEW, {"ifindex": index, **header}, attrs)

    return {
        "tc qdisc add dev h0 root tbf rate 10mbit burst 32kb latency 25ms": new(
            h0, root, kind="tbf", options=ten
        ),
        "tc qdisc add dev ifb0 root tbf rate 10mbit burst 32kb latency 25ms": new(
            ifb0, root, kind="tbf", options=ten
        ),
        "tc qdisc replace dev h0 root tbf rate 1234567bit burst 5000b limit 6000b": Message(
            NEWQDISC, CHANGE, {"ifindex": h0, **root}, {"kind": "tbf", "options": odd}
        ),
        "tc qdisc replace dev h0 root tbf rate 40gbit burst 10mb latency 400us": Message(
            NEWQDISC, CHANGE, {"ifindex": h0, **root}, {"kind": "tbf", "options": wide}
        ),
        "tc qdisc del dev h0 root": Message(DELQDISC, REQUEST | ACK, {"ifindex": h0, **root}, {}),
        "tc qdisc add dev h0 root handle 1: htb default 10": new(
            h0, {**root, "handle": handle(1)}, kind="htb", options=htb.options(0x10)
        ),
        "tc class add dev h0 parent 1: classid 1:10 htb rate 10mbit burst 32kb": Message(
            NEWTCLASS,
            NEW,
            {"ifindex": h0, "parent": handle(1), "handle": handle(1, 0x10)},
            {"kind": "htb", "options": htb10},
        ),
        "tc class add dev h0 parent 1: classid 1:11 htb rate 1mbit ceil 40gbit burst 5000b"
        " cburst 7000b": Message(
            NEWTCLASS,
            NEW,
            {"ifindex": h0, "parent": handle(1), "handle": handle(1, 0x11)},
            {"kind": "htb", "options": htb11},
        ),
        "tc class del dev h0 classid 1:11": Message(
            DELTCLASS, REQUEST | ACK, {"ifindex": h0, "handle": handle(1, 0x11)}, {}
        ),
        "tc qdisc add dev h0 ingress": new(h0, at_ingress, kind="ingress"),
        "tc qdisc add dev p0 ingress": new(p0, at_ingress, kind="ingress"),
        "tc qdisc add dev p0 clsact": new(p0, at_ingress, kind="clsact"),
        "tc qdisc add dev p0 root fq_codel limit 100 flows 16 target 5ms interval 100ms noecn": (
            new(p0, root, kind="fq_codel", options=codel)
        ),
        "tc qdisc del dev p0 clsact": Message(
            DELQDISC, REQUEST | ACK, {"ifindex": p0, **at_ingress}, {"kind": "clsact"}
        ),
        "tc qdisc del dev p0 ingress": Message(
            DELQDISC, REQUEST | ACK, {"ifindex": p0, **at_ingress}, {"kind": "ingress"}
        ),
    }


CASES = cases()


@pytest.mark.parametrize("command", CASES)
def test_same_bytes_as_tc(command: str) -> None:
    theirs = SENT[command]
    assert tc_captures.but_for_marks(CASES[command], theirs), tc_captures.read(theirs)


def test_every_captured_command_is_compared() -> None:
    assert CASES.keys() == {one for one in SENT if not one.startswith("tc filter")}


TABLES = [
    (NEWQDISC.table, tcmsg),
    (tbf.OPTIONS, sched_tbf.options),
    (htb.OPTIONS, sched_htb.options),
    (fq_codel.OPTIONS, sched_fq_codel.options),
]
NOT_IN_PYROUTE2 = {
    *("TCA_PAD", "TCA_DUMP_INVISIBLE", "TCA_CHAIN", "TCA_HW_OFFLOAD", "TCA_INGRESS_BLOCK"),
    *("TCA_EGRESS_BLOCK", "TCA_DUMP_FLAGS", "TCA_EXT_WARN_MSG", "TCA_TBF_RATE64"),
    *("TCA_TBF_PRATE64", "TCA_TBF_BURST", "TCA_TBF_PBURST", "TCA_TBF_PAD"),
    *("TCA_FQ_CODEL_CE_THRESHOLD_SELECTOR", "TCA_FQ_CODEL_CE_THRESHOLD_MASK"),
}


@pytest.mark.parametrize(("table", "theirs"), TABLES, ids=["tc", "tbf", "htb", "fq_codel"])
def test_numbers_are_those_of_pyroute2(table: Table, theirs: Any) -> None:
    known = {name: number for number, (name, _) in enumerate(theirs.nla_map)}
    missing = set()
    for row in table.rows:
        name = table.prefix + row.name.upper()
        if name in known:
            assert row.number == known[name], name
        else:
            missing.add(name)
    assert missing <= NOT_IN_PYROUTE2


def test_pyroute2_reads_what_we_write() -> None:
    options = tbf.options(1_250_000, 32768, 64018)
    header = {"ifindex": 7, "parent": ROOT, "handle": handle(1)}
    theirs = tcmsg(encode(Message(NEWQDISC, 0, header, {"kind": "tbf", "options": options}), 1))
    theirs.decode()
    assert (theirs["index"], theirs["parent"], theirs["handle"]) == (7, ROOT, 0x10000)
    assert theirs.get_attr("TCA_KIND") == "tbf"
    parms = theirs.get_attr("TCA_OPTIONS").get_attr("TCA_TBF_PARMS")
    assert (parms["rate"], parms["buffer"], parms["limit"]) == (1_250_000, 409_593, 64_018)
    assert (parms["rate_cell_log"], parms["rate_cell_align"]) == (3, -1)


@pytest.mark.parametrize("name", ["qdiscs", "classes", "filters"])
def test_what_the_kernel_says_is_described_and_can_be_said_again(name: str) -> None:
    messages = REPLIES[name].messages()
    assert messages
    for message in messages:
        check(message)
        (raw,) = split(encode(message, 1))
        assert decode(raw) == message
        for line in message.table.explain(message.attrs):
            assert not line.attribute.startswith("#"), line


def test_disciplines_as_the_kernel_tells_of_them() -> None:
    found = {(one.attrs["kind"], one.header["parent"]): one for one in REPLIES["qdiscs"].messages()}
    root = found["tbf", ROOT]
    assert root.attrs["options"]["parms"]["rate"] == 1_250_000
    assert "burst" not in root.attrs["options"]
    assert found["ingress", INGRESS].header["handle"] == INGRESS_HANDLE
    assert found["htb", ROOT].attrs["options"]["init"]["defcls"] == 0x10
    [only] = REPLIES["classes"].messages()
    assert only.attrs["options"]["parms"]["ceil"] == 1_250_000
    assert only.header["handle"] == handle(1, 0x10)
    lines = {line.path: line for line in root.table.explain(root.attrs)}
    assert lines["options.parms"].attribute == "TCA_TBF_PARMS"
    assert "bytes a second" in lines["options.parms"].doc


def test_kinds_that_are_not_known_are_kept_as_bytes() -> None:
    attrs = {"kind": "sfq", "options": b"\1\2\3\4"}
    message = Message(NEWQDISC, 0, {"ifindex": 7}, attrs)
    (raw,) = split(encode(message, 1))
    assert decode(raw).attrs == attrs
    lines = {line.path: line.wire for line in message.table.explain(attrs)}
    assert lines["options"] == "bytes"


def test_the_kind_is_found_wherever_it_stands() -> None:
    body = NEWQDISC.table.encode({"options": {"#6": b"\0\x80\0\0"}, "kind": "tbf"})
    assert NEWQDISC.table.decode(body, 0, len(body)) == {"kind": "tbf", "options": {"burst": 32768}}
    assert NEWQDISC.table.decode(body, 0, len(body), frozenset({"kind"})) == {"kind": "tbf"}
    attrs = {"dump_invisible": True, "kind": "tbf", "options": {"burst": 1}}
    body = NEWQDISC.table.encode(attrs)
    assert NEWQDISC.table.decode(body, 0, len(body)) == attrs


def refused(name: str, message: Message) -> Refused:
    told = REPLIES[name]
    conversation = Conversation(told.portid, 7)
    conversation.begin([message], 0x605, None)
    [event] = [one for data in told.datagrams for one in conversation.feed(data)]
    assert isinstance(event, Refused)
    return event


def test_refusals_name_the_attribute() -> None:
    root = {"parent": ROOT}
    unknown = Message(NEWQDISC, 0, {**read_header("no such kind"), **root}, {"kind": "nosuchkind"})
    assert str(refused("no such kind", unknown).error) == (
        "RTM_NEWQDISC: No such file or directory (ENOENT), the kernel says: Specified qdisc kind"
        " is unknown"
    )
    short = {"kind": "tbf", "options": {"#1": b"\1\2\3"}}
    message = Message(NEWQDISC, 0, {**read_header("bad option"), **root}, short)
    assert "ERANGE" in str(refused("bad option", message).error)


def test_an_attribute_is_located_by_the_kind_that_stands_beside_it() -> None:
    table = NEWQDISC.table
    body = table.encode({"kind": "tbf", "options": {"burst": 1, "rate64": 2}})
    assert table.locate(body, 0, len(body), 0) == (["kind"], None)
    assert table.locate(body, 0, len(body), 8) == (["options"], tbf.OPTIONS)
    assert table.locate(body, 0, len(body), 20) == (["options", "rate64"], None)
    unknown = table.encode({"kind": "sfq", "options": bytes(8)})
    assert table.locate(unknown, 0, len(unknown), 12) == (["options"], None)
    assert table.locate(b"\3\0\1\0", 0, 4, 0) == ([], None)


@pytest.mark.parametrize(
    "body", [b"\0\0\1\0", b"\3\0\2\0", b"\0\0\2\0\x08\0\1\0tbf\0", b"\x40\0\2\0\x08\0\1\0tbf\0"]
)
def test_the_kind_is_not_looked_for_beyond_broken_lengths(body: bytes) -> None:
    with pytest.raises(Misfit, match="an attribute of"):
        NEWQDISC.table.decode(body, 0, len(body))


def read_header(name: str) -> dict[str, Any]:
    header = tc_captures.replies()[name].request[16:36]
    return {"ifindex": struct.unpack_from("=i", header, 4)[0]}


@pytest.mark.parametrize(
    ("attrs", "where"),
    [
        ({"kind": "tbf", "options": {"rate": 1}}, "RTM_NEWQDISC.options.rate: no attribute 'rate'"),
        ({"kind": "tbf", "options": {"burst": -1}}, "RTM_NEWQDISC.options.burst: -1"),
        ({"kind": "tbf", "options": {"parms": {"speed": 1}}}, "no field 'speed'"),
        ({"kind": 7, "options": b""}, "RTM_NEWQDISC.kind: 7"),
        ({"kind": "a" * 16}, "RTM_NEWQDISC.kind: 'aaaaaaaaaaaaaaaa'"),
        ({"kind": "x", "options": {}}, "RTM_NEWQDISC.options: {}"),
    ],
)
def test_what_cannot_be_sent(attrs: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        encode(Message(NEWQDISC, 0, {}, attrs), 1)
    assert where in str(caught.value)


@pytest.mark.parametrize("command", sorted(SENT))
def test_no_cut_message_leads_outside(command: str) -> None:
    data = SENT[command]
    whole = tc_captures.read(data)
    for size in range(36, len(data), 7 if len(data) > 200 else 1):
        cut = struct.pack("=I", size) + data[4:size]
        try:
            found = tc_captures.read(cut)
        except KernelNonsense:
            continue
        assert found.attrs.keys() <= whole.attrs.keys()


def test_links_are_named_until_they_are_sent() -> None:
    message = Message(GETQDISC, 0, {"ifindex": IndexOf("h0")}, {})
    numbers: dict[Placeholder, int] = {IndexOf("h0"): 7}
    (raw,) = split(encode(message, 1, numbers.__getitem__))
    assert decode(raw).header["ifindex"] == 7


def test_handles_in_words() -> None:
    assert [handle_text(handle(1)), handle_text(handle(1, 0x10)), handle_text(INGRESS)] == [
        "1:",
        "1:10",
        "ffff:fff1",
    ]


def test_every_kind_has_its_options() -> None:
    assert set(KINDS) == {"tbf", "htb", "ingress", "clsact", "fq_codel"}
    for kind in ("ingress", "clsact"):
        message = Message(NEWQDISC, 0, {}, {"kind": kind, "options": {}})
        assert decode(split(encode(message, 1))[0]).attrs == {"kind": kind, "options": {}}
