"""VXLANs: ends, options, the device beneath, and what of it lasts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from scene import ETH0, NS1, link, seen, typed, words
from upper_scene import NEW, P0, across, each, upper

from glassnet.errors import InvalidValue
from glassnet.ops.vxlan import VXLAN_OPTIONS, VxlanOp
from glassnet.ops.written import to_builtins
from glassnet.values import HOST, IfName, IpAddress

X0 = IfName("x0")
FAR4, FAR6 = IpAddress("10.0.0.1"), IpAddress("fd00::1")
NEAR4, NEAR6 = IpAddress("10.0.0.2"), IpAddress("fd00::2")
GROUP4, GROUP6 = IpAddress("239.1.1.1"), IpAddress("ff05::1")

PLAIN = VxlanOp(netns=NS1, ifname=X0, lower_netns=NS1, id=5)
TO4 = VxlanOp(netns=NS1, ifname=X0, lower=P0, id=6, remote=FAR4, local=NEAR4, port=8472)
TO6 = VxlanOp(netns=NS1, ifname=X0, id=7, remote=FAR6, options={"flowlabel": 16, "gbp": 1})
GROUPED = VxlanOp(netns=NS1, ifname=X0, lower=P0, id=8, group=GROUP4, srcport=(1000, 2000))
EVERY = VxlanOp(
    netns=NS1,
    ifname=X0,
    lower_netns=NS1,
    id=9,
    local=NEAR6,
    options={
        "learning": 0,
        **{name: 1 for name in VXLAN_OPTIONS if name not in {"ttl", "learning"}},
    },
)


def told(op: VxlanOp, **other: Any) -> dict[str, Any]:
    """What a kernel tells of a VXLAN that is as wanted: all options, an index for the device."""
    data = {one.attribute: 0 for one in VXLAN_OPTIONS.values()} | dict(op.kind_data())
    data |= {"link": 0 if op.lower is None else 5, **other}
    return {name: value for name, value in data.items() if value is not False}


def test_how_it_is_typed() -> None:
    assert typed(PLAIN) == ["ip -n ns1 link add name x0 type vxlan id 5 dstport 4789"]
    assert typed(TO4) == [
        "ip link add name x0 netns ns1 type vxlan id 6 dev p0 local 10.0.0.2 remote 10.0.0.1 "
        "dstport 8472"
    ]
    assert typed(TO6) == [
        "ip link add name x0 netns ns1 type vxlan id 7 flowlabel 16 gbp remote fd00::1 dstport 4789"
    ]
    assert typed(GROUPED) == [
        "ip link add name x0 netns ns1 type vxlan id 8 dev p0 srcport 1000 2000 "
        "group 239.1.1.1 dstport 4789"
    ]
    assert typed(EVERY) == [
        "ip -n ns1 link add name x0 type vxlan id 9 flowlabel 1 ttl inherit tos 0x1 df set "
        "ageing 1 maxaddress 1 proxy rsc l2miss l3miss udpcsum udp6zerocsumtx udp6zerocsumrx "
        "remcsumtx remcsumrx gbp nolearning local fd00::2 dstport 4789"
    ]


def test_options_that_are_off_are_said_too() -> None:
    options = {name: 0 for name in VXLAN_OPTIONS if name != "flowlabel"}
    op = VxlanOp(netns=NS1, ifname=X0, lower_netns=NS1, id=5, options=options)
    assert typed(op) == [
        "ip -n ns1 link add name x0 type vxlan id 5 ttl 0 tos 0x0 df unset ageing 0 maxaddress 0 "
        "noproxy norsc nol2miss nol3miss noudpcsum noudp6zerocsumtx noudp6zerocsumrx "
        "noremcsumtx noremcsumrx nolearning dstport 4789"
    ]
    [birth] = each(op.requests(), NS1)
    assert "gbp" not in birth.attrs["linkinfo"]["data"]  # which would be to want it


def test_the_request_goes_to_the_tunnels_namespace() -> None:
    [birth] = each(TO4.requests(), HOST)
    data = {"link": 5, "id": 6, "local": NEAR4, "group": FAR4, "learning": 1, "port": 8472}
    assert (birth.flags, birth.header) == (NEW, {})
    info = {"kind": "vxlan", "data": data}
    assert birth.attrs == {"net_ns_fd": 9, "ifname": "x0", "linkinfo": info}
    [birth] = each(TO6.requests(), HOST)
    data6 = {"label": 16, "gbp": True, "id": 7, "group6": FAR6, "learning": 1, "port": 4789}
    assert birth.attrs["linkinfo"]["data"] == data6
    [birth] = each(GROUPED.requests(), HOST)
    ports = {"low": 1000, "high": 2000}
    expected = {"link": 5, "port_range": ports, "id": 8, "group": GROUP4, "learning": 1}
    assert birth.attrs["linkinfo"]["data"] == {**expected, "port": 4789}


def test_the_order_is_that_of_iproute2() -> None:
    order = [*EVERY.kind_data()]
    assert order[-4:] == ["id", "local6", "learning", "port"]
    assert order[:-4] == [
        one.attribute
        for name, one in VXLAN_OPTIONS.items()
        if name in EVERY.options and name != "learning"
    ]


@pytest.mark.parametrize("op", [TO4, TO6, GROUPED], ids=str)
def test_as_wanted(op: VxlanOp) -> None:
    assert op.satisfied_by(across(upper("vxlan", ifname="x0", data=told(op)))) == ()
    assert op.remedy(across(upper("vxlan", ifname="x0", data=told(op)))) == ()


@pytest.mark.parametrize("op", [PLAIN, EVERY], ids=str)
def test_as_wanted_within_a_namespace(op: VxlanOp) -> None:
    found = link("x0", kind="vxlan", data=told(op))
    assert op.satisfied_by(seen(found)) == ()
    assert op.remedy(seen(found)) == ()


@pytest.mark.parametrize(
    ("op", "other", "differences", "anew"),
    [
        (TO4, {"id": 9}, ["id 6, found id 9"], True),
        (TO4, {"port": 1}, ["dstport 8472, found dstport 1"], True),
        (TO4, {"group": NEAR4}, ["remote 10.0.0.1, found remote 10.0.0.2"], False),
        (TO4, {"local": FAR4}, ["local 10.0.0.2, found local 10.0.0.1"], False),
        (TO4, {"group": GROUP4}, ["remote 10.0.0.1, found remote None"], True),
        (TO6, {"label": 17}, ["flowlabel 16, found flowlabel 17"], False),
        (TO6, {"gbp": False}, ["gbp 1, found gbp 0"], True),
        (TO6, {"group6": NEAR6}, ["remote fd00::1, found remote fd00::2"], False),
        (
            GROUPED,
            {"group": IpAddress("239.1.1.2")},
            ["group 239.1.1.1, found group 239.1.1.2"],
            True,
        ),
        (
            GROUPED,
            {"port_range": {"low": 0, "high": 0}},
            ["srcport 1000 2000, found srcport 0 0"],
            True,
        ),
    ],
)
def test_what_differs(
    op: VxlanOp, other: dict[str, Any], differences: list[str], anew: bool
) -> None:
    found = across(upper("vxlan", ifname="x0", data=told(op, **other)))
    assert words(op.satisfied_by(found)) == [f"{op}: wanted {one}" for one in differences]
    if anew:
        assert op.remedy(found) == (*op.flipped().requests(), *op.requests())
        return
    [change] = each(op.remedy(found), NS1)
    info = change.attrs["linkinfo"]
    assert change.attrs == {"ifname": "x0", "linkinfo": info}
    assert info == {"kind": "vxlan", "data": op.kind_amend()}


def test_the_family_lasts() -> None:
    data = told(TO6)
    del data["group6"]
    found = across(upper("vxlan", ifname="x0", data={**data, "group": FAR4}))
    assert TO6.remedy(found) == (*TO6.flipped().requests(), *TO6.requests())
    there = {name: value for name, value in told(EVERY).items() if name != "local6"}
    other = seen(link("x0", kind="vxlan", data={**there, "local": NEAR4}))
    assert EVERY.remedy(other) == (*EVERY.flipped().requests(), *EVERY.requests())
    third = seen(link("x0", kind="vxlan", data={**there, "local6": FAR6}))
    assert len(EVERY.remedy(third)) == 1


@pytest.mark.parametrize("name", [name for name in VXLAN_OPTIONS if name != "ttl"])
def test_each_option_is_compared_and_mended_or_lasts(name: str) -> None:
    option = VXLAN_OPTIONS[name]
    was = 1 - EVERY.options[name]
    data = {**told(EVERY), option.attribute: was}
    if name in {"gbp", "ttl_inherit"}:
        del data[option.attribute]
    found = seen(link("x0", kind="vxlan", data=data))
    assert words(EVERY.satisfied_by(found)) == [
        f"{EVERY}: wanted {name} {EVERY.options[name]}, found {name} {was}"
    ]
    assert (len(EVERY.remedy(found)) == 2) is option.lasts
    assert (option.attribute in EVERY.kind_amend()) is not option.lasts


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"id": -1}, "VXLAN -1 is out of range; accepted: 0 to 16777215"),
        ({"id": 2**24}, "VXLAN 16777216 is out of range; accepted: 0 to 16777215"),
        ({"port": 0}, "port 0 is out of range; accepted: 1 to 65535"),
        ({"srcport": (2, 1)}, "ports from (2, 1); accepted: two from 1 to 65535, in order"),
        ({"port": 65536}, "port 65536 is out of range; accepted: 1 to 65535"),
        ({"srcport": (1, 65536)}, "ports from (1, 65536); accepted: two from 1 to 65535, in order"),
        ({"srcport": (0, 1)}, "ports from (0, 1); accepted: two from 1 to 65535, in order"),
        ({"local": NEAR6}, "VXLAN 6 between fd00::2 and 10.0.0.1; accepted: one family"),
        (
            {"group": GROUP4},
            "VXLAN 6 with a remote and a group; accepted: one of them",
        ),
        (
            {"remote": None, "group": FAR4},
            "VXLAN group 10.0.0.1; accepted: a multicast address, and a lower device for it",
        ),
        (
            {"remote": None, "group": GROUP4, "lower": None},
            "VXLAN group 239.1.1.1; accepted: a multicast address, and a lower device for it",
        ),
        ({"remote": GROUP4}, "VXLAN end 239.1.1.1; accepted: a unicast address"),
        ({"remote": None, "local": GROUP6}, "VXLAN end ff05::1; accepted: a unicast address"),
        (
            {"options": {"speed": 1}},
            f"no VXLAN option 'speed'; accepted: {', '.join(VXLAN_OPTIONS)}",
        ),
        (
            {"options": {"flowlabel": 1}},
            "flowlabel of a VXLAN over IPv4; accepted: an IPv6 remote, group or local",
        ),
        (
            {"options": {"ttl": 1, "ttl_inherit": 1}},
            "ttl and ttl_inherit of a VXLAN; accepted: one of them",
        ),
    ],
)
def test_what_is_refused(values: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        msgspec.structs.replace(TO4, **values)
    assert str(caught.value) == refusal


CHANGED = {"flowlabel", "ttl", "tos", "df", "ageing", "learning"}
HIGHEST = {"flowlabel": 0xFFFFF, "ttl": 255, "tos": 255, "df": 2} | dict.fromkeys(
    ("ageing", "maxaddress"), 0xFFFFFFFF
)


def test_what_the_kernel_takes_and_changes() -> None:
    """As it stands in drivers/net/vxlan/vxlan_core.c: vxlan_policy, vxlan_nl2conf."""
    assert {name for name, one in VXLAN_OPTIONS.items() if not one.lasts} == CHANGED
    assert {one.low for one in VXLAN_OPTIONS.values()} == {0}
    for name, option in VXLAN_OPTIONS.items():
        assert option.high == HIGHEST.get(name, 1)


@pytest.mark.parametrize(
    ("number", "port", "ports"), [(0, 1, (1, 1)), (2**24 - 1, 65535, (65535, 65535))]
)
def test_the_first_and_the_last(number: int, port: int, ports: tuple[int, int]) -> None:
    op = VxlanOp(ifname=X0, id=number, port=port, srcport=ports)
    assert typed(op)[0].endswith(f"id {number} srcport {ports[0]} {ports[1]} dstport {port}")


def test_how_to_say_that_packets_are_not_to_be_cut() -> None:
    said = [typed(VxlanOp(ifname=X0, id=1, options={"df": n}))[0] for n in (0, 1, 2)]
    assert [line.split("df ")[1].split()[0] for line in said] == ["unset", "set", "inherit"]


@pytest.mark.parametrize("name", VXLAN_OPTIONS)
def test_options_have_bounds_and_words(name: str) -> None:
    option = VXLAN_OPTIONS[name]
    assert option.help
    for value in (option.low, option.high):
        assert VxlanOp(ifname=X0, id=1, local=NEAR6, options={name: value}).options[name] == value
    for value in (option.low - 1, option.high + 1):
        with pytest.raises(InvalidValue, match=f"{name} {value} is out of range"):
            VxlanOp(ifname=X0, id=1, local=NEAR6, options={name: value})


def test_what_the_planner_knows() -> None:
    ns1, host, lower = ("netns", "ns1"), ("netns", ""), ("link", "", "p0")
    assert (TO4.version, TO6.version, PLAIN.version) == (4, 6, 4)
    assert str(TO4) == "vxlan x0 in ns1 on p0 on the host"
    assert str(TO6) == "vxlan x0 in ns1 over the host"
    other = VxlanOp(netns=NS1, ifname=X0, lower_netns=NS1, lower=ETH0, id=1)
    assert str(other) == "vxlan x0 in ns1 on eth0"
    assert str(msgspec.structs.replace(other, lower=None, netns=NS1)) == "vxlan x0 in ns1"
    assert TO4.within() == TO4.needs() == (ns1, host, lower)
    assert TO6.within() == TO6.needs() == (ns1, host)
    assert PLAIN.within() == PLAIN.needs() == (ns1,)
    assert TO6.after() == PLAIN.after() == ()
    assert TO6.requires() == ("right:net_admin", "link:vxlan", "ipv6")
    assert TO6.flipped().requires() == ("right:net_admin",)
    assert TO4.requires() == ("right:net_admin", "link:vxlan")
    assert to_builtins(PLAIN)["op"] == "vxlan"
