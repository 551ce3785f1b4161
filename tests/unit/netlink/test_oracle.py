"""pyroute2 as oracle: it reads what we wrote, we read what it wrote, and both read the kernel."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import captures
import pytest
from pyroute2.netlink import nla_slot
from pyroute2.netlink.rtnl.fibmsg import fibmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg, protinfo_bridge
from pyroute2.netlink.rtnl.ifinfmsg.plugins import tun as their_tun
from pyroute2.netlink.rtnl.ndmsg import ndmsg
from pyroute2.netlink.rtnl.nsidmsg import nsidmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from glassnet.netlink.message import CREATE, EXCL, Message, MessageType, decode, encode, split
from glassnet.netlink.route import addr, link, neigh, netns, route, rule
from glassnet.netlink.route.bridgeport import BRIDGE_PORT
from glassnet.netlink.route.kinds import bridge, tun
from glassnet.netlink.schema import Table
from glassnet.values import IfName, IpAddress, Mac

# Names and numbers.

TABLES = [
    (link.NEWLINK.table, ifinfmsg),
    (addr.TABLE, ifaddrmsg),
    (route.TABLE, rtmsg),
    (route.METRICS, rtmsg.metrics),
    (rule.TABLE, fibmsg),
    (neigh.TABLE, ndmsg),
    (netns.TABLE, nsidmsg),
    (bridge.KIND.data, ifinfmsg.ifinfo.bridge_data),
    (BRIDGE_PORT, protinfo_bridge),
    (tun.KIND.data, their_tun.tun),
]
OTHER_NAMES = {  # by pyroute2, where linux/*.h has ours
    "IFLA_TARGET_NETNSID": "IFLA_IF_NETNSID",  # an older name of the same number
}
NOT_IN_PYROUTE2 = {
    *("IFLA_DEVLINK_PORT", "IFLA_GSO_IPV4_MAX_SIZE", "IFLA_GRO_IPV4_MAX_SIZE", "IFLA_DPLL_PIN"),
    *("IFLA_NETNS_IMMUTABLE", "IFLA_HEADROOM", "IFLA_TAILROOM"),
    *("IFLA_BR_FDB_MAX_LEARNED", "IFLA_BR_FDB_N_LEARNED", "IFLA_BR_MCAST_QUERIER_STATE"),
    *("IFLA_BR_MULTI_BOOLOPT", "IFLA_BR_VLAN_STATS_PER_PORT", "RTAX_FASTOPEN_NO_COOKIE"),
    *("RTA_UID", "RTA_TTL_PROPAGATE", "RTA_IP_PROTO", "RTA_SPORT", "RTA_DPORT", "RTA_NH_ID"),
    *("RTA_FLOWLABEL", "FRA_DSCP", "FRA_DSCP_MASK", "FRA_FLOWLABEL", "FRA_FLOWLABEL_MASK"),
    *("FRA_SPORT_MASK", "FRA_DPORT_MASK"),
}


def numbers(their_map: Any) -> dict[str, int]:
    return {
        (one[1] if isinstance(one[0], int) else one[0]): (one[0] if isinstance(one[0], int) else at)
        for at, one in enumerate(their_map)
    }


@pytest.mark.parametrize(("table", "theirs"), TABLES, ids=lambda one: getattr(one, "prefix", ""))
def test_numbers_are_the_same(table: Table, theirs: Any) -> None:
    known = numbers(theirs.nla_map)
    missing = set()
    for row in table.rows:
        name = table.prefix + row.name.upper()
        number = known.get(OTHER_NAMES.get(name, name))
        if number is None:
            missing.add(name)
        else:
            assert row.number == number, name
    assert missing <= NOT_IN_PYROUTE2, missing - NOT_IN_PYROUTE2


# The same message, written by both.


class Pair(NamedTuple):
    name: str
    ours: Message
    theirs: type[Any]
    fields: Mapping[str, int]
    attrs: list[tuple[str, Any]]


def nest(*attrs: tuple[str, Any]) -> dict[str, Any]:
    return {"attrs": list(attrs)}


PAIRS = [
    Pair(
        "bridge",
        Message(
            link.NEWLINK,
            CREATE | EXCL,
            {"flags": 1, "change": 1},
            {
                "ifname": IfName("br0"),
                "mtu": 1400,
                "address": Mac("02:00:00:00:00:01"),
                "linkinfo": {
                    "kind": "bridge",
                    "data": {"stp_state": 1, "forward_delay": 400, "vlan_protocol": 0x8100},
                },
            },
        ),
        ifinfmsg,
        {"flags": 1, "change": 1},
        [
            ("IFLA_IFNAME", "br0"),
            ("IFLA_MTU", 1400),
            ("IFLA_ADDRESS", "02:00:00:00:00:01"),
            (
                "IFLA_LINKINFO",
                nest(
                    ("IFLA_INFO_KIND", "bridge"),
                    (
                        "IFLA_INFO_DATA",
                        nest(
                            ("IFLA_BR_STP_STATE", 1),
                            ("IFLA_BR_FORWARD_DELAY", 400),
                            ("IFLA_BR_VLAN_PROTOCOL", 0x8100),
                        ),
                    ),
                ),
            ),
        ],
    ),
    Pair(
        "veth",
        Message(
            link.NEWLINK,
            CREATE,
            {},
            {
                "ifname": "h0",
                "master": 5,
                "linkinfo": {
                    "kind": "veth",
                    "data": {"peer": {"attrs": {"ifname": "eth0", "mtu": 1400}}},
                },
            },
        ),
        ifinfmsg,
        {},
        [
            ("IFLA_IFNAME", "h0"),
            ("IFLA_MASTER", 5),
            (
                "IFLA_LINKINFO",
                nest(
                    ("IFLA_INFO_KIND", "veth"),
                    (
                        "IFLA_INFO_DATA",
                        nest(
                            (
                                "VETH_INFO_PEER",
                                nest(("IFLA_IFNAME", "eth0"), ("IFLA_MTU", 1400)),
                            )
                        ),
                    ),
                ),
            ),
        ],
    ),
    Pair(
        "port",
        Message(
            link.NEWLINK,
            0,
            {"index": 7},
            {
                "linkinfo": {
                    "slave_kind": "bridge",
                    "slave_data": {"isolated": 1, "mode": 1, "learning": 0},
                }
            },
        ),
        ifinfmsg,
        {"index": 7},
        [
            (
                "IFLA_LINKINFO",
                nest(
                    ("IFLA_INFO_SLAVE_KIND", "bridge"),
                    (
                        "IFLA_INFO_SLAVE_DATA",
                        nest(
                            ("IFLA_BRPORT_ISOLATED", 1),
                            ("IFLA_BRPORT_MODE", 1),
                            ("IFLA_BRPORT_LEARNING", 0),
                        ),
                    ),
                ),
            )
        ],
    ),
    Pair(
        "address",
        Message(
            addr.NEWADDR,
            CREATE,
            {"family": 2, "prefixlen": 24, "index": 3},
            {
                "local": IpAddress("10.0.0.1"),
                "address": IpAddress("10.0.0.1"),
                "broadcast": IpAddress("10.0.0.255"),
                "label": "h0",
                "flags": addr.IFA_F_NOPREFIXROUTE,
            },
        ),
        ifaddrmsg,
        {"family": 2, "prefixlen": 24, "index": 3},
        [
            ("IFA_LOCAL", "10.0.0.1"),
            ("IFA_ADDRESS", "10.0.0.1"),
            ("IFA_BROADCAST", "10.0.0.255"),
            ("IFA_LABEL", "h0"),
            ("IFA_FLAGS", 0x200),
        ],
    ),
    Pair(
        "IPv6 route",
        Message(
            route.NEWROUTE,
            CREATE,
            {"family": 10, "dst_len": 64, "table": 254, "protocol": 103, "type": 1},
            {
                "dst": IpAddress("fd02::"),
                "gateway": IpAddress("fd00::2"),
                "oif": 3,
                "priority": 50,
                "table": 1000,
                "metrics": {"mtu": 1400, "advmss": 1360},
            },
        ),
        rtmsg,
        {"family": 10, "dst_len": 64, "table": 254, "proto": 103, "type": 1},
        [
            ("RTA_DST", "fd02::"),
            ("RTA_GATEWAY", "fd00::2"),
            ("RTA_OIF", 3),
            ("RTA_PRIORITY", 50),
            ("RTA_TABLE", 1000),
            ("RTA_METRICS", nest(("RTAX_MTU", 1400), ("RTAX_ADVMSS", 1360))),
        ],
    ),
    Pair(
        "multipath route",
        Message(
            route.NEWROUTE,
            CREATE,
            {"family": 2, "dst_len": 16, "table": 254, "type": 1},
            {
                "dst": IpAddress("10.4.0.0"),
                "multipath": [
                    {"hops": 1, "ifindex": 3, "gateway": IpAddress("10.0.0.1")},
                    {"flags": 4, "ifindex": 4, "gateway": IpAddress("10.0.0.2")},
                ],
            },
        ),
        rtmsg,
        {"family": 2, "dst_len": 16, "table": 254, "type": 1},
        [
            ("RTA_DST", "10.4.0.0"),
            (
                "RTA_MULTIPATH",
                [
                    {"hops": 1, "oif": 3, **nest(("RTA_GATEWAY", "10.0.0.1"))},
                    {"flags": 4, "oif": 4, **nest(("RTA_GATEWAY", "10.0.0.2"))},
                ],
            ),
        ],
    ),
    Pair(
        "rule",
        Message(
            rule.NEWRULE,
            CREATE,
            {"family": 2, "src_len": 8, "table": 100, "action": 1},
            {
                "src": IpAddress("10.0.0.0"),
                "priority": 1000,
                "fwmark": 16,
                "fwmask": 255,
                "iifname": "lo",
                "protocol": 103,
                "dport_range": {"start": 80, "end": 90},
            },
        ),
        fibmsg,
        {"family": 2, "src_len": 8, "table": 100, "action": 1},
        [
            ("FRA_SRC", "10.0.0.0"),
            ("FRA_PRIORITY", 1000),
            ("FRA_FWMARK", 16),
            ("FRA_FWMASK", 255),
            ("FRA_IIFNAME", "lo"),
            ("FRA_PROTOCOL", 103),
            ("FRA_DPORT_RANGE", "80:90"),
        ],
    ),
    Pair(
        "neighbour",
        Message(
            neigh.NEWNEIGH,
            CREATE,
            {"family": 2, "ifindex": 3, "state": neigh.NUD_PERMANENT},
            {"dst": IpAddress("10.0.0.9"), "lladdr": Mac("02:00:00:00:00:09")},
        ),
        ndmsg,
        {"family": 2, "ifindex": 3, "state": 128},
        [("NDA_DST", "10.0.0.9"), ("NDA_LLADDR", "02:00:00:00:00:09")],
    ),
    Pair(
        "namespace id",
        Message(netns.NEWNSID, 0, {}, {"fd": 5, "nsid": 77}),
        nsidmsg,
        {},
        [("NETNSA_FD", 5), ("NETNSA_NSID", 77)],
    ),
]


def written_by_pyroute2(pair: Pair) -> bytes:
    message = pair.theirs()
    for field, value in pair.fields.items():
        message[field] = value
    message["attrs"] = copy.deepcopy(pair.attrs)  # pyroute2 writes into it
    message["header"]["type"] = pair.ours.type.number
    message["header"]["flags"] = pair.ours.flags
    message["header"]["sequence_number"] = 1
    message.encode()
    return bytes(message.data)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda one: one.name)
def test_we_read_what_pyroute2_writes(pair: Pair) -> None:
    found = decode(split(written_by_pyroute2(pair))[0])
    assert encode(found, 1) == encode(full(pair.ours), 1)


def full(message: Message) -> Message:
    return message._replace(
        header=dict.fromkeys(message.type.header.fields, 0) | dict(message.header)
    )


@pytest.mark.parametrize("pair", PAIRS, ids=lambda one: one.name)
def test_pyroute2_reads_what_we_write(pair: Pair) -> None:
    message = pair.theirs(encode(pair.ours, 1))
    message.decode()
    for field, value in pair.fields.items():
        assert message[field] == value
    assert list(leaves(plain(message["attrs"]))) == list(leaves(plain(pair.attrs)))


THEIR_OWN = {"attrs", "header", "len", "value", "__align", "family", "ifi_type", "change", "index"}


def plain(value: Any) -> Any:
    """pyroute2's pairs, mappings with ``attrs`` and lists of hops as lists of pairs."""
    if isinstance(value, Mapping):
        fields = [(name, one) for name, one in value.items() if name not in THEIR_OWN]
        return fields + plain(list(value.get("attrs", ())))
    if isinstance(value, list) and value and isinstance(value[0], tuple | nla_slot):
        return [(one[0], plain(one[1])) for one in value]
    if isinstance(value, list):
        return [(str(at), plain(one)) for at, one in enumerate(value)]
    return value


