"""VLANs of a bridge's ports: their faces, on bytes that iproute2 was seen to send."""

from __future__ import annotations

from typing import Any

import pytest
from scene import BR0, ETH0, NS1, gone, seen_in, state, typed, words

from glassnet.errors import InvalidValue
from glassnet.netlink.message import ACK, REQUEST, Message, decode, encode, encode_flagged, split
from glassnet.netlink.placeholder import IndexOf
from glassnet.netlink.route.link import NEWLINK
from glassnet.netlink.route.linktable import AF_BRIDGE
from glassnet.ops.base import MADE
from glassnet.ops.bridgevlan import BridgeVlanOp
from glassnet.ops.request import NetlinkRequest
from glassnet.state.bridgevlan import BridgeVlanState, from_message
from glassnet.state.snapshot import Facet, Snapshot


def vlan(vid: int, **more: Any) -> BridgeVlanOp:
    return BridgeVlanOp(netns=NS1, ifname=ETH0, vid=vid, **more)


PVID = vlan(5, pvid=True, untagged=True)
RANGE = vlan(5, last=9)

HEAD = "0700000004000000" + "00" * 8
CAPTURED = {
    "bridge -n ns1 vlan add dev eth0 vid 5 pvid untagged": (
        PVID,
        f"2c0000001300050000000000{'00' * 4}{HEAD}0c001a000800020006000500",
    ),
    "bridge -n ns1 vlan add dev eth0 vid 5-9": (
        RANGE,
        f"340000001300050000000000{'00' * 4}{HEAD}14001a0008000200080005000800020010000900",
    ),
    "bridge -n ns1 vlan del dev eth0 vid 1": (
        vlan(1, pvid=True, untagged=True, present=False),
        f"2c0000001100050000000000{'00' * 4}{HEAD}0c001a000800020000000100",
    ),
}
"""What ``bridge`` of iproute2 6.1 sent (strace), less sequence numbers, by its command."""


@pytest.mark.parametrize("command", CAPTURED)
def test_the_bytes_are_those_of_iproute2(command: str) -> None:
    op, theirs = CAPTURED[command]
    assert typed(op) == [command]
    [request] = op.requests()
    assert isinstance(request, NetlinkRequest)
    assert request.netns == NS1
    ours = encode_flagged(request.message, REQUEST | ACK, 0, index_of)
    # the kernel takes the nest with NLA_F_NESTED as without, which iproute2 leaves off
    assert ours.replace(b"\x1a\x80", b"\x1a\x00").hex() == theirs


def index_of(asked: object) -> int:
    assert asked == IndexOf("eth0")
    return 4


def members(*found: tuple[int, bool, bool], ifname: str = "eth0") -> Snapshot:
    there = state(NS1)
    there.vlans = [BridgeVlanState(ifname, *one) for one in found]
    return seen_in(there)


@pytest.mark.parametrize(
    ("op", "snapshot", "differences"),
    [
        (PVID, members((5, True, True)), []),
        (PVID, members(), ["VLAN 5 of port eth0 in ns1: wanted to be there, found nothing"]),
        (PVID, gone(), ["VLAN 5 of port eth0 in ns1: wanted to be there, found nothing"]),
        (
            PVID,
            members((5, True, True), ifname="br0"),
            ["VLAN 5 of port eth0 in ns1: wanted to be there, found nothing"],
        ),
        (
            PVID,
            members((5, False, False)),
            ["VLAN 5 of port eth0 in ns1: 5: wanted pvid untagged, found tagged"],
        ),
        (RANGE, members(*((vid, False, False) for vid in range(5, 10))), []),
        (
            RANGE,
            members((5, False, False), (6, False, True), (8, False, False), (9, False, False)),
            [
                "VLAN 5-9 of port eth0 in ns1: 6: wanted tagged, found untagged",
                "VLAN 5-9 of port eth0 in ns1: 7: wanted tagged, found nothing",
            ],
        ),
        (RANGE.flipped(), members((4, False, False)), []),
        (
            RANGE.flipped(),
            members((7, False, False)),
            ["VLAN 5-9 of port eth0 in ns1: wanted not to be there, found it"],
        ),
    ],
)
def test_as_seen(op: BridgeVlanOp, snapshot: Snapshot, differences: list[str]) -> None:
    assert words(op.satisfied_by(snapshot)) == differences


def test_it_is_mended_in_place_and_taken_back() -> None:
    assert PVID.remedy(members((5, False, False))) == PVID.requests()
    assert PVID.inverse(MADE) == (PVID.flipped(),)


def test_what_the_planner_knows_of_it() -> None:
    link = ("link", "ns1", "eth0")
    assert RANGE.key() == ("bridge-vlan", "ns1", "eth0", "5-9")
    assert RANGE.needs() == RANGE.within() == (("netns", "ns1"), link)
    assert RANGE.after() == (("port", "ns1", "eth0"),)
    assert RANGE.reads() == (Facet(NS1, "links"), Facet(NS1, "vlans"))
    assert "bridge:vlan_filtering=1" in RANGE.requires()


@pytest.mark.parametrize(
    ("build", "refusal"),
    [
        (lambda: vlan(0), "VLAN 0 is out of range; accepted: 1 to 4094"),
        (lambda: vlan(4095), "VLAN 4095 is out of range; accepted: 1 to 4094"),
        (lambda: vlan(5, last=5), "VLANs 5 to 5; accepted: upwards, to 4094"),
        (lambda: vlan(5, last=4095), "VLANs 5 to 4095; accepted: upwards, to 4094"),
        (lambda: vlan(5, last=6, pvid=True), "VLANs 5 to 6 as pvid; accepted: one VLAN as pvid"),
    ],
)
def test_what_is_refused(build: Any, refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        build()
    assert str(caught.value) == refusal


def told(*infos: tuple[int, int]) -> list[BridgeVlanState]:
    spec: Any = {"vlan_info": [{"flags": flags, "vid": vid} for flags, vid in infos]}
    attrs: Any = {"ifname": "br0", **({"af_spec": spec} if infos else {})}
    [raw] = split(encode(Message(NEWLINK, 0, {"family": AF_BRIDGE, "index": 3}, attrs), 1))
    return from_message(decode(raw))


def test_what_the_kernel_tells_is_read_with_its_ranges() -> None:
    assert told() == []
    assert told((6, 1), (0, 7), (0x0C, 10), (0x14, 12)) == [
        BridgeVlanState(BR0, 1, pvid=True, untagged=True),
        BridgeVlanState(BR0, 7),
        *(BridgeVlanState(BR0, vid, untagged=True) for vid in (10, 11, 12)),
    ]
