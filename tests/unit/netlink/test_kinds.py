"""Links of more kinds: our bytes beside those of iproute2, and what a kernel shows of them."""

from __future__ import annotations

import json
from typing import Any

import captures
import pytest

from glassnet.netlink.message import ACK, CREATE, EXCL, REQUEST, Message, decode, encode, split
from glassnet.netlink.route import link
from glassnet.netlink.route.kinds import ipvlan, macvlan, vlan
from glassnet.netlink.route.link import NEWLINK
from glassnet.values import IpAddress, Mac

RECORDED: dict[str, Any] = json.loads((captures.DATA / "kinds.json").read_text())
SENT = {
    one["command"]: [bytes.fromhex(text) for text in one["sent"]] for one in RECORDED["requests"]
}
ASK, NEW = REQUEST | ACK, REQUEST | ACK | CREATE | EXCL
UP = {"flags": 1, "change": 1}


def sent(command: str) -> bytes:
    """The last message that changes something, with the sequence number set to 0."""
    data = [one for one in SENT[command] if split(one)[0].type & 3 != 2][-1]
    return data[:8] + bytes(4) + data[12:]


def mac(last: int) -> Mac:
    return Mac(f"02:00:00:00:00:{last:02x}")


def sources(mode: int, *lasts: int) -> dict[str, Any]:
    return {"macaddr_mode": mode, "macaddr_data": {"macaddr": [mac(one) for one in lasts]}}


