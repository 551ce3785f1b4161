"""Filters: the selectors of u32, the action mirred, bytes as tc's."""

from __future__ import annotations

from typing import Any

import pytest
import tc_captures
from pyroute2.netlink.rtnl.tcmsg import act_mirred, cls_u32, tcmsg

from glassnet.errors import InvalidValue, KernelNonsense
from glassnet.netlink.message import ACK, CREATE, EXCL, REQUEST, Message, decode, encode, split
from glassnet.netlink.placeholder import IndexOf, Placeholder
from glassnet.netlink.route import tcfilter
from glassnet.netlink.route.tcfilter import DELTFILTER, NEWTFILTER, U32_OPTIONS, Selector
from glassnet.netlink.route.tctable import ETH_P_ALL, INGRESS_HANDLE
from glassnet.netlink.schema import Table
from glassnet.netlink.wire import Misfit

NEW = REQUEST | ACK | CREATE | EXCL
SENT = tc_captures.sent()
REDIRECT = (
    "tc filter add dev h0 parent ffff: protocol all u32 match u32 0 0"
    " action mirred egress redirect dev ifb0"
)
MIRROR = (
    "tc filter add dev h0 parent ffff: protocol ip pref 7 u32 match ip dst 10.0.0.0/8"
    " action mirred egress mirror dev ifb0"
)
DELETE = "tc filter del dev h0 parent ffff: protocol all pref 49152 u32"
ETH_P_IP = 0x0800
SELECTOR = Selector("struct tc_u32_sel")


def indexes(command: str) -> tuple[Any, Any]:
    """Those of the link and of the target, as tc found them."""
    message = tc_captures.read(SENT[command])
    action = message.attrs["options"]["act"]["1"]
    return message.header["ifindex"], action["options"]["parms"]["ifindex"]


def cases() -> dict[str, Message]:
    h0, ifb0 = indexes(REDIRECT)
    at = {"ifindex": h0, "parent": INGRESS_HANDLE}
    redirect: dict[str, Any] = {"kind": "u32", "options": tcfilter.redirection(ifb0)}
    parms = {**redirect["options"]["act"]["1"]["options"]["parms"], "action": 3, "eaction": 2}
    net = {"mask": 0xFF000000, "value": 0x0A000000, "off": 16, "offmask": 0}
    mirror = {
        "act": {"1": {"kind": "mirred", "options": {"parms": parms}}},
        "sel": {"flags": 1, "keys": [net]},
    }
    return {
        REDIRECT: Message(NEWTFILTER, NEW, {**at, "info": tcfilter.info(0, ETH_P_ALL)}, redirect),
        MIRROR: Message(
            NEWTFILTER,
            NEW,
            {**at, "info": tcfilter.info(7, ETH_P_IP)},
            {"kind": "u32", "options": mirror},
        ),
        DELETE: Message(
            DELTFILTER,
            REQUEST | ACK,
            {**at, "info": tcfilter.info(49152, ETH_P_ALL)},
            {"kind": "u32"},
        ),
    }


CASES = cases()


@pytest.mark.parametrize("command", CASES)
def test_same_bytes_as_tc(command: str) -> None:
    theirs = SENT[command]
    assert tc_captures.but_for_marks(CASES[command], theirs), tc_captures.read(theirs)


def test_every_captured_command_is_compared() -> None:
    assert CASES.keys() == {one for one in SENT if one.startswith("tc filter")}


@pytest.mark.parametrize(
    ("table", "theirs", "unknown"),
    [
        (U32_OPTIONS, cls_u32.options, {"TCA_U32_FLAGS", "TCA_U32_PAD"}),
        (tcfilter.MIRRED, act_mirred.options, {"TCA_MIRRED_PAD", "TCA_MIRRED_BLOCKID"}),
    ],
    ids=["u32", "mirred"],
)
def test_numbers_are_those_of_pyroute2(table: Table, theirs: Any, unknown: set[str]) -> None:
    known = {name: number for number, (name, _) in enumerate(theirs.nla_map)}
    names = {table.prefix + row.name.upper(): row.number for row in table.rows}
    assert {name: number for name, number in names.items() if name in known}.items() <= (
        known.items()
    )
    assert names.keys() - known.keys() == unknown


def test_pyroute2_reads_what_we_write() -> None:
    theirs = tcmsg(encode(CASES[MIRROR], 1))
    theirs.decode()
    options = theirs.get_attr("TCA_OPTIONS")
    selector = options.get_attr("TCA_U32_SEL")
    assert (selector["flags"], selector["nkeys"]) == (1, 1)
    action = options.get_attr("TCA_U32_ACT").get_attr("TCA_ACT_PRIO_1")
    assert action.get_attr("TCA_ACT_KIND") == "mirred"
    parms = action.get_attr("TCA_ACT_OPTIONS").get_attr("TCA_MIRRED_PARMS")
    assert (parms["eaction"], parms["ifindex"]) == (2, indexes(MIRROR)[1])


