"""What a kernel says is described: every attribute has a row, and words for people."""

from __future__ import annotations

import captures
import pytest

from glassnet.netlink.message import check, decode, encode, split

NEWER_THAN_OUR_TABLES = {"#66"}  # IFLA_MAX_PACING_OFFLOAD_HORIZON: 4 or 8 bytes, kept as bytes
REPLIES = [told for told in captures.replies().values() if told.messages()]


@pytest.mark.parametrize("told", REPLIES, ids=lambda one: one.name)
def test_nothing_is_left_undescribed(told: captures.Told) -> None:
    for message in told.messages():
        for line in message.table.explain(message.attrs):
            if line.attribute.startswith("#"):
                assert line.path in NEWER_THAN_OUR_TABLES
            else:
                assert line.attribute.isupper() or line.attribute[0].isupper()
                assert line.wire


@pytest.mark.parametrize("told", REPLIES, ids=lambda one: one.name)
def test_what_the_kernel_says_can_be_said_again(told: captures.Told) -> None:
    for message in told.messages():
        check(message)
        (raw,) = split(encode(message, 1))
        assert decode(raw) == message


def test_a_link_in_words() -> None:
    message = captures.replies()["links"].messages()[1]
    lines = {line.path: line for line in message.table.explain(message.attrs)}
    assert lines["ifname"].attribute == "IFLA_IFNAME"
    assert lines["linkinfo.data.stp_state"].attribute == "IFLA_BR_STP_STATE"
    assert lines["linkinfo.data.stp_state"].wire == "u32"
    assert "spanning tree" in lines["linkinfo.data.stp_state"].doc
    assert lines["af_spec.inet6.addr_gen_mode"].attribute == "IFLA_INET6_ADDR_GEN_MODE"