CASES: dict[str, tuple[str, dict[str, int], dict[str, Any], dict[str, Any]]] = {
    "ip link add link p0 name m0 up mtu 1400 address 02:00:00:00:00:05 master br0 "
    "type macvlan mode bridge bcqueuelen 500": (
        "macvlan",
        UP,
        {"mtu": 1400, "address": mac(5), "master": 2, "link": 4, "ifname": "m0"},
        {"bc_queue_len": 500, "mode": macvlan.BRIDGE},
    ),
    "ip link add link p0 name m1 "
    "type macvlan mode source macaddr set 02:00:00:00:00:11 02:00:00:00:00:12": (
        "macvlan",
        {},
        {"link": 4, "ifname": "m1"},
        {**sources(macvlan.SET, 0x11, 0x12), "mode": macvlan.SOURCE},
    ),
    "ip link set m1 type macvlan macaddr add 02:00:00:00:00:13": (
        "macvlan",
        {"index": 6},
        {},
        {"macaddr_mode": macvlan.ADD, "macaddr": mac(0x13)},
    ),
    "ip link set m1 type macvlan macaddr del 02:00:00:00:00:13": (
        "macvlan",
        {"index": 6},
        {},
        {"macaddr_mode": macvlan.DEL, "macaddr": mac(0x13)},
    ),
    "ip link add link p0 name m2 type macvlan mode source macaddr add 02:00:00:00:00:14": (
        "macvlan",
        {},
        {"link": 4, "ifname": "m2"},
        {"macaddr_mode": macvlan.ADD, "macaddr": mac(0x14), "mode": macvlan.SOURCE},
    ),
    "ip link set m2 type macvlan macaddr flush": (
        "macvlan",
        {"index": 7},
        {},
        {"macaddr_mode": macvlan.FLUSH},
    ),
    "ip link add link p0 name eth0 index 4711 mtu 1400 address 02:00:00:00:00:06 netns ns1 "
    "type macvlan mode private nodst": (
        "macvlan",
        {"index": 4711},
        {"mtu": 1400, "address": mac(6), "net_ns_fd": 4, "link": 4, "ifname": "eth0"},
        {"mode": macvlan.PRIVATE, "flags": macvlan.NODST},
    ),
    "ip link add link p1 name m3 type macvlan mode passthru nopromisc": (
        "macvlan",
        {},
        {"link": 3, "ifname": "m3"},
        {"mode": macvlan.PASSTHRU, "flags": macvlan.NOPROMISC},
    ),
    "ip link add link p0 name i0 type ipvlan mode l2": (
        "ipvlan",
        {},
        {"link": 4, "ifname": "i0"},
        {"mode": ipvlan.L2, "flags": 0},
    ),
    "ip link add link p0 name i1 up netns ns1 type ipvlan mode l3s private": (
        "ipvlan",
        UP,
        {"net_ns_fd": 4, "link": 4, "ifname": "i1"},
        {"mode": ipvlan.L3S, "flags": ipvlan.PRIVATE},
    ),
    "ip link add link p0 name i2 type ipvlan mode l3 vepa": (
        "ipvlan",
        {},
        {"link": 4, "ifname": "i2"},
        {"mode": ipvlan.L3, "flags": ipvlan.VEPA},
    ),
    "ip link add link p0 name v0 type vlan id 5": (
        "vlan",
        {},
        {"link": 4, "ifname": "v0"},
        {"id": 5},
    ),
    "ip link add link p0 name v1 up type vlan protocol 802.1ad id 4094 "
    "reorder_hdr off gvrp on mvrp on loose_binding on bridge_binding off "
    "ingress-qos-map 1:2 3:4 egress-qos-map 2:3": (
        "vlan",
        UP,
        {"link": 4, "ifname": "v1"},
        {
            "protocol": vlan.ETH_P_8021AD,
            "id": 4094,
            "ingress_qos": {"mapping": [{"from": 1, "to": 2}, {"from": 3, "to": 4}]},
            "egress_qos": {"mapping": [{"from": 2, "to": 3}]},
            "flags": {
                "flags": vlan.GVRP | vlan.MVRP | vlan.LOOSE_BINDING,
                "mask": vlan.REORDER_HDR
                | vlan.GVRP
                | vlan.MVRP
                | vlan.LOOSE_BINDING
                | vlan.BRIDGE_BINDING,
            },
        },
    ),
    "ip link add name red type vrf table 1000": ("vrf", {}, {"ifname": "red"}, {"table": 1000}),
    "ip link add name x0 type vxlan id 5 dstport 4789": (
        "vxlan",
        {},
        {"ifname": "x0"},
        {"id": 5, "learning": 1, "port": 4789},
    ),
    "ip link add name x1 type vxlan id 6 dev p0 ttl 4 tos 0x10 df inherit ageing 100 "
    "maxaddress 50 srcport 1000 2000 proxy rsc l2miss l3miss udpcsum noudp6zerocsumtx "
    "udp6zerocsumrx remcsumtx remcsumrx local 10.0.0.1 group 239.1.1.1 nolearning dstport 4789": (
        "vxlan",
        {},
        {"ifname": "x1"},
        {
            "link": 4,
            "ttl": 4,
            "tos": 16,
            "df": 2,
            "ageing": 100,
            "limit": 50,
            "port_range": {"low": 1000, "high": 2000},
            "proxy": 1,
            "rsc": 1,
            "l2miss": 1,
            "l3miss": 1,
            "udp_csum": 1,
            "udp_zero_csum6_tx": 0,
            "udp_zero_csum6_rx": 1,
            "remcsum_tx": 1,
            "remcsum_rx": 1,
            "id": 6,
            "local": IpAddress("10.0.0.1"),
            "group": IpAddress("239.1.1.1"),
            "learning": 0,
            "port": 4789,
        },
    ),
    "ip link add name x2 type vxlan id 7 dev p0 flowlabel 0x10 ttl auto gbp "
    "local fd00::2 remote fd00::1 dstport 4789": (
        "vxlan",
        {},
        {"ifname": "x2"},
        {
            "link": 4,
            "label": 16,
            "ttl": 0,
            "gbp": True,
            "id": 7,
            "local6": IpAddress("fd00::2"),
            "group6": IpAddress("fd00::1"),
            "learning": 1,
            "port": 4789,
        },
    ),
    "ip link add name x3 netns ns1 type vxlan id 8 dev p0 ttl inherit remote 10.1.1.1 "
    "dstport 4789": (
        "vxlan",
        {},
        {"net_ns_fd": 4, "ifname": "x3"},
        {
            "link": 4,
            "ttl_inherit": True,
            "id": 8,
            "group": IpAddress("10.1.1.1"),
            "learning": 1,
            "port": 4789,
        },
    ),
    "ip link add name x4 type vxlan external vnifilter gpe dstport 4790": (
        "vxlan",
        {},
        {"ifname": "x4"},
        {"collect_metadata": 1, "vnifilter": 1, "gpe": True, "learning": 0, "port": 4790},
    ),
    "ip link set x1 type vxlan id 6 ageing 200": (
        "vxlan",
        {"index": 10},
        {},
        {"ageing": 200, "id": 6},
    ),
}