def test_we_read_what_pyroute2_writes() -> None:
    theirs = tcmsg()
    theirs["index"] = 7
    keys = {"keys": ["0x0a000000/0xff000000+16"]}
    options = {"attrs": [["TCA_U32_CLASSID", 0x10020], ["TCA_U32_SEL", keys]]}
    theirs["attrs"] = [["TCA_KIND", "u32"], ["TCA_OPTIONS", options]]
    theirs["header"]["type"] = NEWTFILTER.number
    theirs.encode()
    found = tc_captures.read(bytes(theirs.data))
    net = {"mask": 0xFF000000, "value": 0x0A000000, "off": 16, "offmask": 0}
    assert found.header["ifindex"] == 7
    assert found.attrs["options"] == {"classid": 0x10020, "sel": {"flags": 1, "keys": [net]}}


def test_a_redirection_as_the_kernel_tells_of_it() -> None:
    found = tc_captures.replies()["filters"].messages()
    key = [one for one in found if "sel" in one.attrs.get("options", {})][-1]
    assert tcfilter.split_info(int(str(key.header["info"])))[1] == ETH_P_ALL
    options = key.attrs["options"]
    assert options["sel"] == tcfilter.EVERYTHING
    parms = options["act"]["1"]["options"]["parms"]
    assert parms["eaction"] == tcfilter.TCA_EGRESS_REDIR
    assert parms["action"] == tcfilter.TC_ACT_STOLEN
    lines = {line.path: line.attribute for line in key.table.explain(key.attrs)}
    assert lines["options.act.1.options.parms"] == "TCA_MIRRED_PARMS"


def test_the_target_is_named_until_it_is_sent() -> None:
    options = tcfilter.redirection(IndexOf("ifb0"))
    message = Message(
        NEWTFILTER, 0, {"ifindex": IndexOf("h0")}, {"kind": "u32", "options": options}
    )
    numbers: dict[Placeholder, int] = {IndexOf("h0"): 7, IndexOf("ifb0"): 9}
    found = decode(split(encode(message, 1, numbers.__getitem__))[0])
    assert found.header["ifindex"] == 7
    assert found.attrs["options"]["act"]["1"]["options"]["parms"]["ifindex"] == 9
    with pytest.raises(InvalidValue, match=r"options\.act\.1\.options\.parms: IndexOf.*nothing to"):
        encode(message._replace(header={}), 1)


def test_a_filters_info_is_its_priority_and_protocol() -> None:
    assert tcfilter.split_info(tcfilter.info(49152, ETH_P_ALL)) == (49152, ETH_P_ALL)
    assert tcfilter.info(7, ETH_P_IP).to_bytes(4, "little") == b"\x08\0\7\0"


FULL = {
    "flags": 2,
    "offshift": 3,
    "offmask": 0x0F00,
    "off": 4,
    "offoff": -5,
    "hoff": 6,
    "hmask": 0xFF00FF00,
    "keys": [
        {"mask": 0xFFFF0000, "value": 0x12340000, "off": -14, "offmask": -1},
        {"mask": 1, "value": 1, "off": 0, "offmask": 0},
    ],
}


@pytest.mark.parametrize("value", [FULL, {"keys": []}, tcfilter.EVERYTHING], ids=str)
def test_selectors_there_and_back(value: dict[str, Any]) -> None:
    data = SELECTOR.encode(5, value, None)
    assert len(data) == 20 + 16 * len(value["keys"])
    assert SELECTOR.decode(data, 4, len(data)) == value


def test_a_selector_that_is_cut_is_nonsense() -> None:
    data = SELECTOR.encode(5, FULL, None)
    for end in range(4, len(data)):
        with pytest.raises(Misfit):
            SELECTOR.decode(data, 4, end)
    cut = b"\x0c\0\x05\0" + data[4:12]
    body = b"\x08\0\x01\0u32\0" + b"\x10\0\x02\0" + cut
    whole = (16 + 20 + len(body)).to_bytes(4, "little") + b"\x2c\0\0\0" + bytes(8 + 20) + body
    with pytest.raises(KernelNonsense, match=r"RTM_NEWTFILTER\.options\.sel: 8 bytes"):
        tc_captures.read(whole)


@pytest.mark.parametrize(
    "value",
    [
        7,
        {"speed": 1},
        {"flags": 256},
        {"offmask": 0x10000},
        {"keys": [{"mask": -1}]},
        {"keys": [{"wish": 1}]},
        {"keys": [{"mask": 1 << 32}]},
        {"keys": [{"off": 1 << 31}]},
        {"keys": 7},
        {"flags": "1"},
    ],
    ids=str,
)
def test_what_is_no_selector(value: Any) -> None:
    with pytest.raises(Misfit):
        SELECTOR.encode(5, value, None)
