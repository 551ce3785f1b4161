"""Our numbers beside those of the kernel's own headers, where a machine has them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from glassnet.netlink import extack, message
from glassnet.netlink.netfilter import conntrack, nftables
from glassnet.netlink.route import (
    addr,
    afspec,
    groups,
    link,
    linktable,
    neigh,
    netns,
    qdisc,
    route,
    rule,
    tcfilter,
    tctable,
)
from glassnet.netlink.route.bridgeport import BRIDGE_PORT
from glassnet.netlink.route.kinds import bridge, tun, veth
from glassnet.netlink.route.qdiscs import fq_codel, htb, tbf
from glassnet.netlink.route.stats import TABLE as STATS_TABLE
from glassnet.netlink.schema import Table

INCLUDE = Path("/usr/include/linux")
HEADERS = (
    "rtnetlink netlink if_link if_addr if_bridge neighbour fib_rules net_namespace veth if"
    " pkt_sched pkt_cls tc_act/tc_mirred gen_stats netfilter/nfnetlink"
    " netfilter/nfnetlink_conntrack netfilter/nf_tables".split()
)
NEWER = {  # than the oldest headers that the tests run with (Linux 6.1)
    *("IFLA_DEVLINK_PORT", "IFLA_GSO_IPV4_MAX_SIZE", "IFLA_GRO_IPV4_MAX_SIZE", "IFLA_DPLL_PIN"),
    *("IFLA_NETNS_IMMUTABLE", "IFLA_HEADROOM", "IFLA_TAILROOM"),
    *("IFLA_BR_FDB_N_LEARNED", "IFLA_BR_FDB_MAX_LEARNED"),
    *("IFLA_BRPORT_MAB", "IFLA_BRPORT_MCAST_N_GROUPS", "IFLA_BRPORT_MCAST_MAX_GROUPS"),
    *("IFLA_BRPORT_NEIGH_VLAN_SUPPRESS", "IFLA_BRPORT_BACKUP_NHID"),
    *("RTA_FLOWLABEL", "FRA_DSCP", "FRA_DSCP_MASK", "FRA_FLOWLABEL", "FRA_FLOWLABEL_MASK"),
    *("FRA_SPORT_MASK", "FRA_DPORT_MASK"),
    *("TCA_MIRRED_BLOCKID", "CTA_TIMESTAMP_EVENT"),
}
TABLES = (
    *(linktable.LINK_TABLE, linktable.XDP, linktable.PROTO_DOWN, linktable.LINKINFO.table("", "")),
    *(afspec.INET, afspec.INET6, afspec.BRIDGE_AF_SPEC, BRIDGE_PORT),
    *(bridge.KIND.data, tun.KIND.data, veth.KIND.data, extack.TABLE),
    *(addr.TABLE, route.TABLE, route.METRICS, rule.TABLE, neigh.TABLE, netns.TABLE, STATS_TABLE),
    *(qdisc.QDISC_TABLE, tctable.STATS2, tbf.OPTIONS, htb.OPTIONS, fq_codel.OPTIONS),
    *(tcfilter.U32_OPTIONS, tcfilter.ACTION, tcfilter.MIRRED),
    *(conntrack.TABLE, conntrack.TUPLE, conntrack.FILTER),
    *(nftables.TABLE, nftables.CHAIN, nftables.RULE, nftables.SET, nftables.ELEMENTS),
)


SYSTEMS = {"IPCTNL": "NFNL_SUBSYS_CTNETLINK", "NFT": "NFNL_SUBSYS_NFTABLES"}


def numbers() -> dict[str, int]:
    """Every enumerator and every number that is defined."""
    if not (INCLUDE / "rtnetlink.h").exists():
        pytest.skip("no kernel headers here (linux-libc-dev)")
    found: dict[str, int] = {}
    for name in HEADERS:
        text = (INCLUDE / f"{name}.h").read_text()
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
        for symbol, value in re.findall(r"#define\s+(\w+)[ \t]+(0x[0-9a-fA-F]+|\d+)\b", text):
            found[symbol] = int(value, 0)
        text = re.sub(r"(?m)^\s*#.*$", "", text)
        for body in re.findall(r"enum\s*\w*\s*\{(.*?)\}", text, flags=re.DOTALL):
            found |= enumerators(body, found)
    return found


def enumerators(body: str, before: dict[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    value = -1
    for part in filter(None, (one.strip() for one in body.split(","))):
        symbol, _, given = (one.strip() for one in part.partition("="))
        if match := re.fullmatch(r"1\s*<<\s*(\d+)", given):
            value = 1 << int(match[1])
        elif given.lower().startswith("0x") or given.isdigit():
            value = int(given.rstrip("U"), 0)
        else:
            value = (found | before)[given] if given in found or given in before else value + 1
        found[symbol] = value
    return found


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.prefix)
def test_attributes(table: Table) -> None:
    known = numbers()
    for row in table.rows:
        name = table.prefix + row.name.upper()
        if name in known:
            assert row.number == known[name], name
        else:
            assert name in NEWER, name


@pytest.mark.parametrize("module", [link, addr, route, rule, neigh], ids=lambda one: one.__name__)
def test_constants(module: object) -> None:
    known = numbers()
    constants = {name: value for name, value in vars(module).items() if name in known}
    assert len(constants) > 8
    assert constants == {name: known[name] for name in constants}


def test_types_of_messages() -> None:
    known = numbers()
    for kind in message._TYPES.values():
        prefix = kind.name.partition("_")[0]
        system = known[SYSTEMS[prefix]] if prefix in SYSTEMS else 0
        assert kind.number == known[kind.name] | system << 8


def test_groups() -> None:
    known = numbers()
    for name, value in vars(groups).items():
        if name.isupper() and isinstance(value, int):
            assert value == known[f"RTNLGRP_{name}"], name
    assert set(groups.EVERYTHING) <= {v for v in vars(groups).values() if isinstance(v, int)}


def test_flags_of_messages() -> None:
    known = numbers()
    flags = {name: value for name, value in vars(message).items() if f"NLM_F_{name}" in known}
    assert len(flags) > 12
    assert flags == {name: known[f"NLM_F_{name}"] for name in flags}
