"""From wishes, records and a look to a plan: what is done about each operation, and why."""

from __future__ import annotations

import pytest
from machine import Machine, wanted, wants

from glassnet.errors import Conflict
from glassnet.ops.addr import AddrOp
from glassnet.ops.base import KEPT, MADE, Op, Receipt
from glassnet.ops.bridge import BridgeOp, PortOp
from glassnet.ops.ipvlan import IpvlanOp
from glassnet.ops.link import LinkSetOp
from glassnet.ops.masquerade import MasqueradeOp
from glassnet.ops.netns import NetnsOp
from glassnet.ops.nft import NftBaseOp
from glassnet.ops.route import RouteOp
from glassnet.ops.sysctl import SysctlOp
from glassnet.ops.veth import VethOp
from glassnet.plan.build import build_down, build_repair, build_up, undo_steps
from glassnet.plan.model import Entry, Plan, Step, facets
from glassnet.state.snapshot import Facet
from glassnet.values import HOST, Cidr, IfName, Mac, Netns, Prefix, SysctlKey

A = Netns("a")
LO, BR0, P0, ETH0 = map(IfName, ("lo", "br0", "p0", "eth0"))
FORWARD = SysctlKey("net.ipv4.ip_forward")
BRIDGE = BridgeOp(ifname=BR0, alias="glassnet:net/br0", up=True)
CABLE = VethOp(ifname=P0, alias="glassnet:net/a:eth0", up=True, master=BR0, peer=ETH0, peer_netns=A)
NETWORK = "10.0.0.0/24"
ADDR = AddrOp(ifname=BR0, cidr=Cidr("10.0.0.1/24"))
FAR = AddrOp(netns=A, ifname=ETH0, cidr=Cidr("10.0.0.2/24"))
ROUTE = RouteOp(netns=A, dst=Prefix("0.0.0.0/0"), via=ADDR.cidr.address)
FAR_UP = LinkSetOp(netns=A, ifname=ETH0, up=True)
ON, OFF = SysctlOp(name=FORWARD, value="1"), SysctlOp(name=FORWARD, value="0")
MASQUERADE = MasqueradeOp(prefix=Prefix(NETWORK), comment="glassnet:net")
ALL: tuple[Op, ...] = (
    NetnsOp(netns=A), BRIDGE, CABLE, FAR_UP, FAR, ADDR, ROUTE, ON, NftBaseOp(), MASQUERADE,
)  # fmt: skip


def _said(plan: Plan) -> list[str]:
    return [f"{step.action}: {step.op}{step.note and f' ({step.note})'}" for step in plan.steps]


def _acts(plan: Plan) -> list[str]:
    return [f"{step.action}: {step.op}" for step in plan.changes]


def test_everything_is_made_where_nothing_is() -> None:
    plan = Machine().plan_up(wants(*ALL))
    assert (plan.name, plan.verb) == ("net", "up")
    assert _said(plan) == [f"make: {op}" for op in ALL]
    assert [step.origin for step in plan.steps] == [f"lab.yaml:{n}" for n in range(1, 11)]
    assert [str(reason) for step in plan.steps[:2] for reason in step.why] == [
        "namespace a: wanted to be there, found nothing",
        "bridge br0 on the host: wanted to be there, found nothing",
    ]


def test_what_is_as_wanted_is_kept() -> None:
    plan = Machine(*ALL).plan_up(wants(*ALL))
    assert _said(plan) == [f"keep: {op}" for op in ALL]
    assert plan.changes == ()
    assert all(step.receipt() == KEPT for step in plan.steps)


def test_what_bears_our_mark_and_differs_is_mended() -> None:
    wider = BridgeOp(ifname=BR0, alias="glassnet:net/br0", up=True, mtu=1400)
    [step] = Machine(BRIDGE).plan_up(wants(wider)).steps
    assert (step.action, step.op) == ("mend", wider)
    assert [str(reason) for reason in step.why] == [
        "bridge br0 on the host: wanted mtu 1400, found mtu 1500"
    ]


def test_a_setting_remembers_what_was_before() -> None:
    machine = Machine(OFF)
    [step] = machine.plan_up(wants(ON)).steps
    assert (step.action, step.before) == ("make", {"value": "0"})
    assert [str(reason) for reason in step.why] == [
        "setting net.ipv4.ip_forward on the host: wanted 1, found 0"
    ]
    assert step.receipt() == Receipt(changed=True, before={"value": "0"})


def test_the_second_of_our_values_remembers_what_was_before_the_first() -> None:
    machine = Machine()
    two = SysctlOp(name=FORWARD, value="2")
    machine.up(wants(ON))
    plan = machine.up(wants(two))
    assert _said(plan) == [f"restore: {OFF}", f"make: {two}"]
    assert plan.steps[1].before == {"value": "0"}
    machine.down()
    assert machine.look([ON])[HOST].sysctls[FORWARD] == "0"