def leaves(pairs: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in pairs:
        where = f"{path}.{name}"
        if isinstance(value, list):
            yield from leaves(value, where)
        elif value:
            yield where, value


# What the kernel said, read by both.

THEIR_CLASSES: dict[MessageType, type[Any]] = {
    link.NEWLINK: ifinfmsg,
    addr.NEWADDR: ifaddrmsg,
    route.NEWROUTE: rtmsg,
    rule.NEWRULE: fibmsg,
    neigh.NEWNEIGH: ndmsg,
    netns.NEWNSID: nsidmsg,
}
OWN_READING = {  # pyroute2 turns these into words or shapes of its own
    "IFLA_OPERSTATE": "a word",
    "IFLA_AF_SPEC": "dictionaries by name",
    "IFLA_PROTINFO": "depends on the family",
    "IFLA_XDP": "attached is a word",
    "IFLA_MAP": "a structure with other names",
    "IFLA_PERM_ADDRESS": "hexadecimal text",
    "IFLA_INFO_SLAVE_DATA": "root_id and bridge_id are structures",
    "RTA_MULTIPATH": "checked above",
    "IFLA_DEVLINK_PORT": "not known to it",
}


def compare(ours: Mapping[str, Any], table: Table, theirs: Any) -> int:
    """How many plain values both have; they must be equal."""
    compared = 0
    by_name = {name: value for name, value, *_ in theirs["attrs"]}
    for name, value in ours.items():
        row = table.by_name.get(name)
        kernel_name = table.prefix + name.upper()
        other = by_name.get(OTHER_NAMES.get(kernel_name, kernel_name))
        if row is None or other is None or kernel_name in OWN_READING:
            continue
        inner = row.codec.table_of(value)
        if inner is not None:
            compared += compare(value, inner, other)
        elif isinstance(value, int | str):
            assert other == value, kernel_name
            compared += 1
        elif isinstance(value, Mapping):
            shared = value.keys() & dict(other).keys()
            assert {key: other[key] for key in shared} == {key: value[key] for key in shared}
            compared += len(shared)
    return compared


@pytest.mark.parametrize(
    ("name", "at_least"),
    [
        ("links", 450),
        ("addresses", 20),
        ("routes", 100),
        ("rules", 30),
        ("neighbours", 6),
        ("forwarding", 10),
        ("namespace ids", 1),
        ("bridge links", 8),
    ],
)
def test_both_read_the_kernel_alike(name: str, at_least: int) -> None:
    told = captures.replies()[name]
    compared = 0
    for datagram in told.datagrams:
        at = 0
        for raw in split(datagram):
            data = datagram[at : at + 16 + len(raw.payload)]
            at += (len(data) + 3) & -4
            if raw.type < 16:
                continue
            ours = decode(raw)
            theirs = THEIR_CLASSES[ours.type](data)
            theirs.decode()
            compared += compare(ours.attrs, ours.table, theirs)
    assert compared >= at_least
