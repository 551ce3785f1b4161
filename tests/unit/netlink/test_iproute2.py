"""Our bytes beside those that iproute2 sends for the same command, as strace saw them."""

from __future__ import annotations

from typing import Any

import captures
import pytest

from glassnet.netlink.message import (
    ACK,
    CREATE,
    EXCL,
    REPLACE,
    REQUEST,
    Message,
    decode,
    encode,
    split,
)
from glassnet.netlink.route import addr, link, neigh, netns, route, rule
from glassnet.netlink.route.addr import DELADDR, NEWADDR
from glassnet.netlink.route.link import DELLINK, GETLINK, NEWLINK
from glassnet.netlink.route.neigh import DELNEIGH, NEWNEIGH
from glassnet.netlink.route.netns import NEWNSID
from glassnet.netlink.route.route import DELROUTE, GETROUTE, NEWROUTE
from glassnet.netlink.route.rule import DELRULE, NEWRULE
from glassnet.netlink.schema import Table
from glassnet.values import IpAddress, Mac

ASK, NEW = REQUEST | ACK, REQUEST | ACK | CREATE | EXCL
SENT = captures.sent()
MAIN = {"family": 2, "table": 254, "protocol": route.RTPROT_BOOT, "type": route.RTN_UNICAST}


def ip(text: str) -> IpAddress:
    return IpAddress(text)


def last(command: str) -> bytes:
    """The last message that changes something, with the sequence number set to 0."""
    return [one for one in messages(command) if split(one)[0].type & 3 != 2][-1]


def messages(command: str) -> list[bytes]:
    return [data[:8] + bytes(4) + data[12:] for data in SENT[command]]


def index_in(command: str, name: str = "index") -> Any:
    """A link's index, as iproute2 found it."""
    return decode(split(last(command))[0]).header[name]


def attr_in(command: str, name: str) -> Any:
    return decode(split(last(command))[0]).attrs[name]


def fd_in(command: str) -> int:
    info = attr_in(command, "linkinfo")
    number: int = info["data"]["peer"]["attrs"]["net_ns_fd"]
    return number


def link_cases() -> dict[str, Message]:
    """Links: in iproute2's order of attributes."""
    veth = "ip link add h1 up master br0 alias mark:1 type veth peer name eth0 netns ns1"
    bridge = (
        "ip link add br1 up mtu 1400 address 02:00:00:00:00:0b"
        " type bridge stp_state 1 vlan_filtering 1"
    )
    options = {"stp_state": 1, "vlan_filtering": 1}
    peer = {"attrs": {"net_ns_fd": fd_in(veth), "ifname": "eth0"}}
    port = "ip link set h1 type bridge_slave isolated on hairpin on cost 7"
    slave = {"isolated": 1, "mode": 1, "cost": 7}
    up, down = {"flags": 1, "change": 1}, {"change": 1}
    found = {
        "ip link add br0 type bridge": Message(
            NEWLINK, NEW, {}, {"ifname": "br0", "linkinfo": {"kind": "bridge"}}
        ),
        bridge: Message(
            NEWLINK,
            NEW,
            up,
            {
                "mtu": 1400,
                "address": Mac("02:00:00:00:00:0b"),
                "ifname": "br1",
                "linkinfo": {"kind": "bridge", "data": options},
            },
        ),
        "ip link add h0 type veth peer name p0": Message(
            NEWLINK,
            NEW,
            {},
            {
                "ifname": "h0",
                "linkinfo": {"kind": "veth", "data": {"peer": {"attrs": {"ifname": "p0"}}}},
            },
        ),
        veth: Message(
            NEWLINK,
            NEW,
            up,
            {
                "master": attr_in(veth, "master"),
                "ifalias": "mark:1",
                "ifname": "h1",
                "linkinfo": {"kind": "veth", "data": {"peer": peer}},
            },
        ),
        "ip link add ifb0 type ifb": Message(
            NEWLINK, NEW, {}, {"ifname": "ifb0", "linkinfo": {"kind": "ifb"}}
        ),
        "ip link add dum0 type dummy": Message(
            NEWLINK, NEW, {}, {"ifname": "dum0", "linkinfo": {"kind": "dummy"}}
        ),
        port: Message(
            NEWLINK,
            ASK,
            {"index": index_in(port)},
            {"linkinfo": {"kind": "bridge_slave", "slave_data": slave}},
        ),
    }
    settings: dict[str, tuple[dict[str, int], dict[str, Any]]] = {
        "master br0": ({}, {"master": 2}),
        "nomaster": ({}, {"master": 0}),
        "up": (up, {}),
        "down": (down, {}),
        "mtu 1280": ({}, {"mtu": 1280}),
        "alias hello": ({}, {"ifalias": "hello"}),
        "address 02:00:00:00:00:01": ({}, {"address": Mac("02:00:00:00:00:01")}),
        "addrgenmode none": ({}, {"af_spec": {"inet6": {"addr_gen_mode": 1}}}),
        "name h9": ({}, {"ifname": "h9"}),
        "group 7": ({}, {"group": 7}),
    }
    for words, (header, attrs) in settings.items():
        command = f"ip link set h0 {words}"
        index = {"index": index_in(command)}
        found[command] = Message(NEWLINK, ASK, {**index, **header}, attrs)
    move = "ip link set p0 netns ns1"
    fd = {"net_ns_fd": attr_in(move, "net_ns_fd")}
    found[move] = Message(NEWLINK, ASK, {"index": index_in(move)}, fd)
    gone = "ip link del h5"
    found[gone] = Message(DELLINK, ASK, {"index": index_in(gone)}, {})
    return found


