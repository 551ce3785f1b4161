"""Entries of connection tracking: tables, captured bytes, and what is asked of a dump."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from captures import Told
from pyroute2.netlink.nfnetlink.nfctsocket import nfct_msg

from glassnet.errors import KernelNonsense
from glassnet.netlink.conversation import Answered, Conversation, Done, Event, Refused
from glassnet.netlink.message import DUMP, REQUEST, Message, check, decode, encode, split
from glassnet.netlink.netfilter import conntrack
from glassnet.netlink.netfilter.conntrack import DELETE, GET, NEW, TABLE, TUPLE, filter_of
from glassnet.netlink.schema import Table
from glassnet.values import IpAddress

FILE = Path(__file__).parents[2] / "data" / "netlink" / "conntrack.json"
DATA: dict[str, Any] = json.loads(FILE.read_text())
SENT = {one["command"]: [bytes.fromhex(text) for text in one["sent"]] for one in DATA["requests"]}
REPLIES = {
    name: Told(
        name,
        one["portid"],
        bytes.fromhex(one["request"]),
        [bytes.fromhex(datagram) for datagram in one["datagrams"]],
    )
    for name, one in DATA["replies"].items()
}
UDP = 17
DELETION = "conntrack -D -p udp --orig-port-dst 53 --orig-dst 10.0.0.1"
A4, A6 = IpAddress("10.0.0.1"), IpAddress("fd00::1")
CLIENT = IpAddress("192.0.2.9")


@pytest.mark.parametrize(
    ("table", "theirs"),
    [
        (TABLE, nfct_msg),
        (TUPLE, nfct_msg.cta_tuple),
        (TUPLE.by_name["ip"].codec.table_of({}), nfct_msg.cta_tuple.cta_ip),
        (TUPLE.by_name["proto"].codec.table_of({}), nfct_msg.cta_tuple.cta_proto),
    ],
    ids=["entry", "tuple", "ip", "proto"],
)
def test_numbers_are_those_of_pyroute2(table: Table, theirs: Any) -> None:
    known = {name: number for number, (name, _) in enumerate(theirs.nla_map)}
    names = {table.prefix + row.name.upper(): row.number for row in table.rows}
    assert {name: number for name, number in names.items() if name in known} == {
        name: number for name, number in known.items() if name in names
    }
    assert names.keys() - known.keys() <= {"CTA_TIMESTAMP_EVENT", "CTA_TUPLE_ZONE"}


def test_entries_as_the_kernel_tells_of_them() -> None:
    found = REPLIES["entries"].messages()
    assert len(found) == 6
    for message in found:
        assert message.type is NEW
        check(message)
        (raw,) = split(encode(message, 1))
        assert decode(raw) == message
        for line in message.table.explain(message.attrs):
            assert not line.attribute.startswith("#"), line
    zones = [one for one in found if "zone" in one.attrs]
    assert [one.attrs["zone"] for one in zones] == [7]
    [translated] = [one for one in found if port_of(one) == 54]
    assert translated.attrs["tuple_reply"]["ip"]["v4_src"] == "10.0.0.2"
    [other] = [one for one in found if one.header["family"] == 10]
    assert other.attrs["tuple_orig"]["ip"]["v6_dst"] == A6


def port_of(message: Message) -> int:
    port: int = message.attrs["tuple_orig"]["proto"].get("dst_port", 0)
    return port


def test_of_a_filtered_dump_only_what_is_meant_comes() -> None:
    found = REPLIES["entries of port 53"].messages()
    assert [port_of(one) for one in found] == [53, 53]
    assert {one.header["family"] for one in found} == {2}


def test_the_question_is_the_captured_one() -> None:
    told = REPLIES["entries of port 53"]
    message = Message(GET, REQUEST | DUMP, {"family": 2}, filter_of(UDP, 53))
    assert encode(message, 7) == told.request


def hear(name: str, message: Message) -> list[Event]:
    told = REPLIES[name]
    conversation = Conversation(told.portid, 7)
    conversation.begin([message], REQUEST | DUMP, None)
    return [event for data in told.datagrams for event in conversation.feed(data)]


def test_a_dump_is_heard_to_its_end() -> None:
    events = hear("entries of port 53", Message(GET, 0, {"family": 2}, filter_of(UDP, 53)))
    assert [type(event) for event in events] == [Answered, Answered, Done]


def test_a_filter_needs_a_family() -> None:
    [event] = hear("no family", Message(GET, 0, {}, filter_of(UDP, 53)))
    assert isinstance(event, Refused)
    assert "EOPNOTSUPP" in str(event.error) or "ENOTSUP" in str(event.error)


@pytest.mark.parametrize(
    ("asked", "attrs"),
    [
        (
            filter_of(UDP),
            {"tuple_orig": {"proto": {"num": 17}}, "filter": {"orig_flags": 1 << 3}},
        ),
        (
            filter_of(UDP, 53, A4),
            {
                "tuple_orig": {"ip": {"v4_dst": A4}, "proto": {"num": 17, "dst_port": 53}},
                "filter": {"orig_flags": 1 << 1 | 1 << 3 | 1 << 5},
            },
        ),
        (
            filter_of(UDP, None, None, A4),
            {
                "tuple_orig": {"proto": {"num": 17}},
                "tuple_reply": {"ip": {"v4_src": A4}},
                "filter": {"orig_flags": 1 << 3, "reply_flags": 1},
            },
        ),
        (
            filter_of(UDP, 53, A6, A6),
            {
                "tuple_orig": {"proto": {"num": 17, "dst_port": 53}},
                "filter": {"orig_flags": 1 << 3 | 1 << 5},
            },
        ),
    ],
    ids=["protocol", "address", "source", "ipv6"],
)
def test_what_is_asked_of_a_dump(asked: dict[str, Any], attrs: dict[str, Any]) -> None:
    assert asked == attrs
    check(Message(GET, 0, {"family": 2}, asked))


def test_an_entry_is_deleted_by_less_than_conntrack_sends() -> None:
    """It sends all that it was told; the kernel goes by the first tuple, the zone and the id."""
    theirs = decode(split(SENT[DELETION][1])[0])
    assert theirs.type is DELETE
    proto = {"num": UDP, "src_port": 4000, "dst_port": 53}
    tuple_ = {"ip": {"v4_src": CLIENT, "v4_dst": A4}, "proto": proto}
    assert theirs.attrs["tuple_orig"] == tuple_
    assert {"tuple_orig", "zone", "id"} == conntrack.IDENTITY


@pytest.mark.parametrize("command", SENT)
def test_everything_conntrack_sends_can_be_read(command: str) -> None:
    kinds = [decode(split(data)[0]).type for data in SENT[command]]
    assert kinds == ([GET, DELETE] if " -D " in command else [NEW])


def test_pyroute2_reads_what_we_write() -> None:
    message = Message(DELETE, 0, {"family": 2}, filter_of(UDP, 53, A4) | {"id": 7})
    theirs = nfct_msg(encode(message, 1))
    theirs.decode()
    tuple_ = theirs.get_attr("CTA_TUPLE_ORIG")
    assert tuple_.get_attr("CTA_TUPLE_IP").get_attr("CTA_IP_V4_DST") == "10.0.0.1"
    assert tuple_.get_attr("CTA_TUPLE_PROTO").get_attr("CTA_PROTO_DST_PORT") == 53
    assert theirs.get_attr("CTA_ID") == 7


def test_types_say_which_of_them_ask() -> None:
    """Their numbers do not come in fours, as rtnetlink's do."""
    assert (NEW.asks, GET.asks, DELETE.asks) == (False, True, False)


@pytest.mark.parametrize("name", ["entries", "entries of port 53"])
def test_no_cut_datagram_leads_outside(name: str) -> None:
    data = REPLIES[name].datagrams[0]
    for size in range(1, len(data), 5):
        try:
            found = [decode(raw) for raw in split(data[:size]) if raw.type >= 16]
        except KernelNonsense:
            continue
        assert len(found) <= len(REPLIES[name].messages())
