"""Refusals: errno, the kernel's words, and the path of the attribute it objects to."""

from __future__ import annotations

import errno
import struct
from typing import Any

import captures
import pytest

from glassnet.errors import KernelNonsense, KernelRefused
from glassnet.netlink.extack import TABLE, error_code, refusal
from glassnet.netlink.message import (
    ACK_TLVS,
    CAPPED,
    DONE,
    ERROR,
    Message,
    Raw,
    decode,
    encode,
    split,
)
from glassnet.netlink.route.link import NEWLINK
from glassnet.netlink.route.route import NEWROUTE
from glassnet.netlink.schema import Row, Table
from glassnet.netlink.wire import U32
from glassnet.values import IpAddress

NEST = {"ifname": "b0", "linkinfo": {"kind": "bridge", "data": {"stp_state": 1, "priority": 5}}}
REQUEST = Message(NEWLINK, 0, {}, NEST)


def refuse(request: Message, told: dict[str, Any], *, capped: bool = True) -> KernelRefused:
    data = encode(request, 1)
    echoed = data[:16] if capped else data
    flags = ACK_TLVS | (CAPPED if capped else 0)
    payload = struct.pack("=i", -errno.EINVAL) + echoed + TABLE.encode(told)
    return refusal(Raw(ERROR, flags, 1, 1, payload), data, request.type, request.table)


@pytest.mark.parametrize("capped", [True, False])
@pytest.mark.parametrize(
    ("told", "path"),
    [
        ({"offs": 32}, "ifname"),
        ({"offs": 40}, "linkinfo"),
        ({"offs": 56}, "linkinfo.data"),
        ({"offs": 60}, "linkinfo.data.stp_state"),
        ({"offs": 68}, "linkinfo.data.priority"),
        ({"offs": 4}, ""),
        ({"offs": 4000}, ""),
        ({"miss_type": 3}, "missing ifname"),
        ({"miss_type": 1, "miss_nest": 40}, "missing linkinfo.kind"),
        ({"miss_type": 7, "miss_nest": 56}, "missing linkinfo.data.vlan_filtering"),
        ({"miss_type": 99}, "missing #99"),
        ({"miss_type": 1, "miss_nest": 32}, "missing ifname.#1"),
        ({}, ""),
    ],
)
def test_paths(told: dict[str, Any], path: str, *, capped: bool) -> None:
    error = refuse(REQUEST, {"msg": "no such luck", **told}, capped=capped)
    assert (error.errno, error.words, error.attribute) == (errno.EINVAL, "no such luck", path)
    assert error.what == "RTM_NEWLINK"


def test_a_next_hop_is_as_far_as_a_path_goes() -> None:
    hops = [{"gateway": IpAddress("10.0.0.1")}]
    request = Message(NEWROUTE, 0, {"family": 2}, {"multipath": hops})
    assert refuse(request, {"offs": 40}).attribute == "multipath"


def test_without_extended_acks() -> None:
    payload = struct.pack("=i", -errno.EEXIST) + encode(REQUEST, 1)
    error = refusal(Raw(ERROR, 0, 1, 1, payload), encode(REQUEST, 1), NEWLINK, NEWLINK.table)
    assert (error.errno, error.words, error.attribute) == (errno.EEXIST, "", "")


def test_a_dump_that_fails_at_its_end_has_words_too() -> None:
    payload = struct.pack("=i", -errno.EINVAL) + TABLE.encode({"msg": "bad filter"})
    raw = Raw(DONE, ACK_TLVS, 1, 1, payload)
    assert refusal(raw, encode(REQUEST, 1), NEWLINK, NEWLINK.table).words == "bad filter"


def test_error_codes() -> None:
    assert error_code(Raw(DONE, 0, 1, 1, b"")) == 0
    assert error_code(Raw(ERROR, 0, 1, 1, struct.pack("=i", -17))) == 17
    for payload in (b"\0", struct.pack("=i", 1), struct.pack("=i", -4096)):
        with pytest.raises(KernelNonsense):
            error_code(Raw(ERROR, 0, 1, 1, payload))


@pytest.mark.parametrize(
    ("flags", "payload"),
    [
        (ACK_TLVS | CAPPED, struct.pack("=i", -22) + bytes(15)),
        (ACK_TLVS | CAPPED, struct.pack("=i", -22) + bytes(16) + b"\1\0\1\0"),
        (ACK_TLVS, struct.pack("=iI", -22, 24) + bytes(22)),
        (ACK_TLVS | CAPPED, struct.pack("=i", -22) + bytes(16) + b"\6\0\2\0\0\0"),
    ],
)
def test_refusals_that_cannot_be_read(flags: int, payload: bytes) -> None:
    with pytest.raises(KernelNonsense):
        refusal(Raw(ERROR, flags, 1, 1, payload), encode(REQUEST, 1), NEWLINK, NEWLINK.table)


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("no such link", errno.ENODEV, ""),
        ("no such kind", errno.EOPNOTSUPP, "Unknown device type"),
        ("bad family", errno.EINVAL, "Invalid values in header for FIB dump request"),
        ("no gateway", errno.ENETUNREACH, "Nexthop has invalid gateway"),
    ],
)
def test_captured_refusals(name: str, code: int, words: str) -> None:
    told = captures.replies()[name]
    (raw,) = split(told.datagrams[0])
    request = decode(split(told.request)[0])
    error = refusal(raw, told.request, request.type, request.table)
    assert (error.errno, error.words) == (code, words)


@pytest.mark.parametrize(
    ("name", "path"),
    [("bad option", "linkinfo.data.stp_state"), ("bad peer", "linkinfo.data.peer")],
)
def test_captured_blame(name: str, path: str) -> None:
    """These requests are wrong on purpose, so our own tables cannot decode them."""
    told = captures.replies()[name]
    (raw,) = split(told.datagrams[0])
    error = refusal(raw, told.request, NEWLINK, NEWLINK.table)
    assert error.attribute == path, error


def test_an_unfinished_request_is_followed_as_far_as_it_goes() -> None:
    data = encode(REQUEST, 1)[:60]
    told = TABLE.encode({"offs": 60})
    payload = struct.pack("=i", -22) + data[:16] + told
    raw = Raw(ERROR, ACK_TLVS | CAPPED, 1, 1, payload)
    assert refusal(raw, data, NEWLINK, NEWLINK.table).attribute == ""
    assert Table("X_", Row(1, "a", U32)).locate(data, 60, 60, 60) == ([], None)