def addr_cases() -> dict[str, Message]:
    """Addresses on h0."""
    index = index_in("ip addr add 10.0.0.1/24 dev h0")
    v4 = {"family": 2, "prefixlen": 24, "index": index}
    v6 = {"family": 10, "prefixlen": 64, "index": index, "flags": addr.IFA_F_NODAD}
    lifetime = {"prefered": 500, "valid": 1000, "cstamp": 0, "tstamp": 0}
    return {
        "ip addr add 10.0.0.1/24 dev h0": Message(
            NEWADDR, NEW, v4, {"local": ip("10.0.0.1"), "address": ip("10.0.0.1")}
        ),
        "ip addr add 10.0.1.1/24 broadcast 10.0.1.255 dev h0": Message(
            NEWADDR,
            NEW,
            v4,
            {
                "local": ip("10.0.1.1"),
                "broadcast": ip("10.0.1.255"),
                "address": ip("10.0.1.1"),
            },
        ),
        "ip addr add 10.0.2.1 peer 10.0.2.2 dev h0": Message(
            NEWADDR,
            NEW,
            {**v4, "prefixlen": 32},
            {"local": ip("10.0.2.1"), "address": ip("10.0.2.2")},
        ),
        "ip addr add fd00::1/64 dev h0 nodad": Message(
            NEWADDR, NEW, v6, {"local": ip("fd00::1"), "address": ip("fd00::1")}
        ),
        "ip addr add fd01::1/64 dev h0 nodad noprefixroute": Message(
            NEWADDR,
            NEW,
            {**v6, "flags": 0},
            {
                "local": ip("fd01::1"),
                "flags": addr.IFA_F_NODAD | addr.IFA_F_NOPREFIXROUTE,
                "address": ip("fd01::1"),
            },
        ),
        "ip addr add 10.0.3.1/24 dev h0 scope link valid_lft 1000 preferred_lft 500": Message(
            NEWADDR,
            NEW,
            {**v4, "scope": route.RT_SCOPE_LINK},
            {"local": ip("10.0.3.1"), "address": ip("10.0.3.1"), "cacheinfo": lifetime},
        ),
        "ip addr del 10.0.1.1/24 dev h0": Message(
            DELADDR, ASK, v4, {"local": ip("10.0.1.1"), "address": ip("10.0.1.1")}
        ),
    }