def test_a_setting_that_somebody_changed_meanwhile_is_left() -> None:
    machine = Machine()
    machine.up(wants(ON))
    machine.kernel.do(SysctlOp(name=FORWARD, value="7"))
    assert _said(machine.plan_down()) == [
        f"leave: {OFF} (net.ipv4.ip_forward is 7 now, not the 1 that glassnet set)"
    ]


def test_what_is_recorded_and_no_longer_wanted_goes_first() -> None:
    machine = Machine()
    machine.up(wants(*ALL))
    plan = machine.plan_up(wants(*ALL[:6]))
    assert _said(plan)[:4] == [
        "implied: no masquerade of 10.0.0.0/24 on the host",
        "remove: no nft table inet glassnet on the host",
        "restore: setting net.ipv4.ip_forward = 0 on the host",
        "remove: no route to default via 10.0.0.1 in a",
    ]
    assert [step.action for step in plan.steps[-6:]] == ["keep"] * 6


def test_an_object_that_is_replaced_takes_what_is_on_it_along() -> None:
    machine = Machine()
    machine.up(wants(*ALL))
    other = VethOp(
        ifname=P0,
        alias="glassnet:net/a:eth0",
        up=True,
        mtu=1400,
        peer=ETH0,
        peer_netns=A,
        master=BR0,
    )
    plan = machine.plan_up(wants(*(other if op == CABLE else op for op in ALL)))
    assert _acts(plan) == [
        f"remove: no {CABLE}",
        f"make: {other}",
        f"make: {FAR_UP}",
        f"make: {FAR}",
        f"mend: {ADDR}",
        f"mend: {ROUTE}",
    ]


def test_a_bridge_that_is_replaced_gets_its_ports_again() -> None:
    machine = Machine()
    machine.up(wants(*ALL))
    other = BridgeOp(ifname=BR0, alias="glassnet:net/br0", up=True, options={"stp_state": 1})
    plan = machine.plan_up(wants(*(other if op == BRIDGE else op for op in ALL)))
    assert _acts(plan) == [
        f"remove: no {BRIDGE}",
        f"make: {other}",
        f"mend: {CABLE}",
        f"make: {ADDR}",
    ]


def test_one_object_serves_two_networks_only_if_both_want_the_same() -> None:
    other = BridgeOp(ifname=BR0, mtu=1400)
    with pytest.raises(Conflict) as caught:
        Machine().plan_up(wants(BRIDGE), shared=[other])
    assert str(caught.value) == (
        "lab.yaml:1: bridge br0 on the host: another network has bridge br0 on the host"
    )
    assert caught.value.advice() == "use another name, or bring the other network down first"
    assert Machine().plan_up(wants(BRIDGE), shared=[BRIDGE]).changes


def test_what_another_network_needs_is_left() -> None:
    machine = Machine()
    machine.up(wants(ON, BRIDGE))
    plan = machine.plan_down(shared=[ON])
    assert _said(plan) == [
        f"leave: {ON} (another network needs it)",
        "remove: no bridge br0 on the host",
    ]
    kept = Machine(ON)
    kept.up(wants(ON))
    assert _said(kept.plan_down(shared=[ON])) == []


def test_down_takes_back_last_first_and_only_what_was_made() -> None:
    machine = Machine(NetnsOp(netns=A), OFF)
    machine.up(wants(*ALL))
    assert _said(machine.plan_down()) == [
        "implied: no masquerade of 10.0.0.0/24 on the host",
        "remove: no nft table inet glassnet on the host",
        "restore: setting net.ipv4.ip_forward = 0 on the host",
        "remove: no route to default via 10.0.0.1 in a",
        "implied: no address 10.0.0.1/24 on br0 on the host",
        "implied: no address 10.0.0.2/24 on eth0 in a",
        "implied: link eth0 down in a",
        "remove: no veth p0 on the host to eth0 in a",
        "remove: no bridge br0 on the host",
    ]


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (
            [BRIDGE],
            [
                "keep: no address 10.0.0.1/24 on br0 on the host (gone already)",
                "keep: no bridge br0 on the host (as before already)",
            ],
        ),
        (
            [ADDR],
            [
                "keep: no address 10.0.0.1/24 on br0 on the host (as before already)",
                "remove: no bridge br0 on the host",
            ],
        ),
    ],
)  # fmt: skip
def test_down_of_what_somebody_took_away(gone: list[AddrOp], said: list[str]) -> None:
    machine = Machine()
    machine.up(wants(BRIDGE, ADDR))
    for op in gone:
        machine.kernel.do(op.flipped())
    assert _said(machine.plan_down()) == said


