"""Macvlans: modes, flags, sources, and what of it lasts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from scene import ETH0, MAC1, MAC2, NS1, typed, words
from upper_scene import P0, across, each, upper

from glassnet.errors import InvalidValue
from glassnet.ops.macvlan import MODES, MacvlanOp
from glassnet.ops.written import to_builtins
from glassnet.values import HOST, Mac

PLAIN = MacvlanOp(netns=NS1, ifname=ETH0, lower=P0)
QUEUED = MacvlanOp(netns=NS1, ifname=ETH0, lower=P0, mode="private", bc_queue_len=500)
TAKEN = MacvlanOp(netns=NS1, ifname=ETH0, lower=P0, mode="passthru", nopromisc=True)
SOURCED = MacvlanOp(
    netns=NS1, ifname=ETH0, lower=P0, mode="source", nodst=True, sources=(MAC2, MAC1)
)
BEGIN = "ip link add link p0 name eth0 netns ns1 type macvlan"
LABEL = "macvlan eth0 in ns1 on p0 on the host: wanted"


@pytest.mark.parametrize(
    ("op", "said", "data"),
    [
        (PLAIN, "mode bridge", {"mode": 4}),
        (QUEUED, "mode private bcqueuelen 500", {"bc_queue_len": 500, "mode": 1}),
        (TAKEN, "mode passthru nopromisc", {"mode": 8, "flags": 1}),
        (
            SOURCED,
            "mode source nodst macaddr set 02:00:00:00:00:02 02:00:00:00:00:01",
            {
                "macaddr_mode": 3,
                "macaddr_data": {"macaddr": [MAC2, MAC1]},
                "mode": 16,
                "flags": 2,
            },
        ),
    ],
)
def test_how_it_is_typed_and_sent(op: MacvlanOp, said: str, data: dict[str, Any]) -> None:
    assert typed(op)[0] == f"{BEGIN} {said}"
    [birth] = each(op.requests(), HOST)
    assert birth.attrs["linkinfo"] == {"kind": "macvlan", "data": data}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_has_a_number_of_its_own(mode: str) -> None:
    op = MacvlanOp(netns=NS1, ifname=ETH0, lower=P0, mode=mode)
    assert op.kind_seen(op.kind_data())["mode"] == mode
    assert op.kind_seen({"mode": 99})["mode"] == op.kind_seen({})["mode"] == "unknown"
    assert op.kind_seen({})["nodst"] == op.kind_seen({})["nopromisc"] == "off"
    assert len(set(MODES.values())) == len(MODES)


OF_SOURCES = {"mode": 16, "flags": 2, "macaddr_data": {"macaddr": [MAC1, MAC2]}}


@pytest.mark.parametrize(
    ("op", "data", "differences"),
    [
        (PLAIN, {"mode": 4}, []),
        (PLAIN, {"mode": 4, "flags": 2, "bc_queue_len": 7}, []),
        (PLAIN, {"mode": 2}, ["mode bridge, found mode vepa"]),
        (QUEUED, {"mode": 1, "bc_queue_len": 500}, []),
        (QUEUED, {"mode": 1, "bc_queue_len": 7}, ["bcqueuelen 500, found bcqueuelen 7"]),
        (TAKEN, {"mode": 8, "flags": 3}, []),
        (TAKEN, {"mode": 8, "flags": 2}, ["nopromisc on, found nopromisc off"]),
        (SOURCED, OF_SOURCES, []),
        (SOURCED, {**OF_SOURCES, "flags": 0}, ["nodst on, found nodst off"]),
        (
            SOURCED,
            {**OF_SOURCES, "macaddr_data": {"macaddr": [MAC1]}},
            ["sources 02:00:00:00:00:01, 02:00:00:00:00:02, found sources 02:00:00:00:00:01"],
        ),
        (
            SOURCED,
            {"mode": 16, "flags": 2},
            ["sources 02:00:00:00:00:01, 02:00:00:00:00:02, found sources none"],
        ),
    ],
)
def test_what_differs(op: MacvlanOp, data: dict[str, Any], differences: list[str]) -> None:
    found = across(upper("macvlan", data=data))
    assert words(op.satisfied_by(found)) == [f"{LABEL} {one}" for one in differences]


@pytest.mark.parametrize(
    ("op", "data", "anew"),
    [
        (PLAIN, {"mode": 2}, False),
        (PLAIN, {"mode": 8}, True),
        (TAKEN, {"mode": 4}, True),
        (TAKEN, {"mode": 8}, False),
        (SOURCED, {"mode": 4}, False),
        (QUEUED, {"mode": 1}, False),
    ],
)
def test_a_device_is_taken_over_for_good(op: MacvlanOp, data: dict[str, Any], anew: bool) -> None:
    found = across(upper("macvlan", data=data))
    if anew:
        assert op.remedy(found) == (*op.flipped().requests(), *op.requests())
        return
    [change] = each(op.remedy(found), NS1)
    info = {"kind": "macvlan", "data": op.kind_data()}
    assert change.attrs == {"ifname": "eth0", "linkinfo": info}
    assert change.flags == 0


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        (
            {"mode": "switch"},
            "no macvlan mode 'switch'; accepted: private, vepa, bridge, passthru, source",
        ),
        ({"nopromisc": True}, "nopromisc of a macvlan in mode bridge; accepted: mode passthru"),
        ({"nodst": True}, "nodst of a macvlan in mode bridge; accepted: mode source"),
        ({"sources": (MAC1,)}, "sources of a macvlan in mode bridge; accepted: mode source"),
        (
            {"mode": "passthru", "mac": MAC1},
            "macvlan eth0 with a MAC in mode passthru; accepted: that of the lower device",
        ),
        ({"bc_queue_len": -1}, "bc_queue_len -1; accepted: 0 to 4294967295"),
        ({"bc_queue_len": 2**32}, "bc_queue_len 4294967296; accepted: 0 to 4294967295"),
        (
            {"mode": "source", "sources": (Mac("01:00:00:00:00:01"),)},
            "01:00:00:00:00:01 cannot be an interface's own address; accepted: a unicast address: "
            "the first byte even, not all zero",
        ),
    ],
)
def test_what_is_refused(values: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        msgspec.structs.replace(PLAIN, **values)
    assert str(caught.value) == refusal


def test_what_is_required() -> None:
    assert PLAIN.requires() == ("right:net_admin", "link:macvlan")
    assert PLAIN.flipped().requires() == ("right:net_admin",)
    assert to_builtins(PLAIN)["op"] == "macvlan"


@pytest.mark.parametrize("number", [0, 2**32 - 1])
def test_the_shortest_and_the_longest_queue(number: int) -> None:
    assert MacvlanOp(ifname=ETH0, lower=P0, bc_queue_len=number).bc_queue_len == number