def route_cases() -> dict[str, Message]:
    """Routes over h0."""
    dev = attr_in("ip route add 10.2.0.0/16 via 192.0.2.1 dev h0 onlink", "oif")
    wide = {**MAIN, "dst_len": 16}
    hops = [
        {"hops": 1, "ifindex": dev, "gateway": ip("10.0.0.253")},
        {"flags": route.RTNH_F_ONLINK, "ifindex": dev, "gateway": ip("10.0.0.254")},
    ]
    first = {"dst": ip("10.1.0.0"), "gateway": ip("10.0.0.254"), "priority": 50, "oif": dev}
    return {
        "ip route add default via 10.0.0.254": Message(
            NEWROUTE, NEW, MAIN, {"gateway": ip("10.0.0.254")}
        ),
        "ip route add 10.1.0.0/16 via 10.0.0.254 dev h0 metric 50 proto 103": Message(
            NEWROUTE, NEW, {**wide, "protocol": 103}, first
        ),
        "ip route add 10.2.0.0/16 via 192.0.2.1 dev h0 onlink": Message(
            NEWROUTE,
            NEW,
            {**wide, "flags": route.RTNH_F_ONLINK},
            {"dst": ip("10.2.0.0"), "gateway": ip("192.0.2.1"), "oif": dev},
        ),
        "ip route add 169.254.1.1 dev h0 scope link": Message(
            NEWROUTE,
            NEW,
            {**MAIN, "dst_len": 32, "scope": route.RT_SCOPE_LINK},
            {"dst": ip("169.254.1.1"), "oif": dev},
        ),
        (
            "ip route add 10.3.0.0/16 via 10.0.0.254 table 1000 mtu 1400 advmss 1360 src 10.0.0.1"
        ): Message(
            NEWROUTE,
            NEW,
            {**wide, "table": 0},
            {
                "dst": ip("10.3.0.0"),
                "gateway": ip("10.0.0.254"),
                "table": 1000,
                "prefsrc": ip("10.0.0.1"),
                "metrics": {"mtu": 1400, "advmss": 1360},
            },
        ),
        (
            "ip route add 10.4.0.0/16 nexthop via 10.0.0.253 dev h0 weight 2"
            " nexthop via 10.0.0.254 dev h0 onlink"
        ): Message(NEWROUTE, NEW, wide, {"dst": ip("10.4.0.0"), "multipath": hops}),
        "ip route add blackhole 10.5.0.0/16": Message(
            NEWROUTE, NEW, {**wide, "type": route.RTN_BLACKHOLE}, {"dst": ip("10.5.0.0")}
        ),
        "ip route add unreachable fd05::/16": Message(
            NEWROUTE,
            NEW,
            {**wide, "family": 10, "type": route.RTN_UNREACHABLE},
            {"dst": ip("fd05::")},
        ),
        "ip route add fd02::/64 via fd00::2 dev h0": Message(
            NEWROUTE,
            NEW,
            {**MAIN, "family": 10, "dst_len": 64},
            {"dst": ip("fd02::"), "gateway": ip("fd00::2"), "oif": dev},
        ),
        "ip route replace 10.1.0.0/16 via 10.0.0.253 dev h0 metric 50 proto 103": Message(
            NEWROUTE,
            ASK | CREATE | REPLACE,
            {**wide, "protocol": 103},
            {**first, "gateway": ip("10.0.0.253")},
        ),
        "ip route del 10.1.0.0/16 metric 50": Message(
            DELROUTE,
            ASK,
            {"family": 2, "dst_len": 16, "table": 254, "scope": route.RT_SCOPE_NOWHERE},
            {"dst": ip("10.1.0.0"), "priority": 50},
        ),
    }


def rule_cases() -> dict[str, Message]:
    """Rules."""
    lookup = {"family": 2, "action": rule.FR_ACT_TO_TBL}
    return {
        "ip rule add from 10.0.0.0/8 table 100 priority 1000": Message(
            NEWRULE,
            NEW,
            {**lookup, "src_len": 8, "table": 100},
            {"src": ip("10.0.0.0"), "priority": 1000},
        ),
        "ip rule add fwmark 0x10/0xff table 1000 priority 1001": Message(
            NEWRULE,
            NEW,
            lookup,
            {"fwmark": 16, "fwmask": 255, "table": 1000, "priority": 1001},
        ),
        "ip rule add iif lo to 10.9.0.0/16 lookup main priority 1002": Message(
            NEWRULE,
            NEW,
            {**lookup, "dst_len": 16, "table": 254},
            {"iifname": "lo", "dst": ip("10.9.0.0"), "priority": 1002},
        ),
        "ip rule add ipproto tcp dport 80-90 blackhole priority 1003": Message(
            NEWRULE,
            NEW,
            {"family": 2, "action": rule.FR_ACT_BLACKHOLE},
            {"ip_proto": 6, "dport_range": {"start": 80, "end": 90}, "priority": 1003},
        ),
        "ip -6 rule add from fd00::/8 table 100 priority 1000 protocol 103": Message(
            NEWRULE,
            NEW,
            {**lookup, "family": 10, "src_len": 8, "table": 100},
            {"src": ip("fd00::"), "priority": 1000, "protocol": 103},
        ),
        "ip rule del priority 1003": Message(DELRULE, ASK, {"family": 2}, {"priority": 1003}),
    }