def test_every_command_that_was_recorded_has_its_case() -> None:
    assert CASES.keys() == SENT.keys()


@pytest.mark.parametrize("command", CASES, ids=str)
def test_same_bytes_as_iproute2(command: str) -> None:
    """But for NLA_F_NESTED, which iproute2 6.1 leaves off linkinfo, its data and what is in it."""
    kind, header, attrs, data = CASES[command]
    flags = ASK if "index" in header and "ifname" not in attrs else NEW
    whole = {**attrs, "linkinfo": {"kind": kind, "data": data}}
    ours, theirs = encode(Message(NEWLINK, flags, header, whole), 0), sent(command)
    assert decode(split(theirs)[0]).attrs == whole
    assert len(ours) == len(theirs)
    for at, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        assert one == other or (one ^ other == 0x80 and one & 0x80 and at % 4 == 3), at


SHOWN = [
    message
    for datagram in RECORDED["replies"]["links of more kinds"]["datagrams"]
    for message in (decode(raw) for raw in split(bytes.fromhex(datagram)) if raw.type >= 16)
]
DATA: dict[str, dict[str, Any]] = {
    message.attrs["ifname"]: message.attrs["linkinfo"]["data"]
    for message in SHOWN
    if "data" in (message.attrs.get("linkinfo") or {})
}


def test_what_was_made_is_shown_again() -> None:
    assert DATA["m0"].items() >= {"mode": macvlan.BRIDGE, "bc_queue_len": 500}.items()
    assert sorted(DATA["m1"]["macaddr_data"]["macaddr"]) == [mac(0x11), mac(0x12)]
    assert DATA["m1"]["macaddr_count"] == 2
    assert DATA["m3"].items() >= {"mode": macvlan.PASSTHRU, "flags": macvlan.NOPROMISC}.items()
    wanted = dict(CASES[next(one for one in CASES if " x1 type vxlan id 6 dev" in one)][3])
    assert DATA["x1"].items() >= {**wanted, "ageing": 200}.items()
    wanted = dict(CASES[next(one for one in CASES if " x2 " in one)][3])
    assert DATA["x2"].items() >= wanted.items()
    assert DATA["x4"].items() >= {"collect_metadata": 1, "vnifilter": 1, "gpe": True}.items()
    tap = {"type": 2, "owner": 0, "group": 0, "persist": 1, "multi_queue": 1, "pi": 0}
    assert DATA["tap1"].items() >= tap.items()


def test_nothing_that_was_shown_is_left_undescribed() -> None:
    for name, data in DATA.items():
        [message] = [one for one in SHOWN if one.attrs["ifname"] == name]
        assert [key for key in data if key.startswith("#")] == []
        lines = [one for one in message.table.explain(message.attrs) if ".data." in one.path]
        assert {one.path.rpartition(".")[2] for one in lines} >= data.keys()


@pytest.mark.parametrize("name", ["macvlan", "ipvlan", "vlan", "vrf", "vxlan"])
def test_every_attribute_has_a_number_of_its_own_and_words(name: str) -> None:
    table = link.KINDS[name].data
    assert [row.number for row in table.rows] == list(range(1, len(table.rows) + 1))
    assert len({row.name for row in table.rows}) == len(table.rows)
    without = {row.name for row in table.rows if not row.doc}
    assert without <= {"remcsum_nopartial"}


def test_a_member_of_a_vrf_tells_of_its_table() -> None:
    info = {"slave_kind": "vrf", "slave_data": {"table": 1000}}
    message = Message(NEWLINK, 0, {}, {"ifname": "eth0", "linkinfo": info})
    [raw] = split(encode(message, 1))
    assert decode(raw).attrs["linkinfo"] == info
    [line] = [one for one in message.table.explain(message.attrs) if one.path.endswith("table")]
    assert line.attribute == "IFLA_VRF_PORT_TABLE"
