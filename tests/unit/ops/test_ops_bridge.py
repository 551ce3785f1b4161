"""Bridges, their options, and links made their ports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scene import BR0, ETH0, MAC1, NS1, Sent, gone, index, link, seen, sent, typed, words

from glassnet.errors import InvalidValue
from glassnet.ops.base import KEPT, MADE, Receipt
from glassnet.ops.bridge import BRIDGE_OPTIONS, PORT_OPTIONS, BridgeOp, PortOp
from glassnet.state.snapshot import Facet, Snapshot
from glassnet.testing.cases.bridge import ALL_OF_A_PORT
from glassnet.values import IfName

CREATE, EXCL = 0x400, 0x200
PLAIN = BridgeOp(netns=NS1, ifname=BR0)
STP = BridgeOp(netns=NS1, ifname=BR0, options={"stp_state": 1, "ageing_time": 1000})
PORT = PortOp(netns=NS1, ifname=ETH0, master=BR0)
SET = PortOp(netns=NS1, ifname=ETH0, master=BR0, options={"hairpin": 1, "cost": 7, "flood": 0})
FREE = PortOp(netns=NS1, ifname=ETH0, master=None)
BRIDGE = link("br0", 3, kind="bridge", data={"stp_state": 1, "ageing_time": 1000, "priority": 7})


def test_a_bridge_is_a_link_with_options() -> None:
    assert typed(PLAIN) == ["ip -n ns1 link add br0 type bridge"]
    assert typed(STP) == ["ip -n ns1 link add br0 type bridge stp_state 1 ageing_time 1000"]
    assert typed(STP.flipped()) == ["ip -n ns1 link del br0"]
    assert sent(PLAIN.requests()) == [
        Sent("RTM_NEWLINK", CREATE | EXCL, {}, {"ifname": "br0", "linkinfo": {"kind": "bridge"}})
    ]
    data = {"stp_state": 1, "ageing_time": 1000}
    info = {"kind": "bridge", "data": data}
    assert sent(STP.requests()) == [
        Sent("RTM_NEWLINK", CREATE | EXCL, {}, {"ifname": "br0", "linkinfo": info})
    ]
    assert sent(STP.remedy(seen(link("br0", kind="bridge")))) == [
        Sent("RTM_NEWLINK", 0, {}, {"ifname": "br0", "linkinfo": info})
    ]
    assert str(STP) == "bridge br0 in ns1"


@pytest.mark.parametrize(
    ("op", "data", "differences"),
    [
        (PLAIN, {"stp_state": 1}, []),
        (STP, {"stp_state": 1, "ageing_time": 1000, "priority": 7}, []),
        (
            STP,
            {"stp_state": 0, "ageing_time": 30000},
            [
                "bridge br0 in ns1: wanted stp_state 1, found stp_state 0",
                "bridge br0 in ns1: wanted ageing_time 1000, found ageing_time 30000",
            ],
        ),
        (
            STP,
            {"ageing_time": 1000},
            ["bridge br0 in ns1: wanted stp_state 1, found stp_state unset"],
        ),
    ],
)
def test_options_as_seen(op: BridgeOp, data: dict[str, Any], differences: list[str]) -> None:
    there = seen(link("br0", kind="bridge", data=data))
    assert words(op.satisfied_by(there)) == differences


@pytest.mark.parametrize(
    ("name", "value", "found", "same"),
    [
        ("hello_time", 101, 101, True),
        ("hello_time", 101, 100, True),
        ("ageing_time", 1001, 1000, True),
        ("max_age", 1999, 1998, True),
        ("forward_delay", 401, 400, True),
        ("hello_time", 101, 99, False),
        ("hello_time", 101, 102, False),
        ("priority", 101, 100, False),
    ],
)
def test_a_time_may_be_a_hundredth_short(name: str, value: int, found: int, same: bool) -> None:
    op = BridgeOp(netns=NS1, ifname=BR0, options={name: value})
    told = [f"bridge br0 in ns1: wanted {name} {value}, found {name} {found}"]
    there = seen(link("br0", kind="bridge", data={name: found}))
    assert words(op.satisfied_by(there)) == ([] if same else told)


BRIDGES = """
    stp_state stp_state 0 1
    priority priority 0 65535
    forward_delay forward_delay 0 3000
    hello_time hello_time 100 1000
    max_age max_age 600 4000
    ageing_time ageing_time 0 4294967295
    group_fwd_mask group_fwd_mask 0 65528
    vlan_filtering vlan_filtering 0 1
    vlan_default_pvid vlan_default_pvid 0 4094
    mcast_snooping mcast_snooping 0 1
    mcast_querier mcast_querier 0 1
