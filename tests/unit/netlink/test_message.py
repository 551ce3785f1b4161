"""Whole messages: to bytes and back, whose fault it is, and what a datagram may look like."""

from __future__ import annotations

import struct
from typing import Any

import captures
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassnet.errors import InvalidValue, KernelNonsense
from glassnet.netlink.message import (
    CREATE,
    EXCL,
    Message,
    MessageType,
    Raw,
    check,
    decode,
    encode,
    known,
    split,
)
from glassnet.netlink.placeholder import FdOf, IndexOf, Placeholder
from glassnet.netlink.route import link
from glassnet.netlink.route.addr import NEWADDR
from glassnet.netlink.route.link import IFF_UP, NEWLINK, flag_names
from glassnet.netlink.route.route import HOP_TABLE, NEWROUTE
from glassnet.netlink.wire import attribute
from glassnet.testing.strategies import messages
from glassnet.values import IfName, IpAddress, Netns

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("kind", captures.TYPES, ids=str)
def test_every_table_gives_back_what_it_took(kind: MessageType) -> None:
    @QUICK
    @given(messages(kind), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
    def there_and_back(message: Message, seq: int, portid: int) -> None:
        data = encode(message, seq, None, portid)
        assert len(data) % 4 == 0
        (raw,) = split(data)
        assert raw[:4] == (kind.number, message.flags, seq, portid)
        assert decode(raw) == message

    there_and_back()


@pytest.mark.parametrize("kind", captures.TYPES, ids=str)
def test_what_is_wanted_is_what_is_there(kind: MessageType) -> None:
    @QUICK
    @given(messages(kind), st.data())
    def subset(message: Message, data: st.DataObject) -> None:
        names = sorted(message.table.by_name)
        wanted = frozenset(data.draw(st.lists(st.sampled_from(names))))
        (raw,) = split(encode(message, 1))
        expected = {name: value for name, value in message.attrs.items() if name in wanted}
        assert decode(raw, wanted).attrs == expected

    subset()


def test_a_veth_born_in_place() -> None:
    inner: dict[str, Any] = {"ifname": IfName("eth0"), "net_ns_fd": FdOf(Netns("ns1"))}
    message = Message(
        NEWLINK,
        CREATE | EXCL,
        {"flags": IFF_UP, "change": IFF_UP},
        {
            "ifname": IfName("h1"),
            "master": IndexOf("br0"),
            "linkinfo": {"kind": "veth", "data": {"peer": {"attrs": inner}}},
        },
    )
    numbers: dict[Placeholder, int] = {IndexOf("br0"): 5, FdOf(Netns("ns1")): 9}
    data = encode(message, 3, numbers.__getitem__)
    assert data == struct.pack("=IHHII", 104, 16, 0x600, 3, 0) + struct.pack(
        "=BxHiII HH3sx HHI HH HH4s HH HH BxHiII HH5s3x HHI",
        *(0, 0, 0, 1, 1),
        *(7, 3, b"h1\0"),
        *(8, 10, 5),
        *(56, 18 | 0x8000),
        *(8, 1, b"veth"),
        *(44, 2 | 0x8000),
        *(40, 1 | 0x8000),
        *(0, 0, 0, 0, 0),
        *(9, 3, b"eth0\0"),
        *(8, 28, 9),
    )
    check(message)


def test_says_which_attribute_of_which_message_is_wrong() -> None:
    attrs = {"linkinfo": {"kind": "bridge", "data": {"stp_state": "on"}}}
    with pytest.raises(InvalidValue) as caught:
        encode(Message(NEWLINK, 0, {}, attrs), 1)
    assert str(caught.value) == (
        "RTM_NEWLINK.linkinfo.data.stp_state: 'on'; accepted: an integer from 0 to 4294967295"
    )


@pytest.mark.parametrize(
    ("kind", "header", "attrs", "where"),
    [
        (NEWLINK, {"index": 2**40}, {}, "RTM_NEWLINK.index: "),
        (NEWLINK, {"ifindex": 1}, {}, "RTM_NEWLINK: no header field 'ifindex'"),
        (NEWADDR, {}, {"local": "10.0.0.1"}, "RTM_NEWADDR.local: '10.0.0.1'"),
        (NEWADDR, {}, {"locale": 1}, "RTM_NEWADDR.locale: no attribute 'locale' in IFA_*"),
        (NEWLINK, {}, {"linkinfo": "veth"}, "RTM_NEWLINK.linkinfo: 'veth'"),
        (NEWROUTE, {}, {"multipath": {"gateway": 1}}, "RTM_NEWROUTE.multipath: "),
        (NEWROUTE, {}, {"multipath": [1]}, "RTM_NEWROUTE.multipath: [1]"),
        (NEWROUTE, {}, {"multipath": [{}, {"hops": -1}]}, "RTM_NEWROUTE.multipath.1.hops: -1"),
        (NEWROUTE, {}, {"multipath": [{"via": 7}]}, "RTM_NEWROUTE.multipath.0.via: 7"),
        (NEWROUTE, {}, {"multipath": [{"speed": 7}]}, "RTM_NEWROUTE.multipath.0.speed: "),
    ],
)
def test_bad_requests(kind: MessageType, header: Any, attrs: Any, where: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        check(Message(kind, 0, header, attrs))
    assert str(caught.value).startswith(where)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\0", "1 bytes where a message header"),
        (bytes(15), "15 bytes where a message header"),
        (bytes(16), "a message of 0 bytes"),
        (struct.pack("=IHHII", 15, 16, 0, 1, 1), "a message of 15 bytes"),
        (struct.pack("=IHHII", 17, 16, 0, 1, 1), "a message of 17 bytes with 16 left"),
        (struct.pack("=IHHII", 0xFFFFFFFF, 16, 0, 1, 1), "a message of 4294967295 bytes"),
        (struct.pack("=IHHII", 16, 1, 0, 1, 1) + b"\0\0", "2 bytes where a message header"),
    ],
)
def test_datagrams_that_cannot_be_cut(data: bytes, words: str) -> None:
    with pytest.raises(KernelNonsense, match=words):
        split(data)


