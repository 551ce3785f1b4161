"""Links of more kinds against a kernel: we write, ``ip -j`` reads, and all of it is read back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fresh_netns import done, fresh, index, ip, make, run

from glassnet.kernel.linux import LinuxKernel
from glassnet.kernel.socket import NetlinkSocket
from glassnet.netlink.message import Message, encode
from glassnet.netlink.route.kinds import ipvlan, macvlan, vlan
from glassnet.netlink.route.link import GETLINK, NEWLINK
from glassnet.netlink.route.link import KINDS as KINDS_OF_LINKS
from glassnet.netlink.schema import Nested, Row, Table
from glassnet.netlink.wire import String
from glassnet.ops import require
from glassnet.state.snapshot import Facet
from glassnet.values import HOST, IpAddress, Mac

pytestmark = pytest.mark.kernel

SOURCES = [Mac("02:00:00:00:00:11"), Mac("02:00:00:00:00:12")]


class Kind(NamedTuple):
    """What we ask for, and what ``ip`` says then."""

    name: str
    data: dict[str, Any]
    said: dict[str, Any]
    is_upper: bool = True


KINDS = [
    Kind(
        "macvlan", {"mode": macvlan.BRIDGE, "bc_queue_len": 7}, {"mode": "bridge", "bcqueuelen": 7}
    ),
    Kind(
        "macvlan",
        {
            "mode": macvlan.SOURCE,
            "flags": macvlan.NODST,
            "macaddr_mode": macvlan.SET,
            "macaddr_data": {"macaddr": SOURCES},
        },
        {"mode": "source", "nodst": True, "macaddr_count": 2},
    ),
    Kind("macvlan", {"mode": macvlan.PASSTHRU, "flags": macvlan.NOPROMISC}, {"nopromisc": True}),
    Kind("ipvlan", {"mode": ipvlan.L3, "flags": ipvlan.PRIVATE}, {"mode": "l3", "private": True}),
    Kind(
        "vlan",
        {
            "id": 5,
            "protocol": vlan.ETH_P_8021AD,
            "flags": {"flags": vlan.GVRP, "mask": vlan.GVRP | vlan.REORDER_HDR},
            "ingress_qos": {"mapping": [{"from": 1, "to": 2}]},
        },
        {"id": 5, "protocol": "802.1ad", "flags": ["GVRP"], "ingress_qos": [{"from": 1, "to": 2}]},
    ),
    Kind("vrf", {"table": 1000}, {"table": 1000}, is_upper=False),
    Kind(
        "vxlan",
        {"id": 5, "port": 4789, "group": IpAddress("10.0.0.9"), "ttl": 4, "learning": 0},
        {"id": 5, "port": 4789, "remote": "10.0.0.9", "ttl": 4, "learning": False},
        is_upper=False,
    ),
    Kind(
        "vxlan",
        {
            "id": 6,
            "port": 4789,
            "group6": IpAddress("fd00::9"),
            "label": 16,
            "gbp": True,
            "port_range": {"low": 1000, "high": 2000},
            "udp_zero_csum6_tx": 1,
        },
        {
            "remote6": "fd00::9",
            "label": "0x10",
            "gbp": True,
            "port_range": {"low": 1000, "high": 2000},
            "udp_zero_csum6_tx": True,
        },
        is_upper=False,
    ),
    Kind(
        "vxlan",
        {"collect_metadata": 1, "vnifilter": 1, "port": 4790},
        {"external": True, "vnifilter": True},
        is_upper=False,
    ),
]


@pytest.fixture
def sock() -> Iterator[NetlinkSocket]:
    with fresh(), NetlinkSocket() as one:
        run("ip link add p0 type veth peer name p1")
        yield one


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_a_link_of_each_kind_is_what_was_asked_for(sock: NetlinkSocket, kind: Kind) -> None:
    message = make(kind.name, "x0", up=False, **kind.data)
    if kind.is_upper:
        message = message._replace(attrs={"link": index(sock, "p0"), **message.attrs})
    (reply,) = sock.request([message])
    if reply.error is not None and reply.error.words == "Unknown device type":
        pytest.skip(require.lacking(require.link_kind(kind.name)))
    assert reply.error is None
    [theirs] = ip("link", "show", "x0")
    told = theirs["linkinfo"]["info_data"]
    assert {name: told.get(name) for name in kind.said} == kind.said
    assert theirs.get("link") == ("p0" if kind.is_upper else None)

    found: Any = sock.get(Message(GETLINK, 0, {}, {"ifname": "x0"}))
    ours = found.attrs["linkinfo"]["data"]
    asked = {name: value for name, value in kind.data.items() if name not in NOT_TOLD}
    assert {name: _comparable(ours[name], asked[name]) for name in asked} == asked
    assert not [line for line in found.table.explain(found.attrs) if ".data.#" in line.path]


NOT_TOLD = {
    "macaddr_mode",
    "macaddr_data",
}  # what was to be done with sources; their order is a hash's


def _comparable(found: Any, asked: Any) -> Any:
    """Of VLANs' flags, those that were meant."""
    if isinstance(asked, dict) and "mask" in asked:
        return {"flags": found["flags"] & asked["mask"], "mask": asked["mask"]}
    return found