def test_down_of_a_namespace_that_somebody_took_away() -> None:
    machine = Machine()
    machine.up(wants(NetnsOp(netns=A), BRIDGE, CABLE, FAR_UP, FAR))
    machine.kernel.do(NetnsOp(netns=A, present=False))
    assert _said(machine.plan_down()) == [
        "keep: no address 10.0.0.2/24 on eth0 in a (gone already)",
        "keep: link eth0 down in a (gone already)",
        "keep: no veth p0 on the host to eth0 in a (gone already)",
        "remove: no bridge br0 on the host",
        "keep: no namespace a (as before already)",
    ]


def test_down_leaves_a_link_of_our_name_that_is_not_ours() -> None:
    machine = Machine()
    machine.up(wants(BRIDGE))
    machine.kernel.do(BRIDGE.flipped())
    machine.kernel.do(BridgeOp(ifname=BR0))
    [step] = machine.plan_down().steps
    assert (step.action, step.note) == (
        "leave",
        "the link br0 there now is not made by glassnet",
    )


def test_a_cable_between_namespaces_is_not_left_to_go_with_one() -> None:
    lab = "namespaces: [a, b]\nlinks: [a:x 10.0.0.1/24 -- b:x 10.0.0.2/24]"
    machine = Machine()
    machine.up(wanted(lab))
    assert _acts(machine.plan_down()) == [
        "remove: no veth x in a to x in b",
        "remove: no namespace b",
        "remove: no namespace a",
    ]


def test_nor_is_a_link_on_a_device_of_the_other_one() -> None:
    across = IpvlanOp(netns=A, ifname=ETH0, lower=BR0, lower_netns=HOST, alias="glassnet:net/x")
    within = IpvlanOp(netns=A, ifname=P0, lower=ETH0, lower_netns=A, alias="glassnet:net/y")
    machine = Machine()
    machine.up(wants(NetnsOp(netns=A), BRIDGE, across, within))
    assert _said(machine.plan_down()) == [
        f"implied: no {within}",
        f"remove: no {across}",
        f"remove: no {BRIDGE}",
        "remove: no namespace a",
    ]


def test_what_was_removed_comes_back() -> None:
    """A record of a removal, as of an undo: its inverse makes the object and what was on it."""
    records = (Entry(BRIDGE.flipped(), MADE, "x"), Entry(ADDR.flipped(), MADE))
    machine = Machine()
    steps = undo_steps(records[::-1], machine.look([BRIDGE, ADDR]))
    assert [(step.action, str(step.op)) for step in steps] == [
        ("make", str(BRIDGE)),
        ("make", str(ADDR)),
    ]
    assert steps[0].origin == "x"


def test_repair_brings_back_what_is_missing_and_mends_what_differs() -> None:
    machine = Machine()
    machine.up(wants(*ALL))
    machine.kernel.do(ROUTE.flipped())
    machine.kernel.do(LinkSetOp(ifname=BR0, up=False))
    machine.kernel.do(SysctlOp(name=FORWARD, value="0"))
    plan = machine.plan_repair()
    assert (plan.verb, plan.name) == ("repair", "net")
    assert _acts(plan) == [f"mend: {BRIDGE}", f"make: {ROUTE}", f"make: {ON}"]
    assert [step.action for step in plan.steps].count("keep") == 7
    assert [str(reason) for reason in plan.changes[0].why] == [
        "bridge br0 on the host: wanted state up, found state down"
    ]
    assert plan.changes[2].before == {"value": "0"}


def test_repair_leaves_what_somebody_put_in_its_place() -> None:
    machine = Machine()
    machine.up(wants(BRIDGE))
    machine.kernel.do(BRIDGE.flipped())
    machine.kernel.do(VethOp(ifname=BR0, peer=ETH0))
    [step] = machine.plan_repair().steps
    assert step.action == "leave"
    assert step.note == (
        "a link br0 is there already, not made by glassnet; bridge br0 on the host: wanted kind "
        "bridge, found kind veth"
    )


def test_nothing_recorded_nothing_done() -> None:
    seen = Machine().look()
    assert build_down("net", (), (), seen) == Plan("net", "down", ())
    assert build_repair("net", (), seen) == Plan("net", "repair", ())
    assert build_up("net", (), (), (), seen) == Plan("net", "up", ())


def test_facets_are_what_the_operations_read() -> None:
    assert facets([NetnsOp(netns=A), ON, ADDR, ADDR]) == {
        Facet(A, "netns"),
        Facet(HOST, "sysctl", FORWARD),
        Facet(HOST, "links"),
        Facet(HOST, "addrs"),
    }