def neigh_cases() -> dict[str, Message]:
    """Neighbours of h0, forwarding entries of h1, and a namespace id."""
    dev = index_in("ip neigh add proxy 10.0.0.10 dev h0", "ifindex")
    port = index_in("bridge fdb add 02:00:00:00:00:0b dev h1 self", "ifindex")
    at = {"lladdr": Mac("02:00:00:00:00:09")}
    v4, v6, fdb = (
        {"family": 2, "ifindex": dev},
        {"family": 10, "ifindex": dev},
        {"family": 7, "ifindex": port},
    )
    permanent = {"state": neigh.NUD_PERMANENT}
    fixed = {"state": neigh.NUD_PERMANENT | neigh.NUD_NOARP}
    static = {"state": neigh.NUD_NOARP | neigh.NUD_REACHABLE}
    return {
        "ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev h0 nud permanent": Message(
            NEWNEIGH, NEW, {**v4, **permanent}, {"dst": ip("10.0.0.9"), **at}
        ),
        "ip neigh add fd00::9 lladdr 02:00:00:00:00:09 dev h0": Message(
            NEWNEIGH, NEW, {**v6, **permanent}, {"dst": ip("fd00::9"), **at}
        ),
        "ip neigh add proxy 10.0.0.10 dev h0": Message(
            NEWNEIGH,
            NEW,
            {**v4, **permanent, "flags": neigh.NTF_PROXY},
            {"dst": ip("10.0.0.10")},
        ),
        "ip neigh del 10.0.0.9 dev h0": Message(
            DELNEIGH, ASK, {**v4, **permanent}, {"dst": ip("10.0.0.9")}
        ),
        "bridge fdb add 02:00:00:00:00:0a dev h1 master static": Message(
            NEWNEIGH,
            NEW,
            {**fdb, **static, "flags": neigh.NTF_MASTER},
            {"lladdr": Mac("02:00:00:00:00:0a")},
        ),
        "bridge fdb add 02:00:00:00:00:0b dev h1 self": Message(
            NEWNEIGH,
            NEW,
            {**fdb, **fixed, "flags": neigh.NTF_SELF},
            {"lladdr": Mac("02:00:00:00:00:0b")},
        ),
        "bridge fdb del 02:00:00:00:00:0a dev h1 master": Message(
            DELNEIGH,
            ASK,
            {**fdb, **fixed, "flags": neigh.NTF_MASTER},
            {"lladdr": Mac("02:00:00:00:00:0a")},
        ),
        "ip netns set ns1 77": Message(
            NEWNSID, ASK, {}, {"fd": attr_in("ip netns set ns1 77", "fd"), "nsid": 77}
        ),
    }


CASES = link_cases() | addr_cases() | route_cases() | rule_cases() | neigh_cases()

# iproute2 6.1 leaves NLA_F_NESTED off these nests; the kernel takes them with it and without.
UNMARKED_NESTS = "linkinfo, its data and slave data, the veth's peer, af_spec, metrics"


@pytest.mark.parametrize("command", CASES, ids=str)
def test_same_bytes_as_iproute2(command: str) -> None:
    ours, theirs = encode(CASES[command], 0), last(command)
    assert len(ours) == len(theirs), (decode(split(theirs)[0]), CASES[command])
    different = [at for at in range(len(ours)) if ours[at] != theirs[at]]
    for at in different:
        marked = ours[at] ^ theirs[at] == 0x80 and ours[at] & 0x80 and at % 4 == 3
        assert marked, (at, decode(split(theirs)[0]), CASES[command])
    assert not different or nests(CASES[command]), UNMARKED_NESTS


def nests(message: Message) -> bool:
    table: Table = message.table
    return any(table.by_name[name].codec.table_of(value) for name, value in message.attrs.items())


def test_a_lookup_by_name() -> None:
    lookup = Message(GETLINK, REQUEST, {}, {"ext_mask": 9, "ifname": "h0"})
    assert encode(lookup, 0) in messages("ip link show dev h0")


NOT_COMPARED = {
    "ip link set h9 name h0": "as the renaming before it",
    "ip link set br0 up": "as h0 up",
    "ip link show dev h0": "in a test of its own",
    "ip route get 10.0.0.9": "a lookup that glassnet does not make",
    "ip tuntap add tap0 mode tap user 0": "an ioctl, no message",
    "ip link del tap0": "as the deletion of h5",
    "ip link add h5 type veth peer name p5": "as h0",
}


def test_every_captured_command_is_compared_or_excused() -> None:
    assert CASES.keys() | NOT_COMPARED.keys() == SENT.keys()
    assert not CASES.keys() & NOT_COMPARED.keys()


@pytest.mark.parametrize("command", SENT, ids=str)
def test_everything_iproute2_sends_can_be_read(command: str) -> None:
    kinds = {link.GETLINK.number, GETROUTE.number}
    for data in SENT[command]:
        for raw in split(data):
            if raw.type != netns.GETNSID.number or len(raw.payload) >= 4:
                kinds.add(decode(raw).type.number)
    assert kinds
