"""Links of more kinds with pyroute2 as oracle: the numbers, and each reads what the other wrote."""

from __future__ import annotations

from typing import Any

import pytest
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ifinfmsg.plugins import ipvlan as their_ipvlan
from pyroute2.netlink.rtnl.ifinfmsg.plugins import vlan as their_vlan
from pyroute2.netlink.rtnl.ifinfmsg.plugins import vrf as their_vrf
from pyroute2.netlink.rtnl.ifinfmsg.plugins import vxlan as their_vxlan
from test_oracle import Pair, full, leaves, nest, numbers, plain, written_by_pyroute2

from glassnet.netlink.message import CREATE, EXCL, Message, decode, encode, split
from glassnet.netlink.route import link
from glassnet.netlink.route.kinds import ipvlan, macvlan, vlan, vrf, vxlan
from glassnet.netlink.route.linktable import LinkKind
from glassnet.values import IpAddress, Mac

TABLES = [
    (macvlan.KIND, ifinfmsg.ifinfo.macvlan_data),
    (ipvlan.KIND, their_ipvlan.ipvlan),
    (vlan.KIND, their_vlan.vlan),
    (vrf.KIND, their_vrf.vrf),
    (vxlan.KIND, their_vxlan.vxlan),
]
NEWER = {
    "macvlan": {"bc_queue_len", "bc_queue_len_used", "bc_cutoff"},
    "ipvlan": {"flags"},
    "vxlan": {"vnifilter", "localbypass", "label_policy", "reserved_bits", "mc_route"},
}
"""What pyroute2 0.9 does not know. Their numbers follow those that it does."""


@pytest.mark.parametrize(("kind", "theirs"), TABLES, ids=lambda one: getattr(one, "name", ""))
def test_numbers_are_the_same(kind: LinkKind, theirs: Any) -> None:
    known = numbers(theirs.nla_map)
    for row in kind.data.rows:
        if row.name not in NEWER.get(kind.name, set()):
            assert row.number == known[kind.data.prefix + row.name.upper()], row.name


def made(kind: str, **data: Any) -> Message:
    info = {"kind": kind, "data": data}
    return Message(link.NEWLINK, CREATE | EXCL, {}, {"link": 3, "ifname": "x0", "linkinfo": info})


def theirs(kind: str, *data: tuple[str, Any]) -> list[tuple[str, Any]]:
    info = nest(("IFLA_INFO_KIND", kind), ("IFLA_INFO_DATA", nest(*data)))
    return [("IFLA_LINK", 3), ("IFLA_IFNAME", "x0"), ("IFLA_LINKINFO", info)]


MAPPINGS = [{"from": 1, "to": 2}, {"from": 3, "to": 4}]
PAIRS = [
    Pair(
        "macvlan",
        made(
            "macvlan",
            mode=macvlan.SOURCE,
            macaddr_mode=macvlan.SET,
            macaddr_data={"macaddr": [Mac("02:00:00:00:00:11"), Mac("02:00:00:00:00:12")]},
        ),
        ifinfmsg,
        {},
        theirs(
            "macvlan",
            ("IFLA_MACVLAN_MODE", "source"),
            ("IFLA_MACVLAN_MACADDR_MODE", "set"),
            (
                "IFLA_MACVLAN_MACADDR_DATA",
                nest(
                    ("IFLA_MACVLAN_MACADDR", "02:00:00:00:00:11"),
                    ("IFLA_MACVLAN_MACADDR", "02:00:00:00:00:12"),
                ),
            ),
        ),
    ),
    Pair(
        "ipvlan",
        made("ipvlan", mode=ipvlan.L3S),
        ifinfmsg,
        {},
        theirs("ipvlan", ("IFLA_IPVLAN_MODE", 2)),
    ),
    Pair(
        "vlan",
        made(
            "vlan",
            protocol=vlan.ETH_P_8021AD,
            id=4094,
            ingress_qos={"mapping": MAPPINGS},
            flags={"flags": vlan.GVRP, "mask": vlan.GVRP | vlan.REORDER_HDR},
        ),
        ifinfmsg,
        {},
        theirs(
            "vlan",
            ("IFLA_VLAN_PROTOCOL", 0x88A8),
            ("IFLA_VLAN_ID", 4094),
            (
                "IFLA_VLAN_INGRESS_QOS",
                nest(*(("IFLA_VLAN_QOS_MAPPING", one) for one in MAPPINGS)),
            ),
            ("IFLA_VLAN_FLAGS", {"flags": 2, "mask": 3}),
        ),
    ),
    Pair("vrf", made("vrf", table=1000), ifinfmsg, {}, theirs("vrf", ("IFLA_VRF_TABLE", 1000))),
    Pair(
        "vxlan over IPv4",
        made(
            "vxlan",
            link=3,
            ttl=4,
            port_range={"low": 1000, "high": 2000},
            id=6,
            local=IpAddress("10.0.0.1"),
            group=IpAddress("239.1.1.1"),
            port=4789,
            ageing=100,
            udp_csum=1,
        ),
        ifinfmsg,
        {},
        theirs(
            "vxlan",
            ("IFLA_VXLAN_LINK", 3),
            ("IFLA_VXLAN_TTL", 4),
            ("IFLA_VXLAN_PORT_RANGE", {"low": 1000, "high": 2000}),
            ("IFLA_VXLAN_ID", 6),
            ("IFLA_VXLAN_LOCAL", "10.0.0.1"),
            ("IFLA_VXLAN_GROUP", "239.1.1.1"),
            ("IFLA_VXLAN_PORT", 4789),
            ("IFLA_VXLAN_AGEING", 100),
            ("IFLA_VXLAN_UDP_CSUM", 1),
        ),
    ),
    Pair(
        "vxlan over IPv6",
        made(
            "vxlan",
            id=7,
            local6=IpAddress("fd00::2"),
            group6=IpAddress("fd00::1"),
            gbp=True,
            ttl_inherit=True,
            df=1,
        ),
        ifinfmsg,
        {},
        theirs(
            "vxlan",
            ("IFLA_VXLAN_ID", 7),
            ("IFLA_VXLAN_LOCAL6", "fd00::2"),
            ("IFLA_VXLAN_GROUP6", "fd00::1"),
            ("IFLA_VXLAN_GBP", True),
            ("IFLA_VXLAN_TTL_INHERIT", True),
            ("IFLA_VXLAN_DF", 1),
        ),
    ),
]

over_pairs = pytest.mark.parametrize("pair", PAIRS, ids=lambda one: one.name)


@over_pairs
def test_we_read_what_pyroute2_writes(pair: Pair) -> None:
    found = decode(split(written_by_pyroute2(pair))[0])
    assert encode(found, 1) == encode(full(pair.ours), 1)


@over_pairs
def test_pyroute2_reads_what_we_write(pair: Pair) -> None:
    message = ifinfmsg(encode(pair.ours, 1))
    message.decode()
    assert list(leaves(plain(message["attrs"]))) == list(leaves(plain(pair.attrs)))