# Settings on what the plan itself makes.

ISOLATED = PortOp(ifname=P0, master=BR0, options={"isolated": 1, "cost": 9})
HAIRPIN = PortOp(ifname=P0, master=BR0, options={"hairpin": 1})
WIRED: tuple[Op, ...] = (NetnsOp(netns=A), BRIDGE, CABLE)


LONE = VethOp(ifname=P0, peer=ETH0, peer_netns=A)
FLOODLESS = PortOp(ifname=P0, master=BR0, options={"flood": 0})
FAR_PORT = PortOp(netns=A, ifname=ETH0, master=BR0)
WHERE = NetnsOp(netns=A)


@pytest.mark.parametrize(
    ("ops", "before"),
    [
        ((*WIRED, ISOLATED), {"master": "br0", "isolated": "0", "cost": "2"}),
        ((*WIRED, HAIRPIN), {"master": "br0", "hairpin": "0"}),
        ((WHERE, LONE, BRIDGE, FLOODLESS), {"master": "none", "flood": "1"}),
        ((WHERE, BridgeOp(netns=A, ifname=BR0), LONE, FAR_PORT), {"master": "none"}),
        ((*WIRED, FAR_UP), {"state": "down"}),
        ((*WIRED, LinkSetOp(netns=A, ifname=LO, up=True)), {"state": "down"}),
        ((*WIRED, LinkSetOp(netns=A, ifname=ETH0, mtu=1400)), {}),
        ((WHERE, SysctlOp(netns=A, name=FORWARD, value="1")), {}),
    ],
)
def test_a_setting_at_birth(ops: tuple[Op, ...], before: dict[str, str]) -> None:
    step = Machine().plan_up(wants(*ops)).steps[-1]
    assert (step.op, step.action, step.before) == (ops[-1], "make", before)


def test_of_what_is_there_the_look_tells_more_than_its_birth() -> None:
    machine = Machine(*WIRED, PortOp(ifname=P0, master=BR0, options={"cost": 77}))
    step = machine.plan_up(wants(*WIRED, ISOLATED)).steps[-1]
    assert step.before == {"master": "br0", "isolated": "0", "cost": "77"}


def test_a_setting_that_is_not_wanted_any_more_is_put_back_while_its_link_stays() -> None:
    machine = Machine()
    machine.up(wants(*WIRED, ISOLATED))
    plan = machine.up(wants(*WIRED))
    assert _acts(plan) == ["restore: port p0 on the host of br0, isolated 0, cost 2"]
    assert machine.look([ISOLATED])[HOST].links["p0"].slave_data["isolated"] == 0


def test_an_option_that_stays_is_set_again_after_the_others_are_put_back() -> None:
    machine = Machine()
    both = PortOp(ifname=P0, master=BR0, options={"hairpin": 1, "isolated": 1})
    machine.up(wants(*WIRED, both))
    assert _acts(machine.up(wants(*WIRED, HAIRPIN))) == [
        "restore: port p0 on the host of br0, hairpin 0, isolated 0",
        f"make: {HAIRPIN}",
    ]
    found = machine.look([both])[HOST].links["p0"].slave_data
    assert (found["mode"], found["isolated"]) == (1, 0)


SOME, MORE = (SysctlOp(netns=A, name=FORWARD, value=value) for value in "12")


def test_a_setting_of_which_nobody_knows_what_it_was_is_left_and_that_is_said() -> None:
    machine = Machine()
    machine.up(wants(NetnsOp(netns=A), SOME))
    assert _said(machine.plan_up(wants(NetnsOp(netns=A)))) == [
        f"leave: {SOME} (what was there before is not known)",
        "keep: namespace a",
    ]
    assert _said(machine.plan_down()) == ["remove: no namespace a"]


def test_another_value_in_its_place_does_not_take_ours_for_what_was_before() -> None:
    machine = Machine()
    machine.up(wants(NetnsOp(netns=A), SOME))
    plan = machine.up(wants(NetnsOp(netns=A), MORE))
    assert _said(plan) == ["keep: namespace a", f"make: {MORE}"]
    assert plan.steps[1].before == {}
    assert _said(machine.plan_up(wants(NetnsOp(netns=A)))) == [
        f"leave: {MORE} (what was there before is not known)",
        "keep: namespace a",
    ]


def test_a_mac_is_no_setting_that_birth_tells() -> None:
    op = LinkSetOp(netns=A, ifname=ETH0, mac=Mac("02:00:00:00:00:01"))
    step = Machine().plan_up(wants(*WIRED, op)).steps[-1]
    assert step == Step(op, "make", step.why, origin="lab.yaml:4")