def test_several_messages_in_a_datagram() -> None:
    one = struct.pack("=IHHII", 17, 1, 2, 3, 4) + b"x\0\0\0"
    two = struct.pack("=IHHII", 16, 5, 6, 7, 8)
    assert split(one + two) == [Raw(1, 2, 3, 4, b"x"), Raw(5, 6, 7, 8, b"")]
    assert split(b"") == []


def test_types_nobody_knows() -> None:
    assert known(16)
    assert not known(999)
    with pytest.raises(KernelNonsense, match="unknown type 999"):
        decode(Raw(999, 0, 1, 1, b""))


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (bytes(15), "RTM_NEWLINK: 15 bytes where a header of 16 should be"),
        (bytes(16) + b"\5\0\4\0\1\0\0\0", r"RTM_NEWLINK.mtu: 1 bytes where 4 bytes \(u32\)"),
        (bytes(16) + b"\0\0\4\0", "RTM_NEWLINK.mtu: an attribute of 0 bytes with 4 left"),
    ],
)
def test_messages_that_do_not_fit_their_table(payload: bytes, words: str) -> None:
    with pytest.raises(KernelNonsense, match=words):
        decode(Raw(16, 0, 1, 1, payload))


def test_a_number_has_one_type() -> None:
    with pytest.raises(InvalidValue, match="one other than RTM_NEWLINK's"):
        MessageType("RTM_OTHER", 16, NEWLINK.header, NEWLINK.table)


def test_families_give_attributes_another_meaning() -> None:
    vlans = [{"flags": 6, "vid": 1}, {"flags": 4, "vid": 2}]
    message = Message(NEWLINK, 0, {"family": 7}, {"af_spec": {"flags": 1, "vlan_info": vlans}})
    assert decode(split(encode(message, 1))[0]).attrs == message.attrs
    with pytest.raises(InvalidValue, match="no attribute 'flags' in AF_"):
        check(message._replace(header={"family": 0}))


def test_the_data_of_an_unknown_kind_stay_bytes() -> None:
    info = {"data": b"\1\2\3", "kind": "wireguard"}
    message = Message(NEWLINK, 0, {}, {"linkinfo": info})
    assert decode(split(encode(message, 1))[0]).attrs == {"linkinfo": info}


def test_linkinfo_that_breaks_off_is_nonsense() -> None:
    with pytest.raises(KernelNonsense, match="linkinfo"):
        decode(Raw(16, 0, 1, 1, bytes(16) + b"\x08\0\x12\0\x09\0\1\0"))


@pytest.mark.parametrize("hop", [b"\7\0\0\0\1\0\0\0", b"\x0c\0\0\0\1\0\0\0", b"\x08\0\0\0"])
def test_next_hops_that_lead_outside(hop: bytes) -> None:
    attr = struct.pack("=HH", 4 + len(hop), 9) + hop
    with pytest.raises(KernelNonsense, match=r"RTM_NEWROUTE\.multipath"):
        decode(Raw(24, 0, 1, 1, bytes(12) + attr))


def test_via_is_a_family_and_an_address() -> None:
    codec = HOP_TABLE.by_name["via"].codec
    assert codec.encode(18, IpAddress("fd00::1"), None)[4:6] == b"\x0a\0"
    attr = struct.pack("=HHH4s", 10, 18, 10, b"abcd")
    with pytest.raises(KernelNonsense, match=r"RTM_NEWROUTE\.via: 6 bytes of family 10"):
        decode(Raw(24, 0, 1, 1, bytes(12) + attr + b"\0\0"))


def test_via_of_a_family_that_is_not_ip_stays_bytes() -> None:
    message = Message(NEWROUTE, 0, {}, {"via": b"\x1c\0abcd"})  # AF_MPLS
    assert decode(split(encode(message, 1))[0]).attrs == message.attrs


def test_nests_in_nests_without_end() -> None:
    attrs: dict[str, Any] = {}
    payload = b""
    for _ in range(1500):
        attrs = {"linkinfo": {"kind": "veth", "data": {"peer": {"attrs": attrs}}}}
        peer = attribute(1, bytes(16) + payload)
        payload = attribute(18, attribute(1, b"veth") + attribute(2, peer))
    with pytest.raises(InvalidValue, match="nests in nests"):
        check(Message(NEWLINK, 0, {}, attrs))
    with pytest.raises(KernelNonsense, match="nests in nests"):
        decode(Raw(16, 0, 1, 1, bytes(16) + payload))


def test_flags_of_links_have_names() -> None:
    assert flag_names(IFF_UP | link.IFF_LOWER_UP | link.IFF_BROADCAST) == [
        "UP",
        "BROADCAST",
        "LOWER_UP",
    ]
    assert flag_names(0) == []
