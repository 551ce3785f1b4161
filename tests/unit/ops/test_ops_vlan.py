"""VLANs: number, protocol, flags and priorities, and what of it lasts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from scene import ETH0, NS1, link, typed, words
from upper_scene import P0, across, each, upper

from glassnet.errors import InvalidValue
from glassnet.ops.vlan import FLAGS, PROTOCOLS, VlanOp
from glassnet.ops.written import to_builtins
from glassnet.values import HOST

PLAIN = VlanOp(netns=NS1, ifname=ETH0, lower=P0, id=5)
WHOLE = VlanOp(
    netns=NS1,
    ifname=ETH0,
    lower=P0,
    id=4094,
    protocol="802.1ad",
    flags={"reorder_hdr": 0, "gvrp": 1},
    ingress_qos={1: 2, 3: 0},
    egress_qos={2: 3},
)
AMENDED = {
    "ingress_qos": {"mapping": [{"from": 1, "to": 2}, {"from": 3, "to": 0}]},
    "egress_qos": {"mapping": [{"from": 2, "to": 3}]},
    "flags": {"flags": 2, "mask": 3},
}
SEEN: dict[str, Any] = {
    "id": 4094,
    "protocol": 0x88A8,
    "flags": {"flags": 2, "mask": 0xFFFFFFFF},
    "ingress_qos": {"mapping": [{"from": 1, "to": 2}]},
    "egress_qos": {"mapping": [{"from": 2, "to": 3}]},
}
BEGIN = "ip link add link p0 name eth0 netns ns1 type vlan"


def test_how_it_is_typed_and_sent() -> None:
    assert typed(PLAIN) == [f"{BEGIN} id 5"]
    assert typed(WHOLE) == [
        f"{BEGIN} protocol 802.1ad id 4094 reorder_hdr off gvrp on "
        "ingress-qos-map 1:2 3:0 egress-qos-map 2:3"
    ]
    [birth] = each(PLAIN.requests(), HOST)
    assert birth.attrs["linkinfo"] == {"kind": "vlan", "data": {"id": 5}}
    [birth] = each(WHOLE.requests(), HOST)
    data = {"protocol": 0x88A8, "id": 4094, **AMENDED}
    assert birth.attrs["linkinfo"] == {"kind": "vlan", "data": data}


@pytest.mark.parametrize(
    ("op", "data", "differences"),
    [
        (PLAIN, {"id": 5, "protocol": 0x8100, "flags": {"flags": 1}}, []),
        (PLAIN, {"id": 6, "protocol": 0x8100}, ["id 5, found id 6"]),
        (PLAIN, {"id": 5, "protocol": 0x88A8}, ["protocol 802.1q, found protocol 802.1ad"]),
        (PLAIN, {"id": 5, "protocol": 1}, ["protocol 802.1q, found protocol unknown"]),
        (WHOLE, SEEN, []),
        (
            WHOLE,
            {**SEEN, "flags": {"flags": 9}},
            ["reorder_hdr 0, found reorder_hdr 1", "gvrp 1, found gvrp 0"],
        ),
        (
            WHOLE,
            {**SEEN, "ingress_qos": {"mapping": [{"from": 3, "to": 7}]}},
            ["ingress 1 2, found ingress 1 0", "ingress 3 0, found ingress 3 7"],
        ),
        (
            WHOLE,
            {name: value for name, value in SEEN.items() if name != "egress_qos"},
            ["egress 2 3, found egress 2 0"],
        ),
    ],
)
def test_what_differs(op: VlanOp, data: dict[str, Any], differences: list[str]) -> None:
    found = across(upper("vlan", data=data))
    label = "vlan eth0 in ns1 on p0 on the host: wanted"
    assert words(op.satisfied_by(found)) == [f"{label} {one}" for one in differences]


def test_flags_and_priorities_are_mended_in_place() -> None:
    [change] = each(WHOLE.remedy(across(upper("vlan", data={**SEEN, "flags": {}}))), NS1)
    info = {"kind": "vlan", "data": AMENDED}
    assert change.attrs == {"ifname": "eth0", "linkinfo": info}
    assert WHOLE.remedy(across(upper("vlan", data=SEEN))) == ()


@pytest.mark.parametrize("other", [{"id": 7}, {"protocol": 0x8100}])
def test_which_vlan_it_is_lasts(other: dict[str, int]) -> None:
    found = across(upper("vlan", data={**SEEN, **other}))
    assert WHOLE.remedy(found) == (*WHOLE.flipped().requests(), *WHOLE.requests())


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"id": -1}, "VLAN -1 is out of range; accepted: 0 to 4094"),
        ({"id": 4095}, "VLAN 4095 is out of range; accepted: 0 to 4094"),
        ({"protocol": "802.1x"}, "no VLAN protocol '802.1x'; accepted: 802.1q, 802.1ad"),
        (
            {"flags": {"up": 1}},
            "no VLAN flag 'up'; accepted: reorder_hdr, gvrp, mvrp, loose_binding, bridge_binding",
        ),
        ({"flags": {"gvrp": 2}}, "VLAN flag gvrp 2; accepted: 0 or 1"),
        ({"ingress_qos": {8: 0}}, "ingress_qos 8:0; accepted: 0 to 7, and 0 to 4294967295"),
        ({"ingress_qos": {0: -1}}, "ingress_qos 0:-1; accepted: 0 to 7, and 0 to 4294967295"),
        ({"egress_qos": {0: 8}}, "egress_qos 0:8; accepted: 0 to 4294967295, and 0 to 7"),
    ],
)
def test_what_is_refused(values: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        msgspec.structs.replace(PLAIN, **values)
    assert str(caught.value) == refusal


@pytest.mark.parametrize(
    ("number", "ingress", "egress"), [(0, {0: 0}, {0: 0}), (4094, {7: 2**32 - 1}, {2**32 - 1: 7})]
)
def test_the_first_and_the_last(
    number: int, ingress: dict[int, int], egress: dict[int, int]
) -> None:
    op = VlanOp(ifname=ETH0, lower=P0, id=number, ingress_qos=ingress, egress_qos=egress)
    assert (op.id, op.ingress_qos, op.egress_qos) == (number, ingress, egress)


def test_what_a_kernel_does_not_tell() -> None:
    told = PLAIN.kind_seen({})
    assert told == {"id": None, "protocol": "unknown", **dict.fromkeys(FLAGS, 0)}


def test_one_may_sit_on_another() -> None:
    assert PLAIN.obstacle(across(far=(link("p0", 5, kind="vlan"),))) == ""
    assert PLAIN.requires() == ("right:net_admin", "link:vlan")
    assert to_builtins(PLAIN)["op"] == "vlan"
    assert len(set(FLAGS.values())) == len(FLAGS)
    assert len(set(PROTOCOLS.values())) == len(PROTOCOLS)
