"""Ipvlans: modes, flags, and that they have no MAC of their own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from scene import ETH0, MAC1, NS1, link, typed, words
from upper_scene import P0, across, each, upper

from glassnet.errors import InvalidValue
from glassnet.ops.ipvlan import FLAGS, MODES, IpvlanOp
from glassnet.ops.written import to_builtins
from glassnet.values import HOST

PLAIN = IpvlanOp(netns=NS1, ifname=ETH0, lower=P0)
ROUTED = IpvlanOp(netns=NS1, ifname=ETH0, lower=P0, mode="l3s", flag="private", mtu=1400)


def test_how_it_is_typed_and_sent() -> None:
    begin = "ip link add link p0 name eth0"
    assert typed(PLAIN) == [f"{begin} netns ns1 type ipvlan mode l2 bridge"]
    assert typed(ROUTED) == [f"{begin} mtu 1400 netns ns1 type ipvlan mode l3s private"]
    [birth] = each(PLAIN.requests(), HOST)
    assert birth.attrs["linkinfo"] == {"kind": "ipvlan", "data": {"mode": 0, "flags": 0}}
    [birth] = each(ROUTED.requests(), HOST)
    assert birth.attrs["linkinfo"] == {"kind": "ipvlan", "data": {"mode": 2, "flags": 1}}
    assert birth.attrs["link"] == 5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("flag", FLAGS)
def test_every_mode_and_flag_is_known_again(mode: str, flag: str) -> None:
    op = IpvlanOp(netns=NS1, ifname=ETH0, lower=P0, mode=mode, flag=flag)
    assert op.satisfied_by(across(upper("ipvlan", data=op.kind_data()))) == ()


@pytest.mark.parametrize(
    ("data", "differences"),
    [
        ({"mode": 0, "flags": 0}, []),
        ({"mode": 1, "flags": 0}, ["mode l2, found mode l3"]),
        ({"mode": 0, "flags": 2}, ["flag bridge, found flag vepa"]),
        ({}, ["mode l2, found mode unknown", "flag bridge, found flag unknown"]),
        (
            {"mode": 9, "flags": 9},
            ["mode l2, found mode unknown", "flag bridge, found flag unknown"],
        ),
    ],
)
def test_what_differs_is_mended_in_place(data: dict[str, Any], differences: list[str]) -> None:
    found = across(upper("ipvlan", data=data))
    label = "ipvlan eth0 in ns1 on p0 on the host: wanted"
    assert words(PLAIN.satisfied_by(found)) == [f"{label} {one}" for one in differences]
    info = {"kind": "ipvlan", "data": {"mode": 0, "flags": 0}}
    changes = [one.attrs for one in each(PLAIN.remedy(found), *[NS1] * bool(differences))]
    assert changes == [{"ifname": "eth0", "linkinfo": info}] * bool(differences)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"mode": "l4"}, "no ipvlan mode 'l4'; accepted: l2, l3, l3s"),
        ({"flag": "public"}, "no ipvlan flag 'public'; accepted: bridge, private, vepa"),
        (
            {"mac": MAC1},
            "ipvlan eth0 with a MAC of its own; accepted: that of the lower device",
        ),
    ],
)
def test_what_is_refused(values: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        msgspec.structs.replace(PLAIN, **values)
    assert str(caught.value) == refusal


def test_none_sits_on_another() -> None:
    there = across(far=(link("p0", 5, kind="ipvlan"),))
    assert PLAIN.obstacle(there).startswith("p0 is ipvlan itself")
    assert PLAIN.obstacle(across(far=(link("p0", 5, kind="macvlan"),))) == ""
    assert PLAIN.requires() == ("right:net_admin", "link:ipvlan")
    assert to_builtins(PLAIN)["op"] == "ipvlan"