"""
PORTS = """
    isolated isolated 0 1
    hairpin mode 0 1
    learning learning 0 1
    flood unicast_flood 0 1
    mcast_flood mcast_flood 0 1
    bcast_flood bcast_flood 0 1
    guard guard 0 1
    root_block protect 0 1
    fastleave fast_leave 0 1
    neigh_suppress neigh_suppress 0 1
    cost cost 1 65535
    priority priority 0 63
"""
"""What ``ip`` calls an option, what netlink calls it, its bounds."""


def _options(text: str) -> list[tuple[str, str, int, int]]:
    rows = [line.split() for line in text.strip().splitlines()]
    return [(name, attribute, int(low), int(high)) for name, attribute, low, high in rows]


def _bridge(name: str, value: int) -> list[Sent]:
    return sent(BridgeOp(netns=NS1, ifname=BR0, options={name: value}).requests())


def _port(name: str, value: int) -> list[Sent]:
    op = PortOp(netns=NS1, ifname=ETH0, master=BR0, options={name: value})
    return sent(op.requests(), index("br0"))


@pytest.mark.parametrize(
    ("send", "data", "option"),
    [
        *((_bridge, "data", option) for option in _options(BRIDGES)),
        *((_port, "slave_data", option) for option in _options(PORTS)),
    ],
)
def test_options_have_bounds(
    send: Callable[[str, int], list[Sent]], data: str, option: tuple[str, str, int, int]
) -> None:
    name, attribute, low, high = option
    for value in (low, high):
        assert send(name, value)[-1].attrs["linkinfo"][data] == {attribute: value}
    for value in (low - 1, high + 1):
        with pytest.raises(InvalidValue) as caught:
            send(name, value)
        told = f"{name} {value} is out of range; accepted: {low} to {high}"
        assert str(caught.value) == told


def test_every_option_has_been_tried() -> None:
    assert [one[0] for one in _options(BRIDGES)] == list(BRIDGE_OPTIONS)
    assert [one[0] for one in _options(PORTS)] == list(PORT_OPTIONS)


def test_every_option_is_told_of_in_words() -> None:
    for option in (*BRIDGE_OPTIONS.values(), *PORT_OPTIONS.values()):
        assert option.help[0].islower() or option.help.startswith(("STP", "VLAN"))


@pytest.mark.parametrize(
    ("build", "refusal"),
    [
        (
            lambda: BridgeOp(ifname=BR0, options={"speed": 1}),
            f"no bridge option 'speed'; accepted: {', '.join(BRIDGE_OPTIONS)}",
        ),
        (
            lambda: PortOp(ifname=ETH0, master=BR0, options={"stp_state": 1}),
            f"no bridge option 'stp_state'; accepted: {', '.join(PORT_OPTIONS)}",
        ),
        (
            lambda: PortOp(ifname=ETH0, master=None, options={"hairpin": 1}),
            "eth0 is to be no port but has options; accepted: a master",
        ),
        (
            lambda: BridgeOp(ifname=BR0, master=IfName("br1")),
            "bridge br0 is to be a port of br1; accepted: no master for a bridge",
        ),
        (
            lambda: BridgeOp(ifname=BR0, mtu=67),
            "mtu 67 is out of range; accepted: 68 to 65535",
        ),
    ],
)
def test_what_is_refused(build: Any, refusal: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        build()
    assert str(caught.value) == refusal


def test_a_port_s_commands() -> None:
    assert typed(PORT) == ["ip -n ns1 link set eth0 master br0"]
    assert typed(FREE) == ["ip -n ns1 link set eth0 nomaster"]
    assert typed(SET) == [
        "ip -n ns1 link set eth0 master br0",
        "ip -n ns1 link set eth0 type bridge_slave hairpin on cost 7 flood off",
    ]
    whole = PortOp(ifname=ETH0, master=BR0, options=ALL_OF_A_PORT)
    assert typed(whole)[1] == (
        "ip link set eth0 type bridge_slave isolated on hairpin on learning off flood off "
        "mcast_flood off bcast_flood off guard on root_block on fastleave on neigh_suppress on "
        "cost 7 priority 5"
    )


def test_a_port_s_messages_come_in_two() -> None:
    first = Sent("RTM_NEWLINK", 0, {}, {"ifname": "eth0", "master": 3})
    data = {"mode": 1, "cost": 7, "unicast_flood": 0}
    info = {"slave_kind": "bridge", "slave_data": data}
    assert sent(PORT.requests(), index("br0", 3)) == [first]
    assert sent(SET.requests(), index("br0", 3)) == [
        first,
        Sent("RTM_NEWLINK", 0, {}, {"ifname": "eth0", "linkinfo": info}),
    ]
    free = Sent("RTM_NEWLINK", 0, {}, {"ifname": "eth0", "master": 0})
    assert sent(FREE.requests()) == [free]


@pytest.mark.parametrize(
    ("op", "snapshot", "differences"),
    [
        (PORT, seen(BRIDGE, link(master=3)), []),
        (PORT, seen(BRIDGE, link()), ["port eth0 in ns1: wanted master br0, found master none"]),
        (
            PORT,
            seen(BRIDGE, link("br1", 4, kind="bridge"), link(master=4)),
            ["port eth0 in ns1: wanted master br0, found master br1"],
        ),
        (PORT, seen(BRIDGE), ["port eth0 in ns1: wanted master br0, found nothing"]),
        (PORT, gone(), ["port eth0 in ns1: wanted master br0, found nothing"]),
        (
            SET,
            seen(BRIDGE, link(master=3, port={"mode": True, "cost": 7, "unicast_flood": 0})),
            [],
        ),
        (
            SET,
            seen(BRIDGE, link(master=3, port={"mode": 0, "cost": 100})),
            [
                "port eth0 in ns1: wanted hairpin 1, found hairpin 0",
                "port eth0 in ns1: wanted cost 7, found cost 100",
                "port eth0 in ns1: wanted flood 0, found flood unset",
            ],
        ),
        (FREE, seen(link()), []),
        (
            FREE,
            seen(BRIDGE, link(master=3)),
            ["port eth0 in ns1: wanted master none, found master br0"],
        ),
        (FREE, gone(), ["port eth0 in ns1: wanted master none, found nothing"]),
    ],
)
def test_a_port_as_seen(op: PortOp, snapshot: Snapshot, differences: list[str]) -> None:
    assert words(op.satisfied_by(snapshot)) == differences


def test_a_port_goes_back_to_where_it_was() -> None:
    data = {"mode": 0, "cost": 100, "unicast_flood": 1, "learning": 1}
    before = SET.before(seen(BRIDGE, link(master=3, port=data)))
    assert before == {"master": "br0", "hairpin": "0", "cost": "100", "flood": "1"}
    [back] = SET.inverse(Receipt(changed=True, before=before))
    was = {"hairpin": 0, "cost": 100, "flood": 1}
    assert back == PortOp(netns=NS1, ifname=ETH0, master=BR0, options=was)
    values = {"master": "br0", "hairpin": "1", "cost": "7", "flood": "0"}
    assert back.inverse(Receipt(changed=True, before=values)) == (SET,)

    assert SET.before(seen(link())) == {"master": "none"}
    assert SET.inverse(Receipt(changed=True, before={"master": "none"})) == (FREE,)
    other = PortOp(netns=NS1, ifname=ETH0, master=IfName("br1"))
    assert PORT.inverse(Receipt(changed=True, before={"master": "br1"})) == (other,)
    assert FREE.inverse(Receipt(changed=True, before={"master": "br0"})) == (PORT,)

    assert PORT.before(gone()) == PORT.before(seen()) == {}
    assert PORT.inverse(MADE) == PORT.inverse(KEPT) == ()
    assert PORT.inverse(Receipt(changed=False, before={"master": "br1"})) == ()


def test_a_port_that_leaves_its_bridge_loses_all_its_options() -> None:
    data = {"mode": 1, "cost": 7, "unicast_flood": 0, "learning": 1, "state": 3}
    was = {"hairpin": 1, "learning": 1, "flood": 0, "cost": 7}
    there = seen(BRIDGE, link("br1", 4), link(master=3, port=data))
    moved = PortOp(netns=NS1, ifname=ETH0, master=IfName("br1"))
    before = {"master": "br0", **{name: str(value) for name, value in was.items()}}
    assert FREE.before(there) == moved.before(there) == before
    back = (PortOp(netns=NS1, ifname=ETH0, master=BR0, options=was),)
    receipt = Receipt(changed=True, before=before)
    assert FREE.inverse(receipt) == moved.inverse(receipt) == back
    assert PORT.before(there) == {"master": "br0"}


def test_a_port_in_words() -> None:
    assert str(PORT) == "port eth0 in ns1 of br0"
    assert str(FREE) == "port eth0 in ns1 of no bridge"
    assert str(SET) == "port eth0 in ns1 of br0, hairpin 1, cost 7, flood 0"


def test_what_the_planner_knows() -> None:
    here, bridge, port = ("netns", "ns1"), ("link", "ns1", "br0"), ("link", "ns1", "eth0")
    assert PORT.key() == ("port", "ns1", "eth0")
    assert PORT.provides() == (("port", "ns1", "eth0"),)
    assert PORT.needs() == PORT.within() == (here, port, bridge)
    assert FREE.needs() == FREE.within() == (here, port)
    assert PORT.after() == ()
    assert PORT.reads() == PLAIN.reads() == (Facet(NS1, "links"),)
    assert PLAIN.key() == bridge
    assert BridgeOp(netns=NS1, ifname=BR0, mac=MAC1).needs() == (here,)