def test_sources_are_told(sock: NetlinkSocket) -> None:
    message = make("macvlan", "x0", up=False, **KINDS[1].data)
    done(sock, message._replace(attrs={"link": index(sock, "p0"), **message.attrs}))
    found: Any = sock.get(Message(GETLINK, 0, {}, {"ifname": "x0"}))
    data = found.attrs["linkinfo"]["data"]
    assert sorted(data["macaddr_data"]["macaddr"]) == SOURCES
    assert data["macaddr_count"] == 2


@pytest.mark.parametrize("name", sorted({kind.name for kind in KINDS} | {"dummy", "nosuchkind"}))
def test_whether_a_kind_is_known_is_known_before(sock: NetlinkSocket, name: str) -> None:
    (reply,) = sock.request([make(name, "x0", up=False)])
    unknown = reply.error is not None and reply.error.words == "Unknown device type"
    asked = require.link_kind(name)
    with LinuxKernel() as kernel:
        lacks = kernel.snapshot([Facet(HOST, "fit", asked)])[HOST].lacks
    assert lacks == ({asked} if unknown else set())


# Kinds that the kernel at hand may lack: ``ip`` shows a message that was saved to a file.


def shown(tmp_path: Path, kind: str, data: dict[str, Any], *port: Any) -> list[str]:
    """What ``ip`` reads in a link of a kind, as a kernel tells of it, past what all links have."""
    rows = [
        Row(1, "kind", String(31)),  # a kernel ends it with a NUL
        Row(2, "data", Nested(KINDS_OF_LINKS[kind].data)),
        Row(4, "slave_kind", String(31)),
        Row(5, "slave_data", Nested(KINDS_OF_LINKS["vrf"].slave_data or Table(""))),
    ]
    info = {"kind": kind, "data": data}
    info |= {"slave_kind": "vrf", "slave_data": {"table": port[0]}} if port else {}
    attrs = {"ifname": "x0", "mtu": 1500, "#18": Table("IFLA_INFO_", *rows).encode(info)}
    (tmp_path / "saved").write_bytes(encode(Message(NEWLINK, 0, {"index": 7, "type": 1}, attrs), 1))
    words = ["ip", "-d", "monitor", "file", str(tmp_path / "saved")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return [line.strip() for line in done.stdout.splitlines()[2:]]


@pytest.mark.parametrize(
    ("kind", "data", "lines"),
    [
        ("ipvlan", {"mode": ipvlan.L3S, "flags": ipvlan.PRIVATE}, ["ipvlan  mode l3s private"]),
        ("ipvlan", {"mode": ipvlan.L2, "flags": ipvlan.VEPA}, ["ipvlan  mode l2 vepa"]),
        ("ipvlan", {"mode": ipvlan.L3, "flags": 0}, ["ipvlan  mode l3 bridge"]),
        ("vrf", {"table": 1000}, ["vrf table 1000"]),
        ("vlan", {"id": 5, "protocol": vlan.ETH_P_8021Q}, ["vlan protocol 802.1Q id 5"]),
        (
            "vlan",
            {
                "id": 4094,
                "protocol": vlan.ETH_P_8021AD,
                "flags": {
                    "flags": vlan.REORDER_HDR | vlan.GVRP | vlan.LOOSE_BINDING,
                    "mask": 0xFFFFFFFF,
                },
                "ingress_qos": {"mapping": [{"from": 1, "to": 2}, {"from": 3, "to": 4}]},
                "egress_qos": {"mapping": [{"from": 5, "to": 6}]},
            },
            [
                "vlan protocol 802.1ad id 4094 <REORDER_HDR,GVRP,LOOSE_BINDING>",
                "ingress-qos-map { 1:2 3:4 }",
                "egress-qos-map { 5:6 }",
            ],
        ),
        (
            "vlan",
            {
                "id": 1,
                "protocol": vlan.ETH_P_8021Q,
                "flags": {"flags": vlan.MVRP | vlan.BRIDGE_BINDING, "mask": 0xFFFFFFFF},
            },
            ["vlan protocol 802.1Q id 1 <MVRP,BRIDGE_BINDING>"],
        ),
    ],
)
def test_ip_reads_what_we_write(
    tmp_path: Path, kind: str, data: dict[str, Any], lines: list[str]
) -> None:
    assert shown(tmp_path, kind, data) == lines


def test_ip_reads_a_member_of_a_vrf(tmp_path: Path) -> None:
    assert shown(tmp_path, "macvlan", {"mode": macvlan.VEPA}, 1000) == [
        "macvlan mode vepa",
        "vrf_slave table 1000",
    ]
